//! `vpin()`, `classify_trades()` and the `Vpin` stream over `NumPy` arrays and Arrow columns.

mod inputs;
mod results;

use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use alphatrader_core::vpin::bulk::BulkRule;
use alphatrader_core::vpin::series::{vpin_series, BucketColumns};
use alphatrader_core::vpin::stream::{bulk_shares, sides, OneTrade, Scheme, VpinStream};
use alphatrader_core::vpin::VpinParams;
use alphatrader_core::Error;
use arrow_array::{ArrayRef, Float64Array, Int8Array};
use pyo3::prelude::*;

use crate::errors::{detached, to_python, CoreError};
use crate::vpin::inputs::TapeArguments;
use crate::vpin::results::Counts;
pub use crate::vpin::results::{PyTradeSides, PyVpinSeries};

/// What bulk classification may be told; all absent for the other schemes.
#[derive(Clone, Copy)]
struct BulkArguments {
    bar_seconds: Option<f64>,
    bar_volume: Option<f64>,
    student_df: Option<f64>,
    sigma: Option<f64>,
    sigma_bars: Option<i64>,
}

impl BulkArguments {
    fn rule(self) -> Result<BulkRule, Error> {
        let mut rule = BulkRule::MINUTES;
        rule = match (self.bar_seconds, self.bar_volume) {
            (Some(_), Some(_)) => return Err(Error::invalid("give bar_seconds or bar_volume, not both")),
            (Some(seconds), None) => rule.with_bar_seconds(seconds)?,
            (None, Some(shares)) => rule.with_bar_volume(shares)?,
            (None, None) => rule,
        };
        rule = match self.student_df {
            Some(df) => rule.with_student_t(df)?,
            None => rule,
        };
        match (self.sigma, self.sigma_bars) {
            (Some(_), Some(_)) => Err(Error::invalid("give sigma or sigma_bars, not both")),
            (Some(sigma), None) => rule.with_sigma(sigma),
            (None, Some(bars)) => rule.with_sigma_bars(bars),
            (None, None) => Ok(rule),
        }
    }

    fn any(self) -> bool {
        self.bar_seconds.or(self.bar_volume).or(self.student_df).or(self.sigma).is_some() || self.sigma_bars.is_some()
    }

    fn scheme(self, name: &str) -> Result<Scheme, Error> {
        let scheme = match name {
            "given" => Scheme::Given,
            "tick" => Scheme::Tick,
            "quote" => Scheme::Quote,
            "bulk" => return self.rule().map(Scheme::Bulk),
            other => {
                let text = format!("scheme was {other:?}: give \"tick\", \"quote\", \"bulk\" or \"given\"");
                return Err(Error::Invalid(text));
            }
        };
        if self.any() {
            return Err(Error::invalid(format!(
                "bar_seconds, bar_volume, student_df, sigma and sigma_bars belong to the bulk scheme, and it is {name:?}"
            )));
        }
        Ok(scheme)
    }
}

fn params(bucket_volume: i64, window: i64, cdf_window: Option<i64>) -> Result<VpinParams, Error> {
    let params = VpinParams::new(bucket_volume, window)?;
    match cdf_window {
        Some(levels) => params.with_cdf_window(levels),
        None => Ok(params),
    }
}

#[pyfunction]
#[pyo3(signature = (
    ts_ns, price, size, *, bucket_volume, window=50, scheme="tick", aggressor=None, bid=None, ask=None, bar_seconds=None,
    bar_volume=None, student_df=None, sigma=None, sigma_bars=None, cdf_window=None
))]
#[allow(clippy::too_many_arguments, reason = "the columns of a tape and their parameters")]
pub fn vpin<'py>(
    py: Python<'py>,
    ts_ns: &Bound<'py, PyAny>,
    price: Option<&Bound<'py, PyAny>>,
    size: &Bound<'py, PyAny>,
    bucket_volume: i64,
    window: i64,
    scheme: &str,
    aggressor: Option<&Bound<'py, PyAny>>,
    bid: Option<&Bound<'py, PyAny>>,
    ask: Option<&Bound<'py, PyAny>>,
    bar_seconds: Option<f64>,
    bar_volume: Option<f64>,
    student_df: Option<f64>,
    sigma: Option<f64>,
    sigma_bars: Option<i64>,
    cdf_window: Option<i64>,
) -> PyResult<PyVpinSeries> {
    let bulk = BulkArguments { bar_seconds, bar_volume, student_df, sigma, sigma_bars };
    let scheme = bulk.scheme(scheme).map_err(to_python)?;
    let params = params(bucket_volume, window, cdf_window).map_err(to_python)?;
    let tape = TapeArguments::read(Some(ts_ns), price, Some(size), aggressor, bid, ask)?;
    let pieces = tape.pieces()?;
    check_columns(scheme, price.is_some(), aggressor.is_some(), bid.is_some())?;
    let series = detached(py, || vpin_series(&pieces, params, scheme))?;
    let counts = Counts {
        bucket_volume: series.bucket_volume,
        trades: series.trades,
        total_volume: series.total_volume,
        unclassified_volume: series.unclassified_volume,
    };
    PyVpinSeries::new(series.buckets, &counts)
}

