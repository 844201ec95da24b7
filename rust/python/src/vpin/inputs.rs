//! Columns of a tape from `NumPy` and Arrow objects of any library. What fits is not copied.

use std::sync::Arc;

use alphatrader_core::vpin::sides::QuoteColumns;
use alphatrader_core::vpin::stream::TapeColumns;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Int8Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt16Type, UInt32Type, UInt64Type,
    UInt8Type,
};
use arrow_array::{Array, ArrowNativeTypeOp, ArrowPrimitiveType, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};
use numpy::{PyArray1, PyArrayDescrMethods, PyArrayMethods, PyReadonlyArray1, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::arrow::arrays;
use crate::errors::{CoreError, SchemaError};

/// A number that a column may hold.
pub trait Number: numpy::Element + ArrowNativeTypeOp {
    /// Arrow's type of it.
    type Arrow: ArrowPrimitiveType<Native = Self>;
    /// `NumPy`'s name of it.
    const DTYPE: &'static str;
    /// What columns of it are for.
    const WANTED: &'static str;

    /// The values of an array of another type, if they can be meant.
    fn convert(array: &dyn Array) -> Option<Vec<Self>>;
}

fn cast<A: ArrowPrimitiveType, T>(array: &dyn Array, f: impl Fn(A::Native) -> T) -> Vec<T> {
    array.as_primitive::<A>().values().iter().map(|value| f(*value)).collect()
}

impl Number for f64 {
    type Arrow = Float64Type;
    const DTYPE: &'static str = "float64";
    const WANTED: &'static str = "numbers";

    fn convert(array: &dyn Array) -> Option<Vec<Self>> {
        Some(match array.data_type() {
            DataType::Float32 => cast::<Float32Type, _>(array, Self::from),
            DataType::Int8 => cast::<Int8Type, _>(array, Self::from),
            DataType::Int16 => cast::<Int16Type, _>(array, Self::from),
            DataType::Int32 => cast::<Int32Type, _>(array, Self::from),
            // Up to 2^53 these are exact, and what is larger is refused as a price or size.
            DataType::Int64 => cast::<Int64Type, _>(array, |v| v as Self),
            DataType::UInt8 => cast::<UInt8Type, _>(array, Self::from),
            DataType::UInt16 => cast::<UInt16Type, _>(array, Self::from),
            DataType::UInt32 => cast::<UInt32Type, _>(array, Self::from),
            DataType::UInt64 => cast::<UInt64Type, _>(array, |v| v as Self),
            _ => return None,
        })
    }
}

impl Number for i64 {
    type Arrow = Int64Type;
    const DTYPE: &'static str = "int64";
    const WANTED: &'static str = "int64 nanoseconds or timestamps";

    fn convert(array: &dyn Array) -> Option<Vec<Self>> {
        // A time too far away to be told in ns stays the farthest.
        Some(match array.data_type() {
            DataType::Timestamp(TimeUnit::Nanosecond, _) => cast::<TimestampNanosecondType, _>(array, |v| v),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                cast::<TimestampMicrosecondType, _>(array, |v| v.saturating_mul(1_000))
            }
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                cast::<TimestampMillisecondType, _>(array, |v| v.saturating_mul(1_000_000))
            }
            DataType::Timestamp(TimeUnit::Second, _) => {
                cast::<TimestampSecondType, _>(array, |v| v.saturating_mul(1_000_000_000))
            }
            _ => return None,
        })
    }
}

impl Number for i8 {
    type Arrow = Int8Type;
    const DTYPE: &'static str = "int8";
    const WANTED: &'static str = "int8 (1 buyer, -1 seller, 0 unknown)";

    fn convert(array: &dyn Array) -> Option<Vec<Self>> {
        // What does not fit is no side, and stays none.
        Some(match array.data_type() {
            DataType::Int16 => cast::<Int16Type, _>(array, |v| Self::try_from(v).unwrap_or(Self::MAX)),
            DataType::Int32 => cast::<Int32Type, _>(array, |v| Self::try_from(v).unwrap_or(Self::MAX)),
            DataType::Int64 => cast::<Int64Type, _>(array, |v| Self::try_from(v).unwrap_or(Self::MAX)),
            _ => return None,
        })
    }
}

