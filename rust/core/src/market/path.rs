//! The price second by second over the last minutes, and the returns and volatility read from it.

use crate::civil::{new_york_day_bounds, NS_PER_SECOND};
use crate::market::bars::time::Added;
use crate::market::bars::TimeBars;

const VOLATILITY_STEP_S: i64 = 5;
/// Returns in the window of 300 s.
const VOLATILITY_RETURNS: usize = 60;
/// Returns below which a standard deviation says nothing yet: one minute.
const VOLATILITY_RETURNS_MIN: usize = 12;
/// Steps of 5 s in a year of 252 sessions of 390 minutes.
const STEPS_PER_YEAR: f64 = 252.0 * 390.0 * 12.0;
/// Seconds kept: a power of two above 300.
const SECONDS_KEPT: usize = 512;

/// The last price of a second, and its logarithm.
#[derive(Debug, Clone, Copy)]
struct Second {
    price: f64,
    log_price: f64,
}

const UNKNOWN: Second = Second { price: f64::NAN, log_price: f64::NAN };

/// The newest price at each second of the session (New York day): that of the newest one-second bar at or before it.
///
/// Each second is written once, when it ends, so that a snapshot reads a few numbers instead of walking bars.
#[derive(Debug, Clone)]
pub struct PricePath {
    /// Finished seconds, by number modulo [`SECONDS_KEPT`]; empty before the first price.
    seconds: Vec<Second>,
    newest_s: i64,
    newest_price: f64,
    day_end_ns: i64,
    /// A late trade has changed a finished second: the path must be made anew from the bars before it is read.
    stale: bool,
}

impl PricePath {
    /// No price yet.
    pub const fn new() -> Self {
        Self { seconds: Vec::new(), newest_s: 0, newest_price: f64::NAN, day_end_ns: i64::MIN, stale: false }
    }

    /// Take the price of a trade that a series of one-second bars has just taken.
    #[inline]
    pub fn add(&mut self, ts_ns: i64, price: f64, added: Added) {
        match added {
            Added::Newest => self.newest_price = price,
            Added::Began => self.begin(ts_ns, price),
            Added::Late => self.stale = true,
        }
    }

    fn slot(second: i64) -> usize {
        second.rem_euclid(SECONDS_KEPT as i64) as usize
    }

    #[inline(never)]
    fn begin(&mut self, ts_ns: i64, price: f64) {
        let second = ts_ns.div_euclid(NS_PER_SECOND);
        if ts_ns >= self.day_end_ns {
            self.seconds.clear();
            self.seconds.resize(SECONDS_KEPT, UNKNOWN);
            self.day_end_ns = new_york_day_bounds(ts_ns).1;
        } else {
            let before = self.now();
            for ended in self.newest_s.max(second - SECONDS_KEPT as i64)..second {
                self.seconds[Self::slot(ended)] = before;
            }
        }
        (self.newest_s, self.newest_price) = (second, price);
    }

    /// Make the path whole after late trades; to be called before it is read.
    pub fn settle(&mut self, bars: &TimeBars) {
        if !self.stale {
            return;
        }
        *self = Self::new();
        let Some(newest) = bars.last() else { return };
        let day_start_ns = new_york_day_bounds(newest.start_ns).0;
        let from_ns = day_start_ns.max(newest.start_ns.saturating_sub(SECONDS_KEPT as i64 * NS_PER_SECOND));
        // One bar before the reach tells the price at its start.
        let reach = bars.iter().rev().take_while(|bar| bar.start_ns > from_ns).count() + 1;
        for bar in bars.iter().skip(bars.iter().len().saturating_sub(reach)).filter(|bar| bar.start_ns >= day_start_ns)
        {
            self.begin(bar.start_ns, bar.close);
        }
    }

    fn now(&self) -> Second {
        Second { price: self.newest_price, log_price: self.newest_price.ln() }
    }

    /// The last price known at a second (`now` from the newest one on); NaN where the session has none.
    #[inline]
    fn at(&self, second: i64, now: Second) -> Second {
        if second >= self.newest_s {
            return now;
        }
        if self.newest_s - second > SECONDS_KEPT as i64 {
            return UNKNOWN;
        }
        self.seconds.get(Self::slot(second)).copied().unwrap_or(UNKNOWN)
    }

    /// Log return of the price over the last `seconds` (300 at most) up to `newest_ns`.
    ///
    /// `None` until the session (New York day) has a price that old.
    pub fn log_return(&self, newest_ns: i64, seconds: i64) -> Option<f64> {
        if newest_ns >= self.day_end_ns {
            return None;
        }
        let now = Second { price: self.newest_price, log_price: f64::NAN };
        let then = self.at(newest_ns.div_euclid(NS_PER_SECOND) - seconds, now).price;
        (!then.is_nan()).then(|| (self.newest_price / then).ln())
    }

    /// Standard deviation (n - 1) of the 5-s log returns in the last 300 s, scaled to a trading year.
    ///
    /// `None` with less than a minute of prices in this session (New York day).
    pub fn volatility_300s(&self, newest_ns: i64) -> Option<f64> {
        if newest_ns >= self.day_end_ns {
            return None;
        }
        let newest_s = newest_ns.div_euclid(NS_PER_SECOND);
        let mut returns = [0.0; VOLATILITY_RETURNS];
        let now = self.now();
        let mut later = now.log_price;
        let mut count = 0;
        for (slot, step) in returns.iter_mut().zip(1_i64..) {
            let log_price = self.at(newest_s - step * VOLATILITY_STEP_S, now).log_price;
            if log_price.is_nan() {
                break;
            }
            *slot = later - log_price;
            later = log_price;
            count += 1;
        }
        if count < VOLATILITY_RETURNS_MIN {
            return None;
        }
        let mean = sum(&returns) / count as f64;
        let mut squares = [0.0; VOLATILITY_RETURNS];
        for (square, change) in squares.iter_mut().zip(&returns[..count]) {
            *square = (change - mean) * (change - mean);
        }
        Some((sum(&squares) / (count - 1) as f64 * STEPS_PER_YEAR).sqrt())
    }
}

impl Default for PricePath {
    fn default() -> Self {
        Self::new()
    }
}

/// Four running sums instead of one: they do not wait for one another.
fn sum(values: &[f64; VOLATILITY_RETURNS]) -> f64 {
    let mut sums = [0.0; 4];
    for four in values.chunks_exact(4) {
        for (sum, value) in sums.iter_mut().zip(four) {
            *sum += value;
        }
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
