//! The measures of a book after each update of a batch, as Arrow columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt8Array};
use arrow_schema::{DataType, Field, Schema};

use super::metrics::{imbalance, order_flow, weighted_mid};
use super::output::NumberColumn;
use super::Quote;
use crate::error::{Error, Result};

/// Updates that are taken at once.
pub const BLOCK: usize = 256;

/// The names that [`Measures::of_names`] knows.
pub const MEASURE_NAMES: [&str; 6] = ["bbo", "obi", "obi_weighted", "ofi", "weighted_mid", "flags"];

/// Which measures a batch records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each stands for one column")]
pub struct Measures {
    /// Columns `bid`, `bid_size`, `ask`, `ask_size`.
    pub bbo: bool,
    /// Column `obi`: imbalance at the best level.
    pub obi: bool,
    /// Column `obi_weighted`: imbalance over five levels, weights 1/level.
    pub obi_weighted: bool,
    /// Column `ofi`: order flow of this update.
    pub ofi: bool,
    /// Column `weighted_mid`.
    pub weighted_mid: bool,
    /// Column `flags`: the bits of [`super::metrics`].
    pub flags: bool,
}

impl Measures {
    /// From names, each one of [`MEASURE_NAMES`].
    pub fn of_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut measures = Self::default();
        for name in names {
            *(match name {
                "bbo" => &mut measures.bbo,
                "obi" => &mut measures.obi,
                "obi_weighted" => &mut measures.obi_weighted,
                "ofi" => &mut measures.ofi,
                "weighted_mid" => &mut measures.weighted_mid,
                "flags" => &mut measures.flags,
                other => {
                    let known = MEASURE_NAMES.join(", ");
                    return Err(Error::invalid(format!("the measure was {other:?}: give some of {known}")));
                }
            }) = true;
        }
        Ok(measures)
    }

    /// Whether more than the best levels must be looked at after each update.
    pub const fn needs_depth(self) -> bool {
        self.obi_weighted || self.flags
    }

    /// Whether the best levels must be known after each update.
    pub const fn needs_quotes(self) -> bool {
        self.bbo || self.obi || self.ofi || self.weighted_mid || self.needs_depth()
    }
}

/// The book after each update of a block.
pub(super) struct Block {
    bid: [f64; BLOCK],
    bid_size: [f64; BLOCK],
    ask: [f64; BLOCK],
    ask_size: [f64; BLOCK],
    pub(super) obi_weighted: [f64; BLOCK],
    pub(super) flags: [u8; BLOCK],
}

/// One row of a block.
pub(super) struct QuoteRow<'a> {
    bid: &'a mut f64,
    bid_size: &'a mut f64,
    ask: &'a mut f64,
    ask_size: &'a mut f64,
}

impl QuoteRow<'_> {
    #[inline(always)]
    pub(super) fn set(self, bid: (f64, f64), ask: (f64, f64)) {
        (*self.bid, *self.bid_size) = bid;
        (*self.ask, *self.ask_size) = ask;
    }
}

impl Block {
    pub(super) const fn new() -> Self {
        let empty = [0.0; BLOCK];
        Self { bid: empty, bid_size: empty, ask: empty, ask_size: empty, obi_weighted: empty, flags: [0; BLOCK] }
    }

    /// The rows, to be written in order.
    #[inline(always)]
    pub(super) fn quotes(&mut self) -> impl Iterator<Item = QuoteRow<'_>> {
        let bids = self.bid.iter_mut().zip(&mut self.bid_size);
        let asks = self.ask.iter_mut().zip(&mut self.ask_size);
        bids.zip(asks).map(|((bid, bid_size), (ask, ask_size))| QuoteRow { bid, bid_size, ask, ask_size })
    }

    pub(super) fn set_quote(&mut self, row: usize, quote: &Quote) {
        (self.bid[row], self.bid_size[row]) = (quote.bid, quote.bid_size);
        (self.ask[row], self.ask_size[row]) = (quote.ask, quote.ask_size);
    }

    #[inline(always)]
    fn quote(&self, row: usize) -> Quote {
        Quote { bid: self.bid[row], bid_size: self.bid_size[row], ask: self.ask[row], ask_size: self.ask_size[row] }
    }
}

