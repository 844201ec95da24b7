//! Market rows of the event log, as a chunk of the feed yields them: held compactly, applied or recorded as one.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, Float64Builder, Int16Builder, Int32Builder, Int64Builder, Int8Builder, StringBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use crate::book::DepthOp;
use crate::error::{Error, Result};
use crate::market::rows::{KIND_DEPTH, KIND_QUOTE, KIND_TRADE};
use crate::market::{check_time, Market};

/// One row: the event log's columns but sequence number, time and payload, which the recorder gives.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// One of `KIND_TRADE`, `KIND_QUOTE`, `KIND_DEPTH`.
    pub kind: i8,
    /// The instrument.
    pub instrument_id: i32,
    /// 0 insert, 1 update, 2 delete (depth).
    pub op: i8,
    /// 0 ask, 1 bid (depth).
    pub side: i8,
    /// Row of the book (depth).
    pub position: i16,
    /// Of the print or row; the bid of a quote.
    pub price: f64,
    /// Of the print or row; the bid's of a quote.
    pub size: f64,
    /// The ask of a quote, else NaN.
    pub price2: f64,
    /// The ask's size of a quote, else NaN.
    pub size2: f64,
    /// The exchange of a print, the market maker of a row.
    pub venue: &'a [u8],
    /// The conditions of a print.
    pub text: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
struct Held {
    price: f64,
    size: f64,
    price2: f64,
    size2: f64,
    texts_start: usize,
    venue_bytes: u32,
    text_bytes: u32,
    instrument_id: i32,
    position: i16,
    kind: i8,
    op: i8,
    side: i8,
}

/// Rows in order.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    rows: Vec<Held>,
    texts: Vec<u8>,
}

impl Rows {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|held| self.row(held))
    }

    #[inline]
    fn row(&self, held: &Held) -> Row<'_> {
        let venue_end = held.texts_start + held.venue_bytes as usize;
        let text_end = venue_end + held.text_bytes as usize;
        Row {
            kind: held.kind,
            instrument_id: held.instrument_id,
            op: held.op,
            side: held.side,
            position: held.position,
            price: held.price,
            size: held.size,
            price2: held.price2,
            size2: held.size2,
            venue: self.texts.get(held.texts_start..venue_end).unwrap_or_default(),
            text: self.texts.get(venue_end..text_end).unwrap_or_default(),
        }
    }

    #[inline]
    pub(crate) fn push_trade(&mut self, id: i32, price: f64, size: f64, venue: &[u8], conditions: &[u8]) {
        let held = self.held(KIND_TRADE, id, price, size, venue, conditions);
        self.rows.push(held);
    }

    #[inline]
    pub(crate) fn push_quote(&mut self, id: i32, bid: f64, bid_size: f64, ask: f64, ask_size: f64) {
        let held = self.held(KIND_QUOTE, id, bid, bid_size, b"", b"");
        self.rows.push(Held { price2: ask, size2: ask_size, ..held });
    }

    #[inline]
    #[allow(clippy::too_many_arguments, reason = "the fields of a row")]
    pub(crate) fn push_depth(
        &mut self,
        id: i32,
        op: i8,
        side: i8,
        position: i16,
        price: f64,
        size: f64,
        market_maker: &[u8],
    ) {
        let held = self.held(KIND_DEPTH, id, price, size, market_maker, b"");
        self.rows.push(Held { position, op, side, ..held });
    }

    #[inline]
    fn held(&mut self, kind: i8, instrument_id: i32, price: f64, size: f64, venue: &[u8], text: &[u8]) -> Held {
        let texts_start = self.texts.len();
        self.texts.extend_from_slice(venue);
        self.texts.extend_from_slice(text);
        Held {
            price,
            size,
            price2: f64::NAN,
            size2: f64::NAN,
            texts_start,
            // A frame has at most 16 MiB, so its fields fit.
            venue_bytes: venue.len() as u32,
            text_bytes: text.len() as u32,
            instrument_id,
            position: 0,
            kind,
            op: 0,
            side: 0,
        }
    }

    /// Apply all rows at one time, in order. Nothing is applied if one is refused.
    pub fn apply(&self, market: &mut Market, ts_ns: i64) -> Result<()> {
        check_time(ts_ns)?;
        let mut known = None;
        for held in &self.rows {
            if known != Some(held.instrument_id) {
                market.instrument(i64::from(held.instrument_id))?;
                known = Some(held.instrument_id);
            }
        }
        for row in self.iter() {
            let id = i64::from(row.instrument_id);
            match row.kind {
                KIND_TRADE => market.trade(ts_ns, id, row.price, row.size, row.venue, row.text)?,
                KIND_QUOTE => market.quote(ts_ns, id, row.price, row.size, row.price2, row.size2)?,
                _ => {
                    let (op, side, position) = (row.op.into(), row.side.into(), row.position.into());
                    market.depth(ts_ns, id, DepthOp::new(op, side, position, row.price, row.size)?)?;
                }
            }
        }
        Ok(())
    }
}

