//! `black_scholes`, `american_value` and `implied_volatility` over columns.

use std::collections::BTreeMap;

use alphatrader_core::pricing::black_scholes::{value_block, Options, Values as Block, BLOCK};
use alphatrader_core::pricing::implied::{imply_block, Quotes};
use alphatrader_core::pricing::{
    american, american_implied, reason_without_volatility, search_volatility, Carry, Terms,
};
use alphatrader_core::Error;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{Numbers, Rights, Values};
use crate::errors::{detached, to_python};

/// A value by its name and the factor from natural units to those of the stub.
type Output<B> = (&'static str, fn(&B) -> &[f64; BLOCK], f64);

const OUTPUTS: [Output<Block>; 9] = [
    ("price", |block| &block.price, 1.0),
    ("delta", |block| &block.delta, 1.0),
    ("gamma", |block| &block.gamma, 1.0),
    ("theta", |block| &block.theta, 1.0 / 365.0),
    ("vega", |block| &block.vega, 0.01),
    ("rho", |block| &block.rho, 0.01),
    ("vanna", |block| &block.vanna, 0.01),
    ("charm", |block| &block.charm, 1.0 / 365.0),
    ("vomma", |block| &block.vomma, 1e-4),
];
/// How many of them are given if none are asked for.
const USUAL_OUTPUTS: usize = 5;

fn chosen(names: Option<&[String]>) -> PyResult<Vec<Output<Block>>> {
    let Some(names) = names else { return Ok(OUTPUTS[..USUAL_OUTPUTS].to_vec()) };
    let find = |name: &String| {
        OUTPUTS.iter().find(|(known, _, _)| known == name).copied().ok_or_else(|| {
            let known = OUTPUTS.map(|(known, _, _)| known).join(", ");
            to_python(Error::Invalid(format!("there is no output {name:?}: choose from {known}")))
        })
    };
    names.iter().map(find).collect()
}

/// The contracts of one call, as Python gave them.
struct Arguments<'py> {
    names: [&'static str; 4],
    numbers: [Numbers<'py>; 4],
    right: Rights<'py>,
}

impl<'py> Arguments<'py> {
    fn of(names: [&'static str; 4], objects: [&Bound<'py, PyAny>; 4], right: &Bound<'py, PyAny>) -> PyResult<Self> {
        let [a, b, c, d] = [0, 1, 2, 3].map(|i: usize| Numbers::of(names[i], objects[i], f64::NAN));
        Ok(Self { names, numbers: [a?, b?, c?, d?], right: Rights::of("right", right, 0)? })
    }

    fn contracts(&self) -> Result<Contracts<'_>, Error> {
        let numbers = [0, 1, 2, 3].map(|i: usize| self.numbers[i].values());
        let right = self.right.values();
        let rows: Vec<(&str, usize)> = (self.names.into_iter().zip(&numbers))
            .filter_map(|(name, values)| Some((name, values.rows()?)))
            .chain(right.rows().map(|rows| ("right", rows)))
            .collect();
        let count = rows.first().map_or(1, |(_, rows)| *rows);
        if rows.iter().all(|(_, rows)| *rows == count) {
            return Ok(Contracts { numbers, right, count });
        }
        let lengths: Vec<String> = rows.iter().map(|(name, rows)| format!("{name} {rows}")).collect();
        Err(Error::Invalid(format!(
            "the columns differ in length ({}): they must be of one length",
            lengths.join(", ")
        )))
    }
}

/// The same without Python.
struct Contracts<'a> {
    numbers: [Values<'a, f64>; 4],
    right: Values<'a, i8>,
    count: usize,
}

/// Copy the rows from `start` on into a block; what lies past the last row keeps its old values.
fn fill(values: &Values<'_, f64>, start: usize, block: &mut [f64; BLOCK]) {
    match values {
        Values::One(value) => *block = [*value; BLOCK],
        Values::Each(values) => {
            let rows = &values[start..values.len().min(start + BLOCK)];
            block[..rows.len()].copy_from_slice(rows);
        }
    }
}

impl Contracts<'_> {
    fn fill_rights(&self, start: usize, block: &mut [f64; BLOCK]) {
        match &self.right {
            Values::One(right) => *block = [f64::from(*right); BLOCK],
            Values::Each(rights) => {
                let rows = &rights[start..rights.len().min(start + BLOCK)];
                for (to, right) in block.iter_mut().zip(rows) {
                    *to = f64::from(*right);
                }
            }
        }
    }

    /// The terms of a row: spot, strike and seconds stand at these places of the numbers.
    fn terms(&self, i: usize, [spot, strike, seconds]: [usize; 3]) -> Option<Terms> {
        let at = |column: usize| self.numbers[column].at(i);
        Terms::new(at(spot), at(strike), at(seconds), self.right.at(i))
    }
}

