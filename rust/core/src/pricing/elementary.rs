//! Exponential, logarithm and the tail of the normal distribution without branches or calls, so that loops over arrays
//! of options become vector instructions. The tests hold the first two to 2 units of the last place of the standard
//! library's, and the tail to 4 units of values of fifty digits.
//!
//! No fused multiply-add is used: the results are the same bits on every machine, and one at a time or in blocks.

#![allow(
    clippy::needless_bitwise_bool,
    clippy::needless_range_loop,
    reason = "loops over columns without branches become vector instructions"
)]

use std::f64::consts::{LOG2_E, SQRT_2};

/// Adding it leaves a number rounded to an integer in the low bits of the mantissa: 1.5 x 2^52.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// The logarithm of 2 in two parts, so that the product of the first with a small integer is exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
const EXP_MIN: f64 = -708.0;
const EXP_MAX: f64 = 709.0;

/// 1/n! from the 13th down.
const EXP_TERMS: [f64; 14] = [
    1.605_904_383_682_161_3e-10,
    2.087_675_698_786_81e-9,
    2.505_210_838_544_172e-8,
    2.755_731_922_398_589_3e-7,
    2.755_731_922_398_589e-6,
    2.480_158_730_158_73e-5,
    1.984_126_984_126_984e-4,
    1.388_888_888_888_889e-3,
    8.333_333_333_333_333e-3,
    4.166_666_666_666_666_4e-2,
    1.666_666_666_666_666_6e-1,
    0.5,
    1.0,
    1.0,
];

/// e^x; 0 below -708 and for NaN, e^709 above 709.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a call would end the vectorisation of the caller's loop")]
pub(crate) fn exp(x: f64) -> f64 {
    let bounded = if x > EXP_MIN { x } else { EXP_MIN };
    let bounded = if bounded < EXP_MAX { bounded } else { EXP_MAX };
    let shifted = bounded * LOG2_E + ROUNDER;
    let whole = shifted - ROUNDER;
    let rest = (bounded - whole * LN_2_HIGH) - whole * LN_2_LOW;
    let mut sum = EXP_TERMS[0];
    for term in &EXP_TERMS[1..] {
        sum = sum * rest + term;
    }
    let power_of_two = f64::from_bits((shifted.to_bits().wrapping_add(1023)) << 52);
    if x >= EXP_MIN {
        sum * power_of_two
    } else {
        0.0
    }
}

/// Bits of sqrt(1/2), to the precision of the upper half: mantissas are taken between it and its double.
const HALF_ROOT: u64 = 0x3fe6_a09e_0000_0000;
const ONE: u64 = 0x3ff0_0000_0000_0000;
const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
/// 2^52, whose low bits are an integer of up to 52 bits.
const INTEGER: u64 = 0x4330_0000_0000_0000;

/// Coefficients of log(1+f) - s (f - ...) in s^2, s = f/(2+f) (`FreeBSD`'s `e_log.c`).
const LOG_TERMS: [f64; 7] = [
    1.479_819_860_511_658_6e-1,
    1.531_383_769_920_937_3e-1,
    1.818_357_216_161_805e-1,
    2.222_219_843_214_978_4e-1,
    2.857_142_874_366_239e-1,
    3.999_999_999_940_942e-1,
    6.666_666_666_666_735e-1,
];

/// The natural logarithm of a normal number above zero; anything else gives an undefined number.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a call would end the vectorisation of the caller's loop")]
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits().wrapping_add(ONE - HALF_ROOT);
    let exponent = f64::from_bits((bits >> 52) | INTEGER) - f64::from_bits(INTEGER) - 1023.0;
    let f = f64::from_bits((bits & MANTISSA).wrapping_add(HALF_ROOT)) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let mut sum = LOG_TERMS[0];
    for term in &LOG_TERMS[1..] {
        sum = sum * z + term;
    }
    let half_square = 0.5 * f * f;
    exponent * LN_2_HIGH - ((half_square - (s * (half_square + sum * z) + exponent * LN_2_LOW)) - f)
}

