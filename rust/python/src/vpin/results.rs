//! What VPIN returns: buckets as Arrow columns, and sides or shares as one column.

use std::sync::{Arc, LazyLock};

use alphatrader_core::vpin::series::BucketColumns;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, Float64Array, Int64Array, PrimitiveArray, RecordBatch};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCapsule, PyTuple};
use pyo3_arrow::ffi::{to_array_pycapsules, to_schema_pycapsule};

use crate::arrow::export;
use crate::errors::to_python;

#[pyclass(name = "VpinSeries", module = "alphatrader._core", frozen)]
pub struct PyVpinSeries {
    batch: RecordBatch,
    views: [PyOnceLock<Py<PyAny>>; 4],
    #[pyo3(get)]
    bucket_volume: i64,
    #[pyo3(get)]
    trades: u64,
    #[pyo3(get)]
    total_volume: f64,
    #[pyo3(get)]
    unclassified_volume: f64,
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let number = |name| Field::new(name, DataType::Float64, false);
    Arc::new(Schema::new(vec![
        Field::new("bucket_end_ns", DataType::Int64, false),
        number("buy_volume"),
        number("level").with_nullable(true),
        number("cdf").with_nullable(true),
    ]))
});

/// Counts beside the buckets.
pub struct Counts {
    pub bucket_volume: i64,
    pub trades: u64,
    pub total_volume: f64,
    pub unclassified_volume: f64,
}

impl PyVpinSeries {
    /// Wrap columns; they become Arrow's without a copy.
    pub fn new(buckets: BucketColumns, counts: &Counts) -> PyResult<Self> {
        let nulls: Option<arrow_array::BooleanArray> = buckets
            .level
            .iter()
            .any(|level| level.is_nan())
            .then(|| buckets.level.iter().map(|level| Some(!level.is_nan())).collect());
        let nulls = nulls.map(|valid| valid.values().clone().into());
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(buckets.end_ns)),
            Arc::new(Float64Array::from(buckets.buy_volume)),
            Arc::new(Float64Array::new(buckets.level.into(), nulls.clone())),
            Arc::new(Float64Array::new(buckets.cdf.into(), nulls)),
        ];
        let batch = RecordBatch::try_new(SCHEMA.clone(), columns)
            .map_err(|error| to_python(alphatrader_core::Error::Schema(error.to_string())))?;
        Ok(Self {
            batch,
            views: [const { PyOnceLock::new() }; 4],
            bucket_volume: counts.bucket_volume,
            trades: counts.trades,
            total_volume: counts.total_volume,
            unclassified_volume: counts.unclassified_volume,
        })
    }

    /// A `NumPy` array of a column, made when it is first asked for. Nulls are NaN there.
    fn view<'py, T: ArrowPrimitiveType>(&self, py: Python<'py>, column: usize) -> Bound<'py, PyAny>
    where
        T::Native: numpy::Element,
    {
        let array = self.views[column].get_or_init(py, || {
            let values: &[T::Native] = self
                .batch
                .column(column)
                .as_any()
                .downcast_ref::<PrimitiveArray<T>>()
                .map_or(&[], |array| array.values());
            PyArray1::from_slice(py, values).into_any().unbind()
        });
        array.bind(py).clone()
    }
}

#[pymethods]
impl PyVpinSeries {
    #[getter]
    fn bucket_end_ns<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.view::<Int64Type>(py, 0)
    }

    #[getter]
    fn buy_volume<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.view::<Float64Type>(py, 1)
    }

    #[getter]
    fn level<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.view::<Float64Type>(py, 2)
    }

    #[getter]
    fn cdf<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.view::<Float64Type>(py, 3)
    }

    #[getter]
    fn unclassified_share(&self) -> f64 {
        self.unclassified_volume / self.total_volume
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    fn __repr__(&self) -> String {
        format!(
            "VpinSeries({} buckets of {} shares from {} trades)",
            self.batch.num_rows(),
            self.bucket_volume,
            self.trades
        )
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.batch.schema_ref().as_ref())?)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        export(py, &self.batch, requested_schema)
    }
}

/// One Arrow column of trades.
#[pyclass(name = "TradeSides", module = "alphatrader._core", frozen)]
pub struct PyTradeSides {
    field: FieldRef,
    array: ArrayRef,
}

impl PyTradeSides {
    /// Wrap values without a copy; NaN becomes null.
    pub fn of(name: &str, array: ArrayRef) -> Self {
        Self { field: Arc::new(Field::new(name, array.data_type().clone(), array.null_count() > 0)), array }
    }
}

#[pymethods]
impl PyTradeSides {
    fn __len__(&self) -> usize {
        self.array.len()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.field.as_ref())?)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        Ok(to_array_pycapsules(py, self.field.clone(), &self.array, requested_schema)?)
    }
}
