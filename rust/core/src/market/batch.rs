//! Recorded events: rows of the event log's Arrow schema, applied through the same functions as live events.

use arrow_array::types::{Float64Type, Int16Type, Int32Type, Int64Type, Int8Type};
use arrow_array::RecordBatch;

use crate::book::{DepthOp, Quote};
use crate::columns::{required, Text};
use crate::error::{Error, Result};
use crate::market::tape::Print;
use crate::market::{check_time, Market};

/// A control event; never applied here.
pub const KIND_CONTROL: i8 = 0;
/// A print.
pub const KIND_TRADE: i8 = 1;
/// An L1 quote.
pub const KIND_QUOTE: i8 = 2;
/// A depth row operation.
pub const KIND_DEPTH: i8 = 3;
/// The depth book is void.
pub const KIND_DEPTH_RESET: i8 = 4;

/// The columns of a batch that market rows use.
struct Rows<'a> {
    ts_ns: &'a [i64],
    kind: &'a [i8],
    instrument_id: &'a [i32],
    op: &'a [i8],
    side: &'a [i8],
    position: &'a [i16],
    price: &'a [f64],
    size: &'a [f64],
    price2: &'a [f64],
    size2: &'a [f64],
    venue: Text<'a>,
    text: Text<'a>,
}

/// One market row, validated.
enum Event<'a> {
    Trade(Print<'a>),
    Quote(Quote),
    Depth(DepthOp),
    DepthReset,
}

impl<'a> Rows<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self> {
        Ok(Self {
            ts_ns: required::<Int64Type>(batch, "ts_ns")?,
            kind: required::<Int8Type>(batch, "kind")?,
            instrument_id: required::<Int32Type>(batch, "instrument_id")?,
            op: required::<Int8Type>(batch, "op")?,
            side: required::<Int8Type>(batch, "side")?,
            position: required::<Int16Type>(batch, "position")?,
            price: required::<Float64Type>(batch, "price")?,
            size: required::<Float64Type>(batch, "size")?,
            price2: required::<Float64Type>(batch, "price2")?,
            size2: required::<Float64Type>(batch, "size2")?,
            venue: Text::of_batch(batch, "venue")?,
            text: Text::of_batch(batch, "text")?,
        })
    }

    #[inline]
    fn event(&self, i: usize) -> Result<Event<'a>> {
        check_time(self.ts_ns[i])?;
        match self.kind[i] {
            KIND_TRADE => {
                let venue = self.venue.get(i).unwrap_or_default();
                let conditions = self.text.get(i).unwrap_or_default();
                Print::new(self.ts_ns[i], self.price[i], self.size[i], venue, conditions).map(Event::Trade)
            }
            KIND_QUOTE => Quote::new(self.price[i], self.size[i], self.price2[i], self.size2[i]).map(Event::Quote),
            KIND_DEPTH => {
                let (op, side, position) = (self.op[i].into(), self.side[i].into(), self.position[i].into());
                DepthOp::new(op, side, position, self.price[i], self.size[i]).map(Event::Depth)
            }
            KIND_DEPTH_RESET => Ok(Event::DepthReset),
            KIND_CONTROL => Err(Error::invalid(
                "a control event (kind 0) is not for the market: give it to the engine, in its place",
            )),
            other => Err(Error::invalid(format!("kind {other} is none of the event log's kinds 0..4"))),
        }
    }
}

/// Remembers the slot of the instrument of the row before: recorded rows come in runs.
struct SlotCache {
    id: i64,
    slot: usize,
}

impl SlotCache {
    const fn new() -> Self {
        Self { id: i64::MIN, slot: 0 }
    }

    #[inline]
    fn slot(&mut self, market: &Market, id: i32) -> Result<usize> {
        let id = i64::from(id);
        if id != self.id {
            self.slot = market.slot(id)?;
            self.id = id;
        }
        Ok(self.slot)
    }
}

impl Market {
    /// Apply all rows of some batches, in order; returns how many.
    ///
    /// Nothing is applied if any row is refused: all rows are validated first, and the error names the row.
    pub fn apply_batches(&mut self, batches: &[RecordBatch]) -> Result<usize> {
        let all = batches.iter().map(Rows::of).collect::<Result<Vec<_>>>()?;
        let mut before = 0;
        for rows in &all {
            self.validate(rows, before)?;
            before += rows.ts_ns.len();
        }
        for rows in &all {
            self.apply_rows(rows)?;
        }
        Ok(before)
    }

    fn validate(&self, rows: &Rows<'_>, before: usize) -> Result<()> {
        let mut cache = SlotCache::new();
        for i in 0..rows.ts_ns.len() {
            cache.slot(self, rows.instrument_id[i]).and_then(|_| rows.event(i)).map_err(|error| match error {
                Error::Invalid(text) => Error::Invalid(format!("row {}: {text}", before + i)),
                other => other,
            })?;
        }
        Ok(())
    }

    fn apply_rows(&mut self, rows: &Rows<'_>) -> Result<()> {
        let mut cache = SlotCache::new();
        for i in 0..rows.ts_ns.len() {
            let slot = cache.slot(self, rows.instrument_id[i])?;
            let event = rows.event(i)?;
            let instrument = self.at_slot(slot);
            let ts_ns = rows.ts_ns[i];
            match event {
                Event::Trade(print) => instrument.trade(&print),
                Event::Quote(quote) => instrument.quote(ts_ns, quote),
                Event::Depth(op) => instrument.depth(ts_ns, op),
                Event::DepthReset => instrument.depth_reset(ts_ns),
            }
        }
        Ok(())
    }
}
