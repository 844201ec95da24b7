//! `Snapshot`, one by one and as the columns of a batch.

use std::fmt::Write;
use std::sync::Arc;

use alphatrader_core::market::snapshot::Snapshot;
use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrow::PyBatch;
use crate::errors::SchemaError;

#[pyclass(name = "Snapshot", module = "alphatrader._core", frozen, eq)]
#[derive(PartialEq)]
pub struct PySnapshot(pub Snapshot);

/// A field as Python writes it, and many of them as an Arrow column.
trait Field: Sized {
    fn write(&self, text: &mut String);
    fn column(values: impl Iterator<Item = Self>) -> ArrayRef;
}

// Writing to a String cannot fail.
impl Field for i64 {
    fn write(&self, text: &mut String) {
        let _ = write!(text, "{self}");
    }

    fn column(values: impl Iterator<Item = Self>) -> ArrayRef {
        Arc::new(values.collect::<Int64Array>())
    }
}

impl Field for u64 {
    fn write(&self, text: &mut String) {
        let _ = write!(text, "{self}");
    }

    fn column(values: impl Iterator<Item = Self>) -> ArrayRef {
        Arc::new(values.map(Self::cast_signed).collect::<Int64Array>())
    }
}

impl Field for f64 {
    fn write(&self, text: &mut String) {
        // The shortest digits that read back as the same number, as in Python.
        let _ = write!(text, "{self:?}");
    }

    fn column(values: impl Iterator<Item = Self>) -> ArrayRef {
        Arc::new(values.collect::<Float64Array>())
    }
}

impl Field for Option<f64> {
    fn write(&self, text: &mut String) {
        match self {
            Some(value) => value.write(text),
            None => text.push_str("None"),
        }
    }

    fn column(values: impl Iterator<Item = Self>) -> ArrayRef {
        Arc::new(values.collect::<Float64Array>())
    }
}

impl Field for bool {
    fn write(&self, text: &mut String) {
        text.push_str(if *self { "True" } else { "False" });
    }

    fn column(values: impl Iterator<Item = Self>) -> ArrayRef {
        Arc::new(values.map(Some).collect::<BooleanArray>())
    }
}

macro_rules! snapshot_fields {
    ($($field:ident: $type:ty),+ $(,)?) => {
        #[pymethods]
        impl PySnapshot {
            $(
                #[getter]
                fn $field(&self) -> $type {
                    self.0.$field
                }
            )+

            fn as_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                let fields = PyDict::new(py);
                $(fields.set_item(pyo3::intern!(py, stringify!($field)), self.0.$field)?;)+
                Ok(fields)
            }

            fn __repr__(&self) -> String {
                let mut text = String::from("Snapshot(");
                $(
                    text.push_str(concat!(stringify!($field), "="));
                    self.0.$field.write(&mut text);
                    text.push_str(", ");
                )+
                text.truncate(text.len() - 2);
                text.push(')');
                text
            }
        }

        /// A row an instrument, a column a field.
        pub fn batch_of(instrument_ids: &[i64], snapshots: &[Snapshot]) -> PyResult<PyBatch> {
            // Ids of known instruments fit: `add_instrument` checks them.
            let ids: Int32Array = instrument_ids.iter().map(|id| i32::try_from(*id).ok()).collect();
            let mut columns = vec![("instrument_id", Arc::new(ids) as ArrayRef)];
            $(columns.push((stringify!($field), <$type>::column(snapshots.iter().map(|s| s.$field))));)+
            RecordBatch::try_from_iter(columns)
                .map(PyBatch::new)
                .map_err(|error| SchemaError::new_err(error.to_string()))
        }
    };
}

snapshot_fields! {
    ts_ns: i64,
    quote_ts_ns: i64,
    trade_ts_ns: i64,
    depth_ts_ns: i64,
    bid: Option<f64>,
    bid_size: Option<f64>,
    ask: Option<f64>,
    ask_size: Option<f64>,
    mid: Option<f64>,
    weighted_mid: Option<f64>,
    last: Option<f64>,
    last_size: Option<f64>,
    obi_top: Option<f64>,
    obi_weighted: Option<f64>,
    ofi_10s: f64,
    ofi_60s: f64,
    ofi_60s_normalised: Option<f64>,
    signed_volume_60s: f64,
    volume_60s: f64,
    unclassified_share: Option<f64>,
    vpin: Option<f64>,
    vpin_cdf: Option<f64>,
    vpin_buckets: u64,
    vpin_bucket_volume: i64,
    return_60s: Option<f64>,
    return_300s: Option<f64>,
    volatility_300s: Option<f64>,
    vwap: Option<f64>,
    session_high: Option<f64>,
    session_low: Option<f64>,
    session_volume: f64,
    trade_count: u64,
    odd_lot_share: Option<f64>,
    block_count_60s: u64,
    sweep_count_60s: u64,
    crossed: bool,
    locked: bool,
    depth_anomalies: u64,
    events: u64,
}
