//! From messages to market rows: who asked for what, and what a message may say.

use rustc_hash::FxHashMap;

use crate::feed::message::DepthRow;
use crate::feed::quotes::{Quotes, Side};
use crate::feed::rows::Rows;
use crate::limits::{is_price, is_size};

/// Tick types of a quote line, live and delayed, and the one whose text is a print.
const BID: i64 = 1;
const ASK: i64 = 2;
const BID_SIZE: i64 = 0;
const ASK_SIZE: i64 = 3;
const DELAYED_BID: i64 = 66;
const DELAYED_ASK: i64 = 67;
const DELAYED_BID_SIZE: i64 = 69;
const DELAYED_ASK_SIZE: i64 = 70;
/// tickString with `price;size;ms;total volume;vwap;single`.
pub const RT_VOLUME: i64 = 48;
/// tickOption computed from the bid.
pub const OPTION_BID: i64 = 10;
/// tickOption computed from the ask.
pub const OPTION_ASK: i64 = 11;
/// Row positions are below.
const DEPTH_ROWS_MAX: i64 = 1_000;

/// What a subscription delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamKind {
    /// reqMktData.
    Quote,
    /// reqTickByTickData of Last or `AllLast`.
    Trade,
    /// reqMktDepth.
    Depth,
}

/// Messages that became no row, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Under a request id that is not open: it came after the cancel.
    pub late: u64,
    /// A price, size, side or position that cannot be.
    pub bad: u64,
    /// Delayed ticks that nobody asked for.
    pub delayed: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Route {
    quote: Option<usize>,
    trade: Option<usize>,
    depth: Option<usize>,
}

/// The open streams by request id, and the quotes in the making.
#[derive(Debug, Default)]
pub struct Lines {
    accepts_delayed: bool,
    routes: FxHashMap<i64, Route>,
    quotes: Quotes,
    /// What became no row.
    pub counts: Counts,
}

impl Lines {
    /// No streams. Delayed ticks are dropped unless they are wanted.
    pub fn new(accepts_delayed: bool) -> Self {
        Self { accepts_delayed, ..Self::default() }
    }

    // ------------------------------------------------------------------ opening and closing

    /// Route messages under `request_id` to an instrument.
    pub fn open(&mut self, request_id: i64, instrument_id: i32, kind: StreamKind) {
        let slot = self.quotes.slot(instrument_id);
        let route = self.routes.entry(request_id).or_default();
        match kind {
            StreamKind::Quote => route.quote = Some(self.quotes.open(slot)),
            StreamKind::Trade => route.trade = Some(slot),
            StreamKind::Depth => route.depth = Some(slot),
        }
    }

    /// Drop whatever still comes under `request_id`, and a quote of it that was not handed on.
    pub fn close(&mut self, request_id: i64) {
        let Some(route) = self.routes.remove(&request_id) else { return };
        if let Some(line) = route.quote {
            self.quotes.close(line);
        }
    }

    /// Choose the one source of prints: `RTVolume` of the quote line, or tick-by-tick.
    pub fn take_prints_from_quotes(&mut self, instrument_id: i32, enabled: bool) {
        self.quotes.take_prints(instrument_id, enabled);
    }

    // ------------------------------------------------------------------ messages

    #[inline]
    fn quote_line(&mut self, request_id: i64) -> Option<usize> {
        let line = self.routes.get(&request_id).and_then(|route| route.quote);
        if line.is_none() {
            self.counts.late += 1;
        }
        line
    }

    #[inline]
    fn live(&mut self, tick_type: i64) -> Option<i64> {
        let live = match tick_type {
            DELAYED_BID => BID,
            DELAYED_ASK => ASK,
            DELAYED_BID_SIZE => BID_SIZE,
            DELAYED_ASK_SIZE => ASK_SIZE,
            other => return Some(other),
        };
        if !self.accepts_delayed {
            self.counts.delayed += 1;
            return None;
        }
        Some(live)
    }

    /// tickPrice: a price with its size. -1 or 0 means that the side is absent.
    #[inline]
    pub fn price(&mut self, request_id: i64, tick_type: i64, price: f64, size: f64, rows: &mut Rows) {
        let Some(line) = self.quote_line(request_id) else { return };
        let Some(kind) = self.live(tick_type).filter(|kind| matches!(*kind, BID | ASK)) else { return };
        let (price, size) = if price.is_nan() || price <= 0.0 {
            (f64::NAN, 0.0)
        } else if is_price(price) && is_size(size) {
            (price, size)
        } else {
            self.counts.bad += 1;
            return;
        };
        self.quotes.change(line, kind == BID, Side { price, size, dirty: true }, rows);
    }