#[pyfunction]
#[pyo3(signature = (
    spot, strike, seconds_to_settlement, iv, right, *, rate=0.0, dividend_yield=0.0, outputs=None
))]
#[allow(clippy::too_many_arguments, reason = "the model's arguments")]
pub fn black_scholes<'py>(
    py: Python<'py>,
    spot: &Bound<'py, PyAny>,
    strike: &Bound<'py, PyAny>,
    seconds_to_settlement: &Bound<'py, PyAny>,
    iv: &Bound<'py, PyAny>,
    right: &Bound<'py, PyAny>,
    rate: f64,
    dividend_yield: f64,
    outputs: Option<Vec<String>>,
) -> PyResult<Bound<'py, PyDict>> {
    let carry = Carry::new(rate, dividend_yield).map_err(to_python)?;
    let outputs = chosen(outputs.as_deref())?;
    let names = ["spot", "strike", "seconds_to_settlement", "iv"];
    let arguments = Arguments::of(names, [spot, strike, seconds_to_settlement, iv], right)?;
    let contracts = arguments.contracts().map_err(to_python)?;
    let columns = detached(py, || {
        let mut columns: Vec<Vec<f64>> = outputs.iter().map(|_| Vec::with_capacity(contracts.count)).collect();
        let (mut options, mut block) = (Options::EMPTY, Block::EMPTY);
        for start in (0..contracts.count).step_by(BLOCK) {
            fill(&contracts.numbers[0], start, &mut options.spot);
            fill(&contracts.numbers[1], start, &mut options.strike);
            fill(&contracts.numbers[2], start, &mut options.seconds);
            fill(&contracts.numbers[3], start, &mut options.volatility);
            contracts.fill_rights(start, &mut options.right);
            value_block(&options, carry, &mut block);
            let rows = BLOCK.min(contracts.count - start);
            for (column, (_, part, factor)) in columns.iter_mut().zip(&outputs) {
                column.extend(part(&block)[..rows].iter().map(|value| value * factor));
            }
        }
        Ok(columns)
    })?;
    let result = PyDict::new(py);
    for ((name, _, _), column) in outputs.iter().zip(columns) {
        result.set_item(*name, PyArray1::from_vec(py, column))?;
    }
    Ok(result)
}

#[pyfunction]
#[pyo3(signature = (spot, strike, seconds_to_settlement, iv, right, *, rate=0.0, dividend_yield=0.0))]
#[allow(clippy::too_many_arguments, reason = "the model's arguments")]
pub fn american_value<'py>(
    py: Python<'py>,
    spot: &Bound<'py, PyAny>,
    strike: &Bound<'py, PyAny>,
    seconds_to_settlement: &Bound<'py, PyAny>,
    iv: &Bound<'py, PyAny>,
    right: &Bound<'py, PyAny>,
    rate: f64,
    dividend_yield: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let carry = american_carry(rate, dividend_yield)?;
    let names = ["spot", "strike", "seconds_to_settlement", "iv"];
    let arguments = Arguments::of(names, [spot, strike, seconds_to_settlement, iv], right)?;
    let contracts = arguments.contracts().map_err(to_python)?;
    let rows = detached(py, || {
        let one = |i: usize| {
            let value =
                contracts.terms(i, [0, 1, 2]).and_then(|t| american::value(&t, carry, contracts.numbers[3].at(i)));
            value.map_or([f64::NAN; 6], |v| [v.price, v.delta, v.gamma, v.theta / 365.0, v.vega * 0.01, v.rho * 0.01])
        };
        Ok((0..contracts.count).map(one).collect::<Vec<_>>())
    })?;
    let result = PyDict::new(py);
    for (i, name) in ["price", "delta", "gamma", "theta", "vega", "rho"].into_iter().enumerate() {
        result.set_item(name, PyArray1::from_iter(py, rows.iter().map(|row| row[i])))?;
    }
    Ok(result)
}

