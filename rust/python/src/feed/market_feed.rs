use std::ops::Range;

use alphatrader_core::feed::lines::StreamKind;
use alphatrader_core::feed::message::DepthRow;
use alphatrader_core::feed::MarketFeed;
use alphatrader_core::{Error, Result};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyList;

use crate::errors::to_python;
use crate::feed::rows::PyMarketRows;
use crate::feed::{field_list, DETACH_BYTES};

/// See `_core.pyi`.
#[pyclass(name = "MarketFeed", module = "alphatrader._core")]
pub struct PyMarketFeed(MarketFeed);

fn kind_of(name: &str) -> Result<StreamKind> {
    match name {
        "quote" => Ok(StreamKind::Quote),
        "trade" => Ok(StreamKind::Trade),
        "depth" => Ok(StreamKind::Depth),
        other => Err(Error::invalid(format!("the kind of stream was {other:?}: give quote, trade or depth"))),
    }
}

/// An integer as the library decoded it, of any size: none that does not fit means anything here.
struct Whole(i64);

impl<'py> FromPyObject<'_, 'py> for Whole {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<i64>() {
            Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => Ok(Self(i64::MAX)),
            read => read.map(Self),
        }
    }
}

impl PyMarketFeed {
    fn handed_on<'py>(&self, py: Python<'py>, frame: Option<Range<usize>>) -> PyResult<Option<Bound<'py, PyList>>> {
        frame.map(|range| field_list(py, self.0.body(range))).transpose()
    }
}

#[pymethods]
impl PyMarketFeed {
    #[new]
    #[pyo3(signature = (*, accepts_delayed=false))]
    fn new(accepts_delayed: bool) -> Self {
        Self(MarketFeed::new(accepts_delayed))
    }

    // ------------------------------------------------------------------ streams

    fn open(&mut self, request_id: i64, instrument_id: i32, kind: &str) -> PyResult<()> {
        self.0.lines.open(request_id, instrument_id, kind_of(kind).map_err(to_python)?);
        Ok(())
    }

    fn close(&mut self, request_id: i64) {
        self.0.lines.close(request_id);
    }

    fn take_prints_from_quotes(&mut self, instrument_id: i32, enabled: bool) {
        self.0.lines.take_prints_from_quotes(instrument_id, enabled);
    }

    // ------------------------------------------------------------------ bytes in, rows and frames out

    #[pyo3(signature = (data, *, market_data=true))]
    fn feed<'py>(
        &mut self,
        py: Python<'py>,
        data: PyBackedBytes,
        market_data: bool,
    ) -> PyResult<Option<Bound<'py, PyList>>> {
        let feed = &mut self.0;
        let mut work = || {
            feed.feed(&data)?;
            feed.advance(market_data)
        };
        let frame = if data.len() < DETACH_BYTES { work() } else { py.detach(work) };
        self.handed_on(py, frame.map_err(to_python)?)
    }

    #[pyo3(signature = (*, market_data=true))]
    fn resume<'py>(&mut self, py: Python<'py>, market_data: bool) -> PyResult<Option<Bound<'py, PyList>>> {
        let frame = self.0.advance(market_data).map_err(to_python)?;
        self.handed_on(py, frame)
    }

    fn take(&mut self) -> Option<PyMarketRows> {
        (!self.0.rows.is_empty()).then(|| PyMarketRows(self.0.take()))
    }

    fn flush(&mut self) {
        self.0.flush();
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    // ------------------------------------------------------------------ messages that somebody else decoded

    fn price_size(&mut self, request_id: Whole, tick_type: Whole, price: f64, size: f64) {
        let feed = &mut self.0;
        feed.lines.price(request_id.0, tick_type.0, price, size, &mut feed.rows);
    }

    fn size(&mut self, request_id: Whole, tick_type: Whole, size: f64) {
        let feed = &mut self.0;
        feed.lines.size(request_id.0, tick_type.0, size, &mut feed.rows);
    }

    fn quoted_print(&mut self, request_id: Whole, price: f64, size: f64) {
        let feed = &mut self.0;
        feed.lines.quoted_print(request_id.0, price, size, &mut feed.rows);
    }

    fn option_computation(&mut self, request_id: Whole, tick_type: Whole) {
        self.0.lines.option(request_id.0, tick_type.0);
    }

    fn print(&mut self, request_id: Whole, price: f64, size: f64, exchange: &str, conditions: &str) {
        let feed = &mut self.0;
        feed.lines.print(request_id.0, price, size, exchange.as_bytes(), conditions.as_bytes(), &mut feed.rows);
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of the message")]
    fn depth(
        &mut self,
        request_id: Whole,
        position: Whole,
        market_maker: &str,
        operation: Whole,
        side: Whole,
        price: f64,
        size: f64,
    ) {
        let market_maker = market_maker.as_bytes();
        let row = DepthRow {
            position: position.0,
            market_maker,
            operation: operation.0,
            side: side.0,
            price,
            size,
            is_smart: None,
        };
        let feed = &mut self.0;
        feed.lines.depth(request_id.0, &row, &mut feed.rows);
    }

    // ------------------------------------------------------------------ counters

    #[getter]
    fn messages(&self) -> u64 {
        self.0.messages
    }

    #[getter]
    fn quotes_seen(&self) -> u64 {
        self.0.lines.quotes_seen()
    }

    #[getter]
    fn late_rows(&self) -> u64 {
        self.0.lines.counts.late
    }

    #[getter]
    fn bad_rows(&self) -> u64 {
        self.0.lines.counts.bad
    }

    #[getter]
    fn delayed_rows(&self) -> u64 {
        self.0.lines.counts.delayed
    }
}
