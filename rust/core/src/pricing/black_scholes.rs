//! Black-Scholes-Merton values without branches: the same formula, bit for bit, for one option and for blocks of them.

#![allow(
    clippy::needless_bitwise_bool,
    clippy::needless_range_loop,
    reason = "loops over columns without branches become vector instructions"
)]

use crate::lanes::widest;
use crate::limits::PRICE_MAX;
use crate::pricing::elementary::{exp, ln, tail};
use crate::pricing::{Carry, Valuation, ROOT_2_PI_INVERSE, SECONDS_PER_YEAR};

/// The square of a larger d1 is infinite. No option has one (it takes 1e-300 s, or a volatility of 1e160): it has no value.
const D1_MAX: f64 = 1e150;

/// Options of a block.
pub const BLOCK: usize = 64;

type Column = [f64; BLOCK];

/// Options side by side.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "as in Terms")]
pub struct Options {
    pub spot: Column,
    pub strike: Column,
    pub seconds: Column,
    pub volatility: Column,
    /// +1 call, -1 put; any other makes the row NaN.
    pub right: Column,
}

/// Their values, in natural units as in [`Valuation`]; NaN where an input is unsound.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "as in Valuation")]
pub struct Values {
    pub price: Column,
    pub delta: Column,
    pub gamma: Column,
    pub theta: Column,
    pub vega: Column,
    pub rho: Column,
    pub vanna: Column,
    pub charm: Column,
    pub vomma: Column,
}

impl Options {
    /// A block to be filled.
    pub const EMPTY: Self = Self {
        spot: [1.0; BLOCK],
        strike: [1.0; BLOCK],
        seconds: [1.0; BLOCK],
        volatility: [1.0; BLOCK],
        right: [1.0; BLOCK],
    };
}

impl Values {
    /// A block to be filled.
    pub const EMPTY: Self = Self {
        price: [0.0; BLOCK],
        delta: [0.0; BLOCK],
        gamma: [0.0; BLOCK],
        theta: [0.0; BLOCK],
        vega: [0.0; BLOCK],
        rho: [0.0; BLOCK],
        vanna: [0.0; BLOCK],
        charm: [0.0; BLOCK],
        vomma: [0.0; BLOCK],
    };
}

widest! {
    /// Value a block.
    pub fn value_block(options: &Options, carry: Carry, values: &mut Values) = value_rows
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled twice by `widest`")]
fn value_rows(options: &Options, carry: Carry, values: &mut Values) {
    for i in 0..BLOCK {
        let (spot, strike) = (options.spot[i], options.strike[i]);
        let (years, volatility) = (options.seconds[i] / SECONDS_PER_YEAR, options.volatility[i]);
        let one = value_one(spot, strike, years, volatility, options.right[i], carry);
        values.price[i] = one.price;
        values.delta[i] = one.delta;
        values.gamma[i] = one.gamma;
        values.theta[i] = one.theta;
        values.vega[i] = one.vega;
        values.rho[i] = one.rho;
        values.vanna[i] = one.vanna;
        values.charm[i] = one.charm;
        values.vomma[i] = one.vomma;
    }
}

/// The value of one option, all NaN where an input is unsound.
///
/// With `bell` = e^(-d1^2/2), the normal distribution at d1 and d2 is `bell` times tails that are exact far out (the bell
/// of d2 is that of d1 times discounted spot over discounted strike), so that cheap options keep their digits.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a call would end the vectorisation of the caller's loop")]
pub(crate) fn value_one(spot: f64, strike: f64, years: f64, volatility: f64, sign: f64, carry: Carry) -> Valuation {
    let Carry { rate, dividend_yield } = carry;
    let (growth, discount) = (exp(-dividend_yield * years), exp(-rate * years));
    let root_years = years.sqrt();
    let deviation = volatility * root_years;
    let net = (rate - dividend_yield) * years;
    let d1 = (ln(spot / strike) + net) / deviation + 0.5 * deviation;
    let d2 = d1 - deviation;
    let bell = exp(-0.5 * d1 * d1);
    // Discounted spot times this bell is discounted strike times that of d2.
    let weighted = spot * growth * bell;
    let (tail_1, tail_2) = (weighted * tail(d1.abs()), weighted * tail(d2.abs()));
    let (all_asset, all_cash) = (spot * growth, strike * discount);
    let asset = if sign * d1 < 0.0 { tail_1 } else { all_asset - tail_1 };
    let cash = if sign * d2 < 0.0 { tail_2 } else { all_cash - tail_2 };
    let price = sign * (asset - cash);
    let density = growth * bell * ROOT_2_PI_INVERSE;
    let drift = 2.0 * net - d2 * deviation;
    let usable = (spot > 0.0)
        & (spot <= PRICE_MAX)
        & (strike > 0.0)
        & (strike <= PRICE_MAX)
        & (years > 0.0)
        & (years < f64::INFINITY)
        & (volatility > 0.0)
        & (volatility < f64::INFINITY)
        & (d1.abs() < D1_MAX)
        & (sign.abs() == 1.0);
    let or_nan = |value: f64| if usable { value } else { f64::NAN };
    let vega = spot * density * root_years;
    Valuation {
        price: or_nan(if price > 0.0 { price } else { 0.0 }),
        delta: or_nan(sign * asset / spot),
        gamma: or_nan(density / (spot * deviation)),
        theta: or_nan(
            -spot * density * volatility / (2.0 * root_years) - sign * (rate * cash - dividend_yield * asset),
        ),
        vega: or_nan(vega),
        rho: or_nan(sign * years * cash),
        vanna: or_nan(-density * d2 / volatility),
        charm: or_nan(sign * dividend_yield * asset / spot - density * drift / (2.0 * years * deviation)),
        vomma: or_nan(vega * d1 * d2 / volatility),
    }
}
