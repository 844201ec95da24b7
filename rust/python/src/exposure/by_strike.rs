//! `StrikeExposure` of given greeks and `exposure_by_strike()`.

use std::collections::BTreeMap;

use alphatrader_core::exposure::given::{self, GivenGreeks, Scale, StrikeExposure};
use alphatrader_core::exposure::strikes;
use alphatrader_core::Error;
use pyo3::prelude::*;

use super::tables::by_strike_batch;
use super::weight_of;
use crate::arrow::PyBatch;
use crate::columns::{Numbers, Rights, Values};
use crate::errors::{detached, to_python};

#[pyclass(name = "StrikeExposure", module = "alphatrader._core", frozen)]
pub struct PyStrikeExposure(StrikeExposure);

#[pymethods]
impl PyStrikeExposure {
    #[getter]
    fn spot(&self) -> f64 {
        self.0.spot
    }

    #[getter]
    fn gex_usd_per_100pct(&self) -> f64 {
        self.0.gex_usd_per_pct() * 100.0
    }

    #[getter]
    fn gex_usd_per_pct(&self) -> f64 {
        self.0.gex_usd_per_pct()
    }

    #[getter]
    fn dex_usd(&self) -> f64 {
        self.call_dex_usd() + self.put_dex_usd()
    }

    #[getter]
    fn call_dex_usd(&self) -> f64 {
        self.0.by_strike.iter().map(|row| row.call.dex_usd).sum()
    }

    #[getter]
    fn put_dex_usd(&self) -> f64 {
        self.0.by_strike.iter().map(|row| row.put.dex_usd).sum()
    }

    #[getter]
    fn call_wall(&self) -> Option<f64> {
        strikes::call_wall(&self.0.by_strike)
    }

    #[getter]
    fn put_wall(&self) -> Option<f64> {
        strikes::put_wall(&self.0.by_strike)
    }

    #[getter]
    fn max_abs_gex_strike(&self) -> Option<f64> {
        strikes::max_abs_gex_strike(&self.0.by_strike)
    }

    #[getter]
    fn zero_gamma_interpolated(&self) -> Option<f64> {
        strikes::interpolated_zero(&self.0.by_strike, self.0.spot)
    }

    #[getter]
    fn rows_total(&self) -> usize {
        self.0.rows_total
    }

    #[getter]
    fn rows_used(&self) -> usize {
        self.0.rows_used
    }

    #[getter]
    fn rows_dropped(&self) -> BTreeMap<&'static str, u64> {
        self.0.rows_dropped.clone()
    }

    fn by_strike(&self) -> PyResult<PyBatch> {
        by_strike_batch(&self.0.by_strike).map(PyBatch::new)
    }

    fn __repr__(&self) -> String {
        format!(
            "StrikeExposure(spot={}, gex_usd_per_pct={:.0}, strikes={}, rows_used={})",
            self.0.spot,
            self.0.gex_usd_per_pct(),
            self.0.by_strike.len(),
            self.0.rows_used,
        )
    }
}

/// The values of a column that must have one for each row.
fn each<'a, V: Copy>(name: &str, values: &'a Values<'_, V>) -> PyResult<&'a [V]> {
    match values {
        Values::Each(values) => Ok(values),
        Values::One(_) => Err(to_python(Error::Invalid(format!("{name} is one number: give a column")))),
    }
}

#[pyfunction]
#[pyo3(signature = (strike, right, gamma, delta, contracts, *, spot, multiplier=100.0, min_weight=5.0, weight="open_interest"))]
#[allow(clippy::too_many_arguments, reason = "five columns and keyword arguments with defaults")]
pub fn exposure_by_strike<'py>(
    py: Python<'py>,
    strike: &Bound<'py, PyAny>,
    right: &Bound<'py, PyAny>,
    gamma: &Bound<'py, PyAny>,
    delta: &Bound<'py, PyAny>,
    contracts: &Bound<'py, PyAny>,
    spot: f64,
    multiplier: f64,
    min_weight: f64,
    weight: &str,
) -> PyResult<PyStrikeExposure> {
    let weight = weight_of(weight)?;
    let numbers = [("strike", strike), ("gamma", gamma), ("delta", delta), ("contracts", contracts)];
    let columns = numbers.map(|(name, object)| Numbers::of(name, object, f64::NAN));
    let [strike, gamma, delta, contracts] = columns;
    let (strike, gamma, delta, contracts) = (strike?, gamma?, delta?, contracts?);
    let right = Rights::of("right", right, 0)?;
    let values = [&strike, &gamma, &delta, &contracts].map(|column| column.values());
    let rights = right.values();
    let columns = GivenGreeks {
        strike: each("strike", &values[0])?,
        right: each("right", &rights)?,
        gamma: each("gamma", &values[1])?,
        delta: each("delta", &values[2])?,
        weight: each("contracts", &values[3])?,
    };
    let scale = Scale { spot, multiplier, min_weight };
    detached(py, || given::by_strike(&columns, &scale, weight)).map(PyStrikeExposure)
}
