//! VPIN over a recorded tape, with the tick rule or bulk classification.

use crate::civil::NS_PER_SECOND;
use crate::error::{Error, Result};
use crate::limits;
use crate::market::aggressor::TickRule;
use crate::pricing::normal_cdf;
use crate::vpin::{buy_share, Bucket, Vpin, VpinParams};

/// Most buckets in one series; more means that the bucket is far too small for the tape.
pub const SERIES_BUCKETS_MAX: f64 = 20_000_000.0;
/// Bulk classification looks at price changes from one minute to the next.
const BULK_BAR_NS: i64 = 60 * NS_PER_SECOND;

/// How volume is split into bought and sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// The tick rule, trade by trade.
    Tick,
    /// Bulk classification of one-minute bars: the normal distribution function of the price change over the standard
    /// deviation of all changes before it. Half to each side until two changes are known.
    Bulk,
}

/// A recorded tape in columns of one length.
#[derive(Debug, Clone, Copy)]
pub struct TapeColumns<'a> {
    /// Event times in ns.
    pub ts_ns: &'a [i64],
    /// Dollars.
    pub price: &'a [f64],
    /// Shares.
    pub size: &'a [f64],
}

impl TapeColumns<'_> {
    fn check(&self, params: VpinParams) -> Result<()> {
        let (times, prices, sizes) = (self.ts_ns.len(), self.price.len(), self.size.len());
        if times != prices || times != sizes {
            return Err(Error::invalid(format!(
                "ts_ns, price and size have {times}, {prices} and {sizes} values: they must be of one length"
            )));
        }
        let mut volume = 0.0;
        for (i, (price, size)) in self.price.iter().zip(self.size).enumerate() {
            limits::check("trade", *price, *size).map_err(|error| Error::invalid(format!("trade {i}: {error}")))?;
            volume += size;
        }
        if volume / params.bucket_volume as f64 > SERIES_BUCKETS_MAX {
            return Err(Error::invalid(format!(
                "the tape's {volume} shares fill more than {SERIES_BUCKETS_MAX} buckets: give a larger bucket volume"
            )));
        }
        Ok(())
    }
}

/// The measure after each full bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct VpinSeries {
    /// All full buckets.
    pub buckets: Vec<Bucket>,
    /// Shares in a bucket.
    pub bucket_volume: i64,
    /// Trades read.
    pub trades: usize,
    /// Shares without an aggressor.
    pub unclassified_volume: f64,
}

/// Measure a tape.
pub fn vpin_series(tape: TapeColumns<'_>, params: VpinParams, scheme: Scheme) -> Result<VpinSeries> {
    tape.check(params)?;
    let mut vpin = Vpin::new(params);
    let mut buckets = Vec::new();
    let unclassified_volume = match scheme {
        Scheme::Tick => pour_by_tick(tape, &mut vpin, &mut buckets),
        Scheme::Bulk => pour_in_bulk(tape, &mut vpin, &mut buckets),
    };
    Ok(VpinSeries { buckets, bucket_volume: params.bucket_volume, trades: tape.ts_ns.len(), unclassified_volume })
}

fn pour_by_tick(tape: TapeColumns<'_>, vpin: &mut Vpin, buckets: &mut Vec<Bucket>) -> f64 {
    let mut rule = TickRule::new();
    let mut unclassified = 0.0;
    for ((ts_ns, price), size) in tape.ts_ns.iter().zip(tape.price).zip(tape.size) {
        if *size == 0.0 {
            // As on the live tape: a size of 0 is no trade.
            continue;
        }
        let aggressor = rule.classify(*price);
        if aggressor == 0 {
            unclassified += size;
        }
        vpin.pour(*ts_ns, *size, buy_share(aggressor), |bucket| buckets.push(bucket));
    }
    unclassified
}

