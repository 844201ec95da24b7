//! The bucket measure against its definition.

use super::*;
use proptest::prelude::*;

/// One share at a time: the definition, without any splitting.
fn one_share_model(trades: &[(u32, i8)], bucket: usize, window: usize) -> Vec<(f64, Option<f64>, Option<f64>)> {
    let shares: Vec<f64> =
        trades.iter().flat_map(|(size, side)| std::iter::repeat_n(buy_share(*side), *size as usize)).collect();
    let buys: Vec<f64> = shares.chunks_exact(bucket).map(|chunk| chunk.iter().sum()).collect();
    let mut levels = Vec::new();
    let mut out = Vec::new();
    for i in 0..buys.len() {
        if i + 1 < window {
            out.push((buys[i], None, None));
            continue;
        }
        let sum: f64 = buys[i + 1 - window..=i].iter().map(|buy| (2.0 * buy - bucket as f64).abs()).sum();
        let level = sum / (window * bucket) as f64;
        levels.push(level);
        let below = levels.iter().filter(|other| **other <= level).count();
        out.push((buys[i], Some(level), Some(below as f64 / levels.len() as f64)));
    }
    out
}

proptest! {
    #[test]
    fn equals_the_one_share_model(
        trades in proptest::collection::vec((0_u32..400, -1_i8..=1), 0..120), bucket in 50_i64..90, window in 1_i64..6,
    ) {
        let mut vpin = Vpin::new(VpinParams::new(bucket, window).unwrap());
        let mut filled = Vec::new();
        for (i, (size, side)) in trades.iter().enumerate() {
            vpin.pour(i as i64, f64::from(*size), buy_share(*side), |b| filled.push((b.buy_volume, b.level, b.cdf)));
        }
        prop_assert_eq!(filled, one_share_model(&trades, bucket as usize, window as usize));
    }
}

#[test]
fn one_huge_trade_fills_many_buckets() {
    let mut vpin = Vpin::new(VpinParams::new(50, 50).unwrap());
    let mut count = 0;
    vpin.pour(7, 1_000_025.0, 1.0, |bucket| {
        count += 1;
        assert_eq!((bucket.end_ns, bucket.buy_volume), (7, 50.0));
    });
    assert_eq!((count, vpin.buckets(), vpin.level(), vpin.cdf()), (20_000, 20_000, Some(1.0), Some(1.0)));
}

#[test]
fn parameters_are_checked() {
    assert!(VpinParams::new(49, 50).is_err());
    assert!(VpinParams::new(50, 0).is_err());
    assert!(VpinParams::new(50, WINDOW_MAX + 1).is_err());
}
