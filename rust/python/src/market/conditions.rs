//! Sale conditions by name: read from letters and flags, and written as letters.

use alphatrader_core::market::conditions::{of_column, ConditionSet, Plan};
use alphatrader_core::Error;
use numpy::PyArray1;
use pyo3::prelude::*;

use crate::arrow::arrays;
use crate::columns::Column;
use crate::errors::{detached, to_python};

/// Conditions as the bits that the `SALE_` constants name.
type Bits<'py> = Bound<'py, PyArray1<u32>>;

#[pyfunction]
#[pyo3(signature = (letters, plan="either"))]
fn parse_sale_conditions(letters: &str, plan: &str) -> PyResult<u32> {
    let plan = Plan::from_name(plan).map_err(to_python)?;
    Ok(ConditionSet::parse(letters.as_bytes(), plan).bits())
}

#[pyfunction]
#[pyo3(signature = (letters, plan="either"))]
fn parse_sale_conditions_batch<'py>(letters: &Bound<'py, PyAny>, plan: &str) -> PyResult<Bits<'py>> {
    let plan = Plan::from_name(plan).map_err(to_python)?;
    let (py, chunks) = (letters.py(), arrays(letters)?);
    let read = detached(py, || {
        let parts = chunks.iter().map(|chunk| of_column(chunk.as_ref(), plan)).collect::<Result<Vec<_>, _>>()?;
        Ok(parts.concat().into_iter().map(ConditionSet::bits).collect())
    })?;
    Ok(PyArray1::from_vec(py, read))
}

#[pyfunction]
fn parse_lean_conditions_batch<'py>(flags: &Bound<'py, PyAny>) -> PyResult<Bits<'py>> {
    let (py, column) = (flags.py(), Column::<i64>::of("flags", flags)?);
    let pieces = column.pieces();
    let read = detached(py, || {
        pieces.concat().into_iter().map(|flags| lean(flags).map(ConditionSet::bits)).collect::<Result<Vec<_>, _>>()
    })?;
    Ok(PyArray1::from_vec(py, read))
}

fn lean(flags: i64) -> Result<ConditionSet, Error> {
    let refused = |_| Error::Invalid(format!("Lean's flags were {flags}: they are whole numbers of 32 bits"));
    u32::try_from(flags).map(ConditionSet::of_lean).map_err(refused)
}

#[pyfunction]
#[pyo3(signature = (conditions, plan="either"))]
fn format_sale_conditions(conditions: u32, plan: &str) -> PyResult<String> {
    let plan = Plan::from_name(plan).map_err(to_python)?;
    Ok(ConditionSet::from_bits(conditions).letters(plan))
}

/// Add the conditions by name, and the functions over them.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    for (name, conditions) in ConditionSet::NAMED {
        m.add(format!("SALE_{name}"), conditions.bits())?;
    }
    m.add_function(wrap_pyfunction!(parse_sale_conditions, m)?)?;
    m.add_function(wrap_pyfunction!(parse_sale_conditions_batch, m)?)?;
    m.add_function(wrap_pyfunction!(parse_lean_conditions_batch, m)?)?;
    m.add_function(wrap_pyfunction!(format_sale_conditions, m)?)
}
