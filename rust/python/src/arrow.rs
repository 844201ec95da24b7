//! Arrow objects across the boundary, through the `PyCapsule` interface only.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::{Field, FieldRef};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use pyo3_arrow::ffi::{to_array_pycapsules, to_schema_pycapsule};
use pyo3_arrow::input::{AnyArray, AnyRecordBatch};

use crate::errors::SchemaError;

/// A record batch for any Arrow library: `pyarrow.record_batch(x)`, `polars.DataFrame(x)`, ...
#[pyclass(name = "RecordBatch", module = "alphatrader._core", frozen)]
pub struct PyBatch(RecordBatch);

impl PyBatch {
    /// Wrap a batch.
    pub const fn new(batch: RecordBatch) -> Self {
        Self(batch)
    }
}

#[pymethods]
impl PyBatch {
    #[getter]
    fn num_rows(&self) -> usize {
        self.0.num_rows()
    }

    #[getter]
    fn column_names(&self) -> Vec<&str> {
        self.0.schema_ref().fields().iter().map(|field| field.name().as_str()).collect()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.0.schema_ref().as_ref())?)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        export(py, &self.0, requested_schema)
    }
}

/// The capsules of a batch (schema, struct array).
pub fn export<'py>(
    py: Python<'py>,
    batch: &RecordBatch,
    requested_schema: Option<Bound<'py, PyCapsule>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let field = Field::new_struct("", batch.schema_ref().fields().clone(), false)
        .with_metadata(batch.schema_ref().metadata().clone());
    let array = StructArray::from(batch.clone());
    Ok(to_array_pycapsules(py, FieldRef::new(field), &array, requested_schema)?)
}

fn not_arrow(error: &PyErr) -> PyErr {
    SchemaError::new_err(format!(
        "the argument has no usable Arrow PyCapsule interface ({error}): give a record batch of pyarrow, polars or alike"
    ))
}

/// The batches of any object with `__arrow_c_array__` or `__arrow_c_stream__`, without copying.
pub fn batches(object: &Bound<'_, PyAny>) -> PyResult<Vec<RecordBatch>> {
    let read = || -> PyResult<Vec<RecordBatch>> {
        let reader = object.extract::<AnyRecordBatch>()?.into_reader()?;
        reader.collect::<Result<_, _>>().map_err(|error| SchemaError::new_err(error.to_string()))
    };
    read().map_err(|error| not_arrow(&error))
}

/// The chunks of any Arrow array or stream of arrays.
pub fn arrays(object: &Bound<'_, PyAny>) -> PyResult<Vec<Arc<dyn Array>>> {
    let read = || -> PyResult<Vec<Arc<dyn Array>>> {
        let (chunks, _) = object.extract::<AnyArray>()?.into_chunked_array()?.into_inner();
        Ok(chunks)
    };
    read().map_err(|error| not_arrow(&error))
}
