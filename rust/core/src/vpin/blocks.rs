//! Sums over blocks of trades: what makes a tape cost less than a nanosecond a trade.
//!
//! A block that stays inside its bucket is only added up, in loops that the compiler turns into vector code. The sums are
//! of integers and so exact in any order: a block gives the bits that its trades would one by one.

#![allow(clippy::inline_always, reason = "the loops become wide vector code where they are inlined")]

use crate::limits;
use crate::vpin::units::{ROUND, UNITS_PER_SHARE};

/// Units of a block of trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockSums {
    pub volume: i64,
    /// Bought minus sold.
    pub signed: i64,
    /// Without a side.
    pub unclassified: i64,
}

/// What the sides of a block are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sides {
    /// Each is 1 or -1.
    Known,
    /// Some are 0.
    Partly,
    Bad,
}

/// The sums of a block of at most 1,024 trades, or `None` where they must be looked at one by one: a size or side is bad,
/// or a size is above 45 million shares (2^52 units).
#[inline(always)]
pub(crate) fn sums(size: &[f64], side: &[i8]) -> Option<BlockSums> {
    let sides = sides_of(side);
    if sides == Sides::Bad {
        return None;
    }
    let (mut volume, mut sold, mut high) = (0_u64, 0_u64, 0_u64);
    for (x, side) in size.iter().zip(side) {
        let units = mantissa(*x);
        volume += units & UNITS_MASK;
        sold += units & where_sold(*side);
        // Above the mantissa a bit is left of what is below 0, too large or NaN.
        high |= units | (x.to_bits() & SIGN);
    }
    if high & !UNITS_MASK != 0 {
        return None;
    }
    let mut unclassified = 0;
    if sides == Sides::Partly {
        for (x, side) in size.iter().zip(side) {
            unclassified += mantissa(*x) & u64::from(*side != 0).wrapping_sub(1);
        }
    }
    // Each is below 2^62.
    let (volume, sold, unclassified) = (volume as i64, sold as i64, unclassified as i64);
    Some(BlockSums { volume, signed: volume - unclassified - 2 * sold, unclassified })
}

const SIGN: u64 = 1 << 63;
const UNITS_MASK: u64 = (1 << 52) - 1;

/// As `units_of` does it: adding 2^52 leaves the whole units in the mantissa. Other bits are set unless there are fewer
/// than 2^52 of them.
#[inline(always)]
fn mantissa(shares: f64) -> u64 {
    (shares * UNITS_PER_SHARE as f64 + ROUND).to_bits() ^ ROUND.to_bits()
}

/// All bits of a mantissa if the side is -1, none if it is 0 or 1.
#[inline(always)]
fn where_sold(side: i8) -> u64 {
    i64::from(side).cast_unsigned() >> 12
}

#[inline(always)]
fn sides_of(side: &[i8]) -> Sides {
    let (mut unlike, mut odd) = (0_u8, !0_u8);
    for side in side {
        let bits = side.cast_unsigned();
        unlike |= bits ^ (bits >> 1);
        odd &= bits;
    }
    // Of 1 and -1 the lowest bit is set and all others are alike.
    if unlike & 0x7E == 0 && odd & 1 == 1 {
        Sides::Known
    } else if side.iter().fold(0, |most, side| most.max(side.wrapping_add(1).cast_unsigned())) <= 2 {
        Sides::Partly
    } else {
        Sides::Bad
    }
}

/// Whether all prices are above 0 and below the limit.
#[inline(always)]
pub(crate) fn prices_ok(price: &[f64]) -> bool {
    price.iter().fold(0, |bad, price| bad | u64::from(!limits::is_price(*price))) == 0
}

/// Whether all sizes are above 0 and below the limit.
#[inline(always)]
pub(crate) fn sizes_positive(size: &[f64]) -> bool {
    size.iter().fold(0, |bad, size| bad | u64::from(*size == 0.0 || !limits::is_size(*size))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vpin::units::units_of;
    use proptest::prelude::*;

    /// Trades in a block here; any number will do.
    const BLOCK: usize = 77;

    fn one_by_one(size: &[f64], side: &[i8]) -> BlockSums {
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
        let whole = proptest::collection::vec((0_u32..45_000_000).prop_map(f64::from), BLOCK);
        let fractions = proptest::collection::vec((0_u64..4_500_000_000_000_000).prop_map(|u| u as f64 / 1e8), BLOCK);
        prop_oneof![whole, fractions, proptest::collection::vec(0.0..1e6_f64, BLOCK)]
    }

    proptest! {
        #[test]
        fn equal_the_trades_one_by_one(size in sizes(), side in proptest::collection::vec(-1_i8..=1, BLOCK)) {
            prop_assert_eq!(sums(&size, &side), Some(one_by_one(&size, &side)));
        }

        #[test]
        fn a_bad_value_anywhere_is_seen(at in 0..BLOCK, bad in prop_oneof![
            Just(f64::NAN), Just(-1.0), Just(-0.5), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(1.1e9), Just(-1e300), Just(-1e-12),
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
