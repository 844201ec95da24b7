//! The tape of one instrument: prints with their aggressor, session totals, and trade patterns of the last 60 s.

use crate::aggressor::{by_quote, Aggressor, TickRule};
use crate::book::Quote;
use crate::civil::NS_PER_SECOND;
use crate::error::{positive, Result};
use crate::market::bars::{BarRule, BarSeries, TimeBars, BARS_MAX};
use crate::market::conditions::{Meaning, Plan};
use crate::market::path::PricePath;
use crate::market::print::{Print, Trade};
use crate::market::session::SessionTotals;
use crate::market::sweep::{SweepDetector, SweepRule};
use crate::market::window::{Ring, Window, Windowed};
use crate::vpin::{buy_share, Vpin};

/// Most prints kept for [`Tape::recent`].
pub const RECENT_MAX: usize = 4_096;
/// 2025-11-03 00:00 New York: from here on round lots depend on the price.
const ROUND_LOT_TIERS_FROM_NS: i64 = 1_762_146_000 * NS_PER_SECOND;

/// Validated parameters of a tape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TapeParams {
    /// Whose condition letters its prints carry.
    pub plan: Plan,
    /// What a sweep is.
    pub sweep: SweepRule,
    block_shares: f64,
    block_usd: f64,
}

impl TapeParams {
    /// A print of `block_shares` or of `block_usd` and more is a block; both are above 0 (infinite = never).
    pub fn new(plan: Plan, sweep: SweepRule, block_shares: f64, block_usd: f64) -> Result<Self> {
        for (name, least) in [("block_shares", block_shares), ("block_usd", block_usd)] {
            if least != f64::INFINITY {
                positive(name, least)?;
            }
        }
        Ok(Self { plan, sweep, block_shares, block_usd })
    }
}