/// Runs of rows, each with the sequence number of its first row and its time, as one batch of the event log's schema.
pub fn record_batch(runs: &[(i64, i64, &Rows)]) -> Result<RecordBatch> {
    let count = runs.iter().map(|(_, _, rows)| rows.len()).sum();
    let ints64 = || Int64Builder::with_capacity(count);
    let ints8 = || Int8Builder::with_capacity(count);
    let floats = || Float64Builder::with_capacity(count);
    let (mut seq, mut ts_ns) = (ints64(), ints64());
    let (mut kind, mut op, mut side) = (ints8(), ints8(), ints8());
    let (mut instrument_id, mut position) = (Int32Builder::with_capacity(count), Int16Builder::with_capacity(count));
    let (mut price, mut size, mut price2, mut size2) = (floats(), floats(), floats(), floats());
    let (mut venue, mut text, mut payload) = (StringBuilder::new(), StringBuilder::new(), BinaryBuilder::new());
    for (first_seq, run_ns, rows) in runs {
        for (row, number) in rows.iter().zip(*first_seq..) {
            seq.append_value(number);
            ts_ns.append_value(*run_ns);
            kind.append_value(row.kind);
            instrument_id.append_value(row.instrument_id);
            op.append_value(row.op);
            side.append_value(row.side);
            position.append_value(row.position);
            price.append_value(row.price);
            size.append_value(row.size);
            price2.append_value(row.price2);
            size2.append_value(row.size2);
            venue.append_option((row.kind != KIND_QUOTE).then(|| ascii(row.venue)).transpose()?);
            text.append_option((row.kind == KIND_TRADE).then(|| ascii(row.text)).transpose()?);
            payload.append_null();
        }
    }
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("seq", Arc::new(seq.finish()), false),
        ("ts_ns", Arc::new(ts_ns.finish()), false),
        ("kind", Arc::new(kind.finish()), false),
        ("instrument_id", Arc::new(instrument_id.finish()), false),
        ("op", Arc::new(op.finish()), false),
        ("side", Arc::new(side.finish()), false),
        ("position", Arc::new(position.finish()), false),
        ("price", Arc::new(price.finish()), false),
        ("size", Arc::new(size.finish()), false),
        ("price2", Arc::new(price2.finish()), false),
        ("size2", Arc::new(size2.finish()), false),
        ("venue", Arc::new(venue.finish()), true),
        ("text", Arc::new(text.finish()), true),
        ("payload", Arc::new(payload.finish()), true),
    ];
    batch_of(columns)
}

/// A batch of named columns; the flag says whether nulls are allowed.
pub(crate) fn batch_of(columns: Vec<(&str, ArrayRef, bool)>) -> Result<RecordBatch> {
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for (name, array, nullable) in columns {
        let data_type: DataType = array.data_type().clone();
        fields.push(Field::new(name, data_type, nullable));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|error| Error::Schema(error.to_string()))
}

/// Texts are ASCII where they come from the wire; those of a caller were text before.
pub(crate) fn ascii(text: &[u8]) -> Result<&str> {
    std::str::from_utf8(text).map_err(|error| Error::invalid(format!("a text was not UTF-8 ({error})")))
}
