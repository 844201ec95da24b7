//! Volume-synchronised probability of informed trading (Easley, Lopez de Prado, O'Hara 2012).
//!
//! Volume is poured into buckets of equal size; a trade over a bucket's edge is split exactly. The level is
//! `sum |V_sell - V_buy| / (n V)` over the last `n` full buckets; the unfinished bucket does not count. Volume without an
//! aggressor counts half to each side, so it adds no imbalance.

pub mod ranked;
pub mod series;

use std::collections::VecDeque;

use crate::error::{Error, Result};
use crate::vpin::ranked::RankedLevels;

/// Least bucket size in shares.
pub const BUCKET_VOLUME_MIN: i64 = 50;
/// Most buckets in a window.
pub const WINDOW_MAX: i64 = 10_000;

/// Validated parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VpinParams {
    /// Shares in a bucket.
    pub bucket_volume: i64,
    /// Buckets in the window.
    pub window: usize,
}

impl VpinParams {
    /// Check a bucket size (at least 50 shares) and a window (1 to 10,000 buckets).
    pub fn new(bucket_volume: i64, window: i64) -> Result<Self> {
        if !(BUCKET_VOLUME_MIN..=1_000_000_000_000).contains(&bucket_volume) {
            return Err(Error::invalid(format!(
                "the VPIN bucket volume was {bucket_volume}: give {BUCKET_VOLUME_MIN} shares or more (average daily volume / 50)"
            )));
        }
        if !(1..=WINDOW_MAX).contains(&window) {
            return Err(Error::invalid(format!("the VPIN window was {window}: give 1 to {WINDOW_MAX} buckets")));
        }
        Ok(Self { bucket_volume, window: window as usize })
    }
}

/// A bucket that has just filled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Time of the trade that filled it.
    pub end_ns: i64,
    /// Buyer-initiated shares in it.
    pub buy_volume: f64,
    /// VPIN after this bucket, once the window is full.
    pub level: Option<f64>,
    /// Share of levels so far that are not above this one.
    pub cdf: Option<f64>,
}

/// The running measure.
#[derive(Debug, Clone)]
pub struct Vpin {
    params: VpinParams,
    volume: f64,
    buy_volume: f64,
    imbalances: VecDeque<f64>,
    buckets: u64,
    level: Option<f64>,
    cdf: Option<f64>,
    levels: RankedLevels,
}

impl Vpin {
    /// An empty measure.
    pub const fn new(params: VpinParams) -> Self {
        Self {
            params,
            volume: 0.0,
            buy_volume: 0.0,
            imbalances: VecDeque::new(),
            buckets: 0,
            level: None,
            cdf: None,
            levels: RankedLevels::new(),
        }
    }

    /// Pour `size` shares, of which `buy_share` (0..1) were bought by the aggressor; `filled` hears of each full bucket.
    #[inline]
    pub fn pour(&mut self, ts_ns: i64, size: f64, buy_share: f64, mut filled: impl FnMut(Bucket)) {
        let target = self.params.bucket_volume as f64;
        let mut rest = size;
        while self.volume + rest >= target {
            let take = target - self.volume;
            self.buy_volume += take * buy_share;
            // Rounding of fractional sizes must not leave a negative rest.
            rest = (rest - take).max(0.0);
            filled(self.close_bucket(ts_ns));
        }
        self.volume += rest;
        self.buy_volume += rest * buy_share;
    }

    #[inline(never)]
    fn close_bucket(&mut self, end_ns: i64) -> Bucket {
        let target = self.params.bucket_volume as f64;
        let buy_volume = self.buy_volume;
        if self.imbalances.len() == self.params.window {
            self.imbalances.pop_front();
        }
        self.imbalances.push_back((2.0 * buy_volume - target).abs());
        self.buckets += 1;
        self.volume = 0.0;
        self.buy_volume = 0.0;
        if self.imbalances.len() == self.params.window {
            // Summed afresh for each bucket, so that fractions leave no drift behind.
            let level = self.imbalances.iter().sum::<f64>() / (self.params.window as f64 * target);
            self.level = Some(level);
            self.cdf = Some(self.levels.insert(level));
        }
        Bucket { end_ns, buy_volume, level: self.level, cdf: self.cdf }
    }

    /// The level, once the window is full.
    pub const fn level(&self) -> Option<f64> {
        self.level
    }

    /// Empirical CDF of the level among those seen so far.
    pub const fn cdf(&self) -> Option<f64> {
        self.cdf
    }

    /// Full buckets so far.
    pub const fn buckets(&self) -> u64 {
        self.buckets
    }

    /// The parameters.
    pub const fn params(&self) -> VpinParams {
        self.params
    }
}

/// Share of a trade's volume that counts as bought, from its aggressor: 1, 0, or a half where it is unknown.
#[inline]
pub fn buy_share(aggressor: i8) -> f64 {
    0.5 + 0.5 * f64::from(aggressor)
}

#[cfg(test)]
mod tests {
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
}
