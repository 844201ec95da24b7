//! Option symbols.

use alphatrader_core::occ::batch::{self as occ_batch, Parser};
use alphatrader_core::occ::format::format_batches;
use alphatrader_core::occ::{build, parse_symbol, OccSymbol};
use alphatrader_core::Error;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyList, PyString, PyTuple};

use crate::arrow::{arrays, batches, PyBatch};
use crate::errors::{detached, to_python};

#[pyclass(name = "OccSymbol", module = "alphatrader._core", frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash)]
pub struct PyOccSymbol(OccSymbol);

#[pymethods]
impl PyOccSymbol {
    #[getter]
    fn root(&self) -> &str {
        self.0.root()
    }

    #[getter]
    fn year(&self) -> u16 {
        self.0.year
    }

    #[getter]
    fn month(&self) -> u8 {
        self.0.month
    }

    #[getter]
    fn day(&self) -> u8 {
        self.0.day
    }

    #[getter]
    fn right(&self) -> &'static str {
        self.0.right.letter()
    }

    #[getter]
    fn strike_milli(&self) -> u32 {
        self.0.strike_milli
    }

    #[getter]
    fn strike(&self) -> f64 {
        self.0.strike()
    }

    #[getter]
    fn expiry(&self) -> String {
        self.0.expiry()
    }

    fn __repr__(&self) -> String {
        format!("OccSymbol({:?})", self.0.format(true))
    }
}

#[pyfunction]
pub fn parse_occ(symbol: &str) -> PyResult<PyOccSymbol> {
    parse_symbol(symbol).map(PyOccSymbol).map_err(to_python)
}

#[pyfunction]
#[pyo3(signature = (root, expiry, right, strike_milli, *, padded=true))]
pub fn format_occ(root: &str, expiry: &str, right: &str, strike_milli: i64, padded: bool) -> PyResult<String> {
    build(root, expiry, right, strike_milli).map(|symbol| symbol.format(padded)).map_err(to_python)
}

#[pyfunction]
pub fn parse_occ_batch(py: Python<'_>, symbols: &Bound<'_, PyAny>) -> PyResult<PyBatch> {
    if let Ok(list) = symbols.cast::<PyList>() {
        return parse_list(list);
    }
    if let Some(list) = listed(symbols)? {
        return parse_list(&list);
    }
    let chunks = arrays(symbols)?;
    detached(py, || occ_batch::parse_arrays(&chunks)).map(PyBatch::new)
}

/// The items of what has no Arrow interface and yet holds texts: a tuple, a `NumPy` array, a pandas Series of objects.
fn listed<'py>(symbols: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyList>>> {
    if symbols.hasattr("__arrow_c_array__")? || symbols.hasattr("__arrow_c_stream__")? {
        return Ok(None);
    }
    if let Ok(tuple) = symbols.cast::<PyTuple>() {
        return Ok(Some(tuple.to_list()));
    }
    match symbols.getattr_opt("tolist")? {
        Some(to_list) => Ok(to_list.call0()?.cast_into::<PyList>().ok()),
        None => Ok(None),
    }
}

#[pyfunction]
#[pyo3(signature = (batch, *, padded=true))]
pub fn format_occ_batch(py: Python<'_>, batch: &Bound<'_, PyAny>, padded: bool) -> PyResult<PyBatch> {
    let batches = batches(batch)?;
    detached(py, || format_batches(&batches, padded)).map(PyBatch::new)
}

/// Items of a list between two moments at which other threads may run.
const LIST_CHUNK: usize = 1_024;

/// A list of `str` (or None). Its texts are read where they lie, which needs the GIL.
fn parse_list(list: &Bound<'_, PyList>) -> PyResult<PyBatch> {
    let mut parser = Parser::with_capacity(list.len()).map_err(to_python)?;
    let mut items: Vec<Bound<'_, PyAny>> = Vec::with_capacity(LIST_CHUNK);
    let mut first = 0;
    while first < list.len() {
        items.clear();
        for i in first..list.len().min(first + LIST_CHUNK) {
            items.push(list.get_item(i)?);
        }
        let mut refused = None;
        let texts = items.iter().enumerate().map(|(i, item)| {
            text(item).unwrap_or_else(|error| {
                refused.get_or_insert((first + i, error));
                None
            })
        });
        parser.append(texts);
        if let Some((i, error)) = refused {
            return Err(to_python(Error::Schema(format!("item {i} of the list {error}: give option symbols as str"))));
        }
        first += items.len();
    }
    parser.finish().map(PyBatch::new).map_err(to_python)
}

/// The bytes of a `str`, nothing for None and for pandas' marks of absence (NaN, NA).
fn text<'a>(item: &'a Bound<'_, PyAny>) -> Result<Option<&'a [u8]>, &'static str> {
    if let Ok(text) = item.cast_exact::<PyString>() {
        // Lone surrogates have no UTF-8: such a string is no symbol either.
        return Ok(Some(text.to_str().map_or(&[][..], str::as_bytes)));
    }
    if item.is_none() {
        return Ok(None);
    }
    if let Ok(text) = item.cast::<PyString>() {
        return Ok(Some(text.to_str().map_or(&[][..], str::as_bytes)));
    }
    let absent = item.cast::<PyFloat>().is_ok_and(|number| number.value().is_nan())
        || item.get_type().name().is_ok_and(|name| name == "NAType");
    absent.then_some(None).ok_or("is not a string")
}
