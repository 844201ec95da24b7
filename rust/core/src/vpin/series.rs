//! VPIN over a recorded tape.

use crate::error::Result;
use crate::vpin::stream::{Scheme, TapeColumns, VpinStream};
use crate::vpin::{Bucket, VpinParams};

/// Full buckets, in columns of one length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BucketColumns {
    /// Time of the trade that filled it, in ns.
    pub end_ns: Vec<i64>,
    /// Buyer-initiated shares, and half of those without a side.
    pub buy_volume: Vec<f64>,
    /// VPIN after the bucket; NaN until the window is full.
    pub level: Vec<f64>,
    /// Share of the levels looked back on that are not above this one; NaN until the window is full.
    pub cdf: Vec<f64>,
}

impl BucketColumns {
    /// Add a bucket.
    #[inline]
    pub fn push(&mut self, bucket: Bucket) {
        self.end_ns.push(bucket.end_ns);
        self.buy_volume.push(bucket.buy_volume);
        self.level.push(bucket.level.unwrap_or(f64::NAN));
        self.cdf.push(bucket.cdf.unwrap_or(f64::NAN));
    }
}

/// The measure after each full bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct VpinSeries {
    /// All full buckets.
    pub buckets: BucketColumns,
    /// Shares in a bucket.
    pub bucket_volume: i64,
    /// Trades read.
    pub trades: u64,
    /// Shares of them.
    pub total_volume: f64,
    /// Shares without an aggressor.
    pub unclassified_volume: f64,
}

/// Measure a tape in one or more pieces: what a [`VpinStream`] tells that takes it whole and is flushed.
pub fn vpin_series(pieces: &[TapeColumns<'_>], params: VpinParams, scheme: Scheme) -> Result<VpinSeries> {
    let mut stream = VpinStream::new(params, scheme);
    let mut buckets = BucketColumns::default();
    stream.extend(pieces, |bucket| buckets.push(bucket))?;
    stream.flush(|bucket| buckets.push(bucket))?;
    Ok(VpinSeries {
        buckets,
        bucket_volume: params.bucket_volume,
        trades: stream.trades(),
        total_volume: stream.measure().total_volume(),
        unclassified_volume: stream.measure().unclassified_volume(),
    })
}
