use alphatrader_core::feed::rows::{record_batch, Rows};
use alphatrader_core::market::rows::{KIND_DEPTH, KIND_QUOTE, KIND_TRADE};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use pyo3::IntoPyObjectExt;

use crate::arrow::PyBatch;
use crate::errors::{detached, to_python};
use crate::market::PyMarket;

/// Rows of one chunk of the feed.
#[pyclass(name = "MarketRows", module = "alphatrader._core", frozen)]
pub struct PyMarketRows(pub Rows);

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[pymethods]
impl PyMarketRows {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn apply(&self, py: Python<'_>, market: &PyMarket, ts_ns: i64) -> PyResult<()> {
        self.0.apply(&mut market.lock(py), ts_ns).map_err(to_python)
    }

    fn tuples<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for row in self.0.iter() {
            let id = row.instrument_id;
            let tuple = match row.kind {
                KIND_TRADE => {
                    (KIND_TRADE, id, row.price, row.size, text(row.venue), text(row.text)).into_bound_py_any(py)?
                }
                KIND_QUOTE => (KIND_QUOTE, id, row.price, row.size, row.price2, row.size2).into_bound_py_any(py)?,
                _ => (KIND_DEPTH, id, row.op, row.side, row.position, row.price, row.size, text(row.venue))
                    .into_bound_py_any(py)?,
            };
            list.append(tuple)?;
        }
        Ok(list)
    }

    #[staticmethod]
    fn record_batch(py: Python<'_>, runs: &Bound<'_, PyAny>) -> PyResult<PyBatch> {
        let mut held = Vec::new();
        for run in runs.try_iter()? {
            let run = run?.cast_into::<PyTuple>()?;
            held.push(run.extract::<(i64, i64, Py<Self>)>()?);
        }
        let borrowed: Vec<(i64, i64, &Rows)> =
            held.iter().map(|(seq, ts_ns, rows)| (*seq, *ts_ns, &rows.get().0)).collect();
        detached(py, || record_batch(&borrowed)).map(PyBatch::new)
    }
}
