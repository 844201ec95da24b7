//! Columns of price-keyed updates, with measures after each update where they are asked for.
//!
//! Updates are taken in blocks: one pass converts prices to ticks and checks everything (it vectorises), a second one
//! walks the book (it cannot), a third derives the measures (it vectorises). A block's arrays stay in the first cache.

use arrow_array::RecordBatch;

use super::ladder::RankedLevel;
use super::measures::{DepthRows, Measures, QuoteRows, Recorder};
use super::metrics::{FLAG_SEQUENCE_GAP, OBI_LEVELS};
use super::output::BLOCK;
use super::price_book::{refusal, OrderBook};
use super::sequence::SequenceWatch;
use super::{rank_on, Side, TickScale, ASK, BID};
use crate::error::{Error, Result};
use crate::limits::{PRICE_MAX, SIZE_MAX};

/// The prices of a batch.
#[derive(Debug, Clone, Copy)]
pub enum Prices<'a> {
    /// In dollars; each must lie on the tick grid.
    Dollars(&'a [f64]),
    /// In whole ticks.
    Ticks(&'a [i64]),
}

impl Prices<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::Dollars(prices) => prices.len(),
            Self::Ticks(ticks) => ticks.len(),
        }
    }

    /// The ticks of rows `from..` into `ticks`; whether all are sound.
    fn block(&self, scale: TickScale, from: usize, ticks: &mut [i64]) -> bool {
        let to = from + ticks.len();
        match self {
            Self::Dollars(prices) => {
                let prices = &prices[from..to];
                let in_range = prices.iter().fold(true, |good, price| good & (price.abs() <= PRICE_MAX));
                scale.block(prices, ticks) & in_range
            }
            Self::Ticks(given) => {
                ticks.copy_from_slice(&given[from..to]);
                given[from..to].iter().fold(true, |good, ticks| good & tick_in_range(scale, *ticks))
            }
        }
    }
}

#[inline]
fn tick_in_range(scale: TickScale, ticks: i64) -> bool {
    (ticks.unsigned_abs() <= super::scale::TICKS_MAX as u64) & (scale.to_price(ticks).abs() <= PRICE_MAX)
}

/// Columns of price-keyed updates, all of one length.
#[derive(Debug, Clone, Copy)]
pub struct UpdateColumns<'a> {
    /// 0 ask, 1 bid.
    pub side: &'a [i8],
    /// The price of the level.
    pub price: Prices<'a>,
    /// The new size of the level; 0 deletes it.
    pub size: &'a [f64],
    /// The number of each update, where the feed numbers them.
    pub sequence: Option<&'a [i64]>,
}

impl UpdateColumns<'_> {
    fn rows(&self) -> Result<usize> {
        let rows = self.side.len();
        let sequence = self.sequence.map_or(rows, <[i64]>::len);
        if self.price.len() != rows || self.size.len() != rows || sequence != rows {
            return Err(Error::Schema(format!(
                "the columns differ in length: side {rows}, price {}, size {}, sequence {sequence}",
                self.price.len(),
                self.size.len()
            )));
        }
        Ok(rows)
    }
}

/// Apply all updates, in order; the measures after each are the columns of the result. If one is refused, the book is as
/// it was before the call.
pub fn apply(book: &mut OrderBook, batches: &[UpdateColumns<'_>], measures: Measures) -> Result<RecordBatch> {
    let rows = batches.iter().map(UpdateColumns::rows).sum::<Result<usize>>()?;
    // A single block is checked before the first of its updates is applied.
    let checkpoint = (rows > BLOCK || batches.len() > 1).then(|| Checkpoint::of(book));
    let mut recorder = Recorder::new(measures, rows, book.quote())?;
    let mut first_row = 0;
    for columns in batches {
        if let Err(error) = apply_columns(book, columns, first_row, &mut recorder) {
            if let Some(checkpoint) = checkpoint {
                checkpoint.restore(book);
            }
            return Err(error);
        }
        first_row += columns.side.len();
    }
    recorder.finish()
}

fn apply_columns(
    book: &mut OrderBook,
    columns: &UpdateColumns<'_>,
    first_row: usize,
    recorder: &mut Recorder,
) -> Result<()> {
    let (rows, scale) = (columns.side.len(), book.scale());
    let mut ticks = [0; BLOCK];
    for from in (0..rows).step_by(BLOCK) {
        let to = rows.min(from + BLOCK);
        let (side, size) = (&columns.side[from..to], &columns.size[from..to]);
        let ticks = &mut ticks[..to - from];
        if !(columns.price.block(scale, from, ticks) & sides_and_sizes(side, size)) {
            return Err(first_refusal(scale, columns, from..to, first_row));
        }
        let updates = Updates { side, ticks, size, sequence: columns.sequence.map(|numbers| &numbers[from..to]) };
        recorder.record(to - from, |quotes, depth| match quotes {
            None => walk(book, &updates),
            Some(quotes) if depth.is_wanted() => walk_deep(book, &updates, quotes, depth),
            Some(quotes) => walk_quotes(book, &updates, quotes),
        });
    }
    Ok(())
}

#[inline]
fn sides_and_sizes(side: &[i8], size: &[f64]) -> bool {
    let bits = side.iter().fold(0, |bits, side| bits | side);
    let sizes = size.iter().fold(true, |good, size| good & (*size >= 0.0) & (*size <= SIZE_MAX));
    (bits & !1 == 0) & sizes
}

/// The error of the first bad row of a block that has one.
#[cold]
fn first_refusal(
    scale: TickScale,
    columns: &UpdateColumns<'_>,
    rows: std::ops::Range<usize>,
    first_row: usize,
) -> Error {
    for row in rows {
        let (side, size) = (columns.side[row], columns.size[row]);
        let (price, sound) = match columns.price {
            Prices::Dollars(prices) => {
                (prices[row], scale.on_grid(prices[row]).is_some() && prices[row].abs() <= PRICE_MAX)
            }
            Prices::Ticks(ticks) => (scale.to_price(ticks[row]), tick_in_range(scale, ticks[row])),
        };
        if let Err(error) = Side::from_code(i64::from(side)) {
            return error.at_row(first_row + row);
        }
        if !sound || !crate::limits::is_size(size) {
            return refusal(scale, price, size).at_row(first_row + row);
        }
    }
    Error::invalid("a column changed while it was read: do not write to an array during the call")
}

/// A block of checked updates.
struct Updates<'a> {
    side: &'a [i8],
    ticks: &'a [i64],
    size: &'a [f64],
    sequence: Option<&'a [i64]>,
}

