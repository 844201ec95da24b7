//! `Chain` and the decoders.

use std::collections::BTreeMap;

use alphatrader_core::chain::Chain;
use alphatrader_core::chain::{alphavantage, cboe};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use pyo3_arrow::ffi::to_schema_pycapsule;

use crate::arrow::{batches, export};
use crate::errors::{detached, to_python};

#[pyclass(name = "Chain", module = "alphatrader._core", frozen)]
pub struct PyChain(pub Chain);

#[pymethods]
impl PyChain {
    #[getter]
    fn rows(&self) -> usize {
        self.0.batch().num_rows()
    }

    #[getter]
    fn spot(&self) -> Option<f64> {
        self.0.spot
    }

    #[getter]
    fn as_of(&self) -> Option<&str> {
        self.0.as_of.as_deref()
    }

    #[getter]
    fn dropped(&self) -> BTreeMap<&'static str, u64> {
        self.0.dropped.clone()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.0.batch().schema_ref().as_ref())?)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        export(py, self.0.batch(), requested_schema)
    }

    #[staticmethod]
    #[pyo3(signature = (batch, *, spot=None, as_of=None))]
    fn from_arrow(
        py: Python<'_>,
        batch: &Bound<'_, PyAny>,
        spot: Option<f64>,
        as_of: Option<String>,
    ) -> PyResult<Self> {
        let batches = batches(batch)?;
        detached(py, || Chain::from_batches(&batches, spot, as_of)).map(Self)
    }

    fn expiries(&self) -> PyResult<Vec<String>> {
        self.0.expiries().map_err(to_python)
    }

    fn __repr__(&self) -> String {
        format!("Chain(rows={}, spot={:?}, as_of={:?})", self.rows(), self.0.spot, self.0.as_of)
    }
}

#[pyfunction]
pub fn decode_alphavantage_chain(py: Python<'_>, body: &[u8]) -> PyResult<PyChain> {
    detached(py, || alphavantage::decode(body)).map(PyChain)
}

#[pyfunction]
pub fn decode_cboe_csv(py: Python<'_>, body: &[u8]) -> PyResult<PyChain> {
    detached(py, || cboe::decode(body)).map(PyChain)
}
