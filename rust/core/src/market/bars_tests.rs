//! Bars against a map keyed by second; returns and volatility against their definitions.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// 2026-03-02 15:00 UTC, a Monday, 10:00 in New York.
const BASE_NS: i64 = 1_772_463_600 * NS_PER_SECOND;

proptest! {
    #[test]
    fn equal_a_map_by_interval(
        trades in proptest::collection::vec((0_i64..400_000, 90_i32..110, 1_u32..100), 1..200), seconds in 1_i64..70,
    ) {
        let mut bars = SecondBars::new();
        let mut by_second: BTreeMap<i64, Vec<(f64, f64)>> = BTreeMap::new();
        for (ms, price, size) in trades {
            let ts_ns = BASE_NS + ms * 1_000_000;
            bars.add(ts_ns, f64::from(price), f64::from(size));
            by_second.entry(ts_ns / NS_PER_SECOND).or_default().push((f64::from(price), f64::from(size)));
        }
        let mut expected: BTreeMap<i64, Vec<(f64, f64)>> = BTreeMap::new();
        for (second, prints) in by_second {
            expected.entry(second / seconds * seconds * NS_PER_SECOND).or_default().extend(prints);
        }
        let merged = bars.merged(seconds, usize::MAX);
        prop_assert_eq!(merged.len(), expected.len());
        for (bar, (start_ns, prints)) in merged.iter().zip(expected) {
            prop_assert_eq!(bar.start_ns, start_ns);
            prop_assert_eq!(bar.open, prints[0].0);
            prop_assert_eq!(bar.close, prints[prints.len() - 1].0);
            prop_assert_eq!(bar.high, prints.iter().map(|p| p.0).fold(f64::MIN, f64::max));
            prop_assert_eq!(bar.low, prints.iter().map(|p| p.0).fold(f64::MAX, f64::min));
            prop_assert_eq!(bar.volume, prints.iter().map(|p| p.1).sum::<f64>());
        }
    }
}

fn one_price_a_second(count: i64, price: impl Fn(i64) -> f64) -> SecondBars {
    let mut bars = SecondBars::new();
    for second in 0..count {
        bars.add(BASE_NS + second * NS_PER_SECOND, price(second), 1.0);
    }
    bars
}

#[test]
fn returns_look_back_to_the_second() {
    let bars = one_price_a_second(301, |second| 100.0 + second as f64);
    let newest = BASE_NS + 300 * NS_PER_SECOND + 5;
    assert_eq!(bars.log_return(newest, 60), Some((400.0_f64 / 340.0).ln()));
    assert_eq!(bars.log_return(newest, 300), Some(4.0_f64.ln()));
    assert_eq!(bars.log_return(newest - NS_PER_SECOND, 300), None);
    // The next day's first minute must not take yesterday's close.
    let mut bars = bars;
    let tomorrow = BASE_NS + 86_400 * NS_PER_SECOND;
    bars.add(tomorrow, 500.0, 1.0);
    assert_eq!(bars.log_return(tomorrow, 60), None);
    assert_eq!(bars.volatility_300s(tomorrow), None);
}

#[test]
fn volatility_is_the_scaled_standard_deviation() {
    let price = |second: i64| 100.0 * (1.0 + 0.001 * ((second / 5) % 2) as f64);
    let bars = one_price_a_second(301, price);
    let newest = BASE_NS + 300 * NS_PER_SECOND;
    let returns: Vec<f64> = (0..60).map(|i| (price(300 - 5 * i) / price(295 - 5 * i)).ln()).collect();
    let mean = returns.iter().sum::<f64>() / 60.0;
    let variance = returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 59.0;
    let expected = (variance * 252.0 * 390.0 * 12.0).sqrt();
    let actual = bars.volatility_300s(newest).unwrap();
    assert!((actual / expected - 1.0).abs() < 1e-12, "{actual} {expected}");
    assert_eq!(one_price_a_second(60, price).volatility_300s(BASE_NS + 59 * NS_PER_SECOND), None);
    assert!(one_price_a_second(61, price).volatility_300s(BASE_NS + 60 * NS_PER_SECOND).is_some());
}

#[test]
fn the_ring_is_bounded() {
    let bars = one_price_a_second(BARS_MAX as i64 + 50, |_| 1.0);
    assert_eq!(bars.merged(1, usize::MAX).len(), BARS_MAX);
    let mut bars = bars;
    bars.add(BASE_NS, 1.0, 1.0);
    assert_eq!(bars.merged(1, usize::MAX).len(), BARS_MAX);
    assert_eq!(bars.merged(1, 3).len(), 3);
    assert!(bars.merged(1, 0).is_empty());
}
