//! Bars as tuples, as an Arrow batch, and `bars()` over a recorded tape.

use std::sync::Arc;

use alphatrader_core::market::bars::{bars_of_columns, Bar, BarColumns, BarRule};
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use pyo3::prelude::*;

use crate::arrow::PyBatch;
use crate::columns::{Column, Kind};
use crate::errors::{detached, to_python, SchemaError};

/// Start, open, high, low, close, volume.
pub type PyBar = (i64, f64, f64, f64, f64, f64);

pub fn tuples(bars: &[Bar]) -> Vec<PyBar> {
    bars.iter().map(|b| (b.start_ns, b.open, b.high, b.low, b.close, b.volume)).collect()
}

pub fn batch_of(bars: &[Bar]) -> PyResult<PyBatch> {
    let whole = |f: fn(&Bar) -> i64| Arc::new(bars.iter().map(f).collect::<Int64Array>()) as ArrayRef;
    let number = |f: fn(&Bar) -> f64| Arc::new(bars.iter().map(f).collect::<Float64Array>()) as ArrayRef;
    RecordBatch::try_from_iter([
        ("start_ns", whole(|b| b.start_ns)),
        ("end_ns", whole(|b| b.end_ns)),
        ("open", number(|b| b.open)),
        ("high", number(|b| b.high)),
        ("low", number(|b| b.low)),
        ("close", number(|b| b.close)),
        ("volume", number(|b| b.volume)),
        ("dollars", number(|b| b.dollars)),
        ("trades", whole(|b| b.trades.cast_signed())),
    ])
    .map(PyBatch::new)
    .map_err(|error| SchemaError::new_err(error.to_string()))
}

#[pyfunction]
#[pyo3(signature = (ts_ns, price, size, *, by="time", length=60.0))]
pub fn bars(
    py: Python<'_>,
    ts_ns: &Bound<'_, PyAny>,
    price: &Bound<'_, PyAny>,
    size: &Bound<'_, PyAny>,
    by: &str,
    length: f64,
) -> PyResult<PyBatch> {
    let rule = BarRule::new(by, length).map_err(to_python)?;
    let ts_ns = Column::of_kind("ts_ns", ts_ns, Kind::Time)?;
    let (price, size) = (Column::of("price", price)?, Column::of("size", size)?);
    let (ts_ns, price, size) = (ts_ns.values(), price.values(), size.values());
    let tape = BarColumns { ts_ns: &ts_ns, price: &price, size: &size };
    let bars = detached(py, || bars_of_columns(tape, rule))?;
    batch_of(&bars)
}
