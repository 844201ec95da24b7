//! Quotes in the making: the joining of their two sides.
//!
//! A quote's sides come as separate messages of one network chunk. They are joined: a quote is handed on when the chunk
//! ends, when its side changes a second time, or before a print or depth row of the same instrument. So no half-changed
//! quote is ever seen, and the order of events stays true.

use rustc_hash::FxHashMap;

use crate::feed::rows::Rows;

/// One side of a quote; a NaN price = absent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side {
    pub(super) price: f64,
    pub(super) size: f64,
    /// Whether it changed since the quote was handed on.
    pub(super) dirty: bool,
}

impl Side {
    const ABSENT: Self = Self { price: f64::NAN, size: 0.0, dirty: false };
}

#[derive(Debug, Clone, Copy)]
struct QuoteLine {
    instrument: usize,
    bid: Side,
    ask: Side,
}

#[derive(Debug, Clone, Copy)]
struct Instrument {
    id: i32,
    /// The quote line that changed since it was handed on.
    changed: Option<usize>,
    /// Tells the newest entry in `dirty` from those that were taken out of turn.
    stamp: u64,
    prints_from_quotes: bool,
}

/// The quote lines, and the instruments that they are of. Both are numbered by their place.
#[derive(Debug, Default)]
pub(super) struct Quotes {
    lines: Vec<QuoteLine>,
    free: Vec<usize>,
    instruments: Vec<Instrument>,
    /// Looked up, never iterated.
    slots: FxHashMap<i32, usize>,
    dirty: Vec<(usize, u64)>,
    stamp: u64,
    /// Quotes that became rows.
    pub(super) handed_on: u64,
}

impl Quotes {
    // ------------------------------------------------------------------ lines and instruments

    /// The place of an instrument, which it gets here.
    pub(super) fn slot(&mut self, instrument_id: i32) -> usize {
        *self.slots.entry(instrument_id).or_insert_with(|| {
            self.instruments.push(Instrument { id: instrument_id, changed: None, stamp: 0, prints_from_quotes: false });
            self.instruments.len() - 1
        })
    }

    /// The id of the instrument at a place.
    #[inline]
    pub(super) fn id(&self, slot: usize) -> i32 {
        self.instruments[slot].id
    }

    /// A new line of an instrument.
    pub(super) fn open(&mut self, slot: usize) -> usize {
        let fresh = QuoteLine { instrument: slot, bid: Side::ABSENT, ask: Side::ABSENT };
        let line = self.free.pop().unwrap_or(self.lines.len());
        if line == self.lines.len() {
            self.lines.push(fresh);
        } else {
            self.lines[line] = fresh;
        }
        line
    }

    /// Forget a line, and what of it was not handed on.
    pub(super) fn close(&mut self, line: usize) {
        let instrument = &mut self.instruments[self.lines[line].instrument];
        // The change may be that of another line of the instrument.
        instrument.changed = instrument.changed.filter(|changed| *changed != line);
        self.free.push(line);
    }

    /// Whether the prints of an instrument come on its quote lines.
    pub(super) fn take_prints(&mut self, instrument_id: i32, enabled: bool) {
        let slot = self.slot(instrument_id);
        self.instruments[slot].prints_from_quotes = enabled;
    }

    /// The instrument of a line, if its prints come on quote lines.
    #[inline]
    pub(super) fn printing(&self, line: usize) -> Option<usize> {
        let slot = self.lines[line].instrument;
        self.instruments[slot].prints_from_quotes.then_some(slot)
    }

    // ------------------------------------------------------------------ changes

    /// A side as it stands.
    #[inline]
    pub(super) fn side(&self, line: usize, is_bid: bool) -> Side {
        let quote = &self.lines[line];
        if is_bid {
            quote.bid
        } else {
            quote.ask
        }
    }

    /// Change a side; a change of it that was not handed on goes first.
    #[inline]
    pub(super) fn change(&mut self, line: usize, is_bid: bool, to: Side, rows: &mut Rows) {
        let quote = &self.lines[line];
        if if is_bid { quote.bid.dirty } else { quote.ask.dirty } {
            self.emit(line, rows);
        }
        let quote = &mut self.lines[line];
        *(if is_bid { &mut quote.bid } else { &mut quote.ask }) = to;
        self.mark(line);
    }

    /// A quote was said to stand unchanged: unless it has no side, it is handed on again.
    #[inline]
    pub(super) fn confirm(&mut self, line: usize) {
        let quote = &self.lines[line];
        if !(quote.bid.price.is_nan() && quote.ask.price.is_nan()) {
            self.mark(line);
        }
    }

    #[inline]
    fn mark(&mut self, line: usize) {
        let slot = self.lines[line].instrument;
        let instrument = &mut self.instruments[slot];
        if instrument.changed.is_none() {
            self.stamp += 1;
            instrument.stamp = self.stamp;
            self.dirty.push((slot, self.stamp));
        }
        instrument.changed = Some(line);
    }

    // ------------------------------------------------------------------ handing on

    /// Hand on the quotes that changed, in the order of their first change.
    pub(super) fn flush(&mut self, rows: &mut Rows) {
        for at in 0..self.dirty.len() {
            let (slot, stamp) = self.dirty[at];
            let instrument = &mut self.instruments[slot];
            if instrument.stamp == stamp {
                if let Some(line) = instrument.changed.take() {
                    self.emit(line, rows);
                }
            }
        }
        self.dirty.clear();
    }

    /// Hand on the quote of an instrument, if it changed.
    #[inline]
    pub(super) fn flush_instrument(&mut self, slot: usize, rows: &mut Rows) {
        if let Some(line) = self.instruments[slot].changed.take() {
            self.emit(line, rows);
        }
    }

    #[inline]
    fn emit(&mut self, line: usize, rows: &mut Rows) {
        let quote = &mut self.lines[line];
        (quote.bid.dirty, quote.ask.dirty) = (false, false);
        self.handed_on += 1;
        let (bid, ask) = (quote.bid, quote.ask);
        rows.push_quote(self.instruments[quote.instrument].id, bid.price, bid.size, ask.price, ask.size);
    }
}