/// A column as it is held while the core reads it.
pub enum Column<'py, T: Number> {
    Numpy(PyReadonlyArray1<'py, T>),
    Arrow(Vec<PrimitiveArray<T::Arrow>>),
    Copied(Vec<Vec<T>>),
}

impl<'py, T: Number> Column<'py, T> {
    /// Read `object`; `name` is for the error.
    pub fn read(name: &str, object: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(array) = object.cast::<PyUntypedArray>() {
            return Self::read_numpy(name, array);
        }
        let arrow = object.hasattr("__arrow_c_array__")? || object.hasattr("__arrow_c_stream__")?;
        if !arrow && object.hasattr("__array__")? {
            // A pandas Series, before it spoke Arrow.
            let array = object.py().import("numpy")?.call_method1("asarray", (object,))?;
            return Self::read_numpy(name, array.cast::<PyUntypedArray>().map_err(PyErr::from)?);
        }
        if !arrow {
            let kind = object.get_type().name()?;
            return Err(SchemaError::new_err(format!(
                "{name} is a {kind}: give a NumPy array or a column of an Arrow library"
            )));
        }
        Self::read_arrow(name, &arrays(object)?)
    }

    fn read_numpy(name: &str, array: &Bound<'py, PyUntypedArray>) -> PyResult<Self> {
        if array.ndim() != 1 {
            return Err(SchemaError::new_err(format!("{name} has {} dimensions: it must have one", array.ndim())));
        }
        if let Ok(same) = array.cast::<PyArray1<T>>() {
            let values = same.try_readonly().map_err(|error| CoreError::new_err(format!("{name}: {error}")))?;
            return Ok(if values.as_slice().is_ok() {
                Self::Numpy(values)
            } else {
                Self::Copied(vec![values.as_array().iter().copied().collect()])
            });
        }
        let dtype = array.dtype();
        let (kind, size) = (char::from(dtype.kind()), dtype.itemsize());
        let convertible = match T::DTYPE {
            "float64" => matches!(kind, 'i' | 'u') || (kind == 'f' && size <= 8),
            "int64" => kind == 'M',
            _ => kind == 'i',
        };
        if !convertible {
            return Err(SchemaError::new_err(format!("{name} is an array of {dtype}: it must hold {}", T::WANTED)));
        }
        let converted = match kind {
            'M' => array.call_method1("astype", ("datetime64[ns]",))?.call_method1("astype", ("int64",))?,
            'i' if T::DTYPE == "int8" => array.call_method1("clip", (-128, 127))?.call_method1("astype", ("int8",))?,
            _ => array.call_method1("astype", (T::DTYPE,))?,
        };
        let values = converted.cast::<PyArray1<T>>().map_err(PyErr::from)?.readonly();
        Ok(Self::Copied(vec![values.as_array().iter().copied().collect()]))
    }

    fn read_arrow(name: &str, chunks: &[Arc<dyn Array>]) -> PyResult<Self> {
        let nulls: usize = chunks.iter().map(Array::logical_null_count).sum();
        if nulls > 0 {
            return Err(SchemaError::new_err(format!("{name} has {nulls} nulls: it must have none")));
        }
        let same: Option<Vec<_>> = chunks.iter().map(|chunk| chunk.as_primitive_opt::<T::Arrow>().cloned()).collect();
        if let Some(same) = same {
            return Ok(Self::Arrow(same));
        }
        let copied: Option<Vec<_>> = chunks.iter().map(|chunk| T::convert(chunk.as_ref())).collect();
        copied.map(Self::Copied).ok_or_else(|| {
            let found = chunks.first().map_or(&DataType::Null, |chunk| chunk.data_type());
            SchemaError::new_err(format!("{name} is a column of {found}: it must hold {}", T::WANTED))
        })
    }

    /// The values, piece by piece.
    fn pieces(&self) -> Vec<&[T]> {
        match self {
            Self::Numpy(array) => vec![array.as_slice().unwrap_or_default()],
            Self::Arrow(chunks) => chunks.iter().map(|chunk| &chunk.values()[..]).collect(),
            Self::Copied(chunks) => chunks.iter().map(Vec::as_slice).collect(),
        }
    }
}

/// The columns of a tape, as they are held while the core reads them.
pub struct TapeArguments<'py> {
    ts_ns: Option<Column<'py, i64>>,
    price: Option<Column<'py, f64>>,
    size: Option<Column<'py, f64>>,
    aggressor: Option<Column<'py, i8>>,
    quotes: Option<(Column<'py, f64>, Column<'py, f64>)>,
}

