//! `OrderBook`: price-keyed levels.

use std::sync::{Mutex, PoisonError};

use alphatrader_core::book::batch::{apply, Prices, UpdateColumns};
use alphatrader_core::book::{metrics, OrderBook, Quote, TickScale};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::columns::Columns;
use super::measures::book_measures;
use super::{count_of, measures_of, QuoteTuple};
use crate::arrow::PyBatch;
use crate::columns::Column;
use crate::errors::{detached, to_python, SchemaError};

struct State {
    book: OrderBook,
    last: QuoteTuple,
}

#[pyclass(name = "OrderBook", module = "alphatrader._core", frozen)]
pub struct PyOrderBook(Mutex<State>);

book_measures!(PyOrderBook);

/// The columns of one part of a batch.
struct Part<'py> {
    side: Column<'py, i8>,
    price: Price<'py>,
    size: Column<'py, f64>,
    sequence: Option<Column<'py, i64>>,
}

enum Price<'py> {
    Dollars(Column<'py, f64>),
    Ticks(Column<'py, i64>),
}

impl<'py> Part<'py> {
    fn of(columns: &Columns<'py>) -> PyResult<Self> {
        let price = match (columns.optional("price")?, columns.optional("ticks")?) {
            (Some(dollars), None) => Price::Dollars(dollars),
            (None, Some(ticks)) => Price::Ticks(ticks),
            (None, None) => return Err(columns.missing("price")),
            (Some(_), Some(_)) => {
                return Err(SchemaError::new_err("the batch has both price and ticks: give one of the two"));
            }
        };
        let (side, size) = (columns.sides()?, columns.required("size")?);
        Ok(Self { side, price, size, sequence: columns.optional("sequence")? })
    }
}

#[pymethods]
impl PyOrderBook {
    #[new]
    #[pyo3(signature = (tick_size, *, hole_ticks=1))]
    fn new(py: Python<'_>, tick_size: f64, hole_ticks: i64) -> PyResult<Self> {
        let book = TickScale::new(tick_size).and_then(|scale| OrderBook::new(scale, hole_ticks)).map_err(to_python)?;
        Ok(Self(Mutex::new(State { book, last: QuoteTuple::new(py, &Quote::ABSENT)? })))
    }

    #[pyo3(signature = (side, price, size, /))]
    fn update(&self, py: Python<'_>, side: i64, price: f64, size: f64) -> PyResult<()> {
        match self.lock(py).book.update(side, price, size) {
            Ok(_) => Ok(()),
            Err(error) => Err(to_python(error)),
        }
    }

    #[pyo3(signature = (side, price, size, /))]
    fn update_bbo(&self, py: Python<'_>, side: i64, price: f64, size: f64) -> PyResult<Py<PyTuple>> {
        let State { book, last } = &mut *self.lock(py);
        book.update(side, price, size).map_err(to_python)?;
        last.of(py, &book.quote())
    }

    #[pyo3(signature = (side, price, size, /))]
    fn update_ofi(&self, py: Python<'_>, side: i64, price: f64, size: f64) -> PyResult<f64> {
        let book = &mut self.lock(py).book;
        let before = book.quote();
        book.update(side, price, size).map_err(to_python)?;
        Ok(metrics::order_flow(&before, &book.quote()))
    }

    #[pyo3(signature = (batch, measures=Vec::new()))]
    fn apply_batch(
        &self,
        py: Python<'_>,
        batch: &Bound<'_, PyAny>,
        measures: Vec<Bound<'_, PyString>>,
    ) -> PyResult<PyBatch> {
        let measures = measures_of(measures)?;
        let parts = Columns::of(batch)?.iter().map(Part::of).collect::<PyResult<Vec<_>>>()?;
        // Arrays that are not contiguous are copied here; the slices of all others point at the caller's memory.
        let slices: Vec<_> = parts.iter().map(|part| (part.side.values(), part.size.values())).collect();
        let dollars: Vec<_> = parts
            .iter()
            .map(|part| match &part.price {
                Price::Dollars(column) => (Some(column.values()), None),
                Price::Ticks(column) => (None, Some(column.values())),
            })
            .collect();
        let sequences: Vec<_> = parts.iter().map(|part| part.sequence.as_ref().map(Column::values)).collect();
        let updates: Vec<UpdateColumns<'_>> = slices
            .iter()
            .zip(&dollars)
            .zip(&sequences)
            .map(|(((side, size), price), sequence)| UpdateColumns {
                side,
                price: match price {
                    (Some(dollars), _) => Prices::Dollars(dollars),
                    (None, ticks) => Prices::Ticks(ticks.as_deref().unwrap_or_default()),
                },
                size,
                sequence: sequence.as_deref(),
            })
            .collect();
        let result = detached(py, || {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            apply(&mut state.book, &updates, measures)
        })?;
        Ok(PyBatch::new(result))
    }

    fn see_sequence(&self, py: Python<'_>, number: i64) -> bool {
        self.lock(py).book.see_sequence(number)
    }

    fn clear(&self, py: Python<'_>) {
        self.lock(py).book.clear();
    }

    #[getter]
    fn flags(&self, py: Python<'_>) -> u8 {
        self.lock(py).book.flags()
    }

    #[pyo3(signature = (levels=5))]
    fn holes(&self, py: Python<'_>, levels: i64) -> PyResult<(usize, usize)> {
        Ok(self.lock(py).book.holes(count_of("levels", levels)?))
    }

    fn size_at(&self, py: Python<'_>, side: i64, price: f64) -> PyResult<f64> {
        self.lock(py).book.size_at(side, price).map_err(to_python)
    }

    #[getter]
    fn unknown_deletes(&self, py: Python<'_>) -> u64 {
        self.lock(py).book.unknown_deletes()
    }

    #[getter]
    fn sequence(&self, py: Python<'_>) -> Option<i64> {
        self.lock(py).book.sequence().last()
    }

    #[getter]
    fn sequence_gaps(&self, py: Python<'_>) -> u64 {
        self.lock(py).book.sequence().gaps()
    }

    #[getter]
    fn sequence_missing(&self, py: Python<'_>) -> u64 {
        self.lock(py).book.sequence().missing()
    }

    #[getter]
    fn sequence_late(&self, py: Python<'_>) -> u64 {
        self.lock(py).book.sequence().late()
    }
}
