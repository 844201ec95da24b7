//! Columns of numbers from `NumPy` or Arrow, without copying where they are float64 (int8 for the right) and have no nulls.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use numpy::{Element, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt};

use crate::arrow::arrays;
use crate::errors::SchemaError;

/// One argument: a number for all rows, or a column.
pub enum Column<'py, T: ArrowPrimitiveType>
where
    T::Native: Element,
{
    One(T::Native),
    Numpy(PyReadonlyArray1<'py, T::Native>),
    Arrow(PrimitiveArray<T>),
}

pub type Numbers<'py> = Column<'py, Float64Type>;
pub type Rights<'py> = Column<'py, Int8Type>;

/// The values of a column: borrowed from its owner where they can be.
#[derive(Clone)]
pub enum Values<'a, V: Copy> {
    One(V),
    Each(Cow<'a, [V]>),
}

impl<V: Copy> Values<'_, V> {
    #[inline]
    pub fn at(&self, i: usize) -> V {
        match self {
            Self::One(value) => *value,
            Self::Each(values) => values[i],
        }
    }

    /// Number of rows; `None` if one value serves any number.
    pub fn rows(&self) -> Option<usize> {
        match self {
            Self::One(_) => None,
            Self::Each(values) => Some(values.len()),
        }
    }
}

impl<'py, T: ArrowPrimitiveType> Column<'py, T>
where
    T::Native: Element + FromPyObjectOwned<'py>,
{
    /// Take `object` as the column `name`.
    pub fn of(name: &str, object: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(array) = object.extract::<PyReadonlyArray1<'py, T::Native>>() {
            return Ok(Self::Numpy(array));
        }
        if object.is_instance_of::<PyFloat>() || object.is_instance_of::<PyInt>() {
            return object.extract::<T::Native>().map(Self::One).map_err(Into::into);
        }
        if object.hasattr("__arrow_c_array__")? || object.hasattr("__arrow_c_stream__")? {
            return of_arrow(name, &arrays(object)?).map(Self::Arrow);
        }
        let found = object.getattr("dtype").map_or_else(|_| object.get_type().to_string(), |dtype| dtype.to_string());
        Err(refused::<T>(name, &found))
    }

    /// The values; `absent` stands for null.
    pub fn values(&self, absent: T::Native) -> Values<'_, T::Native> {
        match self {
            Self::One(value) => Values::One(*value),
            Self::Numpy(array) => Values::Each(contiguous(array)),
            Self::Arrow(array) if array.null_count() == 0 => Values::Each(Cow::Borrowed(array.values())),
            Self::Arrow(array) => Values::Each(Cow::Owned(array.iter().map(|value| value.unwrap_or(absent)).collect())),
        }
    }
}

/// The values of an array; one that is not contiguous is copied.
pub fn contiguous<'a, V: Element + Copy>(array: &'a PyReadonlyArray1<'_, V>) -> Cow<'a, [V]> {
    array.as_slice().map_or_else(|_| Cow::Owned(array.as_array().iter().copied().collect()), Cow::Borrowed)
}

fn refused<T: ArrowPrimitiveType>(name: &str, found: &str) -> PyErr {
    SchemaError::new_err(format!(
        "column {name:?} is {found}: give a one-dimensional NumPy array of {wanted}, an Arrow array of numbers, or one \
         number",
        wanted = T::DATA_TYPE.to_string().to_lowercase()
    ))
}

/// The chunks as one array of the wanted type. Whole numbers and other floats are converted (a copy).
fn of_arrow<T: ArrowPrimitiveType>(name: &str, chunks: &[ArrayRef]) -> PyResult<PrimitiveArray<T>> {
    let one: ArrayRef = match chunks {
        [] => return Ok(PrimitiveArray::<T>::from_iter_values([])),
        [one] => ArrayRef::clone(one),
        many => {
            let parts: Vec<&dyn Array> = many.iter().map(AsRef::as_ref).collect();
            arrow_select::concat::concat(&parts).map_err(|error| SchemaError::new_err(error.to_string()))?
        }
    };
    if let Some(array) = one.as_primitive_opt::<T>() {
        return Ok(array.clone());
    }
    let options = arrow_cast::CastOptions { safe: false, ..arrow_cast::CastOptions::default() };
    let cast = one.data_type().is_numeric().then(|| arrow_cast::cast_with_options(&one, &T::DATA_TYPE, &options));
    match cast {
        Some(Ok(array)) => Ok(array.as_primitive::<T>().clone()),
        Some(Err(error)) => Err(SchemaError::new_err(format!("column {name:?}: {error}"))),
        None => Err(refused::<T>(name, &format!("an Arrow array of {}", one.data_type()))),
    }
}