impl<'py> TapeArguments<'py> {
    pub fn read(
        ts_ns: Option<&Bound<'py, PyAny>>,
        price: Option<&Bound<'py, PyAny>>,
        size: Option<&Bound<'py, PyAny>>,
        aggressor: Option<&Bound<'py, PyAny>>,
        bid: Option<&Bound<'py, PyAny>>,
        ask: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        let quotes = match (bid, ask) {
            (Some(bid), Some(ask)) => Some((Column::read("bid", bid)?, Column::read("ask", ask)?)),
            (None, None) => None,
            _ => return Err(CoreError::new_err("one of bid and ask is missing: give both or neither")),
        };
        Ok(Self {
            ts_ns: ts_ns.map(|column| Column::read("ts_ns", column)).transpose()?,
            price: price.map(|column| Column::read("price", column)).transpose()?,
            size: size.map(|column| Column::read("size", column)).transpose()?,
            aggressor: aggressor.map(|column| Column::read("aggressor", column)).transpose()?,
            quotes,
        })
    }

    /// Pieces in which no column changes its buffer. All columns must be of one length.
    pub fn pieces(&self) -> PyResult<Vec<TapeColumns<'_>>> {
        let mut ts_ns = Walk::over("ts_ns", self.ts_ns.as_ref());
        let mut price = Walk::over("price", self.price.as_ref());
        let mut size = Walk::over("size", self.size.as_ref());
        let mut aggressor = Walk::over("aggressor", self.aggressor.as_ref());
        let mut bid = Walk::over("bid", self.quotes.as_ref().map(|quotes| &quotes.0));
        let mut ask = Walk::over("ask", self.quotes.as_ref().map(|quotes| &quotes.1));
        let lengths = [ts_ns.total(), price.total(), size.total(), aggressor.total(), bid.total(), ask.total()];
        let lengths: Vec<_> = lengths.into_iter().flatten().collect();
        let Some(&(first, rows)) = lengths.first() else { return Ok(Vec::new()) };
        if let Some((name, length)) = lengths.iter().find(|(_, length)| *length != rows) {
            return Err(CoreError::new_err(format!(
                "{first} has {rows} values and {name} has {length}: they must be of one length"
            )));
        }
        let mut pieces = Vec::new();
        let mut done = 0;
        while done < rows {
            let left = [ts_ns.left(), price.left(), size.left(), aggressor.left(), bid.left(), ask.left()];
            let count = left.into_iter().flatten().min().unwrap_or(0);
            let quotes = bid.take(count).zip(ask.take(count)).map(|(bid, ask)| QuoteColumns { bid, ask });
            pieces.push(TapeColumns {
                ts_ns: ts_ns.take(count).unwrap_or_default(),
                price: price.take(count),
                size: size.take(count).unwrap_or_default(),
                aggressor: aggressor.take(count),
                quotes,
            });
            done += count;
        }
        Ok(pieces)
    }
}

/// A walk over the pieces of a column that may be absent.
struct Walk<'a, T> {
    name: &'static str,
    pieces: Option<std::iter::Peekable<std::vec::IntoIter<&'a [T]>>>,
    total: usize,
}

impl<'a, T: Number> Walk<'a, T> {
    fn over(name: &'static str, column: Option<&'a Column<'_, T>>) -> Self {
        let pieces = column.map(Column::pieces);
        let total = pieces.iter().flatten().map(|piece| piece.len()).sum();
        Self { name, pieces: pieces.map(|pieces| pieces.into_iter().peekable()), total }
    }

    fn total(&self) -> Option<(&'static str, usize)> {
        self.pieces.as_ref().map(|_| (self.name, self.total))
    }

    /// Values left in the piece at hand.
    fn left(&mut self) -> Option<usize> {
        let pieces = self.pieces.as_mut()?;
        while pieces.next_if(|piece| piece.is_empty()).is_some() {}
        pieces.peek().map(|piece| piece.len())
    }

    /// The next `count` values, which are in one piece.
    fn take(&mut self, count: usize) -> Option<&'a [T]> {
        let piece = self.pieces.as_mut()?.peek_mut()?;
        let (taken, rest) = piece.split_at(count);
        *piece = rest;
        Some(taken)
    }
}
