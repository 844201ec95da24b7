//! `OrderBook` and `DepthBook`.

mod columns;
mod depth_book;
mod measures;
mod order_book;

use depth_book::PyDepthBook;
use order_book::PyOrderBook;

use alphatrader_core::book::measures::Measures;
use alphatrader_core::book::{metrics, Levels, Quote};
use alphatrader_core::Error;
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyStringMethods, PyTuple};

use crate::errors::to_python;

/// Add the books and the flags to the module.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("FLAG_LOCKED", metrics::FLAG_LOCKED)?;
    m.add("FLAG_CROSSED", metrics::FLAG_CROSSED)?;
    m.add("FLAG_ONE_SIDED", metrics::FLAG_ONE_SIDED)?;
    m.add("FLAG_SEQUENCE_GAP", metrics::FLAG_SEQUENCE_GAP)?;
    m.add("FLAG_HOLE", metrics::FLAG_HOLE)?;
    m.add_class::<PyOrderBook>()?;
    m.add_class::<PyDepthBook>()
}

/// (bids, asks): price and size, best first.
type PyLevels = (Vec<(f64, f64)>, Vec<(f64, f64)>);

/// The tuple of the last quote that was handed out. Most updates leave the best levels alone: the same tuple serves
/// again, and nothing is allocated.
struct QuoteTuple {
    bits: [u64; 4],
    tuple: Py<PyTuple>,
}

impl QuoteTuple {
    fn new(py: Python<'_>, quote: &Quote) -> PyResult<Self> {
        let tuple = (quote.bid, quote.bid_size, quote.ask, quote.ask_size).into_pyobject(py)?.unbind();
        Ok(Self { bits: bits(quote), tuple })
    }

    #[inline]
    fn of(&mut self, py: Python<'_>, quote: &Quote) -> PyResult<Py<PyTuple>> {
        if self.bits != bits(quote) {
            *self = Self::new(py, quote)?;
        }
        Ok(self.tuple.clone_ref(py))
    }
}

/// Bits, because an absent side is NaN, which equals nothing.
#[inline]
const fn bits(quote: &Quote) -> [u64; 4] {
    [quote.bid.to_bits(), quote.bid_size.to_bits(), quote.ask.to_bits(), quote.ask_size.to_bits()]
}

fn known(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

fn count_of(name: &str, count: i64) -> PyResult<usize> {
    usize::try_from(count).map_err(|_| to_python(Error::Invalid(format!("{name} was {count}: give 0 or more"))))
}

fn ladder_rows_of(count: i64) -> PyResult<usize> {
    let rows = count_of("count", count)?;
    if rows > LADDER_ROWS_MAX {
        let message = format!("count was {count}: give 0 to {LADDER_ROWS_MAX}, or ask for levels()");
        return Err(to_python(Error::Invalid(message)));
    }
    Ok(rows)
}

fn measures_of(names: Vec<Bound<'_, PyString>>) -> PyResult<Measures> {
    let names = names.iter().map(PyStringMethods::to_cow).collect::<PyResult<Vec<_>>>()?;
    Measures::of_names(names.iter().map(AsRef::as_ref)).map_err(to_python)
}

/// Most rows of a ladder, whose array is as long as is asked for, whatever the book holds.
const LADDER_ROWS_MAX: usize = 1 << 20;

/// Levels as an array of `count` rows: bid, bid size, ask, ask size; NaN past the last level.
fn ladder<'py>(py: Python<'py>, levels: &(Levels, Levels), count: usize) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (bids, asks) = levels;
    let absent = (f64::NAN, f64::NAN);
    let level = |levels: &Levels, row: usize| levels.get(row).copied().unwrap_or(absent);
    let cells = (0..count).flat_map(|row| {
        let ((bid, bid_size), (ask, ask_size)) = (level(bids, row), level(asks, row));
        [bid, bid_size, ask, ask_size]
    });
    PyArray1::from_iter(py, cells).reshape([count, 4])
}
