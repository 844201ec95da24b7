//! The exceptions of `_core`, and how the core's errors become them.

use std::panic::{catch_unwind, AssertUnwindSafe};

use alphatrader_core::Error;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

macro_rules! exception {
    ($name:ident, $base:ty, $doc:literal) => {
        pyo3::create_exception!(alphatrader._core, $name, $base, $doc);
    };
}

exception!(CoreError, PyValueError, "Base class of every error raised by this module.");
exception!(OccSymbolError, CoreError, "An option symbol that is not valid OCC/OSI.");
exception!(ChainDecodeError, CoreError, "A chain body that could not be decoded.");
exception!(PlaceholderDataError, ChainDecodeError, "The body holds the invented rows of a missing entitlement.");
exception!(RateLimitedError, ChainDecodeError, "The body is a rate-limit or entitlement notice instead of data.");
exception!(UnknownInstrumentError, CoreError, "An event names an instrument that was never added.");
exception!(FrameError, CoreError, "Bytes that are no frames of the TWS protocol.");
exception!(SchemaError, CoreError, "An Arrow batch lacks a column or has one of another type.");

/// The Python exception for an error of the core.
pub fn to_python(error: Error) -> PyErr {
    let text = error.to_string();
    match error {
        Error::Invalid(_) => CoreError::new_err(text),
        Error::OccSymbol(_) => OccSymbolError::new_err(text),
        Error::ChainDecode(_) => ChainDecodeError::new_err(text),
        Error::PlaceholderData(_) => PlaceholderDataError::new_err(text),
        Error::RateLimited(_) => RateLimitedError::new_err(text),
        Error::UnknownInstrument(_) => UnknownInstrumentError::new_err(text),
        Error::Frame(_) => FrameError::new_err(text),
        Error::Schema(_) => SchemaError::new_err(text),
    }
}

/// Run `work` without the GIL. A panic in it is a defect, but still becomes an ordinary exception.
pub fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, Error> + Send) -> PyResult<T> {
    py.detach(|| catch_unwind(AssertUnwindSafe(work)))
        .map_err(|_| CoreError::new_err("a defect in the core stopped this call: please report it with its input"))?
        .map_err(to_python)
}

/// Add the exceptions to the module.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = m.py();
    m.add("CoreError", py.get_type::<CoreError>())?;
    m.add("OccSymbolError", py.get_type::<OccSymbolError>())?;
    m.add("ChainDecodeError", py.get_type::<ChainDecodeError>())?;
    m.add("PlaceholderDataError", py.get_type::<PlaceholderDataError>())?;
    m.add("RateLimitedError", py.get_type::<RateLimitedError>())?;
    m.add("UnknownInstrumentError", py.get_type::<UnknownInstrumentError>())?;
    m.add("FrameError", py.get_type::<FrameError>())?;
    m.add("SchemaError", py.get_type::<SchemaError>())
}
