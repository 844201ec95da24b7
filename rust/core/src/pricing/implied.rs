//! Implied volatility of European options: a start that holds everywhere and four third-order Householder steps on the
//! logarithm of the out-of-the-money price, for blocks of options at once; the few that have not settled go to a bracketed
//! search.
//!
//! In total volatility s = sigma sqrt(T) and x = -|ln(F/K)| the out-of-the-money price over sqrt(F K) and the discount is
//! b(s) = e^(x/2) N(x/s + s/2) - e^(-x/2) N(x/s - s/2); b'''/b', b''/b' and b'/b have closed forms (Jaeckel, Let's be
//! rational, 2015). The start is the larger of two lower bounds: |x| / sqrt(-2 ln b), far from the money, and
//! sqrt(2 pi) b, at it; from there the steps rise to the root.

#![allow(
    clippy::needless_bitwise_bool,
    clippy::needless_range_loop,
    reason = "loops over columns without branches become vector instructions"
)]

use crate::lanes::widest;
use crate::limits::PRICE_MAX;
use crate::pricing::elementary::{exp, ln, tail};
use crate::pricing::{Carry, SECONDS_PER_YEAR};

pub use crate::pricing::black_scholes::BLOCK;

type Column = [f64; BLOCK];

/// Options side by side, with their prices.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "as in Terms")]
pub struct Quotes {
    pub price: Column,
    pub spot: Column,
    pub strike: Column,
    pub seconds: Column,
    pub right: Column,
}

impl Quotes {
    /// A block to be filled.
    pub const EMPTY: Self = Self {
        price: [1.0; BLOCK],
        spot: [1.0; BLOCK],
        strike: [1.0; BLOCK],
        seconds: [1.0; BLOCK],
        right: [1.0; BLOCK],
    };
}

/// Householder steps: with four, every option between 1e-26 of the money's price and a total volatility of 3 settles.
const STEPS: usize = 4;
/// A root is settled when the last step moved it by less, relatively.
const SETTLED: f64 = 1e-10;
const ROOT_2_PI: f64 = 2.506_628_274_631_000_7;

widest! {
    /// Volatilities of a block; NaN where the price is outside the bounds or the steps have not settled.
    pub fn imply_block(quotes: &Quotes, carry: Carry, volatility: &mut [f64; BLOCK]) = imply_rows
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled twice by `widest`")]
fn imply_rows(quotes: &Quotes, carry: Carry, volatility: &mut [f64; BLOCK]) {
    // One loop a step: a loop inside the loop over the options would not become vector instructions.
    let mut problems = [Problem::NONE; BLOCK];
    for i in 0..BLOCK {
        let years = quotes.seconds[i] / SECONDS_PER_YEAR;
        problems[i] = Problem::of(quotes.price[i], quotes.spot[i], quotes.strike[i], years, quotes.right[i], carry);
    }
    let (mut s, mut last) = (problems.map(|problem| problem.start), [0.0; BLOCK]);
    let (x, target) = (problems.map(|problem| problem.x), problems.map(|problem| problem.target));
    for _ in 0..STEPS {
        last = s;
        for i in 0..BLOCK {
            s[i] = householder(s[i], x[i], target[i]);
        }
    }
    for i in 0..BLOCK {
        volatility[i] = problems[i].answer(s[i], last[i]);
    }
}

/// One volatility, as [`imply_block`].
pub(crate) fn imply_one(price: f64, spot: f64, strike: f64, years: f64, sign: f64, carry: Carry) -> f64 {
    let problem = Problem::of(price, spot, strike, years, sign, carry);
    let (mut s, mut last) = (problem.start, 0.0);
    for _ in 0..STEPS {
        last = s;
        s = householder(s, problem.x, problem.target);
    }
    problem.answer(s, last)
}

/// What is to be solved: the total volatility at which the logarithm of the price is `target`.
#[derive(Debug, Clone, Copy)]
struct Problem {
    x: f64,
    target: f64,
    start: f64,
    /// 0 where the price is outside the bounds.
    root_years: f64,
}

impl Problem {
    const NONE: Self = Self { x: 0.0, target: 0.0, start: 1.0, root_years: 0.0 };

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call would end the vectorisation of the caller's loop")]
    fn of(price: f64, spot: f64, strike: f64, years: f64, sign: f64, carry: Carry) -> Self {
        let (asset, cash) = (spot * exp(-carry.dividend_yield * years), strike * exp(-carry.rate * years));
        let intrinsic = sign * (asset - cash);
        let time_value = price - if intrinsic > 0.0 { intrinsic } else { 0.0 };
        let most = if asset < cash { asset } else { cash };
        let sound = (time_value > 0.0)
            & (time_value < most)
            & (spot > 0.0)
            & (spot <= PRICE_MAX)
            & (strike > 0.0)
            & (strike <= PRICE_MAX)
            & (years > 0.0)
            & (years < f64::INFINITY)
            & (sign.abs() == 1.0);
        let x = -(ln(asset / cash).abs());
        let price = if sound { time_value / (asset * cash).sqrt() } else { 0.1 };
        let target = ln(price);
        let far = -x / (-2.0 * if target < -0.1 { target } else { -0.1 }).sqrt();
        let near = ROOT_2_PI * price;
        let start = if far > near { far } else { near };
        Self { x, target, start, root_years: if sound { years.sqrt() } else { 0.0 } }
    }

    /// The volatility, NaN if the last step was too long to be the last.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call would end the vectorisation of the caller's loop")]
    fn answer(&self, s: f64, last: f64) -> f64 {
        let settled = (s - last).abs() <= SETTLED * s;
        if settled & (self.root_years > 0.0) {
            s / self.root_years
        } else {
            f64::NAN
        }
    }
}

/// The next total volatility, at most doubled or halved.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a call would end the vectorisation of the caller's loop")]
fn householder(s: f64, x: f64, target: f64) -> f64 {
    let (h, t) = (x / s, 0.5 * s);
    let (z1, z2) = (h + t, h - t);
    let half_squares = 0.5 * (h * h + t * t);
    let (near, far) = (tail(z1.abs()), tail(-z2));
    // The price over the bell e^-half_squares.
    let over_bell = if z1 > 0.0 { exp(0.5 * x + half_squares) - near - far } else { near - far };
    let slope = 1.0 / (ROOT_2_PI * over_bell);
    let error = ln(over_bell) - half_squares - target;
    let newton = -error / slope;
    let second = h * h / s - 0.25 * s;
    let third = second * second - 3.0 * (h / s) * (h / s) - 0.25;
    let bend = second - slope;
    let bend_2 = third - 3.0 * second * slope + 2.0 * slope * slope;
    let step = newton * (1.0 + 0.5 * bend * newton) / (1.0 + newton * (bend + bend_2 * newton / 6.0));
    let low = if step > -0.5 * s { step } else { -0.5 * s };
    s + if low < s { low } else { s }
}
