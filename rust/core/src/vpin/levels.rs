//! The level over the last buckets, and its rank among the levels so far.

use std::collections::VecDeque;

use crate::vpin::ranked::RankedLevels;
use crate::vpin::VpinParams;

/// `sum |bought - sold|` over the window, kept exactly, and the empirical distribution of the level.
#[derive(Debug, Clone)]
pub(crate) struct Levels {
    window: usize,
    /// Units in a full window.
    capacity: f64,
    imbalances: VecDeque<i64>,
    sum: i64,
    level: Option<f64>,
    cdf: Option<f64>,
    ranked: RankedLevels,
}

impl Levels {
    pub const fn new(params: VpinParams) -> Self {
        Self {
            window: params.window,
            // At most 1e10 shares: a number of whole shares, in units, is exact as a float.
            capacity: params.target() as f64 * params.window as f64,
            imbalances: VecDeque::new(),
            sum: 0,
            level: None,
            cdf: None,
            ranked: RankedLevels::new(params.cdf_window),
        }
    }

    /// Take the next bucket's bought minus sold units; return its level and CDF.
    #[inline]
    pub fn close(&mut self, signed: i64) -> (Option<f64>, Option<f64>) {
        let imbalance = signed.abs();
        self.sum += imbalance;
        self.imbalances.push_back(imbalance);
        if self.imbalances.len() > self.window {
            if let Some(oldest) = self.imbalances.pop_front() {
                self.sum -= oldest;
            }
        }
        if self.imbalances.len() == self.window {
            // Both numbers are exact for whole shares, so this is the level's nearest float.
            let level = self.sum as f64 / self.capacity;
            self.level = Some(level);
            self.cdf = Some(self.ranked.insert(level));
        }
        (self.level, self.cdf)
    }

    pub const fn level(&self) -> Option<f64> {
        self.level
    }

    pub const fn cdf(&self) -> Option<f64> {
        self.cdf
    }
}