fn american_carry(rate: f64, dividend_yield: f64) -> PyResult<Carry> {
    let carry = Carry::new(rate, dividend_yield).map_err(to_python)?;
    if american::is_supported(carry) {
        return Ok(carry);
    }
    Err(to_python(Error::Invalid(format!(
        "rate {rate} or dividend_yield {dividend_yield} is negative, where the approximation of American options does \
         not hold: price them as European, or give 0"
    ))))
}

/// Volatilities (NaN where there is none) and why some have none.
type Implied = (Vec<f64>, BTreeMap<&'static str, u64>);

fn imply_european(contracts: &Contracts<'_>, carry: Carry) -> Implied {
    let (mut found, mut rejected) = (Vec::with_capacity(contracts.count), BTreeMap::new());
    let (mut quotes, mut block) = (Quotes::EMPTY, [0.0; BLOCK]);
    for start in (0..contracts.count).step_by(BLOCK) {
        fill(&contracts.numbers[0], start, &mut quotes.price);
        fill(&contracts.numbers[1], start, &mut quotes.spot);
        fill(&contracts.numbers[2], start, &mut quotes.strike);
        fill(&contracts.numbers[3], start, &mut quotes.seconds);
        contracts.fill_rights(start, &mut quotes.right);
        imply_block(&quotes, carry, &mut block);
        let rows = BLOCK.min(contracts.count - start);
        for (i, quick) in (start..).zip(&mut block[..rows]).filter(|(_, quick)| quick.is_nan()) {
            let (terms, price) = (contracts.terms(i, [1, 2, 3]), contracts.numbers[0].at(i));
            let searched = terms.and_then(|terms| search_volatility(&terms, carry, price));
            if searched.is_none() {
                *rejected.entry(reason_without_volatility(terms.as_ref(), carry, price, false)).or_insert(0) += 1;
            }
            *quick = searched.unwrap_or(f64::NAN);
        }
        found.extend_from_slice(&block[..rows]);
    }
    (found, rejected)
}

fn imply_american(contracts: &Contracts<'_>, carry: Carry) -> Implied {
    let mut rejected = BTreeMap::new();
    let mut one = |i: usize| {
        let (terms, price) = (contracts.terms(i, [1, 2, 3]), contracts.numbers[0].at(i));
        let found = terms.and_then(|terms| american_implied::volatility(&terms, carry, price));
        if found.is_none() {
            *rejected.entry(reason_without_volatility(terms.as_ref(), carry, price, true)).or_insert(0) += 1;
        }
        found.unwrap_or(f64::NAN)
    };
    let found = (0..contracts.count).map(&mut one).collect();
    (found, rejected)
}

#[pyfunction]
#[pyo3(signature = (
    price, spot, strike, seconds_to_settlement, right, *, rate=0.0, dividend_yield=0.0, style="european", rejected=None
))]
#[allow(clippy::too_many_arguments, reason = "the model's arguments")]
pub fn implied_volatility<'py>(
    py: Python<'py>,
    price: &Bound<'py, PyAny>,
    spot: &Bound<'py, PyAny>,
    strike: &Bound<'py, PyAny>,
    seconds_to_settlement: &Bound<'py, PyAny>,
    right: &Bound<'py, PyAny>,
    rate: f64,
    dividend_yield: f64,
    style: &str,
    rejected: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let imply: fn(&Contracts<'_>, Carry) -> Implied = match style {
        "european" => imply_european,
        "american" => imply_american,
        _ => {
            let text = format!("style was {style:?}: give \"european\" or \"american\"");
            return Err(to_python(Error::Invalid(text)));
        }
    };
    let carry = if style == "american" {
        american_carry(rate, dividend_yield)?
    } else {
        Carry::new(rate, dividend_yield).map_err(to_python)?
    };
    let names = ["price", "spot", "strike", "seconds_to_settlement"];
    let arguments = Arguments::of(names, [price, spot, strike, seconds_to_settlement], right)?;
    let contracts = arguments.contracts().map_err(to_python)?;
    let (found, reasons) = detached(py, || Ok(imply(&contracts, carry)))?;
    if let Some(rejected) = rejected {
        for (reason, rows) in reasons {
            rejected.set_item(reason, rows)?;
        }
    }
    Ok(PyArray1::from_vec(py, found))
}
