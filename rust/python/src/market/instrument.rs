//! `MarketInstrument`: one instrument of a market, bound, so that a call carries its event and nothing else.

use alphatrader_core::book::{DepthOp, Quote};
use alphatrader_core::market::check_time;
use alphatrader_core::market::instrument::Instrument;
use alphatrader_core::market::print::Print;
use pyo3::prelude::*;

use crate::errors::to_python;
use crate::market::bars::{self, PyBar};
use crate::market::snapshot::PySnapshot;
use crate::market::{count_of, seconds_of, PyMarket};

/// (bids, asks): price and size, best first.
pub type PyLevels = (Vec<(f64, f64)>, Vec<(f64, f64)>);
/// Time, price, size, aggressor.
pub type PyTrade = (i64, f64, f64, i8);
/// Bid, its size, ask, its size, last price, time of the quote.
pub type PyL1 = (f64, f64, f64, f64, f64, i64);

pub fn l1(instrument: &Instrument) -> PyL1 {
    let quote = instrument.l1();
    let last = instrument.tape().last().map_or(f64::NAN, |trade| trade.price);
    (quote.bid, quote.bid_size, quote.ask, quote.ask_size, last, instrument.quote_ts_ns())
}

pub fn recent(instrument: &Instrument, count: usize) -> Vec<PyTrade> {
    instrument.tape().recent(count).map(|t| (t.ts_ns, t.price, t.size, t.aggressor)).collect()
}

#[pyclass(name = "MarketInstrument", module = "alphatrader._core", frozen)]
pub struct PyMarketInstrument {
    market: Py<PyMarket>,
    slot: usize,
    #[pyo3(get)]
    instrument_id: i64,
}

impl PyMarketInstrument {
    pub const fn new(market: Py<PyMarket>, slot: usize, instrument_id: i64) -> Self {
        Self { market, slot, instrument_id }
    }

    #[inline]
    fn with<T>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Instrument) -> Result<T, alphatrader_core::Error>,
    ) -> PyResult<T> {
        let mut market = self.market.get().lock(py);
        market.at(self.slot).and_then(work).map_err(to_python)
    }
}

#[pymethods]
impl PyMarketInstrument {
    #[pyo3(signature = (ts_ns, price, size, venue="", conditions=""))]
    fn trade(&self, py: Python<'_>, ts_ns: i64, price: f64, size: f64, venue: &str, conditions: &str) -> PyResult<()> {
        self.with(py, |instrument| {
            check_time(ts_ns)?;
            instrument.trade(&Print::new(ts_ns, price, size, venue.as_bytes(), conditions.as_bytes())?);
            Ok(())
        })
    }

    fn quote(&self, py: Python<'_>, ts_ns: i64, bid: f64, bid_size: f64, ask: f64, ask_size: f64) -> PyResult<()> {
        self.with(py, |instrument| {
            check_time(ts_ns)?;
            instrument.quote(ts_ns, Quote::new(bid, bid_size, ask, ask_size)?);
            Ok(())
        })
    }

    #[allow(clippy::too_many_arguments, reason = "one call an event, with the fields of the event")]
    fn depth(
        &self,
        py: Python<'_>,
        ts_ns: i64,
        op: i64,
        side: i64,
        position: i64,
        price: f64,
        size: f64,
    ) -> PyResult<()> {
        self.with(py, |instrument| {
            check_time(ts_ns)?;
            instrument.depth(ts_ns, DepthOp::new(op, side, position, price, size)?);
            Ok(())
        })
    }

    fn depth_reset(&self, py: Python<'_>, ts_ns: i64) -> PyResult<()> {
        self.with(py, |instrument| {
            check_time(ts_ns)?;
            instrument.depth_reset(ts_ns);
            Ok(())
        })
    }

    fn snapshot(&self, py: Python<'_>) -> PyResult<PySnapshot> {
        self.with(py, |instrument| Ok(PySnapshot(instrument.snapshot())))
    }

    fn l1(&self, py: Python<'_>) -> PyResult<PyL1> {
        self.with(py, |instrument| Ok(l1(instrument)))
    }

    fn mid(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.with(py, |instrument| Ok(instrument.l1().mid()))
    }

    fn last(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.with(py, |instrument| Ok(instrument.tape().last().map(|trade| trade.price)))
    }

    fn stream_ts_ns(&self, py: Python<'_>) -> PyResult<(i64, i64, i64)> {
        self.with(py, |instrument| Ok(instrument.stream_ts_ns()))
    }

    fn levels(&self, py: Python<'_>, count: i64) -> PyResult<PyLevels> {
        let count = count_of("count", count)?;
        self.with(py, |instrument| Ok(instrument.depth_book().levels(count)))
    }

    fn recent_trades(&self, py: Python<'_>, count: i64) -> PyResult<Vec<PyTrade>> {
        let count = count_of("count", count)?;
        self.with(py, |instrument| Ok(recent(instrument, count)))
    }

    fn bars(&self, py: Python<'_>, seconds: i64, count: i64) -> PyResult<Vec<PyBar>> {
        let (count, seconds) = (count_of("count", count)?, seconds_of(seconds)?);
        self.with(py, |instrument| Ok(bars::tuples(&instrument.tape().bars().merged(seconds, count))))
    }

    fn __repr__(&self) -> String {
        format!("MarketInstrument({})", self.instrument_id)
    }
}
