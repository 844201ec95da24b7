//! Exposure: of a chain, and by strike from given greeks.

mod by_strike;
mod chain;
mod tables;

use alphatrader_core::exposure::Weight;
use alphatrader_core::Error;
use pyo3::prelude::*;

use crate::errors::to_python;

/// Add the results and the functions that give them.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<chain::PyExposure>()?;
    m.add_class::<by_strike::PyStrikeExposure>()?;
    m.add_function(wrap_pyfunction!(chain::exposure, m)?)?;
    m.add_function(wrap_pyfunction!(by_strike::exposure_by_strike, m)?)
}

fn weight_of(text: &str) -> PyResult<Weight> {
    choice("weight", text, [("open_interest", Weight::OpenInterest), ("volume", Weight::Volume)])
}

fn choice<T>(name: &str, value: &str, choices: [(&str, T); 2]) -> PyResult<T> {
    let names = [choices[0].0, choices[1].0];
    choices.into_iter().find_map(|(text, choice)| (text == value).then_some(choice)).ok_or_else(|| {
        to_python(Error::Invalid(format!("{name} was {value:?}: give {:?} or {:?}", names[0], names[1])))
    })
}
