//! `Market` and what belongs to it.

mod bars;
mod conditions;
mod instrument;
mod params;
mod rows;
mod snapshot;

use std::sync::{Mutex, MutexGuard, PoisonError};

use alphatrader_core::book::DepthOp;
use alphatrader_core::market::bars::BarRule;
use alphatrader_core::market::instrument::Instrument;
use alphatrader_core::market::rows::{KIND_CONTROL, KIND_DEPTH, KIND_DEPTH_RESET, KIND_QUOTE, KIND_TRADE};
use alphatrader_core::market::Market;
use alphatrader_core::Error;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;

use crate::arrow::{batches, PyBatch};
use crate::errors::{detached, to_python};
use crate::market::bars::PyBar;
use crate::market::instrument::{PyL1, PyLevels, PyMarketInstrument, PyTrade};
use crate::market::params::RawParams;
use crate::market::rows::PyEventRows;
use crate::market::snapshot::{batch_of, PySnapshot};

/// From this many rows on, applying them is worth handing the GIL to others.
const DETACH_ROWS: usize = 512;

#[pyclass(name = "Market", module = "alphatrader._core", frozen)]
pub struct PyMarket(Mutex<Market>);

impl PyMarket {
    /// Waits without the GIL, so that a batch under way in another thread can finish. A panic in the core leaves the
    /// state valid (it is plain data), so a poisoned lock is taken all the same.
    pub(crate) fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Market> {
        self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }

