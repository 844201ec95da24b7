//! Option symbols.

use alphatrader_core::occ::batch as occ_batch;
use alphatrader_core::occ::{build, parse_symbol, OccSymbol};
use alphatrader_core::Error;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::arrow::{arrays, PyBatch};
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
    let chunks = arrays(symbols)?;
    let batch = detached(py, || match chunks.as_slice() {
        [one] => occ_batch::parse_array(one),
        several => occ_batch::parse_arrays(several),
    })?;
    Ok(PyBatch::new(batch))
}

/// A list of `str` (or None) needs the GIL, but no copy of its texts.
fn parse_list(list: &Bound<'_, PyList>) -> PyResult<PyBatch> {
    let items: Vec<Bound<'_, PyAny>> = list.iter().collect();
    let mut texts = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        if item.is_none() {
            texts.push(None);
        } else {
            let text = item.cast::<PyString>().map_err(|_| {
                to_python(Error::Schema(format!("item {i} of the list is not a string: give option symbols as str")))
            })?;
            texts.push(Some(text.to_cow()?));
        }
    }
    let rows = texts.len();
    let symbols = texts.iter().map(|text| text.as_ref().map(|text| text.as_bytes()));
    occ_batch::parse_symbols(symbols, rows).map(PyBatch::new).map_err(to_python)
}
