//! Black-Scholes-Merton with a continuous dividend yield: price, greeks, implied volatility.
//!
//! A year is 365 x 86,400 s. Rates, yields and volatilities are fractions a year (0.05 = 5%).

pub mod american;
pub mod american_implied;
pub mod black_scholes;
pub(crate) mod elementary;
pub mod implied;

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::error::{finite, Error, Result};
use crate::limits::is_price;
use crate::occ::Right;

/// Seconds in the year of all time fractions.
pub const SECONDS_PER_YEAR: f64 = 365.0 * 86_400.0;

/// One over the square root of 2 pi.
pub(crate) const ROOT_2_PI_INVERSE: f64 = 0.398_942_280_401_432_7;

/// Density of the standard normal distribution.
#[inline]
pub fn normal_pdf(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// Distribution function of the standard normal distribution, exact in both tails (through erfc).
#[inline]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// 1,000% a year: past this a rate was given in percent or is corrupt.
const CARRY_MAX: f64 = 10.0;

/// Interest rate and dividend yield, both continuous and finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carry {
    /// Interest rate a year.
    pub rate: f64,
    /// Dividend yield a year.
    pub dividend_yield: f64,
}

impl Carry {
    /// Check both numbers.
    pub fn new(rate: f64, dividend_yield: f64) -> Result<Self> {
        for (name, value) in [("rate", rate), ("dividend_yield", dividend_yield)] {
            if finite(name, value)?.abs() > CARRY_MAX {
                return Err(Error::invalid(format!("{name} was {value}: give a fraction a year, 0.05 for 5%")));
            }
        }
        Ok(Self { rate, dividend_yield })
    }
}

/// One option to be priced: all but the volatility.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Price of the underlying.
    pub spot: f64,
    /// Strike.
    pub strike: f64,
    /// Time to settlement.
    pub years: f64,
    /// Call or put.
    pub right: Right,
}

impl Terms {
    /// `None` where a number is not positive and finite (prices at most 1e9), or the right is neither +1 nor -1.
    #[inline]
    pub fn new(spot: f64, strike: f64, seconds_to_settlement: f64, right: i8) -> Option<Self> {
        let right = match right {
            1 => Right::Call,
            -1 => Right::Put,
            _ => return None,
        };
        let years = seconds_to_settlement / SECONDS_PER_YEAR;
        (is_price(spot) && is_price(strike) && years.is_finite() && years > 0.0).then_some(Self {
            spot,
            strike,
            years,
            right,
        })
    }
}

/// Price and greeks in natural units: theta and charm a year, vega and vanna for a volatility change of 1.00.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Valuation {
    /// Dollars.
    pub price: f64,
    /// Per $1 of the underlying.
    pub delta: f64,
    /// Delta per $1 of the underlying.
    pub gamma: f64,
    /// Dollars as a year passes.
    pub theta: f64,
    /// Dollars per 1.00 of volatility.
    pub vega: f64,
    /// Dollars per 1.00 of the interest rate.
    pub rho: f64,
    /// Delta per 1.00 of volatility.
    pub vanna: f64,
    /// Delta as a year passes.
    pub charm: f64,
    /// Vega per 1.00 of volatility.
    pub vomma: f64,
}

/// Value an option; `None` where the volatility is not positive and finite.
pub fn value(terms: &Terms, carry: Carry, volatility: f64) -> Option<Valuation> {
    let sign = f64::from(terms.right.sign());
    let value = black_scholes::value_one(terms.spot, terms.strike, terms.years, volatility, sign, carry);
    (!value.price.is_nan()).then_some(value)
}

/// Largest volatility that is searched: 100 = 10,000% a year.
const VOLATILITY_MAX: f64 = 100.0;

/// The volatility at which the model gives `price`; `None` where the price is not inside the no-arbitrage bounds.
///
/// As [`implied::imply_block`], with a bracketed search for what that leaves open.
pub fn implied_volatility(terms: &Terms, carry: Carry, price: f64) -> Option<f64> {
    let sign = f64::from(terms.right.sign());
    let quick = implied::imply_one(price, terms.spot, terms.strike, terms.years, sign, carry);
    if quick.is_nan() {
        return search_volatility(terms, carry, price);
    }
    (quick < 0.999 * VOLATILITY_MAX).then_some(quick)
}

/// Why a price has no implied volatility.
pub fn reason_without_volatility(terms: Option<&Terms>, carry: Carry, price: f64, american: bool) -> &'static str {
    let Some(terms) = terms.filter(|_| price.is_finite()) else { return "bad_input" };
    let (mut asset, mut cash) = (terms.spot, terms.strike);
    if !american {
        asset *= (-carry.dividend_yield * terms.years).exp();
        cash *= (-carry.rate * terms.years).exp();
    }
    let (intrinsic, most) = match terms.right {
        Right::Call => (asset - cash, asset),
        Right::Put => (cash - asset, cash),
    };
    if price <= intrinsic.max(0.0) {
        "no_time_value"
    } else if price >= most {
        "above_bound"
    } else {
        "not_found"
    }
}

/// The same by Newton steps on the logarithm of the price inside a shrinking bracket. It works on the out-of-the-money
/// side (through parity), where no digits are lost to intrinsic value.
pub fn search_volatility(terms: &Terms, carry: Carry, price: f64) -> Option<f64> {
    if !price.is_finite() {
        return None;
    }
    let discounted_spot = terms.spot * (-carry.dividend_yield * terms.years).exp();
    let discounted_strike = terms.strike * (-carry.rate * terms.years).exp();
    let sign = f64::from(terms.right.sign());
    let intrinsic = (sign * (discounted_spot - discounted_strike)).max(0.0);
    let time_value = price - intrinsic;
    let most = discounted_spot.min(discounted_strike);
    if !(time_value > 0.0 && time_value < most) {
        return None;
    }
    let out_of_the_money = if discounted_spot < discounted_strike { Right::Call } else { Right::Put };
    let terms = Terms { right: out_of_the_money, ..*terms };
    let target = time_value.ln();
    let (mut low, mut high) = (0.0, VOLATILITY_MAX);
    // The inflection point of the price in the volatility: Newton converges from it (Manaster and Koehler 1982).
    let moneyness = (discounted_spot / discounted_strike).ln().abs();
    let mut volatility = (2.0 * moneyness / terms.years).sqrt().clamp(1e-4, 10.0);
    // Halving alone needs 60 steps; Newton rarely more than 8.
    for _ in 0..100 {
        let at = value(&terms, carry, volatility)?;
        let error = if at.price > 0.0 { at.price.ln() - target } else { f64::NEG_INFINITY };
        if error > 0.0 {
            high = volatility;
        } else {
            low = volatility;
        }
        let step = error * at.price / at.vega;
        if step.abs() <= 1e-14 * volatility || high - low <= 1e-14 * volatility {
            break;
        }
        let newton = volatility - step;
        volatility = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
    }
    (volatility < 0.999 * VOLATILITY_MAX).then_some(volatility)
}

#[cfg(test)]
mod tests;