/// Running mean and sum of squares (Welford).
#[derive(Default)]
struct Spread {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Spread {
    fn add(&mut self, x: f64) {
        self.count += 1.0;
        let from_mean = x - self.mean;
        self.mean += from_mean / self.count;
        self.squares += from_mean * (x - self.mean);
    }

    fn deviation(&self) -> Option<f64> {
        let deviation = (self.squares / (self.count - 1.0)).sqrt();
        (self.count >= 2.0 && deviation > 0.0).then_some(deviation)
    }
}

fn pour_in_bulk(tape: TapeColumns<'_>, vpin: &mut Vpin, buckets: &mut Vec<Bucket>) -> f64 {
    let mut unclassified = 0.0;
    let mut changes = Spread::default();
    let mut last_close: Option<f64> = None;
    let mut start = 0;
    while start < tape.ts_ns.len() {
        let minute = tape.ts_ns[start].div_euclid(BULK_BAR_NS);
        let length = tape.ts_ns[start..].iter().take_while(|ts| ts.div_euclid(BULK_BAR_NS) == minute).count();
        let end = start + length;
        let (close, volume) = (tape.price[end - 1], tape.size[start..end].iter().sum::<f64>());
        let change = last_close.map(|last| close - last);
        let share = change.zip(changes.deviation()).map(|(change, deviation)| normal_cdf(change / deviation));
        if share.is_none() {
            unclassified += volume;
        }
        for i in start..end {
            vpin.pour(tape.ts_ns[i], tape.size[i], share.unwrap_or(0.5), |bucket| buckets.push(bucket));
        }
        if let Some(change) = change {
            changes.add(change);
        }
        last_close = Some(close);
        start = end;
    }
    unclassified
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(ts: &[i64], price: &[f64], size: &[f64], scheme: Scheme) -> Result<VpinSeries> {
        vpin_series(TapeColumns { ts_ns: ts, price, size }, VpinParams::new(100, 2).unwrap(), scheme)
    }

    #[test]
    fn the_tick_rule_splits_trades_over_edges() {
        let s = series(&[1, 2, 3, 4], &[10.0, 10.1, 10.0, 10.0], &[50.0, 150.0, 0.0, 120.0], Scheme::Tick).unwrap();
        let buckets: Vec<_> = s.buckets.iter().map(|b| (b.end_ns, b.buy_volume, b.level)).collect();
        // 25 of the first 50 unclassified shares count as bought; the size-0 print is no downtick.
        assert_eq!(buckets, [(2, 75.0, None), (2, 100.0, Some(0.75)), (4, 0.0, Some(1.0))]);
        assert_eq!((s.unclassified_volume, s.trades), (50.0, 4));
    }

    #[test]
    fn bulk_classification_uses_only_the_past() {
        let minute = |m: i64| m * BULK_BAR_NS;
        let ts = [minute(0), minute(1), minute(2), minute(3)];
        let s = series(&ts, &[10.0, 11.0, 11.5, 12.5], &[100.0; 4], Scheme::Bulk).unwrap();
        let deviation = 0.125_f64.sqrt();
        let buys: Vec<_> = s.buckets.iter().map(|b| b.buy_volume).collect();
        assert_eq!(buys[..3], [50.0, 50.0, 50.0]);
        assert!((buys[3] - 100.0 * normal_cdf(1.0 / deviation)).abs() < 1e-12, "{buys:?}");
        assert_eq!(s.unclassified_volume, 300.0);
    }

    #[test]
    fn bad_tapes_are_refused() {
        assert!(series(&[1], &[1.0, 2.0], &[1.0], Scheme::Tick).is_err());
        let error = series(&[1, 2], &[1.0, f64::NAN], &[1.0, 1.0], Scheme::Tick).unwrap_err();
        assert!(error.to_string().contains("trade 1"), "{error}");
        assert!(series(&[1; 3], &[1.0; 3], &[1e9; 3], Scheme::Tick).is_err());
        assert!(series(&[], &[], &[], Scheme::Bulk).unwrap().buckets.is_empty());
    }
}