    /// tickSize. The gateway repeats the size of each price in one of these: repetitions are skipped.
    #[inline]
    pub fn size(&mut self, request_id: i64, tick_type: i64, size: f64, rows: &mut Rows) {
        let Some(line) = self.quote_line(request_id) else { return };
        let Some(kind) = self.live(tick_type).filter(|kind| matches!(*kind, BID_SIZE | ASK_SIZE)) else { return };
        let is_bid = kind == BID_SIZE;
        let side = self.quotes.side(line, is_bid);
        if side.price.is_nan() || size == side.size {
            return;
        }
        if !is_size(size) {
            self.counts.bad += 1;
            return;
        }
        self.quotes.change(line, is_bid, Side { size, dirty: true, ..side }, rows);
    }

    /// tickString of type [`RT_VOLUME`]; `None` if its text is not plain (then hand it on).
    pub fn rt_volume(&mut self, request_id: i64, value: &[u8], rows: &mut Rows) -> Option<()> {
        let Some(line) = self.quote_line(request_id) else { return Some(()) };
        if self.quotes.printing(line).is_none() {
            return Some(());
        }
        let mut parts = value.splitn(3, |byte| *byte == b';');
        let (price, size, _rest) = (parts.next()?, parts.next()?, parts.next()?);
        if price.is_empty() || size.is_empty() {
            return Some(());
        }
        let (price, size) = (crate::feed::fields::float_of(price)?, crate::feed::fields::float_of(size)?);
        self.quoted_print(request_id, price, size, rows);
        Some(())
    }

    /// A print that came on a quote line; nothing if its price or size is not above zero.
    pub fn quoted_print(&mut self, request_id: i64, price: f64, size: f64, rows: &mut Rows) {
        let Some(line) = self.quote_line(request_id) else { return };
        let Some(slot) = self.quotes.printing(line).filter(|_| price > 0.0 && size > 0.0) else { return };
        if is_price(price) && is_size(size) {
            self.trade(slot, price, size, b"", b"", rows);
        } else {
            self.counts.bad += 1;
        }
    }

    /// tickOption, whose numbers are not used. One that was computed from the bid or ask proves that the quote, which is
    /// sent only when it changes, still stands: it is handed on again with a new time.
    #[inline]
    pub fn option(&mut self, request_id: i64, tick_type: i64) {
        if !matches!(tick_type, OPTION_BID | OPTION_ASK) {
            return;
        }
        let Some(line) = self.routes.get(&request_id).and_then(|route| route.quote) else { return };
        self.quotes.confirm(line);
    }

    /// tickByTick of a print. The gateway's time has whole seconds only, so it is not used.
    #[inline]
    pub fn print(
        &mut self,
        request_id: i64,
        price: f64,
        size: f64,
        exchange: &[u8],
        conditions: &[u8],
        rows: &mut Rows,
    ) {
        let Some(slot) = self.routes.get(&request_id).and_then(|route| route.trade) else {
            self.counts.late += 1;
            return;
        };
        if is_price(price) && is_size(size) && size > 0.0 {
            self.trade(slot, price, size, exchange, conditions, rows);
        } else {
            self.counts.bad += 1;
        }
    }

    #[inline]
    fn trade(&mut self, slot: usize, price: f64, size: f64, exchange: &[u8], conditions: &[u8], rows: &mut Rows) {
        self.quotes.flush_instrument(slot, rows);
        rows.push_trade(self.quotes.id(slot), price, size, exchange, conditions);
    }

    /// mktDepth and mktDepthL2: a row operation, before anything folds it.
    #[inline]
    pub fn depth(&mut self, request_id: i64, row: &DepthRow<'_>, rows: &mut Rows) {
        let Some(slot) = self.routes.get(&request_id).and_then(|route| route.depth) else {
            self.counts.late += 1;
            return;
        };
        let known = matches!(row.operation, 0..=2) && matches!(row.side, 0 | 1);
        let placed = (0..DEPTH_ROWS_MAX).contains(&row.position);
        let possible = row.operation == 2 || (is_price(row.price) && is_size(row.size));
        if !(known && placed && possible) {
            self.counts.bad += 1;
            return;
        }
        self.quotes.flush_instrument(slot, rows);
        let (op, side, position) = (row.operation as i8, row.side as i8, row.position as i16);
        rows.push_depth(self.quotes.id(slot), op, side, position, row.price, row.size, row.market_maker);
    }

    /// A chunk ends: hand on the quotes that changed, in the order of their first change.
    pub fn flush(&mut self, rows: &mut Rows) {
        self.quotes.flush(rows);
    }

    /// Quotes that became rows.
    pub const fn quotes_seen(&self) -> u64 {
        self.quotes.handed_on
    }
}
