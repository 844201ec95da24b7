//! Bars against a map keyed by second.

use super::*;
use crate::market::bars::BARS_MAX;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// 2026-03-02 15:00 UTC, a Monday, 10:00 in New York.
const BASE_NS: i64 = 1_772_463_600 * NS_PER_SECOND;

proptest! {
    #[test]
    fn equal_a_map_by_interval(
        trades in proptest::collection::vec((0_i64..400_000, 90_i32..110, 1_u32..100), 1..200), seconds in 1_i64..70,
    ) {
        let mut bars = TimeBars::new(1, BARS_MAX);
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

fn one_price_a_second(count: i64, price: impl Fn(i64) -> f64) -> TimeBars {
    let mut bars = TimeBars::new(1, BARS_MAX);
    for second in 0..count {
        bars.add(BASE_NS + second * NS_PER_SECOND, price(second), 1.0);
    }
    bars
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
