//! Bars of the trade price: by time, by number of trades, by volume and by dollars; all grown trade by trade.

pub mod columns;
pub mod threshold;
pub mod time;

pub use columns::{bars_of_columns, BarColumns};
pub use threshold::ThresholdBars;
pub use time::TimeBars;

use crate::civil::NS_PER_SECOND;
use crate::error::{Error, Result};

/// Most bars kept in a series: of one second, more than a session of 6.5 hours with a trade in every second.
pub const BARS_MAX: usize = 32_768;

/// Open, high, low, close, and what traded, over an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Start of the interval of a time bar; time of the first trade of any other.
    pub start_ns: i64,
    /// Time of the newest trade.
    pub end_ns: i64,
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
    /// Price times size, summed: over the volume it is the bar's VWAP.
    pub dollars: f64,
    /// Number of trades.
    pub trades: u64,
}

impl Bar {
    const fn of_trade(start_ns: i64, ts_ns: i64, price: f64, size: f64) -> Self {
        Self {
            start_ns,
            end_ns: ts_ns,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: size,
            dollars: price * size,
            trades: 1,
        }
    }

    #[inline]
    const fn extend(&mut self, ts_ns: i64, price: f64, size: f64) {
        self.end_ns = if ts_ns > self.end_ns { ts_ns } else { self.end_ns };
        // Prices are never NaN here: plain comparisons need one instruction where `f64::max` needs four.
        self.high = if price > self.high { price } else { self.high };
        self.low = if price < self.low { price } else { self.low };
        self.close = price;
        self.volume += size;
        self.dollars += price * size;
        self.trades += 1;
    }
}

/// What ends a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BarRule {
    /// The next multiple of this many seconds since the epoch.
    Seconds(i64),
    /// This many trades.
    Trades(u64),
    /// The trade with which the volume reaches this many shares. It belongs to the bar whole.
    Volume(f64),
    /// The trade with which price times size reaches this many dollars. It belongs to the bar whole.
    Dollars(f64),
}

impl BarRule {
    /// From the names of the Python boundary: `by` is `time`, `tick`, `volume` or `dollar`.
    pub fn new(by: &str, size: f64) -> Result<Self> {
        let whole = || {
            // Casts are exact: the number is whole and small.
            if size.fract() == 0.0 && (1.0..=1e12).contains(&size) {
                Ok(size)
            } else {
                Err(Error::invalid(format!("the size of {by} bars was {size}: give a whole number from 1 to 1e12")))
            }
        };
        match by {
            "time" => Ok(Self::Seconds((whole()? as i64).min(i64::MAX / NS_PER_SECOND))),
            "tick" => Ok(Self::Trades(whole()? as u64)),
            "volume" | "dollar" if !(size > 0.0 && size <= 1e18) => {
                Err(Error::invalid(format!("the size of {by} bars was {size}: give a number above 0, 1e18 at most")))
            }
            "volume" => Ok(Self::Volume(size)),
            "dollar" => Ok(Self::Dollars(size)),
            other => Err(Error::invalid(format!("bars by {other:?} are unknown: give time, tick, volume or dollar"))),
        }
    }
}

/// A series of bars by any rule.
#[derive(Debug, Clone)]
pub enum BarSeries {
    /// By time.
    Time(TimeBars),
    /// By trades, volume or dollars.
    Threshold(ThresholdBars),
}

impl BarSeries {
    /// An empty series that keeps its newest `kept` bars.
    pub const fn new(rule: BarRule, kept: usize) -> Self {
        match rule {
            BarRule::Seconds(seconds) => Self::Time(TimeBars::new(seconds, kept)),
            _ => Self::Threshold(ThresholdBars::new(rule, kept)),
        }
    }

    /// Add a trade.
    #[inline]
    pub fn add(&mut self, ts_ns: i64, price: f64, size: f64) {
        match self {
            Self::Time(bars) => {
                bars.add(ts_ns, price, size);
            }
            Self::Threshold(bars) => bars.add(ts_ns, price, size),
        }
    }

    /// The newest `count` bars, oldest first; the newest one may still grow.
    pub fn newest(&self, count: usize) -> Vec<Bar> {
        match self {
            Self::Time(bars) => bars.newest(count),
            Self::Threshold(bars) => bars.newest(count),
        }
    }
}
