//! One-second bars of the trade price, and the returns and volatility read from them.

use std::collections::VecDeque;

use crate::civil::{new_york_day_bounds, NS_PER_SECOND};

/// Most one-second bars kept: more than a session of 6.5 hours with a trade in every second.
pub const BARS_MAX: usize = 32_768;

const VOLATILITY_SPAN_S: i64 = 300;
const VOLATILITY_STEP_S: i64 = 5;
/// Returns below which a standard deviation says nothing yet: one minute.
const VOLATILITY_RETURNS_MIN: usize = 12;
/// Steps of 5 s in a year of 252 sessions of 390 minutes.
const STEPS_PER_YEAR: f64 = 252.0 * 390.0 * 12.0;

/// Open, high, low, close and volume over an interval that starts at `start_ns`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Start of the interval.
    pub start_ns: i64,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Shares or contracts.
    pub volume: f64,
}

impl Bar {
    const fn of_trade(start_ns: i64, price: f64, size: f64) -> Self {
        Self { start_ns, open: price, high: price, low: price, close: price, volume: size }
    }

    #[inline]
    fn extend(&mut self, price: f64, size: f64) {
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.close = price;
        self.volume += size;
    }
}

/// One-second bars in order of time; seconds without a trade have none.
#[derive(Debug, Clone, Default)]
pub struct SecondBars {
    bars: VecDeque<Bar>,
}

impl SecondBars {
    /// No bars.
    pub const fn new() -> Self {
        Self { bars: VecDeque::new() }
    }

    /// Add a trade. One that comes late goes into the second in which it happened.
    #[inline]
    pub fn add(&mut self, ts_ns: i64, price: f64, size: f64) {
        let start_ns = ts_ns - ts_ns.rem_euclid(NS_PER_SECOND);
        match self.bars.back_mut() {
            Some(bar) if bar.start_ns == start_ns => bar.extend(price, size),
            Some(bar) if bar.start_ns > start_ns => self.add_late(start_ns, price, size),
            _ => {
                if self.bars.len() == BARS_MAX {
                    self.bars.pop_front();
                }
                self.bars.push_back(Bar::of_trade(start_ns, price, size));
            }
        }
    }

    #[cold]
    fn add_late(&mut self, start_ns: i64, price: f64, size: f64) {
        let at = self.bars.partition_point(|bar| bar.start_ns < start_ns);
        if let Some(bar) = self.bars.get_mut(at).filter(|bar| bar.start_ns == start_ns) {
            bar.extend(price, size);
            return;
        }
        self.bars.insert(at, Bar::of_trade(start_ns, price, size));
        if self.bars.len() > BARS_MAX {
            self.bars.pop_front();
        }
    }

    /// The newest `count` bars of `seconds` (1 or more), oldest first. Intervals without a trade have no bar.
    pub fn merged(&self, seconds: i64, count: usize) -> Vec<Bar> {
        let span_ns = seconds.max(1).saturating_mul(NS_PER_SECOND);
        let mut newest_first: Vec<Bar> = Vec::new();
        for bar in self.bars.iter().rev() {
            let start_ns = bar.start_ns - bar.start_ns.rem_euclid(span_ns);
            if let Some(merged) = newest_first.last_mut().filter(|merged| merged.start_ns == start_ns) {
                merged.open = bar.open;
                merged.high = merged.high.max(bar.high);
                merged.low = merged.low.min(bar.low);
                merged.volume += bar.volume;
            } else if newest_first.len() < count {
                newest_first.push(Bar { start_ns, ..*bar });
            } else {
                break;
            }
        }
        newest_first.reverse();
        newest_first
    }

    /// Log return of the price over the last `seconds` up to `newest_ns`.
    ///
    /// `None` until the session (New York day) has a price that old.
    pub fn log_return(&self, newest_ns: i64, seconds: i64) -> Option<f64> {
        let now = self.bars.back()?;
        let second_ns = newest_ns - newest_ns.rem_euclid(NS_PER_SECOND);
        let then = self.at(second_ns.saturating_sub(seconds * NS_PER_SECOND))?;
        (then.start_ns >= new_york_day_bounds(newest_ns).0).then(|| (now.close / then.close).ln())
    }

    /// The newest bar that starts at or before `ns`.
    fn at(&self, ns: i64) -> Option<&Bar> {
        let after = self.bars.partition_point(|bar| bar.start_ns <= ns);
        after.checked_sub(1).and_then(|i| self.bars.get(i))
    }

    /// Standard deviation (n - 1) of the 5-s log returns in the last 300 s, scaled to a trading year.
    ///
    /// `None` with less than a minute of prices in this session (New York day).
    pub fn volatility_300s(&self, newest_ns: i64) -> Option<f64> {
        let second_ns = newest_ns - newest_ns.rem_euclid(NS_PER_SECOND);
        let (today_ns, _) = new_york_day_bounds(newest_ns);
        let mut returns = [0.0; (VOLATILITY_SPAN_S / VOLATILITY_STEP_S) as usize];
        let mut count = 0;
        let mut newest_first = self.bars.iter().rev().peekable();
        let mut later: Option<f64> = None;
        for step in 0..=VOLATILITY_SPAN_S / VOLATILITY_STEP_S {
            let at_ns = second_ns.saturating_sub(step * VOLATILITY_STEP_S * NS_PER_SECOND);
            while newest_first.next_if(|bar| bar.start_ns > at_ns).is_some() {}
            let Some(bar) = newest_first.peek() else { break };
            let log_price = bar.close.ln();
            if let Some(later) = later {
                if bar.start_ns < today_ns {
                    break;
                }
                returns[count] = later - log_price;
                count += 1;
            }
            later = Some(log_price);
        }
        if count < VOLATILITY_RETURNS_MIN {
            return None;
        }
        let returns = &returns[..count];
        let mean = returns.iter().sum::<f64>() / count as f64;
        let variance = returns.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / (count - 1) as f64;
        Some((variance * STEPS_PER_YEAR).sqrt())
    }
}

#[cfg(test)]
#[path = "bars_tests.rs"]
mod tests;
