//! Option symbols.

use std::ops::Range;

use alphatrader_core::occ::batch::{self as occ_batch, Parser};
use alphatrader_core::occ::format::format_batches;
use alphatrader_core::occ::{build, parse_symbol, OccSymbol};
use alphatrader_core::Error;
use pyo3::ffi;
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

/// Items of a list that are read at once.
const LIST_CHUNK: usize = 128;
/// Chunks between two moments at which other threads may run: about a millisecond.
const CHUNKS_A_TURN: usize = 512;

/// A list of `str` (or None). Its texts are read where they lie, which needs the GIL.
fn parse_list(list: &Bound<'_, PyList>) -> PyResult<PyBatch> {
    let rows = list.len();
    let mut parser = Parser::with_capacity(rows).map_err(to_python)?;
    let borrow = has_gil(list.py())?;
    let (mut texts, mut first, mut chunk) = (Vec::with_capacity(LIST_CHUNK), 0, 0_usize);
    while first < rows {
        if chunk % CHUNKS_A_TURN == CHUNKS_A_TURN - 1 {
            list.py().detach(std::thread::yield_now);
        }
        let last = rows.min(first + LIST_CHUNK);
        if list.len() < last {
            return Err(to_python(Error::Schema("the list became shorter while it was read".into())));
        }
        texts.clear();
        if !(borrow && append_borrowed(list, first..last, &mut texts, &mut parser)) {
            append_owned(list, first..last, &mut parser)?;
        }
        (first, chunk) = (last, chunk + 1);
    }
    parser.finish().map(PyBatch::new).map_err(to_python)
}

/// Whether one thread at a time runs Python code: not so in a free-threaded interpreter.
fn has_gil(py: Python<'_>) -> PyResult<bool> {
    match py.import("sys")?.getattr_opt("_is_gil_enabled")? {
        Some(is_enabled) => is_enabled.call0()?.extract(),
        None => Ok(true),
    }
}

/// Parse items that are all exact `str` or None, without counting references; false, and nothing parsed, if one is not.
///
/// A count up and a count down for each item nearly double the time of the whole call (26 ns a symbol against 15).
#[allow(unsafe_code)]
fn append_borrowed(
    list: &Bound<'_, PyList>,
    rows: Range<usize>,
    texts: &mut Vec<(*const u8, usize)>,
    parser: &mut Parser,
) -> bool {
    let Ok(rows) = ffi::Py_ssize_t::try_from(rows.start).and_then(|start| Ok(start..rows.end.try_into()?)) else {
        return false;
    };
    for i in rows {
        // SAFETY: the GIL is held and `i` is below the length of the list, so the item is alive and stays so as long as
        // no Python code runs. None does: the calls on an item that is kept are a read of the list, a comparison of
        // types and the text of a `str`, which allocates at most. Where a text has no UTF-8, the exception that is made
        // may start a garbage collection; then nothing that was borrowed before is touched again.
        unsafe {
            let item = ffi::PyList_GetItem(list.as_ptr(), i);
            if item == ffi::Py_None() {
                texts.push((std::ptr::null(), 0));
                continue;
            }
            if item.is_null() || ffi::PyUnicode_CheckExact(item) == 0 {
                ffi::PyErr_Clear();
                return false;
            }
            let mut length = 0;
            let text = ffi::PyUnicode_AsUTF8AndSize(item, &raw mut length);
            if text.is_null() {
                ffi::PyErr_Clear();
                return false;
            }
            texts.push((text.cast(), length.unsigned_abs()));
        }
    }
    parser.append(texts.iter().map(|(text, length)| {
        // SAFETY: see above; these are the bytes that the live `str` holds for itself.
        (!text.is_null()).then(|| unsafe { std::slice::from_raw_parts(*text, *length) })
    }));
    true
}

/// Parse any items, holding a reference to each.
fn append_owned(list: &Bound<'_, PyList>, rows: Range<usize>, parser: &mut Parser) -> PyResult<()> {
    let items = rows.clone().map(|i| list.get_item(i)).collect::<PyResult<Vec<_>>>()?;
    let texts = items.iter().zip(rows).map(|(item, i)| {
        text(item).map_err(|fault| {
            to_python(Error::Schema(format!("item {i} of the list {fault}: give option symbols as str")))
        })
    });
    let texts = texts.collect::<PyResult<Vec<_>>>()?;
    parser.append(texts.into_iter());
    Ok(())
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
