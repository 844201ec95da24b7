//! Totals of a session: a New York calendar day.

use crate::aggressor::Aggressor;
use crate::civil::new_york_day_bounds;
use crate::market::conditions::Meaning;
use crate::market::print::Print;

/// Totals since the New York midnight before the newest print.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SessionTotals {
    start_ns: i64,
    end_ns: i64,
    /// Shares that count as volume.
    pub volume: f64,
    /// Shares of it without an aggressor.
    pub unclassified_volume: f64,
    /// Prints that count as volume.
    pub trade_count: u64,
    /// Highest price of prints that the plan lets set it, NaN before the first.
    pub high: f64,
    /// Lowest price of such prints, NaN before the first.
    pub low: f64,
    vwap_volume: f64,
    vwap_notional: f64,
}

impl SessionTotals {
    /// Before the first print.
    pub const fn new() -> Self {
        Self::starting(i64::MIN, i64::MIN)
    }

    const fn starting(start_ns: i64, end_ns: i64) -> Self {
        Self {
            start_ns,
            end_ns,
            volume: 0.0,
            unclassified_volume: 0.0,
            trade_count: 0,
            high: f64::NAN,
            low: f64::NAN,
            vwap_volume: 0.0,
            vwap_notional: 0.0,
        }
    }

    /// Volume-weighted average price of regular prints.
    pub fn vwap(&self) -> Option<f64> {
        (self.vwap_volume > 0.0).then(|| self.vwap_notional / self.vwap_volume)
    }

    /// Take a print; one from before the session is left out.
    #[inline]
    pub fn add(&mut self, print: &Print, meaning: Meaning, aggressor: Aggressor) {
        if print.ts_ns >= self.end_ns {
            let (start_ns, end_ns) = new_york_day_bounds(print.ts_ns);
            *self = Self::starting(start_ns, end_ns);
        } else if print.ts_ns < self.start_ns {
            return;
        }
        if meaning.counts_volume() {
            self.volume += print.size;
            self.trade_count += 1;
            if aggressor == 0 {
                self.unclassified_volume += print.size;
            }
        }
        if meaning.updates_high_low() {
            // `max` and `min` pass over the NaN of an empty session.
            self.high = self.high.max(print.price);
            self.low = self.low.min(print.price);
        }
        if meaning.forms_price() && meaning.regular_hours() {
            self.vwap_volume += print.size;
            self.vwap_notional += print.price * print.size;
        }
    }
}

impl Default for SessionTotals {
    fn default() -> Self {
        Self::new()
    }
}
