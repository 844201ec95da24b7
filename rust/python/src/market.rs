//! `Market` and `Snapshot`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use alphatrader_core::book::DepthOp;
use alphatrader_core::market::instrument::InstrumentParams;
use alphatrader_core::market::snapshot::Snapshot;
use alphatrader_core::market::Market;
use alphatrader_core::Error;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;

use crate::arrow::batches;
use crate::errors::{detached, to_python};

/// (bids, asks): price and size, best first.
type PyLevels = (Vec<(f64, f64)>, Vec<(f64, f64)>);
/// Start, open, high, low, close, volume.
type PyBar = (i64, f64, f64, f64, f64, f64);

#[pyclass(name = "Market", module = "alphatrader._core", frozen)]
pub struct PyMarket(Mutex<Market>);

impl PyMarket {
    /// Waits without the GIL, so that a batch under way in another thread can finish. A panic in the core leaves the
    /// state valid (it is plain data), so a poisoned lock is taken all the same.
    pub(crate) fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Market> {
        self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}

fn count_of(name: &str, count: i64) -> PyResult<usize> {
    usize::try_from(count).map_err(|_| to_python(Error::Invalid(format!("{name} was {count}: give 0 or more"))))
}

#[pymethods]
impl PyMarket {
    #[new]
    fn new() -> Self {
        Self(Mutex::new(Market::new()))
    }

    #[pyo3(signature = (instrument_id, tick_size, *, depth_rows=20, vpin_bucket_volume=0, vpin_window=50))]
    fn add_instrument(
        &self,
        py: Python<'_>,
        instrument_id: i64,
        tick_size: f64,
        depth_rows: i64,
        vpin_bucket_volume: i64,
        vpin_window: i64,
    ) -> PyResult<()> {
        let params =
            InstrumentParams::new(tick_size, depth_rows, vpin_bucket_volume, vpin_window).map_err(to_python)?;
        self.lock(py).add_instrument(instrument_id, params).map_err(to_python)
    }

    #[allow(clippy::too_many_arguments, reason = "one call an event, with the fields of the event")]
    fn trade(
        &self,
        py: Python<'_>,
        ts_ns: i64,
        instrument_id: i64,
        price: f64,
        size: f64,
        venue: &str,
        conditions: &str,
    ) -> PyResult<()> {
        self.lock(py)
            .trade(ts_ns, instrument_id, price, size, venue.as_bytes(), conditions.as_bytes())
            .map_err(to_python)
    }

    #[allow(clippy::too_many_arguments, reason = "one call an event, with the fields of the event")]
    fn quote(
        &self,
        py: Python<'_>,
        ts_ns: i64,
        instrument_id: i64,
        bid: f64,
        bid_size: f64,
        ask: f64,
        ask_size: f64,
    ) -> PyResult<()> {
        self.lock(py).quote(ts_ns, instrument_id, bid, bid_size, ask, ask_size).map_err(to_python)
    }

    #[allow(clippy::too_many_arguments, reason = "one call an event, with the fields of the event")]
    fn depth(
        &self,
        py: Python<'_>,
        ts_ns: i64,
        instrument_id: i64,
        op: i64,
        side: i64,
        position: i64,
        price: f64,
        size: f64,
        market_maker: &str,
    ) -> PyResult<()> {
        // A row is known by its position; who stands behind it does not change the book.
        let _ = market_maker;
        let op = DepthOp::new(op, side, position, price, size).map_err(to_python)?;
        self.lock(py).depth(ts_ns, instrument_id, op).map_err(to_python)
    }

    fn depth_reset(&self, py: Python<'_>, ts_ns: i64, instrument_id: i64) -> PyResult<()> {
        self.lock(py).depth_reset(ts_ns, instrument_id).map_err(to_python)
    }

    fn apply_batch(&self, py: Python<'_>, batch: &Bound<'_, PyAny>) -> PyResult<usize> {
        let batches = batches(batch)?;
        detached(py, || {
            let mut market = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            market.apply_batches(&batches)
        })
    }

    fn snapshot(&self, py: Python<'_>, instrument_id: i64) -> PyResult<PySnapshot> {
        let market = self.lock(py);
        market.instrument(instrument_id).map(|i| PySnapshot(i.snapshot())).map_err(to_python)
    }

    fn l1(&self, py: Python<'_>, instrument_id: i64) -> PyResult<(f64, f64, f64, f64, f64, i64)> {
        let market = self.lock(py);
        let instrument = market.instrument(instrument_id).map_err(to_python)?;
        let quote = instrument.l1();
        let last = instrument.tape().last().map_or(f64::NAN, |trade| trade.price);
        Ok((quote.bid, quote.bid_size, quote.ask, quote.ask_size, last, instrument.quote_ts_ns()))
    }

    fn levels(&self, py: Python<'_>, instrument_id: i64, count: i64) -> PyResult<PyLevels> {
        let count = count_of("count", count)?;
        let market = self.lock(py);
        market.instrument(instrument_id).map(|i| i.depth_book().levels(count)).map_err(to_python)
    }

    fn recent_trades(&self, py: Python<'_>, instrument_id: i64, count: i64) -> PyResult<Vec<(i64, f64, f64, i8)>> {
        let count = count_of("count", count)?;
        let market = self.lock(py);
        let tape = market.instrument(instrument_id).map_err(to_python)?.tape();
        Ok(tape.recent(count).map(|t| (t.ts_ns, t.price, t.size, t.aggressor)).collect())
    }

    fn bars(&self, py: Python<'_>, instrument_id: i64, seconds: i64, count: i64) -> PyResult<Vec<PyBar>> {
        let count = count_of("count", count)?;
        if seconds < 1 {
            return Err(to_python(Error::Invalid(format!("seconds was {seconds}: give 1 or more"))));
        }
        let market = self.lock(py);
        let bars = market.instrument(instrument_id).map_err(to_python)?.tape().bars().merged(seconds, count);
        Ok(bars.into_iter().map(|b| (b.start_ns, b.open, b.high, b.low, b.close, b.volume)).collect())
    }
}

#[pyclass(name = "Snapshot", module = "alphatrader._core", frozen, eq)]
#[derive(PartialEq)]
pub struct PySnapshot(Snapshot);

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

            fn __repr__(&self) -> String {
                format!("{:?}", self.0)
            }
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
