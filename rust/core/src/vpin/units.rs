//! Shares as whole units of 1e-8 share.
//!
//! Sums of integers are exact in any order, so a tape gives the same bits however it is cut into batches, blocks or
//! single trades; floats would round differently with each way of summing. The unit is decimal because sizes are: ten
//! fills of 0.1 share are one share. A whole number of shares up to [`crate::limits::SIZE_MAX`] converts exactly, a
//! fraction to its nearest unit.

/// Units in a share.
pub const UNITS_PER_SHARE: i64 = 100_000_000;
/// Adding and taking away 2^52 rounds a float of 0 to 2^52 to the nearest whole number, ties to even.
pub(crate) const ROUND: f64 = 4_503_599_627_370_496.0;

/// `units` of a size of 0 to 1e9 shares.
#[inline]
pub(crate) fn units_of(shares: f64) -> i64 {
    let units = shares * UNITS_PER_SHARE as f64;
    // From 2^52 on every float is whole.
    (if units < ROUND { (units + ROUND) - ROUND } else { units }) as i64
}

/// Shares of a number of units: exact for whole shares up to 2e10, else to within a rounding.
#[inline]
pub(crate) fn shares_of(units: i64) -> f64 {
    units as f64 / UNITS_PER_SHARE as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whole_shares_are_exact(shares in 0_u32..=1_000_000_000) {
            prop_assert_eq!(units_of(f64::from(shares)), i64::from(shares) * UNITS_PER_SHARE);
            prop_assert_eq!(shares_of(i64::from(shares) * UNITS_PER_SHARE), f64::from(shares));
        }

        #[test]
        fn decimals_are_what_they_say(units in 0_i64..1_000_000_000_000_000) {
            // Up to 10 million shares a float still tells 1e-8 apart.
            prop_assert_eq!(units_of(format!("{units}e-8").parse::<f64>().unwrap()), units);
        }
    }
}