/// Refuse columns that the scheme lacks, even of an empty tape, and those that it would not look at.
fn check_columns(scheme: Scheme, price: bool, aggressor: bool, quotes: bool) -> PyResult<()> {
    let name = scheme.name();
    let wanted = |what: &str| CoreError::new_err(format!("the {name} scheme needs {what}: give it for each trade"));
    let idle = |what: &str, other: &str| {
        CoreError::new_err(format!("the {name} scheme does not look at {what}: leave it out or give scheme={other:?}"))
    };
    match scheme {
        Scheme::Given if !aggressor => Err(wanted("aggressor")),
        Scheme::Tick | Scheme::Quote | Scheme::Bulk(_) if !price => Err(wanted("price")),
        Scheme::Quote if !quotes => Err(wanted("bid and ask")),
        Scheme::Tick | Scheme::Quote | Scheme::Bulk(_) if aggressor => Err(idle("aggressor", "given")),
        Scheme::Given | Scheme::Tick | Scheme::Bulk(_) if quotes => Err(idle("bid and ask", "quote")),
        _ => Ok(()),
    }
}

#[pyfunction]
#[pyo3(signature = (
    price, *, size=None, ts_ns=None, scheme="tick", bid=None, ask=None, bar_seconds=None, bar_volume=None, student_df=None,
    sigma=None, sigma_bars=None
))]
#[allow(clippy::too_many_arguments, reason = "the columns of a tape and their parameters")]
pub fn classify_trades<'py>(
    py: Python<'py>,
    price: &Bound<'py, PyAny>,
    size: Option<&Bound<'py, PyAny>>,
    ts_ns: Option<&Bound<'py, PyAny>>,
    scheme: &str,
    bid: Option<&Bound<'py, PyAny>>,
    ask: Option<&Bound<'py, PyAny>>,
    bar_seconds: Option<f64>,
    bar_volume: Option<f64>,
    student_df: Option<f64>,
    sigma: Option<f64>,
    sigma_bars: Option<i64>,
) -> PyResult<PyTradeSides> {
    let bulk = BulkArguments { bar_seconds, bar_volume, student_df, sigma, sigma_bars };
    let scheme = bulk.scheme(scheme).map_err(to_python)?;
    check_columns(scheme, true, scheme == Scheme::Given, bid.is_some())?;
    let tape = TapeArguments::read(ts_ns, Some(price), size, None, bid, ask)?;
    let pieces = tape.pieces()?;
    match scheme {
        Scheme::Given => {
            Err(CoreError::new_err("the given scheme has nothing to classify: give \"tick\", \"quote\" or \"bulk\""))
        }
        Scheme::Tick | Scheme::Quote => {
            let sides = detached(py, || sides(&pieces))?;
            Ok(PyTradeSides::of("aggressor", Arc::new(Int8Array::from(sides))))
        }
        Scheme::Bulk(rule) => {
            if size.is_none() || ts_ns.is_none() {
                return Err(CoreError::new_err("the bulk scheme needs size and ts_ns: give them for each trade"));
            }
            let shares = detached(py, || bulk_shares(&pieces, rule))?;
            let array: ArrayRef =
                Arc::new(shares.into_iter().map(|s| (!s.is_nan()).then_some(s)).collect::<Float64Array>());
            Ok(PyTradeSides::of("buy_share", array))
        }
    }
}

/// `Vpin`: a stream of one instrument. Safe to share between threads; its calls take turns.
#[pyclass(name = "Vpin", module = "alphatrader._core", frozen)]
pub struct PyVpin(Mutex<VpinStream>);

