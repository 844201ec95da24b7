//! `Exposure` of a chain and `exposure()`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use alphatrader_core::chain::Chain;
use alphatrader_core::civil::parse_yyyymmdd;
use alphatrader_core::exposure::strikes;
use alphatrader_core::exposure::{exposure as measure, Exposure, ExposureParams, GammaSource};
use alphatrader_core::pricing::Carry;
use alphatrader_core::Error;
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use super::tables::{by_expiry_batch, by_strike_and_expiry_batch, by_strike_batch, gamma_curve_batch};
use super::{choice, weight_of};
use crate::arrow::{batches, PyBatch};
use crate::chain::PyChain;
use crate::errors::{detached, to_python};

#[pyclass(name = "Exposure", module = "alphatrader._core", frozen)]
pub struct PyExposure(Exposure);

#[pymethods]
impl PyExposure {
    #[getter]
    fn spot(&self) -> f64 {
        self.0.spot
    }

    #[getter]
    fn gex_usd_per_100pct(&self) -> f64 {
        self.0.gex_usd_per_100pct
    }

    #[getter]
    fn gex_usd_per_pct(&self) -> f64 {
        self.0.gex_usd_per_pct()
    }

    #[getter]
    fn dex_usd(&self) -> f64 {
        self.0.dex_usd
    }

    #[getter]
    fn call_dex_usd(&self) -> f64 {
        self.0.call_dex_usd
    }

    #[getter]
    fn put_dex_usd(&self) -> f64 {
        self.0.put_dex_usd
    }

    #[getter]
    fn dex_dealer_usd(&self) -> f64 {
        self.0.dex_dealer_usd
    }

    #[getter]
    fn vex_usd_per_vol_point(&self) -> f64 {
        self.0.vex_usd_per_vol_point
    }

    #[getter]
    fn chex_usd_per_day(&self) -> f64 {
        self.0.chex_usd_per_day
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
    fn max_pain(&self) -> Option<f64> {
        strikes::max_pain(&self.0.by_strike)
    }

    #[getter]
    fn zero_gamma_interpolated(&self) -> Option<f64> {
        self.0.zero_gamma_interpolated()
    }

    #[getter]
    fn zero_gamma_flips(&self) -> Vec<f64> {
        self.0.gamma_curve.flips.clone()
    }

    #[getter]
    fn zero_gamma_flip(&self) -> Option<f64> {
        self.0.zero_gamma_flip()
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
    fn rows_without_iv(&self) -> usize {
        self.0.rows_without_iv
    }

    #[getter]
    fn rows_dropped(&self) -> BTreeMap<&'static str, u64> {
        self.0.rows_dropped.clone()
    }

    fn by_strike(&self) -> PyResult<PyBatch> {
        by_strike_batch(&self.0.by_strike).map(PyBatch::new)
    }

    fn by_expiry(&self) -> PyResult<PyBatch> {
        by_expiry_batch(&self.0.by_expiry).map(PyBatch::new)
    }

    fn by_strike_and_expiry(&self) -> PyResult<PyBatch> {
        by_strike_and_expiry_batch(&self.0.by_strike_and_expiry).map(PyBatch::new)
    }

    fn gamma_curve(&self) -> PyResult<PyBatch> {
        gamma_curve_batch(&self.0.gamma_curve).map(PyBatch::new)
    }

    fn __repr__(&self) -> String {
        format!(
            "Exposure(spot={}, gex_usd_per_pct={:.0}, dex_usd={:.0}, zero_gamma_flip={:?}, rows_used={})",
            self.0.spot,
            self.0.gex_usd_per_pct(),
            self.0.dex_usd,
            self.0.zero_gamma_flip(),
            self.0.rows_used,
        )
    }
}

fn expiry_days(text: &str) -> PyResult<i32> {
    parse_yyyymmdd(text).ok_or_else(|| to_python(Error::Invalid(format!("expiry {text:?} is no date: give YYYYMMDD"))))
}

/// Settlements by expiry, and by expiry and root (keys `ROOT:YYYYMMDD`).
type Settlements = (BTreeMap<i32, i64>, BTreeMap<i32, BTreeMap<String, i64>>);

fn settlements(mapping: Option<&Bound<'_, PyMapping>>) -> PyResult<Settlements> {
    let (mut by_expiry, mut by_root) = Settlements::default();
    let Some(mapping) = mapping else { return Ok((by_expiry, by_root)) };
    for entry in &mapping.items()? {
        let (key, settlement_ns): (String, i64) = entry.extract()?;
        match key.split_once(':') {
            None => by_expiry.insert(expiry_days(&key)?, settlement_ns),
            Some((root, expiry)) => {
                by_root.entry(expiry_days(expiry)?).or_insert_with(BTreeMap::new).insert(root.to_owned(), settlement_ns)
            }
        };
    }
    Ok((by_expiry, by_root))
}

#[pyfunction]
#[pyo3(signature = (
    chain, spot, *, as_of_ns, settlement_ns=None, min_weight=5.0, multiplier=100.0, rate=0.0, dividend_yield=0.0,
    weight="open_interest", gamma="given", expiries=None, min_seconds_to_settlement=60.0, grid_points=161
))]
#[allow(clippy::too_many_arguments, reason = "keyword arguments with defaults")]
pub fn exposure(
    py: Python<'_>,
    chain: &Bound<'_, PyAny>,
    spot: f64,
    as_of_ns: i64,
    settlement_ns: Option<&Bound<'_, PyMapping>>,
    min_weight: f64,
    multiplier: f64,
    rate: f64,
    dividend_yield: f64,
    weight: &str,
    gamma: &str,
    expiries: Option<Vec<String>>,
    min_seconds_to_settlement: f64,
    grid_points: i64,
) -> PyResult<PyExposure> {
    let expiries = expiries.map(|texts| texts.iter().map(|text| expiry_days(text)).collect()).transpose()?;
    let (settlement_ns, root_settlement_ns) = settlements(settlement_ns)?;
    let params = ExposureParams {
        spot,
        as_of_ns,
        settlement_ns,
        root_settlement_ns,
        min_weight,
        multiplier,
        carry: Carry::new(rate, dividend_yield).map_err(to_python)?,
        weight: weight_of(weight)?,
        gamma: choice("gamma", gamma, [("given", GammaSource::Given), ("recompute", GammaSource::Recompute)])?,
        expiries,
        min_seconds_to_settlement,
        grid_points,
    };
    let chain: Cow<'_, Chain> = match chain.cast::<PyChain>() {
        Ok(decoded) => Cow::Borrowed(&decoded.get().0),
        Err(_) => Cow::Owned(Chain::from_batches(&batches(chain)?, None, None).map_err(to_python)?),
    };
    detached(py, || measure(&chain, &params)).map(PyExposure)
}
