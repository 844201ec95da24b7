//! `vpin()` over `NumPy` arrays.

use alphatrader_core::vpin::series::{vpin_series, Scheme, TapeColumns, VpinSeries};
use alphatrader_core::vpin::{Bucket, VpinParams};
use alphatrader_core::Error;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::errors::{detached, to_python};
use crate::pricing::values;

#[pyclass(name = "VpinSeries", module = "alphatrader._core", frozen)]
pub struct PyVpinSeries {
    #[pyo3(get)]
    bucket_end_ns: Py<PyArray1<i64>>,
    #[pyo3(get)]
    level: Py<PyArray1<f64>>,
    #[pyo3(get)]
    cdf: Py<PyArray1<f64>>,
    #[pyo3(get)]
    buy_volume: Py<PyArray1<f64>>,
    #[pyo3(get)]
    bucket_volume: i64,
    #[pyo3(get)]
    trades: usize,
    #[pyo3(get)]
    unclassified_volume: f64,
}

impl PyVpinSeries {
    fn new(py: Python<'_>, series: &VpinSeries) -> Self {
        let number = |f: fn(&Bucket) -> f64| PyArray1::from_iter(py, series.buckets.iter().map(f)).unbind();
        Self {
            bucket_end_ns: PyArray1::from_iter(py, series.buckets.iter().map(|b| b.end_ns)).unbind(),
            level: number(|b| b.level.unwrap_or(f64::NAN)),
            cdf: number(|b| b.cdf.unwrap_or(f64::NAN)),
            buy_volume: number(|b| b.buy_volume),
            bucket_volume: series.bucket_volume,
            trades: series.trades,
            unclassified_volume: series.unclassified_volume,
        }
    }
}

#[pyfunction]
#[pyo3(signature = (ts_ns, price, size, *, bucket_volume, window=50, scheme="tick"))]
#[allow(clippy::too_many_arguments, reason = "three columns and their parameters")]
pub fn vpin<'py>(
    py: Python<'py>,
    ts_ns: PyReadonlyArray1<'py, i64>,
    price: PyReadonlyArray1<'py, f64>,
    size: PyReadonlyArray1<'py, f64>,
    bucket_volume: i64,
    window: i64,
    scheme: &str,
) -> PyResult<PyVpinSeries> {
    let scheme = match scheme {
        "tick" => Scheme::Tick,
        "bulk" => Scheme::Bulk,
        other => {
            let text = format!("scheme was {other:?}: give \"tick\" or \"bulk\"");
            return Err(to_python(Error::Invalid(text)));
        }
    };
    let params = VpinParams::new(bucket_volume, window).map_err(to_python)?;
    let (ts_ns, price, size) = (values(&ts_ns), values(&price), values(&size));
    let tape = TapeColumns { ts_ns: &ts_ns, price: &price, size: &size };
    let series = detached(py, || vpin_series(tape, params, scheme))?;
    Ok(PyVpinSeries::new(py, &series))
}
