//! Columns of numbers from `NumPy` and from Arrow objects of any library, chunked or not.
//!
//! One rule for all: values of the wanted type are read in place; other numbers are converted exactly or refused, so a
//! fraction never becomes whole; nulls are refused, but where the caller names a value that stands for them.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float64Type, Int32Type, Int64Type, Int8Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowNativeTypeOp, BooleanArray, PrimitiveArray};
use arrow_cast::{cast_with_options, CastOptions};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use numpy::{PyArray1, PyArrayDescrMethods, PyArrayMethods, PyReadonlyArray1, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt};

use crate::arrow::arrays;
use crate::errors::SchemaError;

/// A number that a column may hold.
pub trait Number: numpy::Element + ArrowNativeTypeOp {
    /// Arrow's type of it.
    type Arrow: ArrowPrimitiveType<Native = Self>;
    /// What a column of it must hold, for the error line.
    const WANTED: &'static str;
}

macro_rules! number {
    ($native:ty, $arrow:ty, $wanted:literal) => {
        impl Number for $native {
            type Arrow = $arrow;
            const WANTED: &'static str = $wanted;
        }
    };
}
number!(f64, Float64Type, "float64 or other numbers");
number!(i64, Int64Type, "int64 or other whole numbers");
number!(i32, Int32Type, "int32 or other whole numbers");
number!(i8, Int8Type, "int8 or other whole numbers");

/// What a column's values mean, and so what may be converted.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// Numbers. True and False are none: as a trade's or option's side they would be misread.
    Number,
    /// Sides of a book, 0 or 1: True and False too.
    Flag,
    /// Nanoseconds since the epoch; timestamps of any unit are converted, other numbers are refused.
    Time,
}

/// A column as it is held while the core reads it.
pub enum Column<'py, T: Number> {
    /// A contiguous `NumPy` array.
    NumPy(PyReadonlyArray1<'py, T>),
    /// The chunks of an Arrow column, or of a copy, without nulls.
    Arrow(Vec<PrimitiveArray<T::Arrow>>),
}

impl<'py, T: Number> Column<'py, T> {
    /// Read numbers without nulls; `name` is for the error.
    pub fn of(name: &str, object: &Bound<'py, PyAny>) -> PyResult<Self> {
        Self::of_kind(name, object, Kind::Number)
    }

    pub fn of_kind(name: &str, object: &Bound<'py, PyAny>, kind: Kind) -> PyResult<Self> {
        Reading { name, kind, absent: None }.column(object)
    }

    /// Read numbers; `absent` stands for null.
    pub fn with_absent(name: &str, object: &Bound<'py, PyAny>, absent: T) -> PyResult<Self> {
        Reading { name, kind: Kind::Number, absent: Some(absent) }.column(object)
    }

    /// The same from chunks that are at hand.
    pub fn of_chunks(name: &str, chunks: &[ArrayRef], kind: Kind) -> PyResult<Self> {
        Reading { name, kind, absent: None }.chunks(chunks)
    }

    /// The values, piece by piece.
    pub fn pieces(&self) -> Vec<&[T]> {
        match self {
            // Contiguity was checked when it was taken.
            Self::NumPy(array) => vec![array.as_slice().unwrap_or_default()],
            Self::Arrow(chunks) => chunks.iter().map(|chunk| &chunk.values()[..]).collect(),
        }
    }

    /// The values as one slice; several chunks are copied.
    pub fn values(&self) -> Cow<'_, [T]> {
        match self {
            Self::NumPy(array) => Cow::Borrowed(array.as_slice().unwrap_or_default()),
            Self::Arrow(chunks) => match chunks.as_slice() {
                [one] => Cow::Borrowed(one.values()),
                many => Cow::Owned(many.iter().flat_map(|chunk| chunk.values().iter().copied()).collect()),
            },
        }
    }
}

/// One argument: a number for all rows, or a column.
pub enum Argument<'py, T: Number> {
    One(T),
    Each(Column<'py, T>),
}

pub type Numbers<'py> = Argument<'py, f64>;
pub type Rights<'py> = Argument<'py, i8>;

impl<'py, T: Number + FromPyObjectOwned<'py>> Argument<'py, T> {
    /// Take `object` as the argument `name`; `absent` stands for null.
    pub fn of(name: &str, object: &Bound<'py, PyAny>, absent: T) -> PyResult<Self> {
        if object.is_instance_of::<PyFloat>() || object.is_instance_of::<PyInt>() {
            return object.extract::<T>().map(Self::One).map_err(Into::into);
        }
        Column::with_absent(name, object, absent).map(Self::Each)
    }
}

impl<T: Number> Argument<'_, T> {
    pub fn values(&self) -> Values<'_, T> {
        match self {
            Self::One(value) => Values::One(*value),
            Self::Each(column) => Values::Each(column.values()),
        }
    }
}

/// The values of an argument: borrowed from its owner where they can be.
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

/// How a column is read, and what its errors say.
struct Reading<'a, T: Number> {
    name: &'a str,
    kind: Kind,
    /// What stands for null; without it nulls are refused.
    absent: Option<T>,
}

