//! The TWS feed: market rows for the trader, callbacks for anybody, columns for captures.

mod callbacks;
mod market_feed;
mod rows;

use alphatrader_core::feed::columns;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::arrow::PyBatch;
use crate::errors::detached;

/// Below this, releasing the GIL costs more than the decoding.
const DETACH_BYTES: usize = 8 * 1024;

/// The fields of a frame as the client libraries cut them: what stands behind the last NUL is no field.
fn field_list<'py>(py: Python<'py>, body: &[u8]) -> PyResult<Bound<'py, PyList>> {
    let fields = PyList::empty(py);
    let mut parts = body.split(|byte| *byte == 0).peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            break;
        }
        match std::str::from_utf8(part) {
            Ok(text) => fields.append(PyString::new(py, text))?,
            Err(_) => fields.append(PyBytes::new(py, part).call_method1("decode", ("utf-8", "backslashreplace"))?)?,
        }
    }
    Ok(fields)
}

#[pyfunction]
fn decode_ticks(py: Python<'_>, data: PyBackedBytes) -> PyResult<(PyBatch, usize)> {
    let (batch, used) = detached(py, || columns::decode_ticks(&data))?;
    Ok((PyBatch::new(batch), used))
}

/// Add the feed's names to the module.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("FRAME_BYTES_MAX", alphatrader_core::feed::FRAME_BYTES_MAX)?;
    m.add_class::<market_feed::PyMarketFeed>()?;
    m.add_class::<rows::PyMarketRows>()?;
    m.add_class::<callbacks::PyTwsDecoder>()?;
    m.add_function(wrap_pyfunction!(decode_ticks, m)?)
}
