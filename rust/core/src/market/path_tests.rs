//! Returns and volatility against their definitions over all bars.

use super::*;
use crate::market::bars::{Bar, BARS_MAX};
use proptest::prelude::*;

/// 2026-03-02 15:00 UTC, a Monday, 10:00 in New York.
const BASE_NS: i64 = 1_772_463_600 * NS_PER_SECOND;

struct Tape {
    bars: TimeBars,
    path: PricePath,
}

impl Tape {
    fn new() -> Self {
        Self { bars: TimeBars::new(1, BARS_MAX), path: PricePath::new() }
    }

    fn add(&mut self, ts_ns: i64, price: f64) {
        let added = self.bars.add(ts_ns, price, 1.0);
        self.path.add(ts_ns, price, added);
    }
}

fn one_price_a_second(count: i64, price: impl Fn(i64) -> f64) -> Tape {
    let mut tape = Tape::new();
    for second in 0..count {
        tape.add(BASE_NS + second * NS_PER_SECOND, price(second));
    }
    tape
}

/// The close of the newest bar that starts at or before an instant, within a session.
fn naive_price(bars: &[Bar], at_ns: i64, newest_ns: i64) -> Option<f64> {
    let today_ns = new_york_day_bounds(newest_ns).0;
    bars.iter().rev().find(|bar| bar.start_ns <= at_ns).filter(|bar| bar.start_ns >= today_ns).map(|bar| bar.close)
}

fn naive_return(bars: &[Bar], newest_ns: i64, seconds: i64) -> Option<f64> {
    let second_ns = newest_ns - newest_ns.rem_euclid(NS_PER_SECOND);
    let then = naive_price(bars, second_ns - seconds * NS_PER_SECOND, newest_ns)?;
    Some((bars.last()?.close / then).ln())
}

fn naive_volatility(bars: &[Bar], newest_ns: i64) -> Option<f64> {
    let second_ns = newest_ns - newest_ns.rem_euclid(NS_PER_SECOND);
    let prices: Vec<f64> =
        (0..=60).map_while(|step| naive_price(bars, second_ns - step * 5 * NS_PER_SECOND, newest_ns)).collect();
    let returns: Vec<f64> = prices.windows(2).map(|pair| (pair[0] / pair[1]).ln()).collect();
    if returns.len() < 12 {
        return None;
    }
    let mean = returns.iter().sum::<f64>() / returns.len() as f64;
    let squares: f64 = returns.iter().map(|r| (r - mean).powi(2)).sum();
    Some((squares / (returns.len() - 1) as f64 * 252.0 * 390.0 * 12.0).sqrt())
}

fn near(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1e-6),
        (a, b) => a.is_none() && b.is_none(),
    }
}

proptest! {
    #[test]
    fn equals_the_definitions(
        // Mostly small steps, some gaps of minutes, one in a while of hours: over midnight.
        steps in proptest::collection::vec(
            (prop_oneof![8 => 0_i64..3_000, 2 => 0_i64..400_000, 1 => 0_i64..40_000_000], 0_i64..20, 9_900_u32..10_100),
            1..250,
        ),
        quiet_ms in 0_i64..400_000,
    ) {
        let mut tape = Tape::new();
        let mut now = BASE_NS;
        for (i, (step_ms, late, cents)) in steps.iter().enumerate() {
            now += step_ms * 1_000_000;
            // One in twenty comes up to a minute late.
            let late_ns = if *late == 0 { (i as i64 % 60) * NS_PER_SECOND } else { 0 };
            tape.add(now - late_ns, f64::from(*cents) / 100.0);
            let newest_ns = now + if i % 3 == 0 { quiet_ms * 1_000_000 } else { 0 };
            if i % 5 == 0 || i + 1 == steps.len() {
                tape.path.settle(&tape.bars);
                let bars = tape.bars.newest(usize::MAX);
                for seconds in [60, 300] {
                    let (found, naive) = (tape.path.log_return(newest_ns, seconds), naive_return(&bars, newest_ns, seconds));
                    prop_assert!(near(found, naive), "{seconds} s: {found:?} {naive:?}");
                }
                let (found, naive) = (tape.path.volatility_300s(newest_ns), naive_volatility(&bars, newest_ns));
                prop_assert!(near(found, naive), "volatility: {found:?} {naive:?}");
            }
        }
    }
}

#[test]
fn returns_look_back_to_the_second() {
    let mut tape = one_price_a_second(301, |second| 100.0 + second as f64);
    let newest = BASE_NS + 300 * NS_PER_SECOND + 5;
    assert_eq!(tape.path.log_return(newest, 60), Some((400.0_f64 / 340.0).ln()));
    assert_eq!(tape.path.log_return(newest, 300), Some(4.0_f64.ln()));
    assert_eq!(tape.path.log_return(newest - NS_PER_SECOND, 300), None);
    // The next day's first minute must not take yesterday's close.
    let tomorrow = BASE_NS + 86_400 * NS_PER_SECOND;
    tape.add(tomorrow, 500.0);
    assert_eq!(tape.path.log_return(tomorrow, 60), None);
    assert_eq!(tape.path.volatility_300s(tomorrow), None);
}

#[test]
fn volatility_is_the_scaled_standard_deviation() {
    let price = |second: i64| 100.0 * (1.0 + 0.001 * ((second / 5) % 2) as f64);
    let tape = one_price_a_second(301, price);
    let newest = BASE_NS + 300 * NS_PER_SECOND;
    let returns: Vec<f64> = (0..60).map(|i| (price(300 - 5 * i) / price(295 - 5 * i)).ln()).collect();
    let mean = returns.iter().sum::<f64>() / 60.0;
    let variance = returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 59.0;
    let expected = (variance * 252.0 * 390.0 * 12.0).sqrt();
    let actual = tape.path.volatility_300s(newest).unwrap();
    assert!((actual / expected - 1.0).abs() < 1e-12, "{actual} {expected}");
    assert_eq!(one_price_a_second(60, price).path.volatility_300s(BASE_NS + 59 * NS_PER_SECOND), None);
    assert!(one_price_a_second(61, price).path.volatility_300s(BASE_NS + 60 * NS_PER_SECOND).is_some());
}
