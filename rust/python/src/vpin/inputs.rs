//! The columns of a tape, cut into pieces in which no column changes its buffer.

use alphatrader_core::vpin::sides::QuoteColumns;
use alphatrader_core::vpin::stream::TapeColumns;
use pyo3::prelude::*;

use crate::columns::{Column, Kind, Number};
use crate::errors::CoreError;

/// The columns of a tape, as they are held while the core reads them.
pub struct TapeArguments<'py> {
    ts_ns: Option<Column<'py, i64>>,
    price: Option<Column<'py, f64>>,
    size: Option<Column<'py, f64>>,
    aggressor: Option<Column<'py, i8>>,
    quotes: Option<(Column<'py, f64>, Column<'py, f64>)>,
}

impl<'py> TapeArguments<'py> {
    pub fn read(
        ts_ns: Option<&Bound<'py, PyAny>>,
        price: Option<&Bound<'py, PyAny>>,
        size: Option<&Bound<'py, PyAny>>,
        aggressor: Option<&Bound<'py, PyAny>>,
        bid: Option<&Bound<'py, PyAny>>,
        ask: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        let quotes = match (bid, ask) {
            (Some(bid), Some(ask)) => {
                Some((Column::with_absent("bid", bid, f64::NAN)?, Column::with_absent("ask", ask, f64::NAN)?))
            }
            (None, None) => None,
            _ => return Err(CoreError::new_err("one of bid and ask is missing: give both or neither")),
        };
        Ok(Self {
            ts_ns: ts_ns.map(|column| Column::of_kind("ts_ns", column, Kind::Time)).transpose()?,
            price: price.map(|column| Column::of("price", column)).transpose()?,
            size: size.map(|column| Column::of("size", column)).transpose()?,
            aggressor: aggressor.map(|column| Column::of("aggressor", column)).transpose()?,
            quotes,
        })
    }

    /// Pieces in which no column changes its buffer. All columns must be of one length.
    pub fn pieces(&self) -> PyResult<Vec<TapeColumns<'_>>> {
        let mut ts_ns = Walk::over("ts_ns", self.ts_ns.as_ref());
        let mut price = Walk::over("price", self.price.as_ref());
        let mut size = Walk::over("size", self.size.as_ref());
        let mut aggressor = Walk::over("aggressor", self.aggressor.as_ref());
        let mut bid = Walk::over("bid", self.quotes.as_ref().map(|quotes| &quotes.0));
        let mut ask = Walk::over("ask", self.quotes.as_ref().map(|quotes| &quotes.1));
        let lengths = [ts_ns.total(), price.total(), size.total(), aggressor.total(), bid.total(), ask.total()];
        let lengths: Vec<_> = lengths.into_iter().flatten().collect();
        let Some(&(first, rows)) = lengths.first() else { return Ok(Vec::new()) };
        if let Some((name, length)) = lengths.iter().find(|(_, length)| *length != rows) {
            return Err(CoreError::new_err(format!(
                "{first} has {rows} values and {name} has {length}: they must be of one length"
            )));
        }
        let mut pieces = Vec::new();
        let mut done = 0;
        while done < rows {
            let left = [ts_ns.left(), price.left(), size.left(), aggressor.left(), bid.left(), ask.left()];
            let count = left.into_iter().flatten().min().unwrap_or(0);
            let quotes = bid.take(count).zip(ask.take(count)).map(|(bid, ask)| QuoteColumns { bid, ask });
            pieces.push(TapeColumns {
                ts_ns: ts_ns.take(count).unwrap_or_default(),
                price: price.take(count),
                size: size.take(count).unwrap_or_default(),
                aggressor: aggressor.take(count),
                quotes,
            });
            done += count;
        }
        Ok(pieces)
    }
}

/// A walk over the pieces of a column that may be absent.
struct Walk<'a, T> {
    name: &'static str,
    pieces: Option<std::iter::Peekable<std::vec::IntoIter<&'a [T]>>>,
    total: usize,
}

impl<'a, T: Number> Walk<'a, T> {
    fn over(name: &'static str, column: Option<&'a Column<'_, T>>) -> Self {
        let pieces = column.map(Column::pieces);
        let total = pieces.iter().flatten().map(|piece| piece.len()).sum();
        Self { name, pieces: pieces.map(|pieces| pieces.into_iter().peekable()), total }
    }

    fn total(&self) -> Option<(&'static str, usize)> {
        self.pieces.as_ref().map(|_| (self.name, self.total))
    }

    /// Values left in the piece at hand.
    fn left(&mut self) -> Option<usize> {
        let pieces = self.pieces.as_mut()?;
        while pieces.next_if(|piece| piece.is_empty()).is_some() {}
        pieces.peek().map(|piece| piece.len())
    }

    /// The next `count` values, which are in one piece.
    fn take(&mut self, count: usize) -> Option<&'a [T]> {
        let piece = self.pieces.as_mut()?.peek_mut()?;
        let (taken, rest) = piece.split_at(count);
        *piece = rest;
        Some(taken)
    }
}
