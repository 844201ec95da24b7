//! The state of one instrument: everything that its events change.

use crate::book::{DepthBook, DepthOp, Quote, TickScale};
use crate::error::{Error, Result};
use crate::market::bars::BarRule;
use crate::market::ofi::OrderFlowImbalance;
use crate::market::print::Print;
use crate::market::snapshot::Snapshot;
use crate::market::tape::{Tape, TapeParams};
use crate::vpin::{Vpin, VpinParams};

/// Most depth rows a side.
pub const DEPTH_ROWS_MAX: i64 = 1_000;

/// Validated parameters of an instrument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InstrumentParams {
    scale: TickScale,
    depth_rows: usize,
    vpin: Option<VpinParams>,
    tape: TapeParams,
}

impl InstrumentParams {
    /// Check the parameters. `vpin_bucket_volume` 0 = no VPIN.
    pub fn new(tick_size: f64, depth_rows: i64, vpin_bucket_volume: i64, vpin_window: i64) -> Result<Self> {
        let scale = TickScale::new(tick_size)?;
        if !(1..=DEPTH_ROWS_MAX).contains(&depth_rows) {
            return Err(Error::invalid(format!("depth_rows was {depth_rows}: give 1 to {DEPTH_ROWS_MAX}")));
        }
        let vpin = if vpin_bucket_volume == 0 { None } else { Some(VpinParams::new(vpin_bucket_volume, vpin_window)?) };
        Ok(Self { scale, depth_rows: depth_rows as usize, vpin, tape: TapeParams::default() })
    }

    /// The same with other rules for the tape.
    #[must_use]
    pub const fn with_tape(self, tape: TapeParams) -> Self {
        Self { tape, ..self }
    }
}

/// One instrument. Its clock is the newest time among its events.
#[derive(Debug, Clone)]
pub struct Instrument {
    params: InstrumentParams,
    ts_ns: i64,
    quote_ts_ns: i64,
    trade_ts_ns: i64,
    depth_ts_ns: i64,
    events: u64,
    quote: Quote,
    depth: DepthBook,
    ofi: OrderFlowImbalance,
    tape: Tape,
}

impl Instrument {
    /// An instrument before its first event.
    pub fn new(params: InstrumentParams) -> Self {
        Self {
            params,
            ts_ns: 0,
            quote_ts_ns: 0,
            trade_ts_ns: 0,
            depth_ts_ns: 0,
            events: 0,
            quote: Quote::ABSENT,
            depth: DepthBook::new(params.scale, params.depth_rows),
            ofi: OrderFlowImbalance::new(),
            tape: Tape::new(params.tape, params.vpin.map(Vpin::new)),
        }
    }

    /// The parameters it was made with.
    pub const fn params(&self) -> &InstrumentParams {
        &self.params
    }

    #[inline]
    fn advance(&mut self, ts_ns: i64) {
        self.events += 1;
        self.ts_ns = self.ts_ns.max(ts_ns);
    }

    /// Apply a print.
    #[inline]
    pub fn trade(&mut self, print: &Print) {
        self.advance(print.ts_ns);
        self.trade_ts_ns = self.trade_ts_ns.max(print.ts_ns);
        self.tape.add(print, self.ts_ns, &self.quote);
    }

    /// Apply an L1 quote.
    #[inline]
    pub fn quote(&mut self, ts_ns: i64, quote: Quote) {
        self.advance(ts_ns);
        self.quote_ts_ns = self.quote_ts_ns.max(ts_ns);
        self.ofi.update(ts_ns, self.ts_ns, &self.quote, &quote);
        self.quote = quote;
    }

    /// Apply a row operation of the depth book.
    #[inline]
    pub fn depth(&mut self, ts_ns: i64, op: DepthOp) {
        self.advance(ts_ns);
        self.depth_ts_ns = self.depth_ts_ns.max(ts_ns);
        self.depth.apply(op);
    }

    /// Forget the depth book.
    pub fn depth_reset(&mut self, ts_ns: i64) {
        self.advance(ts_ns);
        self.depth.reset();
    }

    /// Begin a series of bars; see [`Tape::add_series`].
    pub fn add_series(&mut self, rule: BarRule) {
        self.tape.add_series(rule);
    }

    /// The L1 quote in force.
    pub const fn l1(&self) -> &Quote {
        &self.quote
    }

    /// Time of the newest quote, 0 before the first.
    pub const fn quote_ts_ns(&self) -> i64 {
        self.quote_ts_ns
    }

    /// Time of the newest event.
    pub const fn ts_ns(&self) -> i64 {
        self.ts_ns
    }

    /// Times of the newest quote, print and depth row; 0 before the first.
    pub const fn stream_ts_ns(&self) -> (i64, i64, i64) {
        (self.quote_ts_ns, self.trade_ts_ns, self.depth_ts_ns)
    }

    /// The depth book.
    pub const fn depth_book(&self) -> &DepthBook {
        &self.depth
    }

    /// The tape. Its measures of time windows are those of the last [`snapshot`](Self::snapshot).
    pub const fn tape(&self) -> &Tape {
        &self.tape
    }

    /// A copy of all measures. Looking moves windows on to the newest event; no result depends on when that happens.
    pub fn snapshot(&mut self) -> Snapshot {
        self.ofi.advance(self.ts_ns);
        self.tape.advance(self.ts_ns);
        let known = |value: f64| (!value.is_nan()).then_some(value);
        let (quote, last, window, session) = (&self.quote, self.tape.last(), self.tape.last_60s(), self.tape.session());
        let (depth, path, vpin) = (self.depth.imbalance(), self.tape.path(), self.tape.vpin());
        Snapshot {
            ts_ns: self.ts_ns,
            quote_ts_ns: self.quote_ts_ns,
            trade_ts_ns: self.trade_ts_ns,
            depth_ts_ns: self.depth_ts_ns,
            bid: known(quote.bid),
            bid_size: known(quote.bid_size),
            ask: known(quote.ask),
            ask_size: known(quote.ask_size),
            mid: quote.mid(),
            weighted_mid: quote.weighted_mid(),
            last: last.map(|t| t.price),
            last_size: last.map(|t| t.size),
            obi_top: depth.top,
            obi_weighted: depth.weighted,
            ofi_10s: self.ofi.last_10s(),
            ofi_60s: self.ofi.last_60s(),
            ofi_60s_normalised: self.ofi.last_60s_normalised(),
            signed_volume_60s: window.signed_volume,
            volume_60s: window.volume,
            unclassified_share: (session.volume > 0.0).then(|| session.unclassified_volume / session.volume),
            vpin: vpin.and_then(Vpin::level),
            vpin_cdf: vpin.and_then(Vpin::cdf),
            vpin_buckets: vpin.map_or(0, Vpin::buckets),
            vpin_bucket_volume: vpin.map_or(0, |v| v.params().bucket_volume),
            return_60s: path.log_return(self.ts_ns, 60),
            return_300s: path.log_return(self.ts_ns, 300),
            volatility_300s: path.volatility_300s(self.ts_ns),
            vwap: session.vwap(),
            session_high: known(session.high),
            session_low: known(session.low),
            session_volume: session.volume,
            trade_count: session.trade_count,
            odd_lot_share: (window.prints > 0).then(|| f64::from(window.odd_lots) / f64::from(window.prints)),
            block_count_60s: window.blocks.into(),
            sweep_count_60s: window.sweeps.into(),
            crossed: quote.bid > quote.ask || depth.crossed,
            locked: quote.bid == quote.ask || depth.locked,
            depth_anomalies: self.depth.anomalies(),
            events: self.events,
        }
    }
}
