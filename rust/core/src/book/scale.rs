//! Dollars to integer ticks and back.
//!
//! Where a dollar is a whole number of ticks (0.01, 0.25, 1/64, ...) a price is `ticks / ticks_per_dollar`: the nearest
//! double of the decimal price, so that prices compare equal to literals. Else (2.5, 5.0, ...) it is `ticks * tick_size`.

use crate::error::{finite, positive, Error, Result};

/// Ticks of a price stay within this, either way. Up to here a double of a decimal price, times the ticks of a dollar, is
/// off by at most 2^45 * 2^-52 = 1/128 of a tick, so the nearest tick is the right one beyond doubt.
pub const TICKS_MAX: i64 = 1 << 45;
const TICKS_MAX_F64: f64 = TICKS_MAX as f64;

/// How far from a tick, in ticks, a price may lie and still be taken for it. Room for prices that were computed, or that
/// went through a 32-bit float; a hundredth of a tick is never a real price.
pub const TOLERANCE_TICKS: f64 = 0.01;

/// 1.5 * 2^52: adding it rounds a double below 2^51 to a whole number (half to even) that stands in its low bits. Unlike
/// `f64::round` it needs no call, and vectorises.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// Converts between dollars and integer ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TickScale {
    tick_size: f64,
    /// Ticks per dollar where that is a whole number.
    per_dollar: Option<f64>,
    /// `ticks * mul / div` is the price: one of the two is 1, which changes no bit.
    mul: f64,
    div: f64,
}

impl TickScale {
    /// `tick_size` in dollars, above zero.
    pub fn new(tick_size: f64) -> Result<Self> {
        positive("tick_size", tick_size)?;
        finite("the ticks of a dollar", 1.0 / tick_size)?;
        let inverse = (1.0 / tick_size).round();
        let whole = inverse >= 1.0 && (inverse * tick_size - 1.0).abs() < 1e-9;
        let (mul, div) = if whole { (1.0, inverse) } else { (tick_size, 1.0) };
        Ok(Self { tick_size, per_dollar: whole.then_some(inverse), mul, div })
    }

    /// The tick size in dollars, as it was given.
    pub const fn tick_size(self) -> f64 {
        self.tick_size
    }

    #[inline]
    fn scaled(self, price: f64) -> f64 {
        self.per_dollar.map_or_else(|| price / self.tick_size, |n| price * n)
    }

    /// The tick nearest to a price, however far that is: for feeds whose prices are only nearly on the grid.
    #[inline]
    pub fn to_ticks(self, price: f64) -> i64 {
        let scaled = self.scaled(price);
        if scaled.abs() <= TICKS_MAX_F64 {
            return rounded(scaled).1;
        }
        // Beyond exactness: a cast saturates, so no price can overflow. The bounds keep the rank of a bid exact.
        (scaled as i64).clamp(-i64::MAX, i64::MAX)
    }

    /// The tick of a price that lies on the grid, or `None`: NaN, infinite, beyond [`TICKS_MAX`] or between two ticks.
    #[inline]
    pub fn on_grid(self, price: f64) -> Option<i64> {
        let scaled = self.scaled(price);
        let (whole, ticks) = rounded(scaled);
        is_on_grid(scaled, whole).then_some(ticks)
    }

    /// The ticks of a block of prices; whether all of them lie on the grid. If not, the ticks mean nothing.
    #[inline]
    pub fn block(self, prices: &[f64], ticks: &mut [i64]) -> bool {
        // Two loops, so that neither holds a branch and both vectorise.
        match self.per_dollar {
            Some(n) => convert(prices, ticks, |price| price * n),
            None => convert(prices, ticks, |price| price / self.tick_size),
        }
    }

    /// [`Self::to_ticks`] of a block of prices.
    #[inline]
    pub fn nearest_block(self, prices: &[f64], ticks: &mut [i64]) {
        let good = match self.per_dollar {
            Some(n) => nearest(prices, ticks, |price| price * n),
            None => nearest(prices, ticks, |price| price / self.tick_size),
        };
        // NaN (in a row that is deleted) or beyond exactness.
        if !good {
            prices.iter().zip(ticks).for_each(|(price, ticks)| *ticks = self.to_ticks(*price));
        }
    }

    /// The price of a tick in dollars.
    #[inline]
    pub fn to_price(self, ticks: i64) -> f64 {
        ticks as f64 * self.mul / self.div
    }

    /// Why [`Self::on_grid`] refused a price.
    #[cold]
    pub fn refusal(self, price: f64) -> Error {
        let tick_size = self.tick_size;
        if !price.is_finite() {
            return Error::invalid(format!("the price was {price}: give a finite number of dollars"));
        }
        if self.scaled(price).abs() > TICKS_MAX_F64 {
            return Error::invalid(format!(
                "the price was {price}: more than 2^45 ticks of {tick_size} cannot be told apart in a double"
            ));
        }
        let (below, above) = (self.to_price(self.floor(price)), self.to_price(self.floor(price) + 1));
        Error::invalid(format!(
            "the price was {price}, between the ticks {below} and {above}: check tick_size ({tick_size}) or round first"
        ))
    }

    fn floor(self, price: f64) -> i64 {
        self.scaled(price).floor() as i64
    }
}

#[inline]
fn rounded(scaled: f64) -> (f64, i64) {
    let shifted = scaled + ROUND;
    (shifted - ROUND, (shifted.to_bits() as i64).wrapping_sub(ROUND.to_bits() as i64))
}

/// Written so that NaN fails: its comparisons are false.
#[inline]
fn is_on_grid(scaled: f64, whole: f64) -> bool {
    ((scaled - whole).abs() <= TOLERANCE_TICKS) & (scaled.abs() <= TICKS_MAX_F64)
}

#[inline]
fn convert(prices: &[f64], ticks: &mut [i64], scaled: impl Fn(f64) -> f64) -> bool {
    let mut good = true;
    for (price, ticks) in prices.iter().zip(ticks) {
        let scaled = scaled(*price);
        let (whole, rounded) = rounded(scaled);
        *ticks = rounded;
        good &= is_on_grid(scaled, whole);
    }
    good
}

/// Whether all prices can be told apart from their neighbours; if not, the ticks mean nothing.
#[inline]
fn nearest(prices: &[f64], ticks: &mut [i64], scaled: impl Fn(f64) -> f64) -> bool {
    let mut good = true;
    for (price, ticks) in prices.iter().zip(ticks) {
        let scaled = scaled(*price);
        *ticks = rounded(scaled).1;
        good &= scaled.abs() <= TICKS_MAX_F64;
    }
    good
}
