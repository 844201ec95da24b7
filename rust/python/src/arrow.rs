//! Arrow objects across the boundary, through the `PyCapsule` interface only.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, PrimitiveArray, RecordBatch, StructArray};
use arrow_schema::{DataType, Field, FieldRef, TimeUnit};
use numpy::{Element, PyReadonlyArray1};
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

/// A numeric column from `NumPy` or from any Arrow library. It is not copied, unless it comes in several chunks or strides.
pub enum Column<'py, T: ArrowPrimitiveType>
where
    T::Native: Element,
{
    /// A contiguous `NumPy` array.
    NumPy(PyReadonlyArray1<'py, T::Native>),
    /// An Arrow array, or a copy.
    Arrow(PrimitiveArray<T>),
}

impl<'py, T: ArrowPrimitiveType> Column<'py, T>
where
    T::Native: Element,
{
    /// Take a column; `name` is what an error calls it.
    pub fn of(object: &Bound<'py, PyAny>, name: &str) -> PyResult<Self> {
        if let Ok(array) = object.extract::<PyReadonlyArray1<'py, T::Native>>() {
            if array.as_slice().is_ok() {
                return Ok(Self::NumPy(array));
            }
            let copy: Vec<T::Native> = array.as_array().iter().copied().collect();
            return Ok(Self::Arrow(PrimitiveArray::from_iter_values(copy)));
        }
        let chunks = arrays(object).map_err(|_| {
            let kind = object.get_type();
            SchemaError::new_err(format!(
                "{name} is {kind}: give a one-dimensional NumPy array or an Arrow array of {}",
                T::DATA_TYPE
            ))
        })?;
        let chunks = chunks.iter().map(|chunk| Self::typed(chunk.as_ref(), name)).collect::<PyResult<Vec<_>>>()?;
        match chunks.as_slice() {
            [one] => Ok(Self::Arrow(one.clone())),
            many => {
                Ok(Self::Arrow(PrimitiveArray::from_iter_values(many.iter().flat_map(|c| c.values().iter().copied()))))
            }
        }
    }

    fn typed(chunk: &dyn Array, name: &str) -> PyResult<PrimitiveArray<T>> {
        if chunk.null_count() > 0 {
            return Err(SchemaError::new_err(format!("{name} has {} nulls: it must have none", chunk.null_count())));
        }
        let nanoseconds = matches!(chunk.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, _));
        let array = if nanoseconds && T::DATA_TYPE == DataType::Int64 {
            // Instants are stored as the very integers that are asked for.
            chunk.to_data().into_builder().data_type(T::DATA_TYPE).build().ok().map(PrimitiveArray::from)
        } else {
            chunk.as_primitive_opt::<T>().cloned()
        };
        array.ok_or_else(|| {
            SchemaError::new_err(format!("{name} is {}: it must be {}", chunk.data_type(), T::DATA_TYPE))
        })
    }

    /// The values.
    pub fn values(&self) -> &[T::Native] {
        match self {
            // Contiguity was checked when it was taken.
            Self::NumPy(array) => array.as_slice().unwrap_or_default(),
            Self::Arrow(array) => array.values(),
        }
    }
}
