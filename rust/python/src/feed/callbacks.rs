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

/// One for each value of a byte.
const CACHED: usize = 256;

/// Request ids and short texts as Python objects: a stream repeats few of them, and making one costs more than a look.
struct Cache {
    ids: Vec<Option<(i64, Py<PyAny>)>>,
    texts: Vec<Option<(u64, Py<PyAny>)>>,
}

impl Cache {
    fn new() -> Self {
        Self {
            ids: std::iter::repeat_with(|| None).take(CACHED).collect(),
            texts: std::iter::repeat_with(|| None).take(CACHED).collect(),
        }
    }

    #[inline]
    fn id<'py>(&mut self, py: Python<'py>, id: i64) -> PyResult<Bound<'py, PyAny>> {
        let slot = &mut self.ids[usize::from(id.to_le_bytes()[0])];
        if let Some((held, object)) = slot {
            if *held == id {
                return Ok(object.bind(py).clone());
            }
        }
        let object = id.into_bound_py_any(py)?;
        *slot = Some((id, object.clone().unbind()));
        Ok(object)
    }

    /// Texts of at most seven bytes are known by their bytes and their length.
    #[inline]
    fn text<'py>(&mut self, py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        let mut key = [0_u8; 8];
        let (Some(place), Ok(length)) = (key.get_mut(..text.len()), u8::try_from(text.len())) else {
            return ascii(text).into_bound_py_any(py);
        };
        if length == 8 {
            return ascii(text).into_bound_py_any(py);
        }
        place.copy_from_slice(text);
        key[7] = length;
        let key = u64::from_le_bytes(key);
        let slot = &mut self.texts[usize::from(key.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()[0])];
        if let Some((held, object)) = slot {
            if *held == key {
                return Ok(object.bind(py).clone());
            }
        }
        let object = ascii(text).into_bound_py_any(py)?;
        *slot = Some((key, object.clone().unbind()));
        Ok(object)
    }
}

/// See `_core.pyi`.
#[pyclass(name = "TwsDecoder", module = "alphatrader._core")]
pub struct PyTwsDecoder {
    framer: Framer,
    methods: Methods,
    hand_on: Py<PyAny>,
    last_attributes: Attributes,
    bid_ask_attributes: Attributes,
    cache: Cache,
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

/// The two flags of a mask as the library's own class, one object for equal flags; or the mask itself.
struct Attributes {
    class: Option<Py<PyAny>>,
    made: [Option<Py<PyAny>>; 4],
}

impl Attributes {
    fn of<'py>(&mut self, py: Python<'py>, mask: i64) -> PyResult<Bound<'py, PyAny>> {
        let Some(class) = &self.class else { return mask.into_bound_py_any(py) };
        let made = &mut self.made[usize::from(mask.to_le_bytes()[0] & 3)];
        if let Some(object) = made {
            return Ok(object.bind(py).clone());
        }
        let object = class.bind(py).call1((mask & 1 != 0, mask & 2 != 0))?;
        *made = Some(object.clone().unbind());
        Ok(object)
    }
}

/// Whom to tell, and the objects that were told before.
struct Teller<'a> {
    methods: &'a Methods,
    cache: &'a mut Cache,
    last_attributes: &'a mut Attributes,
    bid_ask_attributes: &'a mut Attributes,
}

impl Teller<'_> {
    #[inline]
    fn tell(&mut self, py: Python<'_>, message: &Message<'_>) -> PyResult<()> {
        let to = self.methods;
        match *message {
            Message::Price { request_id, tick_type, price, size } => {
                call(py, to.price.as_ref(), (self.cache.id(py, request_id)?, tick_type, price, size))
            }
            Message::Size { request_id, tick_type, size } => {
                call(py, to.size.as_ref(), (self.cache.id(py, request_id)?, tick_type, size))
            }
            Message::Depth { request_id, row } => self.tell_depth(py, request_id, &row),
            Message::Option { request_id, tick_type, attribute, values: [a, b, c, d, e, f, g, h] } => {
                let request_id = self.cache.id(py, request_id)?;
                call(py, to.option.as_ref(), (request_id, tick_type, attribute, a, b, c, d, e, f, g, h))
            }
            Message::Generic { request_id, tick_type, value } => {
                call(py, to.generic.as_ref(), (self.cache.id(py, request_id)?, tick_type, value))
            }
            Message::Text { request_id, tick_type, value } => {
                call(py, to.text.as_ref(), (self.cache.id(py, request_id)?, tick_type, ascii(value)))
            }
            Message::Bar { request_id, time_s, values: [o, h, l, c, volume, wap], count } => {
                call(py, to.bar.as_ref(), (request_id, time_s, o, h, l, c, volume, wap, count))
            }
            Message::Print { request_id, kind, time_s, price, size, mask, exchange, conditions } => {
                let attributes = self.last_attributes.of(py, mask)?;
                let (exchange, conditions) = (self.cache.text(py, exchange)?, self.cache.text(py, conditions)?);
                let request_id = self.cache.id(py, request_id)?;
                call(py, to.print.as_ref(), (request_id, kind, time_s, price, size, attributes, exchange, conditions))
            }
            Message::BidAsk { request_id, time_s, bid, ask, bid_size, ask_size, mask } => {
                let attributes = self.bid_ask_attributes.of(py, mask)?;
                let request_id = self.cache.id(py, request_id)?;
                call(py, to.bid_ask.as_ref(), (request_id, time_s, bid, ask, bid_size, ask_size, attributes))
            }
            Message::MidPoint { request_id, time_s, mid } => call(py, to.mid_point.as_ref(), (request_id, time_s, mid)),
        }
    }

    fn tell_depth(&mut self, py: Python<'_>, request_id: i64, row: &DepthRow<'_>) -> PyResult<()> {
        let DepthRow { position, market_maker, operation, side, price, size, is_smart } = *row;
        let request_id = self.cache.id(py, request_id)?;
        match is_smart {
            None => call(py, self.methods.depth.as_ref(), (request_id, position, operation, side, price, size)),
            Some(smart) => {
                let market_maker = self.cache.text(py, market_maker)?;
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
            last_attributes: Attributes { class: last_attributes, made: Default::default() },
            bid_ask_attributes: Attributes { class: bid_ask_attributes, made: Default::default() },
            cache: Cache::new(),
            messages: 0,
        })
    }

    fn data_received(&mut self, py: Python<'_>, data: &[u8]) -> PyResult<()> {
        self.framer.feed(data).map_err(to_python)?;
        let mut to = Teller {
            methods: &self.methods,
            cache: &mut self.cache,
            last_attributes: &mut self.last_attributes,
            bid_ask_attributes: &mut self.bid_ask_attributes,
        };
        while let Some(range) = self.framer.next_frame().map_err(to_python)? {
            self.messages += 1;
            let body = self.framer.body(range);
            match decode(body) {
                Decoded::Message(message) => to.tell(py, &message)?,
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
