//! Strikes on an even grid of thousandths of a dollar, as listed ones are: a place for each by arithmetic.

#![allow(clippy::needless_bitwise_bool, reason = "loops over columns without branches become vector instructions")]

/// Adding it leaves a number rounded to an integer in the low bits of the mantissa: 1.5 x 2^52.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// `(strike - origin) x per_step` is the place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    origin: f64,
    last: f64,
    per_step: f64,
    step: f64,
    /// Both in thousandths, whole.
    origin_milli: f64,
    step_milli: f64,
    /// Whether all strikes are whole eighths of a dollar, as most are: a double holds them exactly.
    pub(crate) eighths: bool,
}

/// A whole number of at least 0 in the form that [`index_of`] reads: as wide as its source, so that no lane is moved.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a call would end the vectorisation of the caller's loop")]
pub(crate) fn rounded(whole: f64) -> f64 {
    whole + ROUNDER
}

/// The number that was [`rounded`].
#[inline(always)]
#[allow(clippy::inline_always, reason = "one move between registers")]
pub(crate) fn index_of(rounded: f64) -> usize {
    rounded.to_bits() as u32 as usize
}

impl Grid {
    /// From `origin` to `last` by `step`, all in thousandths of a dollar.
    pub(crate) fn of_milli(origin: u64, last: u64, step: u64) -> Self {
        let (origin_milli, step_milli) = (origin as f64, step as f64);
        Self {
            origin: origin_milli / 1000.0,
            last: last as f64 / 1000.0,
            per_step: 1000.0 / step_milli,
            step: step_milli / 1000.0,
            origin_milli,
            step_milli,
            eighths: origin.is_multiple_of(125) && step.is_multiple_of(125),
        }
    }

    /// The place of a strike, and whether it is one of the grid: without a look at the list of strikes.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call would end the vectorisation of the caller's loop")]
    pub(crate) fn place_of_sound<const EIGHTHS: bool>(self, strike: f64) -> (f64, bool) {
        let place = (strike - self.origin) * self.per_step + ROUNDER - ROUNDER;
        let exact = if EIGHTHS {
            self.origin + place * self.step == strike
        } else {
            (self.origin_milli + place * self.step_milli) / 1000.0 == strike
        };
        (place, exact & (strike >= self.origin) & (strike <= self.last))
    }

    /// The place of a strike, `strikes.len()` if it has none. `strikes` must not be empty.
    #[inline]
    pub(crate) fn place(self, strikes: &[f64], strike: f64) -> usize {
        let rounded = ((strike - self.origin) * self.per_step + ROUNDER).to_bits() as u32 as usize;
        let place = rounded.min(strikes.len() - 1);
        if strikes[place] == strike {
            place
        } else {
            strikes.len()
        }
    }
}

/// A strike in thousandths of a dollar; `None` if it is none.
pub(super) fn milli(strike: f64) -> Option<u64> {
    let rounded = strike * 1000.0 + ROUNDER - ROUNDER;
    (rounded / 1000.0 == strike).then_some(rounded as u64)
}
