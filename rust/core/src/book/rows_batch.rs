//! Columns of the broker's row operations, with measures after each where they are asked for.

use arrow_array::RecordBatch;

use super::measures::{DepthRows, Measures, QuoteRows, Recorder};
use super::metrics::{quote_flags, FLAG_HOLE, OBI_LEVELS};
use super::output::BLOCK;
use super::rows::{DepthBook, DepthOp, OpKind};
use super::{ASK, BID};
use crate::error::{Error, Result};
use crate::limits::{is_price, is_size};

/// Columns of row operations, all of one length.
#[derive(Debug, Clone, Copy)]
pub struct RowColumns<'a> {
    /// 0 insert, 1 update, 2 delete.
    pub op: &'a [i8],
    /// 0 ask, 1 bid.
    pub side: &'a [i8],
    /// Row, from 0.
    pub position: &'a [i32],
    /// Price in dollars, rounded to the nearest tick; not looked at in a delete.
    pub price: &'a [f64],
    /// Size of the row; not looked at in a delete.
    pub size: &'a [f64],
}

impl RowColumns<'_> {
    fn rows(&self) -> Result<usize> {
        let rows = self.op.len();
        let lengths = [self.side.len(), self.position.len(), self.price.len(), self.size.len()];
        if lengths.iter().any(|length| *length != rows) {
            let [side, position, price, size] = lengths;
            return Err(Error::Schema(format!(
                "the columns differ in length: op {rows}, side {side}, position {position}, price {price}, size {size}"
            )));
        }
        Ok(rows)
    }
}

/// Apply all operations, in order; the measures after each are the columns of the result. If one is refused, the book is
/// as it was before the call. `hole_ticks` is for [`FLAG_HOLE`].
pub fn apply(
    book: &mut DepthBook,
    batches: &[RowColumns<'_>],
    measures: Measures,
    hole_ticks: i64,
) -> Result<RecordBatch> {
    let rows = batches.iter().map(RowColumns::rows).sum::<Result<usize>>()?;
    let mut recorder = Recorder::new(measures, rows, book.quote())?;
    // A few hundred bytes: cheaper than a pass over all rows before the first.
    let checkpoint = book.clone();
    let mut first_row = 0;
    for columns in batches {
        if let Err(row) = apply_columns(book, columns, &mut recorder, hole_ticks) {
            *book = checkpoint;
            return Err(columns.refusal(row).at_row(first_row + row));
        }
        first_row += columns.op.len();
    }
    recorder.finish()
}

/// The row that was refused, if one was.
fn apply_columns(
    book: &mut DepthBook,
    columns: &RowColumns<'_>,
    recorder: &mut Recorder,
    hole_ticks: i64,
) -> std::result::Result<(), usize> {
    let (rows, scale) = (columns.op.len(), book.scale());
    let mut ticks = [0; BLOCK];
    for from in (0..rows).step_by(BLOCK) {
        let to = rows.min(from + BLOCK);
        scale.nearest_block(&columns.price[from..to], &mut ticks[..to - from]);
        let part = columns.part(from..to);
        recorder
            .record(to - from, |quotes, depth| match quotes {
                None => walk(book, &part, &ticks),
                Some(quotes) if depth.is_wanted() => walk_deep(book, &part, &ticks, hole_ticks, quotes, depth),
                Some(quotes) => walk_quotes(book, &part, &ticks, quotes),
            })
            .map_err(|row| from + row)?;
    }
    Ok(())
}

impl<'a> RowColumns<'a> {
    fn part(&self, rows: std::ops::Range<usize>) -> RowColumns<'a> {
        RowColumns {
            op: &self.op[rows.clone()],
            side: &self.side[rows.clone()],
            position: &self.position[rows.clone()],
            price: &self.price[rows.clone()],
            size: &self.size[rows],
        }
    }

    /// The operations; `None` for one that [`DepthOp::new`] would refuse.
    #[inline(always)]
    fn ops<'b>(&self, ticks: &'b [i64]) -> impl Iterator<Item = Option<(OpKind, usize, usize, i64, f64)>> + 'b
    where
        'a: 'b,
    {
        let places = self.op.iter().zip(self.side).zip(self.position);
        let values = self.price.iter().zip(self.size).zip(ticks);
        places.zip(values).map(|(((op, side), position), ((price, size), ticks))| {
            let kind = match op {
                0 => OpKind::Insert,
                1 => OpKind::Update,
                2 => OpKind::Delete,
                _ => return None,
            };
            let valued = kind == OpKind::Delete || (is_price(*price) & is_size(*size));
            if !valued | (side & !1 != 0) | (*position < 0) {
                return None;
            }
            Some((kind, (*side & 1) as usize, *position as usize, *ticks, *size))
        })
    }

    #[cold]
    fn refusal(&self, row: usize) -> Error {
        let (op, side, position) = (self.op[row], self.side[row], self.position[row]);
        let op = DepthOp::new(op.into(), side.into(), position.into(), self.price[row], self.size[row]);
        let changed = "a column changed while it was read: do not write to an array during the call";
        op.err().unwrap_or_else(|| Error::invalid(changed))
    }
}

