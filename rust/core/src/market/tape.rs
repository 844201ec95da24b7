//! The tape of one instrument: prints with their aggressor, session totals, and trade patterns of the last 60 s.

use std::collections::VecDeque;

use crate::book::Quote;
use crate::civil::{new_york_day_bounds, NS_PER_SECOND};
use crate::error::Result;
use crate::limits;
use crate::market::aggressor::{by_quote, Aggressor, TickRule};
use crate::market::bars::SecondBars;
use crate::market::conditions::SaleConditions;
use crate::market::sweep::SweepDetector;
use crate::market::window::WindowSums;
use crate::vpin::{buy_share, Vpin};

/// Most prints kept for [`Tape::recent`].
pub const RECENT_MAX: usize = 4_096;
const BLOCK_SHARES: f64 = 10_000.0;
const BLOCK_USD: f64 = 200_000.0;
/// 2025-11-03 00:00 New York: from here on round lots depend on the price.
const ROUND_LOT_TIERS_FROM_NS: i64 = 1_762_146_000 * NS_PER_SECOND;

/// A print as it arrives, validated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Print<'a> {
    /// Event time in ns.
    pub ts_ns: i64,
    /// Dollars, above zero.
    pub price: f64,
    /// Shares or contracts, 0 or more.
    pub size: f64,
    /// Code of the exchange; empty if unknown.
    pub venue: &'a [u8],
    /// Sale conditions.
    pub conditions: SaleConditions,
}

impl<'a> Print<'a> {
    /// Validate price and size; see [`limits`].
    #[inline]
    pub fn new(ts_ns: i64, price: f64, size: f64, venue: &'a [u8], conditions: &[u8]) -> Result<Self> {
        limits::check("trade", price, size)?;
        Ok(Self { ts_ns, price, size, venue, conditions: SaleConditions::parse(conditions) })
    }
}

/// A print with its aggressor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// Event time in ns.
    pub ts_ns: i64,
    /// Dollars.
    pub price: f64,
    /// Shares or contracts.
    pub size: f64,
    /// Who took liquidity.
    pub aggressor: Aggressor,
}

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
    /// Highest regular price, NaN before the first.
    pub high: f64,
    /// Lowest regular price, NaN before the first.
    pub low: f64,
    vwap_volume: f64,
    vwap_notional: f64,
}

impl SessionTotals {
    const fn new(start_ns: i64, end_ns: i64) -> Self {
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

    #[inline]
    fn add(&mut self, print: &Print<'_>, aggressor: Aggressor) {
        if print.ts_ns >= self.end_ns {
            let (start_ns, end_ns) = new_york_day_bounds(print.ts_ns);
            *self = Self::new(start_ns, end_ns);
        } else if print.ts_ns < self.start_ns {
            return;
        }
        if print.conditions.counts_volume() {
            self.volume += print.size;
            self.trade_count += 1;
            if aggressor == 0 {
                self.unclassified_volume += print.size;
            }
        }
        if print.conditions.forms_price() && print.conditions.regular_hours() {
            // `max` and `min` pass over the NaN of an empty session.
            self.high = self.high.max(print.price);
            self.low = self.low.min(print.price);
            self.vwap_volume += print.size;
            self.vwap_notional += print.price * print.size;
        }
    }
}

/// The round lot for a price: since 2025-11-03 it depends on the price tier, before it was 100 shares.
///
/// The rule uses the average price of an evaluation period; the price of the print stands in for it.
#[inline]
pub fn round_lot(ts_ns: i64, price: f64) -> f64 {
    if price <= 250.0 || ts_ns < ROUND_LOT_TIERS_FROM_NS {
        100.0
    } else if price <= 1_000.0 {
        40.0
    } else if price <= 10_000.0 {
        10.0
    } else {
        1.0
    }
}

/// Sums over the last 60 s; see [`Tape::last_60s`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TapeWindow {
    /// Shares.
    pub volume: f64,
    /// Buyer-initiated minus seller-initiated shares.
    pub signed_volume: f64,
    /// Prints.
    pub prints: usize,
    /// Prints under the round lot.
    pub odd_lots: f64,
    /// Prints of 10,000 shares or $200,000 and more.
    pub blocks: f64,
    /// Sweeps; see [`SweepDetector`].
    pub sweeps: f64,
}

