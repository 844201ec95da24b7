//! `DepthBook`: the broker's row operations.

use std::sync::{Mutex, PoisonError};

use alphatrader_core::book::rows_batch::{apply, flags, RowColumns};
use alphatrader_core::book::{DepthBook, DepthOp, Levels, Quote, Side, TickScale};
use alphatrader_core::Error;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::columns::Columns;
use super::measures::book_measures;
use super::{count_of, measures_of, QuoteTuple};
use crate::arrow::PyBatch;
use crate::columns::Column;
use crate::errors::{detached, to_python};

struct State {
    book: DepthBook,
    hole_ticks: i64,
    last: QuoteTuple,
}

#[pyclass(name = "DepthBook", module = "alphatrader._core", frozen)]
pub struct PyDepthBook(Mutex<State>);

book_measures!(PyDepthBook);

/// The columns of one part of a batch.
struct Part<'py> {
    op: Column<'py, i8>,
    side: Column<'py, i8>,
    position: Column<'py, i32>,
    price: Column<'py, f64>,
    size: Column<'py, f64>,
}

impl<'py> Part<'py> {
    fn of(columns: &Columns<'py>) -> PyResult<Self> {
        Ok(Self {
            op: columns.required("op")?,
            side: columns.sides()?,
            position: columns.required("position")?,
            price: columns.required("price")?,
            size: columns.required("size")?,
        })
    }
}

#[pymethods]
impl PyDepthBook {
    #[new]
    #[pyo3(signature = (tick_size, *, depth_rows=Some(20), hole_ticks=1))]
    fn new(py: Python<'_>, tick_size: f64, depth_rows: Option<i64>, hole_ticks: i64) -> PyResult<Self> {
        let scale = TickScale::new(tick_size).map_err(to_python)?;
        let rows_max = depth_rows.map_or(Ok(usize::MAX), |rows| count_of("depth_rows", rows))?;
        if rows_max == 0 || hole_ticks < 1 {
            let text = format!("depth_rows was {rows_max} and hole_ticks {hole_ticks}: give 1 or more");
            return Err(to_python(Error::Invalid(text)));
        }
        let book = DepthBook::new(scale, rows_max);
        Ok(Self(Mutex::new(State { book, hole_ticks, last: QuoteTuple::new(py, &Quote::ABSENT)? })))
    }

    #[pyo3(signature = (op, side, position, price, size, /))]
    fn apply(&self, py: Python<'_>, op: i64, side: i64, position: i64, price: f64, size: f64) -> PyResult<()> {
        let op = DepthOp::new(op, side, position, price, size).map_err(to_python)?;
        self.lock(py).book.apply(op);
        Ok(())
    }

    #[pyo3(signature = (op, side, position, price, size, /))]
    fn apply_bbo(
        &self,
        py: Python<'_>,
        op: i64,
        side: i64,
        position: i64,
        price: f64,
        size: f64,
    ) -> PyResult<Py<PyTuple>> {
        let op = DepthOp::new(op, side, position, price, size).map_err(to_python)?;
        let State { book, last, .. } = &mut *self.lock(py);
        book.apply(op);
        last.of(py, &book.quote())
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
        let places: Vec<_> = parts.iter().map(|p| (p.op.values(), p.side.values(), p.position.values())).collect();
        let levels: Vec<_> = parts.iter().map(|part| (part.price.values(), part.size.values())).collect();
        let columns: Vec<RowColumns<'_>> = places
            .iter()
            .zip(&levels)
            .map(|((op, side, position), (price, size))| RowColumns { op, side, position, price, size })
            .collect();
        let result = detached(py, || {
            let State { book, hole_ticks, .. } = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            apply(book, &columns, measures, *hole_ticks)
        })?;
        Ok(PyBatch::new(result))
    }

    fn reset(&self, py: Python<'_>) {
        self.lock(py).book.reset();
    }

    #[getter]
    fn flags(&self, py: Python<'_>) -> u8 {
        let state = self.lock(py);
        flags(&state.book, state.hole_ticks)
    }

    #[pyo3(signature = (levels=5))]
    fn holes(&self, py: Python<'_>, levels: i64) -> PyResult<(usize, usize)> {
        let state = self.lock(py);
        Ok(state.book.holes(count_of("levels", levels)?, state.hole_ticks))
    }

    fn rows(&self, py: Python<'_>, side: i64) -> PyResult<Levels> {
        let side = Side::from_code(side).map_err(to_python)?;
        Ok(self.lock(py).book.rows(side))
    }

    #[getter]
    fn anomalies(&self, py: Python<'_>) -> u64 {
        self.lock(py).book.anomalies()
    }
}
