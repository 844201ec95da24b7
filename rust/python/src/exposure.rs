//! `Exposure` and `exposure()`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use alphatrader_core::chain::Chain;
use alphatrader_core::civil::parse_yyyymmdd;
use alphatrader_core::exposure::strikes::{self, StrikeRow};
use alphatrader_core::exposure::{exposure as measure, Exposure, ExposureParams, GammaSource, Weight};
use alphatrader_core::pricing::Carry;
use alphatrader_core::Error;
use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use pyo3::prelude::*;
use pyo3::types::PyMapping;

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
        self.0.zero_gamma_flips.clone()
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

fn by_strike_batch(rows: &[StrikeRow]) -> PyResult<RecordBatch> {
    let number = |f: fn(&StrikeRow) -> f64| Arc::new(Float64Array::from_iter_values(rows.iter().map(f))) as ArrayRef;
    let maybe = |f: fn(&StrikeRow) -> Option<f64>| Arc::new(rows.iter().map(f).collect::<Float64Array>()) as ArrayRef;
    let columns = [
        ("strike", number(|r| r.strike), false),
        ("call_gex", number(|r| r.call_gex), false),
        ("put_gex", number(|r| r.put_gex), false),
        ("net_gex", number(StrikeRow::net_gex), false),
        ("dex_usd", number(|r| r.dex_usd), false),
        ("call_oi", number(|r| r.call_oi), false),
        ("put_oi", number(|r| r.put_oi), false),
        ("call_volume", number(|r| r.call_volume), false),
        ("put_volume", number(|r| r.put_volume), false),
        ("call_iv", maybe(|r| r.call_iv), true),
        ("put_iv", maybe(|r| r.put_iv), true),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, _, nullable)| Field::new(*name, DataType::Float64, *nullable)).collect();
    let arrays = columns.into_iter().map(|(_, array, _)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| to_python(Error::Schema(error.to_string())))
}

fn expiry_days(text: &str) -> PyResult<i32> {
    parse_yyyymmdd(text).ok_or_else(|| to_python(Error::Invalid(format!("expiry {text:?} is no date: give YYYYMMDD"))))
}

fn settlements(mapping: Option<&Bound<'_, PyMapping>>) -> PyResult<BTreeMap<i32, i64>> {
    let Some(mapping) = mapping else { return Ok(BTreeMap::new()) };
    let entries = mapping.items()?;
    entries
        .iter()
        .map(|entry| {
            let (expiry, settlement_ns): (String, i64) = entry.extract()?;
            Ok((expiry_days(&expiry)?, settlement_ns))
        })
        .collect()
}

fn choice<T>(name: &str, value: &str, choices: [(&str, T); 2]) -> PyResult<T> {
    let names = [choices[0].0, choices[1].0];
    choices.into_iter().find_map(|(text, choice)| (text == value).then_some(choice)).ok_or_else(|| {
        to_python(Error::Invalid(format!("{name} was {value:?}: give {:?} or {:?}", names[0], names[1])))
    })
}

#[pyfunction]
#[pyo3(signature = (
    chain, spot, *, as_of_ns, settlement_ns=None, min_open_interest=5.0, multiplier=100.0, rate=0.0, dividend_yield=0.0,
    weight="open_interest", gamma="given", expiries=None, min_seconds_to_settlement=60.0, grid_points=161
))]
#[allow(clippy::too_many_arguments, reason = "keyword arguments with defaults")]
pub fn exposure(
    py: Python<'_>,
    chain: &Bound<'_, PyAny>,
    spot: f64,
    as_of_ns: i64,
    settlement_ns: Option<&Bound<'_, PyMapping>>,
    min_open_interest: f64,
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
    let params = ExposureParams {
        spot,
        as_of_ns,
        settlement_ns: settlements(settlement_ns)?,
        min_weight: min_open_interest,
        multiplier,
        carry: Carry::new(rate, dividend_yield).map_err(to_python)?,
        weight: choice("weight", weight, [("open_interest", Weight::OpenInterest), ("volume", Weight::Volume)])?,
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