/// The tape of one instrument.
#[derive(Debug, Clone)]
pub struct Tape {
    recent: VecDeque<Trade>,
    last: Option<Trade>,
    tick_rule: TickRule,
    session: SessionTotals,
    /// Volume, signed volume, odd lots, blocks, sweeps.
    window: WindowSums<5>,
    sweeps: SweepDetector,
    bars: SecondBars,
    vpin: Option<Vpin>,
}

impl Tape {
    /// An empty tape, with VPIN or without.
    pub const fn new(vpin: Option<Vpin>) -> Self {
        Self {
            recent: VecDeque::new(),
            last: None,
            tick_rule: TickRule::new(),
            session: SessionTotals::new(i64::MIN, i64::MIN),
            window: WindowSums::new(60 * NS_PER_SECOND),
            sweeps: SweepDetector::new(),
            bars: SecondBars::new(),
            vpin,
        }
    }

    /// Drop from the window what `newest_ns` has made too old.
    #[inline]
    pub fn advance(&mut self, newest_ns: i64) {
        self.window.advance(newest_ns);
    }

    /// Take a print. `quote` is the L1 quote in force, `newest_ns` the newest event time of the instrument.
    #[inline]
    pub fn add(&mut self, print: &Print<'_>, newest_ns: i64, quote: &Quote) {
        if print.size == 0.0 {
            // A size of 0 is a correction or a heartbeat, not a trade.
            return;
        }
        let aggressor = self.classify(print, quote);
        let trade = Trade { ts_ns: print.ts_ns, price: print.price, size: print.size, aggressor };
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(trade);
        self.session.add(print, aggressor);
        if print.conditions.counts_volume() {
            let odd_lot = print.size < round_lot(print.ts_ns, print.price);
            let block = print.size >= BLOCK_SHARES || print.size * print.price >= BLOCK_USD;
            let sweep = print.conditions.has_aggressor() && self.sweeps.add(print, aggressor);
            let signed = print.size * f64::from(aggressor);
            let patterns = [f64::from(u8::from(odd_lot)), f64::from(u8::from(block)), f64::from(u8::from(sweep))];
            let values = [print.size, signed, patterns[0], patterns[1], patterns[2]];
            self.window.push(print.ts_ns, newest_ns, values);
        }
        if print.conditions.forms_price() {
            self.bars.add(print.ts_ns, print.price, print.size);
            // A late print must not become the last price.
            if self.last.is_none_or(|last| print.ts_ns >= last.ts_ns) {
                self.last = Some(trade);
            }
        }
        if let (Some(vpin), true) = (&mut self.vpin, print.conditions.has_aggressor()) {
            vpin.pour(print.ts_ns, print.size, buy_share(aggressor), |_| {});
        }
    }

    #[inline]
    fn classify(&mut self, print: &Print<'_>, quote: &Quote) -> Aggressor {
        if !print.conditions.has_aggressor() {
            return 0;
        }
        let by_tick = self.tick_rule.classify(print.price);
        by_quote(quote, print.price).unwrap_or(by_tick)
    }

    /// The last price-forming print.
    pub const fn last(&self) -> Option<Trade> {
        self.last
    }

    /// The newest `count` prints (at most [`RECENT_MAX`]), oldest first.
    pub fn recent(&self, count: usize) -> impl ExactSizeIterator<Item = &Trade> {
        self.recent.range(self.recent.len().saturating_sub(count)..)
    }

    /// Totals of the session.
    pub const fn session(&self) -> &SessionTotals {
        &self.session
    }

    /// One-second bars.
    pub const fn bars(&self) -> &SecondBars {
        &self.bars
    }

    /// VPIN, if it is measured.
    pub const fn vpin(&self) -> Option<&Vpin> {
        self.vpin.as_ref()
    }

    /// Sums over the prints of the last 60 s that count as volume.
    pub fn last_60s(&self) -> TapeWindow {
        let [volume, signed_volume, odd_lots, blocks, sweeps] = *self.window.sums();
        TapeWindow { volume, signed_volume, prints: self.window.len(), odd_lots, blocks, sweeps }
    }
}

#[cfg(test)]
#[path = "tape_tests.rs"]
mod tests;