impl<T: Number> Reading<'_, T> {
    fn column<'py>(&self, object: &Bound<'py, PyAny>) -> PyResult<Column<'py, T>> {
        let py = object.py();
        if let Ok(array) = object.cast::<PyUntypedArray>() {
            return self.numpy(array);
        }
        if object.hasattr(intern!(py, "__arrow_c_array__"))? || object.hasattr(intern!(py, "__arrow_c_stream__"))? {
            return self.chunks(&arrays(object)?);
        }
        if object.hasattr(intern!(py, "dtype"))? && object.hasattr(intern!(py, "__array__"))? {
            // A pandas Series, before it spoke Arrow.
            let array = py.import("numpy")?.call_method1("asarray", (object,))?;
            return self.numpy(array.cast::<PyUntypedArray>().map_err(PyErr::from)?);
        }
        Err(self.refused(&format!("a {}", object.get_type().name()?)))
    }

    fn numpy<'py>(&self, array: &Bound<'py, PyUntypedArray>) -> PyResult<Column<'py, T>> {
        let (dtype, dimensions) = (array.dtype(), array.ndim());
        if dimensions != 1 {
            return Err(self.refused(&format!("an array of {dimensions} dimensions")));
        }
        if let Ok(same) = array.cast::<PyArray1<T>>() {
            let values = same.try_readonly().map_err(|error| self.unread(&error))?;
            if values.as_slice().is_ok() {
                return Ok(Column::NumPy(values));
            }
            return Ok(Column::Arrow(vec![copied(&values)]));
        }
        // The widest type of its kind first: from there on Arrow's rules hold.
        let widened: ArrayRef = match char::from(dtype.kind()) {
            'i' => Arc::new(widened::<Int64Type>(array, "int64")?),
            'u' => Arc::new(widened::<UInt64Type>(array, "uint64")?),
            'f' if dtype.itemsize() <= 8 => Arc::new(widened::<Float64Type>(array, "float64")?),
            'M' => {
                let moments = array.call_method1("astype", ("datetime64[ns]",))?;
                Arc::new(widened::<Int64Type>(&moments, "int64")?.reinterpret_cast::<TimestampNanosecondType>())
            }
            'b' => Arc::new(BooleanArray::from(array.extract::<Vec<bool>>()?)),
            _ => return Err(self.refused(&format!("an array of {dtype}"))),
        };
        match self.convert(widened.as_ref()) {
            Some(converted) => self.typed(converted).map(|array| Column::Arrow(vec![array])),
            None => Err(self.refused(&format!("an array of {dtype}"))),
        }
    }

    fn chunks<'py>(&self, chunks: &[ArrayRef]) -> PyResult<Column<'py, T>> {
        let nulls: usize = chunks.iter().map(Array::logical_null_count).sum();
        if nulls > 0 && self.absent.is_none() {
            return Err(SchemaError::new_err(format!("column {:?} has {nulls} nulls: it must have none", self.name)));
        }
        let typed = chunks.iter().map(|chunk| {
            if let Some(same) = chunk.as_primitive_opt::<T::Arrow>() {
                return Ok(self.without_nulls(same.clone()));
            }
            match self.convert(chunk.as_ref()) {
                Some(converted) => self.typed(converted),
                None => Err(self.refused(&format!("an Arrow array of {}", chunk.data_type()))),
            }
        });
        typed.collect::<PyResult<_>>().map(Column::Arrow)
    }

    fn typed(&self, converted: Result<ArrayRef, ArrowError>) -> PyResult<PrimitiveArray<T::Arrow>> {
        let array = converted.map_err(|error| self.unread(&error))?;
        Ok(self.without_nulls(array.as_primitive::<T::Arrow>().clone()))
    }

    fn without_nulls(&self, array: PrimitiveArray<T::Arrow>) -> PrimitiveArray<T::Arrow> {
        match self.absent {
            Some(absent) if array.null_count() > 0 => {
                PrimitiveArray::from_iter_values(array.iter().map(|value| value.unwrap_or(absent)))
            }
            _ => array,
        }
    }

    /// An array of another type as the wanted one; `None` if that cannot be meant.
    fn convert(&self, array: &dyn Array) -> Option<Result<ArrayRef, ArrowError>> {
        let (from, to) = (array.data_type(), &T::Arrow::DATA_TYPE);
        let can_be_meant = match (self.kind, from) {
            (Kind::Time, DataType::Timestamp(_, zone)) => {
                let nanoseconds = DataType::Timestamp(TimeUnit::Nanosecond, zone.clone());
                return Some(exactly(array, &nanoseconds).and_then(|array| exactly(array.as_ref(), to)));
            }
            (Kind::Time, _) => false,
            (Kind::Flag, DataType::Boolean) => true,
            _ if to.is_floating() => from.is_numeric(),
            _ => from.is_integer(),
        };
        can_be_meant.then(|| exactly(array, to))
    }

    const fn wanted(&self) -> &'static str {
        match self.kind {
            Kind::Time => "int64 nanoseconds or timestamps",
            _ => T::WANTED,
        }
    }

    fn refused(&self, found: &str) -> PyErr {
        let (name, wanted) = (self.name, self.wanted());
        SchemaError::new_err(format!(
            "column {name:?} is {found}: give one dimension of {wanted}, as a NumPy array or a column of an Arrow library"
        ))
    }

    fn unread(&self, error: &impl std::fmt::Display) -> PyErr {
        let (name, wanted) = (self.name, self.wanted());
        SchemaError::new_err(format!("column {name:?} cannot be read ({error}): give {wanted}"))
    }
}

fn copied<T: numpy::Element + Copy, A: ArrowPrimitiveType<Native = T>>(
    values: &PyReadonlyArray1<'_, T>,
) -> PrimitiveArray<A> {
    PrimitiveArray::from_iter_values(values.as_array().iter().copied())
}

/// A copy as `dtype`, which is `NumPy`'s name of `A`.
fn widened<A: ArrowPrimitiveType<Native: numpy::Element>>(
    array: &Bound<'_, PyAny>,
    dtype: &str,
) -> PyResult<PrimitiveArray<A>> {
    let array = array.call_method1("astype", (dtype,))?;
    let values = array.cast::<PyArray1<A::Native>>().map_err(PyErr::from)?.readonly();
    Ok(copied(&values))
}

fn exactly(array: &dyn Array, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })
}
