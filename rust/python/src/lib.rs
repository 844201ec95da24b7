//! `alphatrader._core`: a thin binding. It converts arguments, releases the GIL and calls `alphatrader-core`; every rule
//! lives there. What each name means is documented in `python/alphatrader/_core.pyi`.

#![allow(missing_docs, reason = "the stub documents the Python names")]
#![allow(clippy::missing_errors_doc, clippy::needless_pass_by_value, reason = "the shapes that PyO3 asks for")]

mod arrow;
mod book;
mod chain;
mod columns;
mod errors;
mod exposure;
mod feed;
mod market;
mod occ;
mod pricing;
mod vpin;

use pyo3::prelude::*;

#[pyfunction]
const fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

#[pymodule]
fn _core(m: &Bound<'_, PyModule>) -> PyResult<()> {
    errors::register(m)?;
    m.add("BUILD_PROFILE", env!("ALPHATRADER_BUILD_PROFILE"))?;
    m.add_class::<arrow::PyBatch>()?;
    market::register(m)?;
    feed::register(m)?;
    book::register(m)?;
    m.add_class::<occ::PyOccSymbol>()?;
    m.add_function(wrap_pyfunction!(occ::parse_occ, m)?)?;
    m.add_function(wrap_pyfunction!(occ::format_occ, m)?)?;
    m.add_function(wrap_pyfunction!(occ::parse_occ_batch, m)?)?;
    m.add_function(wrap_pyfunction!(occ::format_occ_batch, m)?)?;
    m.add_class::<chain::PyChain>()?;
    exposure::register(m)?;
    m.add_class::<vpin::PyVpin>()?;
    m.add_class::<vpin::PyVpinSeries>()?;
    m.add_class::<vpin::PyTradeSides>()?;
    m.add_function(wrap_pyfunction!(chain::decode_alphavantage_chain, m)?)?;
    m.add_function(wrap_pyfunction!(chain::decode_cboe_csv, m)?)?;
    m.add_function(wrap_pyfunction!(pricing::american_value, m)?)?;
    m.add_function(wrap_pyfunction!(pricing::black_scholes, m)?)?;
    m.add_function(wrap_pyfunction!(pricing::implied_volatility, m)?)?;
    m.add_function(wrap_pyfunction!(vpin::vpin, m)?)?;
    m.add_function(wrap_pyfunction!(vpin::classify_trades, m)?)?;
    m.add_function(wrap_pyfunction!(version, m)?)
}
