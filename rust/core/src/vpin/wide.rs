//! The loops over blocks, compiled twice: for any processor, and for those with AVX2.
//!
//! Only integers are added up and floats are only scaled and compared, so both give the same bits. Measured with
//! `bench/test_vpin.py`, AVX2 halves the time of a tape in the cache; without it a long tape is not read at the memory's speed.

use crate::aggressor::TickRule;
use crate::vpin::accumulator::{Accumulator, Closed};
use crate::vpin::flow::{self, Sider, Stop, TapeColumns};

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn pour_blocks_avx2(
    tape: &TapeColumns<'_>,
    sider: &mut Sider,
    accumulator: &mut Accumulator,
    closed: &mut Vec<Closed>,
) -> Result<(), Stop> {
    flow::pour_blocks(tape, sider, accumulator, closed)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn classify_blocks_avx2(tape: &TapeColumns<'_>, rule: &mut TickRule, found: &mut [i8]) -> Result<(), Stop> {
    flow::classify_blocks(tape, rule, found)
}

/// [`flow::pour_blocks`] for this processor.
#[cfg_attr(target_arch = "x86_64", allow(unsafe_code))]
pub(crate) fn pour_blocks(
    tape: &TapeColumns<'_>,
    sider: &mut Sider,
    accumulator: &mut Accumulator,
    closed: &mut Vec<Closed>,
) -> Result<(), Stop> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the function is safe but for the processor feature it is compiled for, which was just found present.
        return unsafe { pour_blocks_avx2(tape, sider, accumulator, closed) };
    }
    flow::pour_blocks(tape, sider, accumulator, closed)
}

/// [`flow::classify_blocks`] for this processor.
#[cfg_attr(target_arch = "x86_64", allow(unsafe_code))]
pub(crate) fn classify_blocks(tape: &TapeColumns<'_>, rule: &mut TickRule, found: &mut [i8]) -> Result<(), Stop> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the function is safe but for the processor feature it is compiled for, which was just found present.
        return unsafe { classify_blocks_avx2(tape, rule, found) };
    }
    flow::classify_blocks(tape, rule, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two compilations against each other (where the processor has AVX2).
    #[test]
    fn both_compilations_give_the_same_bits() {
        let rows = 3_000;
        let ts_ns: Vec<i64> = (0..rows).collect();
        let price: Vec<f64> = (0..rows).map(|i| 100.0 + (i * i % 7) as f64 / 100.0).collect();
        let size: Vec<f64> =
            (0..rows).map(|i| (i * 7_919 % 1_009) as f64 / if i < 1_500 { 1.0 } else { 64.0 }).collect();
        let tape = TapeColumns { ts_ns: &ts_ns, price: Some(&price), size: &size, aggressor: None, quotes: None };
        let (mut plain, mut wide) =
            ((Sider::Rule(TickRule::new()), Accumulator::new(5_000_000_000), Vec::new()), Vec::new());
        assert!(flow::pour_blocks(&tape, &mut plain.0, &mut plain.1, &mut plain.2).is_ok());
        let (mut sider, mut accumulator) = (Sider::Rule(TickRule::new()), Accumulator::new(5_000_000_000));
        assert!(pour_blocks(&tape, &mut sider, &mut accumulator, &mut wide).is_ok());
        assert_eq!(plain, (sider, accumulator, wide));
        let (mut first, mut second) = (vec![0; 3_000], vec![0; 3_000]);
        assert!(flow::classify_blocks(&tape, &mut TickRule::new(), &mut first).is_ok());
        assert!(classify_blocks(&tape, &mut TickRule::new(), &mut second).is_ok());
        assert_eq!(first, second);
    }
}
