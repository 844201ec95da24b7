use alphatrader_core::feed::message::{decode, Decoded, DepthRow, Message};
use alphatrader_core::feed::Framer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3::{intern, IntoPyObjectExt};

use crate::errors::to_python;
use crate::feed::field_list;

/// The methods of a `Wrapper` that the nine messages call; one that is absent is not called.
struct Methods {
    price: Option<Py<PyAny>>,
    size: Option<Py<PyAny>>,
    depth: Option<Py<PyAny>>,
    depth_l2: Option<Py<PyAny>>,
    option: Option<Py<PyAny>>,
    generic: Option<Py<PyAny>>,
    text: Option<Py<PyAny>>,
    bar: Option<Py<PyAny>>,
    print: Option<Py<PyAny>>,
    bid_ask: Option<Py<PyAny>>,
    mid_point: Option<Py<PyAny>>,
}

impl Methods {
    fn of(wrapper: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = wrapper.py();
        let find = |name: &Bound<'_, PyString>| wrapper.getattr_opt(name).map(|found| found.map(Bound::unbind));
        Ok(Self {
            price: find(intern!(py, "priceSizeTick"))?,
            size: find(intern!(py, "tickSize"))?,
            depth: find(intern!(py, "updateMktDepth"))?,
            depth_l2: find(intern!(py, "updateMktDepthL2"))?,
            option: find(intern!(py, "tickOptionComputation"))?,
            generic: find(intern!(py, "tickGeneric"))?,
            text: find(intern!(py, "tickString"))?,
            bar: find(intern!(py, "realtimeBar"))?,
            print: find(intern!(py, "tickByTickAllLast"))?,
            bid_ask: find(intern!(py, "tickByTickBidAsk"))?,
            mid_point: find(intern!(py, "tickByTickMidPoint"))?,
        })
    }
}

/// See `_core.pyi`.
#[pyclass(name = "TwsDecoder", module = "alphatrader._core")]
pub struct PyTwsDecoder {
    framer: Framer,
    methods: Methods,
    hand_on: Py<PyAny>,
    last_attributes: Option<Py<PyAny>>,
    bid_ask_attributes: Option<Py<PyAny>>,
    messages: u64,
}

fn ascii(text: &[u8]) -> &str {
    std::str::from_utf8(text).unwrap_or_default()
}

fn call<'py, A: pyo3::call::PyCallArgs<'py>>(py: Python<'py>, method: Option<&Py<PyAny>>, args: A) -> PyResult<()> {
    if let Some(method) = method {
        method.bind(py).call1(args)?;
    }
    Ok(())
}

/// The two flags of a mask as the library's own class, or the mask itself.
fn attributes<'py>(py: Python<'py>, class: Option<&Py<PyAny>>, mask: i64) -> PyResult<Bound<'py, PyAny>> {
    match class {
        Some(class) => class.bind(py).call1((mask & 1 != 0, mask & 2 != 0)),
        None => mask.into_bound_py_any(py),
    }
}

impl PyTwsDecoder {
    #[inline]
    fn tell(&self, py: Python<'_>, message: &Message<'_>) -> PyResult<()> {
        let to = &self.methods;
        match *message {
            Message::Price { request_id, tick_type, price, size } => {
                call(py, to.price.as_ref(), (request_id, tick_type, price, size))
            }
            Message::Size { request_id, tick_type, size } => call(py, to.size.as_ref(), (request_id, tick_type, size)),
            Message::Depth { request_id, row } => self.tell_depth(py, request_id, &row),
            Message::Option { request_id, tick_type, attribute, values: [a, b, c, d, e, f, g, h] } => {
                call(py, to.option.as_ref(), (request_id, tick_type, attribute, a, b, c, d, e, f, g, h))
            }
            Message::Generic { request_id, tick_type, value } => {
                call(py, to.generic.as_ref(), (request_id, tick_type, value))
            }
            Message::Text { request_id, tick_type, value } => {
                call(py, to.text.as_ref(), (request_id, tick_type, ascii(value)))
            }
            Message::Bar { request_id, time_s, values: [o, h, l, c, volume, wap], count } => {
                call(py, to.bar.as_ref(), (request_id, time_s, o, h, l, c, volume, wap, count))
            }
            Message::Print { request_id, kind, time_s, price, size, mask, exchange, conditions } => {
                let attributes = attributes(py, self.last_attributes.as_ref(), mask)?;
                let (exchange, conditions) = (ascii(exchange), ascii(conditions));
                call(py, to.print.as_ref(), (request_id, kind, time_s, price, size, attributes, exchange, conditions))
            }
            Message::BidAsk { request_id, time_s, bid, ask, bid_size, ask_size, mask } => {
                let attributes = attributes(py, self.bid_ask_attributes.as_ref(), mask)?;
                call(py, to.bid_ask.as_ref(), (request_id, time_s, bid, ask, bid_size, ask_size, attributes))
            }
            Message::MidPoint { request_id, time_s, mid } => call(py, to.mid_point.as_ref(), (request_id, time_s, mid)),
        }
    }

    fn tell_depth(&self, py: Python<'_>, request_id: i64, row: &DepthRow<'_>) -> PyResult<()> {
        let DepthRow { position, market_maker, operation, side, price, size, is_smart } = *row;
        match is_smart {
            None => call(py, self.methods.depth.as_ref(), (request_id, position, operation, side, price, size)),
            Some(smart) => {
                let market_maker = ascii(market_maker);
                call(
                    py,
                    self.methods.depth_l2.as_ref(),
                    (request_id, position, market_maker, operation, side, price, size, smart),
                )
            }
        }
    }
}

#[pymethods]
impl PyTwsDecoder {
    #[new]
    #[pyo3(signature = (wrapper, hand_on, *, last_attributes=None, bid_ask_attributes=None))]
    fn new(
        wrapper: &Bound<'_, PyAny>,
        hand_on: Bound<'_, PyAny>,
        last_attributes: Option<Py<PyAny>>,
        bid_ask_attributes: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        if !hand_on.is_callable() {
            return Err(PyTypeError::new_err("hand_on must be callable: it takes the fields of every other message"));
        }
        let methods = Methods::of(wrapper)?;
        Ok(Self {
            framer: Framer::new(),
            methods,
            hand_on: hand_on.unbind(),
            last_attributes,
            bid_ask_attributes,
            messages: 0,
        })
    }

    fn data_received(&mut self, py: Python<'_>, data: &[u8]) -> PyResult<()> {
        self.framer.feed(data).map_err(to_python)?;
        while let Some(range) = self.framer.next_frame().map_err(to_python)? {
            self.messages += 1;
            let body = self.framer.body(range);
            match decode(body) {
                Decoded::Message(message) => self.tell(py, &message)?,
                Decoded::Nothing => {}
                Decoded::HandOn => {
                    self.hand_on.bind(py).call1((field_list(py, body)?,))?;
                }
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.framer.reset();
    }

    #[getter]
    fn messages(&self) -> u64 {
        self.messages
    }
}