/// Collects the measures of a batch. A column that was not asked for has no rows.
pub(super) struct Recorder {
    measures: Measures,
    rows: usize,
    /// The quote before the next block.
    before: Quote,
    /// `bid`, `bid_size`, `ask`, `ask_size`.
    bbo: [NumberColumn; 4],
    obi: NumberColumn,
    obi_weighted: NumberColumn,
    ofi: NumberColumn,
    weighted_mid: NumberColumn,
    flags: Vec<u8>,
}

impl Recorder {
    pub(super) fn new(measures: Measures, rows: usize, before: Quote) -> Result<Self> {
        let column = |wanted: bool| NumberColumn::new(if wanted { rows } else { 0 });
        let bbo = measures.bbo;
        Ok(Self {
            measures,
            rows: 0,
            before,
            bbo: [column(bbo)?, column(bbo)?, column(bbo)?, column(bbo)?],
            obi: column(measures.obi)?,
            obi_weighted: column(measures.obi_weighted)?,
            ofi: column(measures.ofi)?,
            weighted_mid: column(measures.weighted_mid)?,
            flags: Vec::with_capacity(if measures.flags { rows } else { 0 }),
        })
    }

    pub(super) const fn measures(&self) -> Measures {
        self.measures
    }

    /// Take the first `rows` rows of a block.
    pub(super) fn push(&mut self, block: &Block, rows: usize) {
        self.rows += rows;
        let (wanted, rows) = (self.measures, rows.min(BLOCK));
        if wanted.bbo {
            let columns = [&block.bid, &block.bid_size, &block.ask, &block.ask_size];
            for (column, values) in self.bbo.iter_mut().zip(columns) {
                column.next(rows).copy_from_slice(&values[..rows]);
            }
        }
        if wanted.obi {
            let sizes = block.bid_size.iter().zip(&block.ask_size);
            self.obi.next(rows).iter_mut().zip(sizes).for_each(|(obi, (bid, ask))| *obi = imbalance(*bid, *ask));
        }
        if wanted.weighted_mid {
            let column = self.weighted_mid.next(rows);
            column.iter_mut().enumerate().for_each(|(i, mid)| *mid = weighted_mid(&block.quote(i)));
        }
        if wanted.ofi && rows > 0 {
            let column = self.ofi.next(rows);
            column[0] = order_flow(&self.before, &block.quote(0));
            for (i, flow) in column.iter_mut().enumerate().skip(1) {
                *flow = order_flow(&block.quote(i - 1), &block.quote(i));
            }
            self.before = block.quote(rows - 1);
        }
        if wanted.obi_weighted {
            self.obi_weighted.next(rows).copy_from_slice(&block.obi_weighted[..rows]);
        }
        if wanted.flags {
            self.flags.extend_from_slice(&block.flags[..rows]);
        }
    }

    /// The columns that were asked for; without any, a batch of only a number of rows.
    pub(super) fn finish(self) -> Result<RecordBatch> {
        let wanted = self.measures;
        let [bid, bid_size, ask, ask_size] = self.bbo;
        let numbers = [
            ("bid", wanted.bbo, bid),
            ("bid_size", wanted.bbo, bid_size),
            ("ask", wanted.bbo, ask),
            ("ask_size", wanted.bbo, ask_size),
            ("obi", wanted.obi, self.obi),
            ("obi_weighted", wanted.obi_weighted, self.obi_weighted),
            ("ofi", wanted.ofi, self.ofi),
            ("weighted_mid", wanted.weighted_mid, self.weighted_mid),
        ];
        let (mut fields, mut columns): (Vec<Field>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
        for (name, _, values) in numbers.into_iter().filter(|(_, wanted, _)| *wanted) {
            fields.push(Field::new(name, DataType::Float64, false));
            columns.push(values.finish());
        }
        if wanted.flags {
            fields.push(Field::new("flags", DataType::UInt8, false));
            columns.push(Arc::new(UInt8Array::from(self.flags)));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
            .map_err(|error| Error::Schema(error.to_string()))
    }
}