impl Default for TapeParams {
    /// 10,000 shares or $200,000; sweeps as in [`SweepRule::default`].
    fn default() -> Self {
        Self { plan: Plan::Either, sweep: SweepRule::default(), block_shares: 10_000.0, block_usd: 200_000.0 }
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
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TapeWindow {
    /// Shares.
    pub volume: f64,
    /// Buyer-initiated minus seller-initiated shares.
    pub signed_volume: f64,
    /// Prints.
    pub prints: u32,
    /// Prints under the round lot.
    pub odd_lots: u32,
    /// Large prints; see [`TapeParams`].
    pub blocks: u32,
    /// Sweeps; see [`SweepDetector`].
    pub sweeps: u32,
}

/// A trade on the ring, and what it counts for in the window of 60 s.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "four independent marks in what would else be padding")]
struct Entry {
    ts_ns: i64,
    price: f64,
    size: f64,
    aggressor: Aggressor,
    counts: bool,
    odd_lot: bool,
    block: bool,
    sweep: bool,
}

impl Windowed for Entry {
    type Sums = TapeWindow;

    #[inline]
    fn ts_ns(&self) -> i64 {
        self.ts_ns
    }

    #[inline]
    fn add_to(&self, sums: &mut TapeWindow) {
        if self.counts {
            sums.volume += self.size;
            sums.signed_volume += self.size * f64::from(self.aggressor);
            sums.prints += 1;
            sums.odd_lots += u32::from(self.odd_lot);
            sums.blocks += u32::from(self.block);
            sums.sweeps += u32::from(self.sweep);
        }
    }

    #[inline]
    fn take_from(&self, sums: &mut TapeWindow) {
        if self.counts {
            sums.volume -= self.size;
            sums.signed_volume -= self.size * f64::from(self.aggressor);
            sums.prints -= 1;
            sums.odd_lots -= u32::from(self.odd_lot);
            sums.blocks -= u32::from(self.block);
            sums.sweeps -= u32::from(self.sweep);
            if sums.prints == 0 {
                *sums = TapeWindow::default();
            }
        }
    }
}

/// The tape of one instrument.
#[derive(Debug, Clone)]
pub struct Tape {
    params: TapeParams,
    ring: Ring<Entry>,
    last: Option<Trade>,
    tick_rule: TickRule,
    session: SessionTotals,
    window: Window<Entry>,
    sweeps: SweepDetector,
    bars: TimeBars,
    path: PricePath,
    series: Vec<(BarRule, BarSeries)>,
    vpin: Option<Vpin>,
}

impl Tape {
    /// An empty tape, with VPIN or without.
    pub fn new(params: TapeParams, vpin: Option<Vpin>) -> Self {
        Self {
            params,
            ring: Ring::new(),
            last: None,
            tick_rule: TickRule::new(),
            session: SessionTotals::new(),
            window: Window::new(60 * NS_PER_SECOND),
            sweeps: SweepDetector::new(params.sweep),
            bars: TimeBars::new(1, BARS_MAX),
            path: PricePath::new(),
            series: Vec::new(),
            vpin,
        }
    }

    /// Make the measures those of `newest_ns`; to be called before they are read. It changes nothing else.
    pub fn advance(&mut self, newest_ns: i64) {
        self.window.advance(&self.ring, newest_ns);
        self.path.settle(&self.bars);
    }

    /// Take a print. `quote` is the L1 quote in force, `newest_ns` the newest event time of the instrument.
    #[inline]
    pub fn add(&mut self, print: &Print, newest_ns: i64, quote: &Quote) {
        if print.size == 0.0 {
            // A size of 0 is a correction or a heartbeat, not a trade.
            return;
        }
        let Print { ts_ns, price, size, .. } = *print;
        let meaning = print.conditions.under(self.params.plan);
        let aggressor = self.classify(meaning, price, quote);
        self.session.add(print, meaning, aggressor);
        self.remember(print, meaning, aggressor, newest_ns);
        if meaning.forms_price() {
            let added = self.bars.add(ts_ns, price, size);
            self.path.add(ts_ns, price, added);
            for (_, series) in &mut self.series {
                series.add(ts_ns, price, size);
            }
            // A late print must not become the last price.
            if self.last.is_none_or(|last| ts_ns >= last.ts_ns) {
                self.last = Some(Trade { ts_ns, price, size, aggressor });
            }
        }
        if let (Some(vpin), true) = (&mut self.vpin, meaning.has_aggressor()) {
            vpin.pour(ts_ns, size, buy_share(aggressor), |_| {});
        }
    }

    #[inline]
    fn classify(&mut self, meaning: Meaning, price: f64, quote: &Quote) -> Aggressor {
        if !meaning.has_aggressor() {
            return 0;
        }
        let by_tick = self.tick_rule.classify(price);
        by_quote(quote, price).unwrap_or(by_tick)
    }

    /// Put a print on the ring and, if its volume counts, into the window.
    #[inline]
    fn remember(&mut self, print: &Print, meaning: Meaning, aggressor: Aggressor, newest_ns: i64) {
        let Print { ts_ns, price, size, .. } = *print;
        let mut entry = Entry { ts_ns, price, size, aggressor, ..Entry::default() };
        if meaning.counts_volume() {
            entry.sweep = meaning.has_aggressor() && self.sweeps.add(print, aggressor, meaning.intermarket_sweep());
            entry.odd_lot = size < round_lot(ts_ns, price);
            entry.block = size >= self.params.block_shares || size * price >= self.params.block_usd;
            entry.counts = self.window.covers(ts_ns, newest_ns);
        }
        self.window.advance(&self.ring, newest_ns);
        self.window.add(&self.ring, &entry);
        let kept = self.ring.pushed().saturating_sub(RECENT_MAX as u64 - 1);
        self.ring.push(entry, self.window.first().min(kept));
    }

    /// The last price-forming print.
    pub const fn last(&self) -> Option<Trade> {
        self.last
    }

    /// The newest `count` prints (at most [`RECENT_MAX`]), oldest first.
    pub fn recent(&self, count: usize) -> impl ExactSizeIterator<Item = Trade> + '_ {
        let pushed = self.ring.pushed();
        let count = count.min(RECENT_MAX).min(usize::try_from(pushed).unwrap_or(usize::MAX));
        (0..count).map(move |i| {
            let Entry { ts_ns, price, size, aggressor, .. } = *self.ring.get(pushed - count as u64 + i as u64);
            Trade { ts_ns, price, size, aggressor }
        })
    }

    /// Totals of the session.
    pub const fn session(&self) -> &SessionTotals {
        &self.session
    }

    /// One-second bars.
    pub const fn bars(&self) -> &TimeBars {
        &self.bars
    }

    /// Prices second by second, as of the last [`advance`](Self::advance).
    pub const fn path(&self) -> &PricePath {
        &self.path
    }

    /// Begin a series of bars, grown from the next print on. A series that exists already is kept as it is.
    pub fn add_series(&mut self, rule: BarRule) {
        if self.series(rule).is_none() {
            self.series.push((rule, BarSeries::new(rule, BARS_MAX)));
        }
    }

    /// A series of bars that was begun with [`add_series`](Self::add_series).
    pub fn series(&self, rule: BarRule) -> Option<&BarSeries> {
        self.series.iter().find(|(own, _)| *own == rule).map(|(_, series)| series)
    }

    /// VPIN, if it is measured.
    pub const fn vpin(&self) -> Option<&Vpin> {
        self.vpin.as_ref()
    }

    /// Sums over the prints of the last 60 s that count as volume, as of the last [`advance`](Self::advance).
    pub const fn last_60s(&self) -> &TapeWindow {
        self.window.sums()
    }
}

#[cfg(test)]
#[path = "tape_tests.rs"]
mod tests;