    /// The market for work of this many rows: without the GIL if that is much.
    fn work<T: Send>(
        &self,
        py: Python<'_>,
        rows: usize,
        work: impl FnOnce(&mut Market) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        if rows < DETACH_ROWS {
            return work(&mut self.lock(py)).map_err(to_python);
        }
        detached(py, || work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn count_of(name: &str, count: i64) -> PyResult<usize> {
    usize::try_from(count).map_err(|_| to_python(Error::Invalid(format!("{name} was {count}: give 0 or more"))))
}

/// Whole seconds of a time bar, as `BarRule` checks them.
fn seconds_of(seconds: i64) -> PyResult<i64> {
    if seconds < 1 {
        return Err(to_python(Error::Invalid(format!("seconds was {seconds}: give 1 or more"))));
    }
    Ok(seconds)
}

#[pymethods]
impl PyMarket {
    #[new]
    fn new() -> Self {
        Self(Mutex::new(Market::new()))
    }

    #[pyo3(signature = (
        instrument_id, tick_size, *, depth_rows=20, vpin_bucket_volume=0, vpin_window=50, plan="either",
        block_shares=10_000.0, block_usd=200_000.0, sweep_span_ms=10.0, sweep_venues=2, sweep_levels=2,
    ))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments with defaults")]
    fn add_instrument(
        &self,
        py: Python<'_>,
        instrument_id: i64,
        tick_size: f64,
        depth_rows: i64,
        vpin_bucket_volume: i64,
        vpin_window: i64,
        plan: &str,
        block_shares: f64,
        block_usd: f64,
        sweep_span_ms: f64,
        sweep_venues: i64,
        sweep_levels: i64,
    ) -> PyResult<()> {
        let raw = RawParams {
            tick_size,
            depth_rows,
            vpin_bucket_volume,
            vpin_window,
            plan,
            block_shares,
            block_usd,
            sweep_span_ms,
            sweep_venues,
            sweep_levels,
        };
        let params = raw.check().map_err(to_python)?;
        self.lock(py).add_instrument(instrument_id, params).map_err(to_python)
    }

    fn add_bars(&self, py: Python<'_>, instrument_id: i64, by: &str, size: f64) -> PyResult<()> {
        let rule = BarRule::new(by, size).map_err(to_python)?;
        self.lock(py).instrument_mut(instrument_id).map_err(to_python)?.add_series(rule);
        Ok(())
    }

    fn instrument(slf: &Bound<'_, Self>, instrument_id: i64) -> PyResult<PyMarketInstrument> {
        let slot = slf.get().lock(slf.py()).slot(instrument_id).map_err(to_python)?;
        Ok(PyMarketInstrument::new(slf.clone().unbind(), slot, instrument_id))
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
        if let Ok(rows) = batch.cast::<PyEventRows>() {
            let rows = &rows.get().0;
            return self.work(py, rows.len(), |market| market.apply_rows(rows, 0..rows.len()));
        }
        let batches = batches(batch)?;
        let rows = batches.iter().map(arrow_array::RecordBatch::num_rows).sum();
        self.work(py, rows, |market| market.apply_batches(&batches))
    }

    fn apply_rows(&self, py: Python<'_>, rows: &Bound<'_, PyEventRows>, start: usize, stop: usize) -> PyResult<usize> {
        let rows = &rows.get().0;
        self.work(py, stop.saturating_sub(start), |market| market.apply_rows(rows, start..stop))
    }

    #[pyo3(signature = (source, on_step, *, step_ns=None))]
    fn replay(
        slf: &Bound<'_, Self>,
        source: &Bound<'_, PyAny>,
        on_step: &Bound<'_, PyAny>,
        step_ns: Option<i64>,
    ) -> PyResult<usize> {
        rows::replay(slf, source, on_step, step_ns)
    }

    fn snapshot(&self, py: Python<'_>, instrument_id: i64) -> PyResult<PySnapshot> {
        let mut market = self.lock(py);
        market.instrument_mut(instrument_id).map(|i| PySnapshot(i.snapshot())).map_err(to_python)
    }

    fn snapshots(&self, py: Python<'_>, instrument_ids: Vec<i64>) -> PyResult<PyBatch> {
        let mut market = self.lock(py);
        let look = |id: &i64| market.instrument_mut(*id).map(Instrument::snapshot);
        let all = instrument_ids.iter().map(look).collect::<Result<Vec<_>, _>>().map_err(to_python)?;
        batch_of(&instrument_ids, &all)
    }

    fn l1(&self, py: Python<'_>, instrument_id: i64) -> PyResult<PyL1> {
        let market = self.lock(py);
        market.instrument(instrument_id).map(instrument::l1).map_err(to_python)
    }

    fn mid(&self, py: Python<'_>, instrument_id: i64) -> PyResult<Option<f64>> {
        let market = self.lock(py);
        market.instrument(instrument_id).map(|i| i.l1().mid()).map_err(to_python)
    }

    fn stream_ts_ns(&self, py: Python<'_>, instrument_id: i64) -> PyResult<(i64, i64, i64)> {
        let market = self.lock(py);
        market
            .instrument(instrument_id)
            .map(alphatrader_core::market::instrument::Instrument::stream_ts_ns)
            .map_err(to_python)
    }

    fn levels(&self, py: Python<'_>, instrument_id: i64, count: i64) -> PyResult<PyLevels> {
        let count = count_of("count", count)?;
        let market = self.lock(py);
        market.instrument(instrument_id).map(|i| i.depth_book().levels(count)).map_err(to_python)
    }

    fn recent_trades(&self, py: Python<'_>, instrument_id: i64, count: i64) -> PyResult<Vec<PyTrade>> {
        let count = count_of("count", count)?;
        let market = self.lock(py);
        market.instrument(instrument_id).map(|i| instrument::recent(i, count)).map_err(to_python)
    }

    fn bars(&self, py: Python<'_>, instrument_id: i64, seconds: i64, count: i64) -> PyResult<Vec<PyBar>> {
        let (count, seconds) = (count_of("count", count)?, seconds_of(seconds)?);
        let market = self.lock(py);
        let bars = market.instrument(instrument_id).map_err(to_python)?.tape().bars().merged(seconds, count);
        Ok(bars::tuples(&bars))
    }

    fn bar_series(&self, py: Python<'_>, instrument_id: i64, by: &str, size: f64, count: i64) -> PyResult<PyBatch> {
        let (count, rule) = (count_of("count", count)?, BarRule::new(by, size).map_err(to_python)?);
        let market = self.lock(py);
        let tape = market.instrument(instrument_id).map_err(to_python)?.tape();
        let Some(series) = tape.series(rule) else {
            let text =
                format!("instrument {instrument_id} has no {by} bars of {size}: call add_bars before its first print");
            return Err(to_python(Error::Invalid(text)));
        };
        bars::batch_of(&series.newest(count))
    }
}

/// Add this concept's names to the module.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("KIND_CONTROL", KIND_CONTROL)?;
    m.add("KIND_TRADE", KIND_TRADE)?;
    m.add("KIND_QUOTE", KIND_QUOTE)?;
    m.add("KIND_DEPTH", KIND_DEPTH)?;
    m.add("KIND_DEPTH_RESET", KIND_DEPTH_RESET)?;
    conditions::register(m)?;
    m.add_class::<PyMarket>()?;
    m.add_class::<PyMarketInstrument>()?;
    m.add_class::<PyEventRows>()?;
    m.add_class::<PySnapshot>()?;
    m.add_function(wrap_pyfunction!(bars::bars, m)?)
}
