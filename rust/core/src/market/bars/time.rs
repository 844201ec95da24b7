//! Bars by time: each starts at a multiple of its length since the epoch; an interval without a trade has none.

use std::collections::VecDeque;

use crate::civil::NS_PER_SECOND;
use crate::market::bars::Bar;

/// What a trade did to a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It went into the newest bar.
    Newest,
    /// It began a new bar, the newest.
    Began,
    /// It was late and changed an older bar, or made one.
    Late,
}

/// Bars of one length in order of time.
#[derive(Debug, Clone)]
pub struct TimeBars {
    span_ns: i64,
    kept: usize,
    bars: VecDeque<Bar>,
}

impl TimeBars {
    /// An empty series of bars of `seconds` (1 or more) that keeps its newest `kept`.
    pub const fn new(seconds: i64, kept: usize) -> Self {
        let span_ns = if seconds < 1 { NS_PER_SECOND } else { seconds.saturating_mul(NS_PER_SECOND) };
        Self { span_ns, kept, bars: VecDeque::new() }
    }

    /// Add a trade. One that comes late goes into the interval in which it happened.
    #[inline]
    pub fn add(&mut self, ts_ns: i64, price: f64, size: f64) -> Added {
        if let Some(bar) = self.bars.back_mut() {
            // One comparison for both ends: a time before the start wraps to a huge number.
            if (ts_ns.wrapping_sub(bar.start_ns) as u64) < self.span_ns as u64 {
                bar.extend(ts_ns, price, size);
                return Added::Newest;
            }
        }
        self.begin(ts_ns, price, size)
    }

    #[inline(never)]
    fn begin(&mut self, ts_ns: i64, price: f64, size: f64) -> Added {
        let start_ns = ts_ns - ts_ns.rem_euclid(self.span_ns);
        let bar = Bar::of_trade(start_ns, ts_ns, price, size);
        if self.bars.back().is_some_and(|newest| newest.start_ns > start_ns) {
            let at = self.bars.partition_point(|bar| bar.start_ns < start_ns);
            if let Some(bar) = self.bars.get_mut(at).filter(|bar| bar.start_ns == start_ns) {
                bar.extend(ts_ns, price, size);
                return Added::Late;
            }
            self.bars.insert(at, bar);
            if self.bars.len() > self.kept {
                self.bars.pop_front();
            }
            return Added::Late;
        }
        if self.bars.len() == self.kept {
            self.bars.pop_front();
        }
        self.bars.push_back(bar);
        Added::Began
    }

    /// The bars, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Bar> + ExactSizeIterator {
        self.bars.iter()
    }

    /// The newest bar.
    pub fn last(&self) -> Option<&Bar> {
        self.bars.back()
    }

    /// The newest `count` bars, oldest first.
    pub fn newest(&self, count: usize) -> Vec<Bar> {
        self.bars.range(self.bars.len().saturating_sub(count)..).copied().collect()
    }

    /// The newest `count` bars of `seconds` (1 or more; a multiple of the series' own length), oldest first.
    pub fn merged(&self, seconds: i64, count: usize) -> Vec<Bar> {
        let span_ns = seconds.max(1).saturating_mul(NS_PER_SECOND);
        if span_ns == self.span_ns {
            return self.newest(count);
        }
        let mut newest_first: Vec<Bar> = Vec::new();
        for bar in self.bars.iter().rev() {
            let start_ns = bar.start_ns - bar.start_ns.rem_euclid(span_ns);
            if let Some(merged) = newest_first.last_mut().filter(|merged| merged.start_ns == start_ns) {
                merged.open = bar.open;
                merged.high = merged.high.max(bar.high);
                merged.low = merged.low.min(bar.low);
                merged.volume += bar.volume;
                merged.dollars += bar.dollars;
                merged.trades += bar.trades;
            } else if newest_first.len() < count {
                newest_first.push(Bar { start_ns, ..*bar });
            } else {
                break;
            }
        }
        newest_first.reverse();
        newest_first
    }
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
