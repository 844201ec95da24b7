//! The measures of a book after each update of a batch, as Arrow columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, RecordBatchOptions, UInt8Array};
use arrow_schema::{DataType, Field, Schema};

use super::metrics::{imbalance, order_flow, weighted_mid};
use super::output::Column;
use super::Quote;
use crate::error::{Error, Result};

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

/// The best levels after each update of a block, to be written.
pub(super) struct QuoteRows<'a> {
    bid: &'a mut [f64],
    bid_size: &'a mut [f64],
    ask: &'a mut [f64],
    ask_size: &'a mut [f64],
}

/// One row of them.
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

impl QuoteRows<'_> {
    /// The rows, first to last.
    #[inline(always)]
    pub(super) fn rows(&mut self) -> impl Iterator<Item = QuoteRow<'_>> {
        let bids = self.bid.iter_mut().zip(self.bid_size.iter_mut());
        let asks = self.ask.iter_mut().zip(self.ask_size.iter_mut());
        bids.zip(asks).map(|((bid, bid_size), (ask, ask_size))| QuoteRow { bid, bid_size, ask, ask_size })
    }

    #[inline(always)]
    fn iter(&self) -> impl Iterator<Item = Quote> + '_ {
        let bids = self.bid.iter().zip(&*self.bid_size);
        let asks = self.ask.iter().zip(&*self.ask_size);
        bids.zip(asks).map(|((bid, bid_size), (ask, ask_size))| Quote {
            bid: *bid,
            bid_size: *bid_size,
            ask: *ask,
            ask_size: *ask_size,
        })
    }
}

/// What needs a look below the best levels; empty where it was not asked for.
pub(super) struct DepthRows<'a> {
    pub(super) obi_weighted: &'a mut [f64],
    pub(super) flags: &'a mut [u8],
}

impl DepthRows<'_> {
    pub(super) fn is_wanted(&self) -> bool {
        !self.obi_weighted.is_empty() || !self.flags.is_empty()
    }
}

/// Collects the measures of a batch. A column that was not asked for stays empty.
pub(super) struct Recorder {
    measures: Measures,
    rows: usize,
    /// The quote before the next block.
    before: Quote,
    /// `bid`, `bid_size`, `ask`, `ask_size`; one block over and over if they are only passed on to other measures.
    bbo: [Column<f64>; 4],
    obi: Column<f64>,
    obi_weighted: Column<f64>,
    ofi: Column<f64>,
    weighted_mid: Column<f64>,
    flags: Column<u8>,
}

impl Recorder {
    pub(super) fn new(measures: Measures, rows: usize, before: Quote) -> Result<Self> {
        let column = |wanted: bool| if wanted { Column::new(rows) } else { Ok(Column::absent()) };
        let quote =
            || if measures.needs_quotes() && !measures.bbo { Ok(Column::scratch()) } else { column(measures.bbo) };
        Ok(Self {
            measures,
            rows: 0,
            before,
            bbo: [quote()?, quote()?, quote()?, quote()?],
            obi: column(measures.obi)?,
            obi_weighted: column(measures.obi_weighted)?,
            ofi: column(measures.ofi)?,
            weighted_mid: column(measures.weighted_mid)?,
            flags: if measures.flags { Column::new(rows)? } else { Column::absent() },
        })
    }

    /// Take the next `rows` updates: `walk` writes the best levels, if they are needed, and what lies below them.
    #[inline(always)]
    pub(super) fn record<T>(
        &mut self,
        rows: usize,
        walk: impl FnOnce(Option<&mut QuoteRows<'_>>, &mut DepthRows<'_>) -> T,
    ) -> T {
        self.rows += rows;
        let mut depth = DepthRows { obi_weighted: self.obi_weighted.next(rows), flags: self.flags.next(rows) };
        if !self.measures.needs_quotes() {
            return walk(None, &mut depth);
        }
        let [bid, bid_size, ask, ask_size] = self.bbo.each_mut().map(|column| column.next(rows));
        let mut quotes = QuoteRows { bid, bid_size, ask, ask_size };
        let result = walk(Some(&mut quotes), &mut depth);
        for (obi, quote) in self.obi.next(rows).iter_mut().zip(quotes.iter()) {
            *obi = imbalance(quote.bid_size, quote.ask_size);
        }
        for (mid, quote) in self.weighted_mid.next(rows).iter_mut().zip(quotes.iter()) {
            *mid = weighted_mid(&quote);
        }
        if let Some((first, others)) = self.ofi.next(rows).split_first_mut() {
            let first_quote = quotes.iter().next().unwrap_or(Quote::ABSENT);
            *first = order_flow(&self.before, &first_quote);
            for (flow, (before, after)) in others.iter_mut().zip(quotes.iter().zip(quotes.iter().skip(1))) {
                *flow = order_flow(&before, &after);
            }
            self.before = quotes.iter().last().unwrap_or(Quote::ABSENT);
        }
        result
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
            columns.push(Arc::new(Float64Array::new(values.finish(), None)));
        }
        if wanted.flags {
            fields.push(Field::new("flags", DataType::UInt8, false));
            columns.push(Arc::new(UInt8Array::new(self.flags.finish(), None)));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
            .map_err(|error| Error::Schema(error.to_string()))
    }
}