fn walk(book: &mut DepthBook, columns: &RowColumns<'_>, ticks: &[i64]) -> std::result::Result<(), usize> {
    for (row, op) in columns.ops(ticks).enumerate() {
        let (kind, side, position, ticks, size) = op.ok_or(row)?;
        book.change(kind, side, position, ticks, size);
    }
    Ok(())
}

/// Only the side that an operation names can have changed, and only if it named a row of the best level or the one
/// after: then its best level is read, else carried along. (Most operations go deeper, so the branch is foreseen; adding
/// up the rows after each one is not, and took twice as long.)
fn walk_quotes(
    book: &mut DepthBook,
    columns: &RowColumns<'_>,
    ticks: &[i64],
    quotes: &mut QuoteRows<'_>,
) -> std::result::Result<(), usize> {
    let (mut prices, mut sizes) = ([0.0; 2], [0.0; 2]);
    for side in 0..2 {
        (prices[side], sizes[side]) = book.best(side);
    }
    // Rows of the best level where they are known, else the first operation reads it.
    let mut best_rows = [usize::MAX; 2];
    for (row, (op, quote)) in columns.ops(ticks).zip(quotes.rows()).enumerate() {
        let (kind, side, position, ticks, size) = op.ok_or(row)?;
        book.change(kind, side, position, ticks, size);
        if position <= best_rows[side] || !book.sides[side].is_sorted() {
            (prices[side], sizes[side], best_rows[side]) = book.best_with_rows(side);
        }
        quote.set((prices[BID], sizes[BID]), (prices[ASK], sizes[ASK]));
    }
    Ok(())
}

fn walk_deep(
    book: &mut DepthBook,
    columns: &RowColumns<'_>,
    ticks: &[i64],
    hole_ticks: i64,
    quotes: &mut QuoteRows<'_>,
    depth: &mut DepthRows<'_>,
) -> std::result::Result<(), usize> {
    for (row, (op, quote)) in columns.ops(ticks).zip(quotes.rows()).enumerate() {
        let (kind, side, position, ticks, size) = op.ok_or(row)?;
        book.change(kind, side, position, ticks, size);
        quote.set(book.best(BID), book.best(ASK));
        if let Some(obi) = depth.obi_weighted.get_mut(row) {
            *obi = book.weighted_imbalance(OBI_LEVELS);
        }
        if let Some(column) = depth.flags.get_mut(row) {
            *column = flags(book, hole_ticks);
        }
    }
    Ok(())
}

/// The flags of [`super::metrics`]; row operations carry no sequence.
pub fn flags(book: &DepthBook, hole_ticks: i64) -> u8 {
    let (bids, asks) = book.holes(2, hole_ticks);
    quote_flags(&book.quote()) + u8::from(bids + asks > 0) * FLAG_HOLE
}
