//! Sums over blocks of 64 trades: what makes a tape cost less than a nanosecond a trade.
//!
//! A block that stays inside its bucket is only added up, in lanes that the compiler turns into vector code. The sums
//! are of whole numbers below 2^53 and so exact in any order: a block gives the bits that its trades would one by one.

#![allow(clippy::inline_always, reason = "the loop over blocks becomes vector code only as a whole")]

use crate::limits::{self, SIZE_MAX};
use crate::vpin::units::{ROUND, UNITS_PER_SHARE};

/// Trades in a block.
pub(crate) const BLOCK: usize = 64;
const LANES: usize = 8;
/// Up to this many shares in each trade, a block of fractions in units stays below 2^53.
const FRACTION_MAX: f64 = 1e6;
const SIGN: u64 = 1 << 63;

/// Units of a block of trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockSums {
    pub volume: i64,
    /// Bought minus sold.
    pub signed: i64,
    /// Without a side.
    pub unclassified: i64,
}

/// The sums of a block, or `None` where its trades must be looked at one by one: a size or side is bad, or sizes are
/// too large to add up as floats.
#[inline(always)]
pub(crate) fn sums(size: &[f64; BLOCK], side: &[i8; BLOCK]) -> Option<BlockSums> {
    if !sides_ok(side) {
        return None;
    }
    whole(size, side).or_else(|| fractions(size, side))
}

/// Whole shares, not more than [`SIZE_MAX`] in all.
#[inline(always)]
fn whole(size: &[f64; BLOCK], side: &[i8; BLOCK]) -> Option<BlockSums> {
    let mut volume = [0.0; LANES];
    let mut signed = [0.0; LANES];
    let mut classified = [0.0; LANES];
    let mut odd = [0_u64; LANES];
    for (sizes, sides) in size.as_chunks::<LANES>().0.iter().zip(side.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            let x = sizes[lane];
            let directed = x * f64::from(sides[lane]);
            volume[lane] += x;
            signed[lane] += directed;
            classified[lane] += directed.abs();
            // Any bit is set if x is no whole number or below 0. A NaN or infinity shows in the sum.
            odd[lane] |= (((x + ROUND) - ROUND).to_bits() ^ x.to_bits()) | (x.to_bits() & SIGN);
        }
    }
    let odd = odd.iter().fold(0, |all, lane| all | lane);
    let volume = add(&volume);
    // None is below 0, so none is above the sum; and all that was added up was exact.
    if odd != 0 || volume.is_nan() || volume > SIZE_MAX {
        return None;
    }
    let units = |shares: f64| shares as i64 * UNITS_PER_SHARE;
    Some(BlockSums {
        volume: units(volume),
        signed: units(add(&signed)),
        unclassified: units(volume - add(&classified)),
    })
}

/// Fractions of shares, not more than [`FRACTION_MAX`] in a trade.
#[inline(always)]
fn fractions(size: &[f64; BLOCK], side: &[i8; BLOCK]) -> Option<BlockSums> {
    let mut volume = [0.0; LANES];
    let mut signed = [0.0; LANES];
    let mut classified = [0.0; LANES];
    let mut bad = [0_u64; LANES];
    for (sizes, sides) in size.as_chunks::<LANES>().0.iter().zip(side.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            let x = sizes[lane];
            // As `units_of` does it.
            let units = (x * UNITS_PER_SHARE as f64 + ROUND) - ROUND;
            let directed = units * f64::from(sides[lane]);
            volume[lane] += units;
            signed[lane] += directed;
            classified[lane] += directed.abs();
            bad[lane] |= u64::from(!(0.0..=FRACTION_MAX).contains(&x));
        }
    }
    if bad.iter().fold(0, |all, lane| all | lane) != 0 {
        return None;
    }
    let volume = add(&volume);
    Some(BlockSums {
        volume: volume as i64,
        signed: add(&signed) as i64,
        unclassified: (volume - add(&classified)) as i64,
    })
}

#[inline(always)]
fn add(lanes: &[f64; LANES]) -> f64 {
    lanes.iter().sum()
}

#[inline(always)]
fn sides_ok(side: &[i8; BLOCK]) -> bool {
    // -1, 0 and 1 become 0, 1 and 2; anything else is above that as an unsigned byte.
    side.iter().fold(0_u8, |most, side| most.max(side.wrapping_add(1) as u8)) <= 2
}

/// Whether all prices are above 0 and below the limit.
#[inline(always)]
pub(crate) fn prices_ok(price: &[f64; BLOCK]) -> bool {
    let mut bad = [0_u64; LANES];
    for prices in price.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            bad[lane] |= u64::from(!limits::is_price(prices[lane]));
        }
    }
    bad.iter().fold(0, |all, lane| all | lane) == 0
}

/// Whether all sizes are above 0 and below the limit.
#[inline(always)]
pub(crate) fn sizes_positive(size: &[f64; BLOCK]) -> bool {
    let mut bad = [0_u64; LANES];
    for sizes in size.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            bad[lane] |= u64::from(sizes[lane] == 0.0 || !limits::is_size(sizes[lane]));
        }
    }
    bad.iter().fold(0, |all, lane| all | lane) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vpin::units::units_of;
    use proptest::prelude::*;

    fn one_by_one(size: &[f64; BLOCK], side: &[i8; BLOCK]) -> BlockSums {
        let mut sums = BlockSums { volume: 0, signed: 0, unclassified: 0 };
        for (size, side) in size.iter().zip(side) {
            let units = units_of(*size);
            sums.volume += units;
            sums.signed += units * i64::from(*side);
            sums.unclassified += if *side == 0 { units } else { 0 };
        }
        sums
    }

    fn sizes() -> impl Strategy<Value = Vec<f64>> {
        let whole = proptest::collection::vec((0_u32..15_000_000).prop_map(f64::from), BLOCK);
        let fractions = proptest::collection::vec((0_u64..=100_000_000_000_000).prop_map(|u| u as f64 / 1e8), BLOCK);
        prop_oneof![whole, fractions, proptest::collection::vec(0.0..1e6_f64, BLOCK)]
    }

    proptest! {
        #[test]
        fn equal_the_trades_one_by_one(size in sizes(), side in proptest::collection::vec(-1_i8..=1, BLOCK)) {
            let (size, side) = (size.try_into().unwrap(), side.try_into().unwrap());
            prop_assert_eq!(sums(&size, &side), Some(one_by_one(&size, &side)));
        }

        #[test]
        fn a_bad_value_anywhere_is_seen(at in 0..BLOCK, bad in prop_oneof![
            Just(f64::NAN), Just(-1.0), Just(-0.5), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(1.1e9), Just(-1e300),
        ]) {
            let mut size = [100.0; BLOCK];
            size[at] = bad;
            prop_assert_eq!(sums(&size, &[1; BLOCK]), None);
            prop_assert!(!prices_ok(&size));
            prop_assert!(!sizes_positive(&size));
        }

        #[test]
        fn a_bad_side_anywhere_is_seen(at in 0..BLOCK, bad in any::<i8>()) {
            let mut side = [1; BLOCK];
            side[at] = bad;
            prop_assert_eq!(sums(&[1.0; BLOCK], &side).is_some(), (-1..=1).contains(&bad));
        }
    }
}