impl Updates<'_> {
    /// The index of the side, the rank and the size of each. An index, because the compiler makes branches of an enum,
    /// and which side comes next cannot be predicted.
    #[inline(always)]
    fn iter(&self) -> impl Iterator<Item = (usize, i64, f64)> + '_ {
        self.side.iter().zip(self.ticks).zip(self.size).map(|((side, ticks), size)| {
            let side = (side & 1) as usize;
            (side, rank_on(side, *ticks), *size)
        })
    }

    fn see_sequence(&self, sequence: &mut SequenceWatch) {
        for number in self.sequence.unwrap_or_default() {
            sequence.see(*number);
        }
    }
}

fn walk(book: &mut OrderBook, updates: &Updates<'_>) {
    updates.see_sequence(&mut book.sequence);
    for (side, rank, size) in updates.iter() {
        book.set(side, rank, size);
    }
}

/// Only the side that an update names can have changed: its best level is read, the other's carried along.
fn walk_quotes(book: &mut OrderBook, updates: &Updates<'_>, quotes: &mut QuoteRows<'_>) {
    updates.see_sequence(&mut book.sequence);
    let (mut prices, mut sizes) = ([0.0; 2], [0.0; 2]);
    for side in 0..2 {
        (prices[side], sizes[side]) = book.best(side);
    }
    for ((side, rank, size), row) in updates.iter().zip(quotes.rows()) {
        book.set(side, rank, size);
        (prices[side], sizes[side]) = book.best(side);
        row.set((prices[BID], sizes[BID]), (prices[ASK], sizes[ASK]));
    }
}

fn walk_deep(book: &mut OrderBook, updates: &Updates<'_>, quotes: &mut QuoteRows<'_>, depth: &mut DepthRows<'_>) {
    for (i, ((side, rank, size), row)) in updates.iter().zip(quotes.rows()).enumerate() {
        let gap = updates.sequence.is_some_and(|numbers| book.sequence.see(numbers[i]));
        book.set(side, rank, size);
        row.set(book.best(BID), book.best(ASK));
        if let Some(obi) = depth.obi_weighted.get_mut(i) {
            *obi = book.weighted_imbalance(OBI_LEVELS);
        }
        if let Some(flags) = depth.flags.get_mut(i) {
            *flags = book.flags() | (u8::from(gap) * FLAG_SEQUENCE_GAP);
        }
    }
}

/// What a refused batch leaves untouched. Copying the levels is cheaper than a pass over all rows before the first.
struct Checkpoint {
    levels: [Vec<RankedLevel>; 2],
    unknown_deletes: u64,
    sequence: SequenceWatch,
}

impl Checkpoint {
    fn of(book: &OrderBook) -> Self {
        Self {
            levels: book.sides.each_ref().map(|side| side.levels().collect()),
            unknown_deletes: book.unknown_deletes,
            sequence: book.sequence,
        }
    }

    #[cold]
    fn restore(self, book: &mut OrderBook) {
        for (side, levels) in book.sides.iter_mut().zip(self.levels) {
            side.clear();
            for (rank, size) in levels {
                side.set(rank, size);
            }
        }
        (book.unknown_deletes, book.sequence) = (self.unknown_deletes, self.sequence);
    }
}
