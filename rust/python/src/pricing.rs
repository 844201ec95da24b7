//! `black_scholes` and `implied_volatility` over `NumPy` arrays.

use std::borrow::Cow;

use alphatrader_core::pricing::{implied_volatility as implied, value, Carry, Terms, Valuation};
use alphatrader_core::Error;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{detached, to_python};

/// One spot for all rows, or one for each.
#[derive(FromPyObject)]
pub enum SpotArgument<'py> {
    #[pyo3(transparent)]
    One(f64),
    #[pyo3(transparent)]
    Each(PyReadonlyArray1<'py, f64>),
}

/// The values of an array; one that is not contiguous is copied.
pub fn values<'a, T: numpy::Element + Copy>(array: &'a PyReadonlyArray1<'_, T>) -> Cow<'a, [T]> {
    array.as_slice().map_or_else(|_| Cow::Owned(array.as_array().iter().copied().collect()), Cow::Borrowed)
}

enum Spot<'a> {
    One(f64),
    Each(Cow<'a, [f64]>),
}

impl Spot<'_> {
    fn of<'a>(argument: &'a SpotArgument<'_>) -> Spot<'a> {
        match argument {
            SpotArgument::One(spot) => Spot::One(*spot),
            SpotArgument::Each(array) => Spot::Each(values(array)),
        }
    }

    fn at(&self, i: usize) -> f64 {
        match self {
            Self::One(spot) => *spot,
            Self::Each(spots) => spots[i],
        }
    }

    fn length(&self, otherwise: usize) -> usize {
        match self {
            Self::One(_) => otherwise,
            Self::Each(spots) => spots.len(),
        }
    }
}

/// The contracts of one call: arrays of one length.
struct Contracts<'a> {
    spot: Spot<'a>,
    strike: Cow<'a, [f64]>,
    seconds: Cow<'a, [f64]>,
    right: Cow<'a, [i8]>,
}

impl Contracts<'_> {
    fn check(&self, name: &str, length: usize) -> Result<(), Error> {
        let lengths = [self.strike.len(), self.seconds.len(), self.right.len(), self.spot.length(length)];
        if lengths.iter().all(|other| *other == length) {
            return Ok(());
        }
        let [strike, seconds, right, spot] = lengths;
        Err(Error::Invalid(format!(
            "the arrays differ in length (spot {spot}, strike {strike}, seconds_to_settlement {seconds}, right {right}, \
             {name} {length}): they must be of one length"
        )))
    }

    fn terms(&self, i: usize) -> Option<Terms> {
        Terms::new(self.spot.at(i), self.strike[i], self.seconds[i], self.right[i])
    }
}

const NOT_A_VALUE: Valuation = Valuation {
    price: f64::NAN,
    delta: f64::NAN,
    gamma: f64::NAN,
    theta: f64::NAN,
    vega: f64::NAN,
    vanna: f64::NAN,
    charm: f64::NAN,
};

#[pyfunction]
#[pyo3(signature = (spot, strike, seconds_to_settlement, iv, right, *, rate=0.0, dividend_yield=0.0))]
#[allow(clippy::too_many_arguments, reason = "the model's arguments")]
pub fn black_scholes<'py>(
    py: Python<'py>,
    spot: SpotArgument<'py>,
    strike: PyReadonlyArray1<'py, f64>,
    seconds_to_settlement: PyReadonlyArray1<'py, f64>,
    iv: PyReadonlyArray1<'py, f64>,
    right: PyReadonlyArray1<'py, i8>,
    rate: f64,
    dividend_yield: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let carry = Carry::new(rate, dividend_yield).map_err(to_python)?;
    let contracts = Contracts {
        spot: Spot::of(&spot),
        strike: values(&strike),
        seconds: values(&seconds_to_settlement),
        right: values(&right),
    };
    let iv = values(&iv);
    let valuations = detached(py, || {
        contracts.check("iv", iv.len())?;
        let one = |i: usize| contracts.terms(i).and_then(|terms| value(&terms, carry, iv[i])).unwrap_or(NOT_A_VALUE);
        Ok((0..iv.len()).map(one).collect::<Vec<_>>())
    })?;
    let result = PyDict::new(py);
    let set =
        |key: &str, f: fn(&Valuation) -> f64| result.set_item(key, PyArray1::from_iter(py, valuations.iter().map(f)));
    set("price", |v| v.price)?;
    set("delta", |v| v.delta)?;
    set("gamma", |v| v.gamma)?;
    set("theta", |v| v.theta / 365.0)?;
    set("vega", |v| v.vega / 100.0)?;
    Ok(result)
}

#[pyfunction]
#[pyo3(signature = (price, spot, strike, seconds_to_settlement, right, *, rate=0.0, dividend_yield=0.0))]
#[allow(clippy::too_many_arguments, reason = "the model's arguments")]
pub fn implied_volatility<'py>(
    py: Python<'py>,
    price: PyReadonlyArray1<'py, f64>,
    spot: SpotArgument<'py>,
    strike: PyReadonlyArray1<'py, f64>,
    seconds_to_settlement: PyReadonlyArray1<'py, f64>,
    right: PyReadonlyArray1<'py, i8>,
    rate: f64,
    dividend_yield: f64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let carry = Carry::new(rate, dividend_yield).map_err(to_python)?;
    let contracts = Contracts {
        spot: Spot::of(&spot),
        strike: values(&strike),
        seconds: values(&seconds_to_settlement),
        right: values(&right),
    };
    let price = values(&price);
    let volatilities = detached(py, || {
        contracts.check("price", price.len())?;
        let one = |i: usize| contracts.terms(i).and_then(|terms| implied(&terms, carry, price[i])).unwrap_or(f64::NAN);
        Ok((0..price.len()).map(one).collect::<Vec<_>>())
    })?;
    Ok(PyArray1::from_vec(py, volatilities))
}