/// Coefficients of `(1 + sqrt(2) a) * tail(a)` in `q = (a - 5) / (a + 5)`, from a Chebyshev fit with 50 digits whose own
/// error is 1e-17; the highest power first.
const TAIL_TERMS: [f64; 24] = [
    -5.653_668_435_982_985e-10,
    -3.469_899_739_420_966e-10,
    6.548_279_342_296_1e-9,
    4.545_040_899_344_765_6e-9,
    -4.625_920_109_805_829e-8,
    -3.291_508_580_792_582e-8,
    2.939_102_082_789_651e-7,
    1.492_013_629_736_714_7e-7,
    -1.949_862_801_746_831_7e-6,
    1.799_572_739_256_931_2e-7,
    1.333_862_612_372_699_4e-5,
    -1.674_732_899_949_469e-5,
    -7.621_075_726_421_248e-5,
    2.828_892_833_455_376e-4,
    -4.460_030_664_714_638e-5,
    -2.461_265_130_851_664e-3,
    1.020_885_139_350_231_4e-2,
    -2.517_855_483_579_757e-2,
    4.439_886_132_871_47e-2,
    -5.715_904_897_197_522_6e-2,
    4.764_866_133_894_879e-2,
    -4.193_708_178_282_688e-3,
    -7.005_241_362_061_797e-2,
    6.208_209_264_948_372e-1,
];

/// N(-a) e^(a^2/2) for `a` of 0 or more: the normal distribution's tail over its density, exact far out.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a call would end the vectorisation of the caller's loop")]
pub(crate) fn tail(a: f64) -> f64 {
    let bend = 1.0 + SQRT_2 * a;
    let inverse = 1.0 / ((a + 5.0) * bend);
    let q = (a - 5.0) * bend * inverse;
    let mut sum = TAIL_TERMS[0];
    for term in &TAIL_TERMS[1..] {
        sum = sum * q + term;
    }
    sum * ((a + 5.0) * inverse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::LN_2;

    fn ulps(actual: f64, expected: f64) -> f64 {
        (actual / expected - 1.0).abs() / f64::EPSILON
    }

    #[test]
    fn the_parts_of_ln_2_are_whole() {
        assert_eq!(LN_2_HIGH + LN_2_LOW, LN_2);
        assert_eq!(LN_2_HIGH.to_bits() & 0xffff_ffff, 0xfee0_0000);
    }

    #[test]
    fn ends_of_the_exponential() {
        assert_eq!((exp(0.0), exp(-800.0), exp(f64::NEG_INFINITY), exp(f64::NAN)), (1.0, 0.0, 0.0, 0.0));
        assert!(exp(800.0).is_finite() && exp(f64::INFINITY) > 1e307);
    }

    #[test]
    fn the_tail_against_values_of_fifty_digits() {
        // N(-a) e^(a^2/2) from its series and, for 1000, its continued fraction, in decimals of 150 digits.
        for (a, expected) in TAILS {
            assert!(ulps(tail(a), expected) < 4.0, "{a}: {} {expected}", tail(a));
        }
    }

    const TAILS: [(f64, f64); 8] = [
        (0.0, 0.5),
        (0.001, 0.499_601_307_586_680_25),
        (0.5, 0.349_618_834_720_398_06),
        (1.0, 0.261_578_291_865_123_4),
        (2.5, 0.141_331_331_380_575_3),
        (5.0, 0.076_919_304_975_006_29),
        (12.0, 0.033_018_971_077_214_535),
        (1000.0, 0.000_398_941_881_460_349_1),
    ];

    proptest! {
        #[test]
        fn exp_is_that_of_the_library(x in -708.0..709.0_f64) {
            prop_assert!(ulps(exp(x), x.exp()) <= 1.5, "{x}: {} {}", exp(x), x.exp());
        }

        #[test]
        fn ln_is_that_of_the_library(x in prop_oneof![0.5..2.0_f64, 1e-300..1e-290_f64, 1e-9..1e9_f64]) {
            prop_assert!((ln(x) - x.ln()).abs() <= 2.0 * f64::EPSILON * x.ln().abs(), "{x}: {} {}", ln(x), x.ln());
        }

        #[test]
        fn the_tail_is_that_of_erfc(a in 0.0..30.0_f64) {
            let expected = 0.5 * libm::erfc(a / SQRT_2);
            prop_assert!((tail(a) * (-0.5 * a * a).exp() / expected - 1.0).abs() < 1e-15 * (8.0 + a * a), "{}", a);
        }
    }
}
