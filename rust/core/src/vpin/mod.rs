//! Volume-synchronised probability of informed trading (Easley, Lopez de Prado, O'Hara 2012).
//!
//! Volume is poured into buckets of equal size; a trade over a bucket's edge is split exactly. The level is
//! `sum |V_sell - V_buy| / (n V)` over the last `n` full buckets; the unfinished bucket does not count. Volume without an
//! aggressor counts half to each side, so it adds no imbalance.
//!
//! All sums are of whole [`units`], so single trades, batches and any cutting of a tape into batches give the same bits.

mod accumulator;
mod blocks;
pub mod bulk;
mod flow;
mod levels;
mod ranked;
pub mod series;
pub mod sides;
pub mod stream;
mod student;
pub mod units;

use crate::error::{Error, Result};
use crate::vpin::accumulator::{Accumulator, Closed, Split};
use crate::vpin::levels::Levels;
use crate::vpin::ranked::RANKED_MAX;
use crate::vpin::units::{units_of, UNITS_PER_SHARE};

/// Least bucket size in shares.
pub const BUCKET_VOLUME_MIN: i64 = 50;
/// Most buckets in a window.
pub const WINDOW_MAX: i64 = 10_000;
/// Most shares in a window of buckets: about a day of all US trading. Below it whole shares are exact everywhere.
pub const WINDOW_SHARES_MAX: i64 = 10_000_000_000;
/// Levels that the CDF looks back on unless told otherwise.
pub const CDF_WINDOW: i64 = 32_768;

/// Validated parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VpinParams {
    /// Shares in a bucket.
    pub bucket_volume: i64,
    /// Buckets in the window.
    pub window: usize,
    /// The CDF ranks a level among the newest so many: it expands up to here, and rolls from here on.
    pub cdf_window: usize,
}

impl VpinParams {
    /// Check a bucket size (at least 50 shares) and a window (1 to 10,000 buckets, 1e10 shares).
    pub fn new(bucket_volume: i64, window: i64) -> Result<Self> {
        if bucket_volume < BUCKET_VOLUME_MIN {
            return Err(Error::invalid(format!(
                "the VPIN bucket volume was {bucket_volume}: give {BUCKET_VOLUME_MIN} shares or more (average daily volume / 50)"
            )));
        }
        if !(1..=WINDOW_MAX).contains(&window) {
            return Err(Error::invalid(format!("the VPIN window was {window}: give 1 to {WINDOW_MAX} buckets")));
        }
        if bucket_volume > WINDOW_SHARES_MAX / window {
            return Err(Error::invalid(format!(
                "the VPIN window of {window} buckets of {bucket_volume} shares is too large: give {WINDOW_SHARES_MAX} shares at most"
            )));
        }
        Ok(Self { bucket_volume, window: window as usize, cdf_window: CDF_WINDOW as usize })
    }

    /// The same with another number of levels for the CDF to look back on (1 to 1,048,576).
    pub fn with_cdf_window(self, levels: i64) -> Result<Self> {
        if !(1..=RANKED_MAX as i64).contains(&levels) {
            return Err(Error::invalid(format!("the CDF window was {levels}: give 1 to {RANKED_MAX} levels")));
        }
        Ok(Self { cdf_window: levels as usize, ..self })
    }

    /// Units in a bucket.
    const fn target(self) -> i64 {
        self.bucket_volume * UNITS_PER_SHARE
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

/// The running measure of trades whose side is known; [`stream::VpinStream`] finds the side too.
#[derive(Debug, Clone)]
pub struct Vpin {
    params: VpinParams,
    accumulator: Accumulator,
    levels: Levels,
    buckets: u64,
}

impl Vpin {
    /// An empty measure.
    pub const fn new(params: VpinParams) -> Self {
        let accumulator = Accumulator::new(params.target());
        Self { params, accumulator, levels: Levels::new(params), buckets: 0 }
    }

    /// Pour `size` shares, of which `buy_share` (0..1) were bought by the aggressor; `filled` hears of each full bucket.
    /// A size that is no number from 0 to 1e9 and a share that is no number count as 0 and as a half.
    #[inline]
    pub fn pour(&mut self, ts_ns: i64, size: f64, buy_share: f64, filled: impl FnMut(Bucket)) {
        let size = if crate::limits::is_size(size) { size } else { 0.0 };
        let share = if (0.0..=1.0).contains(&buy_share) { buy_share } else { 0.5 };
        self.pour_units(ts_ns, units_of(size), Split::of_share(share), filled);
    }

    #[inline]
    fn pour_units(&mut self, ts_ns: i64, units: i64, split: Split, mut filled: impl FnMut(Bucket)) {
        let Self { params, accumulator, levels, buckets } = self;
        accumulator.pour(ts_ns, units, split, |closed| filled(publish(*params, levels, buckets, closed)));
    }

    /// Take buckets that closed in an accumulator which was this measure's own.
    fn accept(&mut self, accumulator: Accumulator, closed: &[Closed], mut filled: impl FnMut(Bucket)) {
        self.accumulator = accumulator;
        for bucket in closed {
            filled(publish(self.params, &mut self.levels, &mut self.buckets, *bucket));
        }
    }

    /// The level, once the window is full.
    pub const fn level(&self) -> Option<f64> {
        self.levels.level()
    }

    /// Empirical CDF of the level among the newest [`VpinParams::cdf_window`].
    pub const fn cdf(&self) -> Option<f64> {
        self.levels.cdf()
    }

    /// Full buckets so far.
    pub const fn buckets(&self) -> u64 {
        self.buckets
    }

    /// Shares in the unfinished bucket.
    pub fn open_volume(&self) -> f64 {
        self.accumulator.open_volume()
    }

    /// Shares so far.
    pub fn total_volume(&self) -> f64 {
        self.accumulator.total_volume()
    }

    /// Shares so far that had no side and counted half to each.
    pub fn unclassified_volume(&self) -> f64 {
        self.accumulator.unclassified_volume()
    }

    /// The parameters.
    pub const fn params(&self) -> VpinParams {
        self.params
    }
}

#[inline(never)]
fn publish(params: VpinParams, levels: &mut Levels, buckets: &mut u64, closed: Closed) -> Bucket {
    *buckets += 1;
    let (level, cdf) = levels.close(closed.signed);
    Bucket { end_ns: closed.end_ns, buy_volume: closed.buy_volume(params.target()), level, cdf }
}

/// Share of a trade's volume that counts as bought, from its aggressor: 1, 0, or a half where it is unknown.
#[inline]
pub fn buy_share(aggressor: i8) -> f64 {
    0.5 + 0.5 * f64::from(aggressor)
}

#[cfg(test)]
#[path = "vpin_tests.rs"]
mod tests;