impl PyVpin {
    fn with<T>(&self, f: impl FnOnce(&mut VpinStream) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Buckets that `f` closes, with the counts after it.
    fn collect(
        &self,
        py: Python<'_>,
        f: impl FnOnce(&mut VpinStream, &mut BucketColumns) -> Result<(), Error> + Send,
    ) -> PyResult<PyVpinSeries> {
        let (buckets, counts) = detached(py, || {
            self.with(|stream| {
                let mut buckets = BucketColumns::default();
                f(stream, &mut buckets)?;
                let measure = stream.measure();
                let counts = Counts {
                    bucket_volume: measure.params().bucket_volume,
                    trades: stream.trades(),
                    total_volume: measure.total_volume(),
                    unclassified_volume: measure.unclassified_volume(),
                };
                Ok((buckets, counts))
            })
        })?;
        PyVpinSeries::new(buckets, &counts)
    }
}

#[pymethods]
impl PyVpin {
    #[new]
    #[pyo3(signature = (
        bucket_volume, *, window=50, scheme="tick", bar_seconds=None, bar_volume=None, student_df=None, sigma=None,
        sigma_bars=None, cdf_window=None
    ))]
    #[allow(clippy::too_many_arguments, reason = "those of `vpin` without its columns")]
    fn new(
        bucket_volume: i64,
        window: i64,
        scheme: &str,
        bar_seconds: Option<f64>,
        bar_volume: Option<f64>,
        student_df: Option<f64>,
        sigma: Option<f64>,
        sigma_bars: Option<i64>,
        cdf_window: Option<i64>,
    ) -> PyResult<Self> {
        let bulk = BulkArguments { bar_seconds, bar_volume, student_df, sigma, sigma_bars };
        let scheme = bulk.scheme(scheme).map_err(to_python)?;
        let params = params(bucket_volume, window, cdf_window).map_err(to_python)?;
        Ok(Self(Mutex::new(VpinStream::new(params, scheme))))
    }

    #[pyo3(signature = (ts_ns, price, size, aggressor=None, bid=None, ask=None))]
    fn update(
        &self,
        ts_ns: i64,
        price: f64,
        size: f64,
        aggressor: Option<i8>,
        bid: Option<f64>,
        ask: Option<f64>,
    ) -> PyResult<u64> {
        let trade = OneTrade { ts_ns, price, size, aggressor, quote: bid.zip(ask) };
        self.with(|stream| {
            let before = stream.measure().buckets();
            stream.update(trade, |_| {})?;
            Ok(stream.measure().buckets() - before)
        })
        .map_err(to_python)
    }

    #[pyo3(signature = (ts_ns, price, size, *, aggressor=None, bid=None, ask=None))]
    #[allow(clippy::too_many_arguments, reason = "the columns of a tape")]
    fn extend<'py>(
        &self,
        py: Python<'py>,
        ts_ns: &Bound<'py, PyAny>,
        price: Option<&Bound<'py, PyAny>>,
        size: &Bound<'py, PyAny>,
        aggressor: Option<&Bound<'py, PyAny>>,
        bid: Option<&Bound<'py, PyAny>>,
        ask: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<PyVpinSeries> {
        let scheme = self.with(|stream| stream.scheme());
        check_columns(scheme, price.is_some(), aggressor.is_some(), bid.is_some())?;
        let tape = TapeArguments::read(Some(ts_ns), price, Some(size), aggressor, bid, ask)?;
        let pieces = tape.pieces()?;
        self.collect(py, |stream, buckets| stream.extend(&pieces, |bucket| buckets.push(bucket)))
    }

    fn flush(&self, py: Python<'_>) -> PyResult<PyVpinSeries> {
        self.collect(py, |stream, buckets| stream.flush(|bucket| buckets.push(bucket)))
    }

    #[getter]
    fn level(&self) -> Option<f64> {
        self.with(|stream| stream.measure().level())
    }

    #[getter]
    fn cdf(&self) -> Option<f64> {
        self.with(|stream| stream.measure().cdf())
    }

    #[getter]
    fn buckets(&self) -> u64 {
        self.with(|stream| stream.measure().buckets())
    }

    #[getter]
    fn bucket_volume(&self) -> i64 {
        self.with(|stream| stream.measure().params().bucket_volume)
    }

    #[getter]
    fn open_volume(&self) -> f64 {
        self.with(|stream| stream.measure().open_volume())
    }

    #[getter]
    fn trades(&self) -> u64 {
        self.with(|stream| stream.trades())
    }

    #[getter]
    fn total_volume(&self) -> f64 {
        self.with(|stream| stream.measure().total_volume())
    }

    #[getter]
    fn unclassified_share(&self) -> f64 {
        self.with(|stream| stream.measure().unclassified_volume() / stream.measure().total_volume())
    }
}
