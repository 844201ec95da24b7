//! Columns of updates from `NumPy` arrays, Arrow arrays, record batches and tables.

use std::borrow::Cow;

use alphatrader_core::book::columns::cast_column;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use numpy::{Element, PyArrayDyn, PyReadonlyArray1, PyUntypedArray};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::arrow::{arrays, batches};
use crate::columns::contiguous as values;
use crate::errors::{to_python, SchemaError};

/// The values of one column.
pub enum Column<'py, T: ArrowPrimitiveType>
where
    T::Native: Element,
{
    Numpy(PyReadonlyArray1<'py, T::Native>),
    Arrow(PrimitiveArray<T>),
}

impl<T: ArrowPrimitiveType> Column<'_, T>
where
    T::Native: Element + Copy,
{
    pub fn values(&self) -> Cow<'_, [T::Native]> {
        match self {
            Self::Numpy(array) => values(array),
            Self::Arrow(array) => Cow::Borrowed(array.values()),
        }
    }
}

/// Columns by name: of a mapping of arrays, or of one batch of a table.
pub enum Columns<'py> {
    Mapping(Bound<'py, PyMapping>),
    Batch(arrow_array::RecordBatch),
}

impl<'py> Columns<'py> {
    /// The parts of whatever was handed in, without copying.
    pub fn of(object: &Bound<'py, PyAny>) -> PyResult<Vec<Self>> {
        // A data frame has capsules, and may be a mapping besides: the capsules come first.
        let py = object.py();
        let has_capsule =
            object.hasattr(intern!(py, "__arrow_c_array__"))? || object.hasattr(intern!(py, "__arrow_c_stream__"))?;
        if has_capsule {
            return Ok(batches(object)?.into_iter().map(Self::Batch).collect());
        }
        match object.cast::<PyMapping>() {
            Ok(mapping) => Ok(vec![Self::Mapping(mapping.clone())]),
            Err(_) => Err(SchemaError::new_err(
                "the batch was neither Arrow nor a mapping: give a record batch, a table, or {\"side\": array, ...}",
            )),
        }
    }

    /// A column, `None` if there is none of this name.
    pub fn optional<T: ArrowPrimitiveType>(&self, name: &str) -> PyResult<Option<Column<'py, T>>>
    where
        T::Native: Element,
    {
        match self {
            Self::Mapping(mapping) => {
                if !mapping.contains(name)? {
                    return Ok(None);
                }
                of_object(name, &mapping.get_item(name)?).map(Some)
            }
            Self::Batch(batch) => match batch.column_by_name(name) {
                Some(array) => of_arrow(name, std::slice::from_ref(array)).map(Some),
                None => Ok(None),
            },
        }
    }

    /// A column that must be there.
    pub fn required<T: ArrowPrimitiveType>(&self, name: &str) -> PyResult<Column<'py, T>>
    where
        T::Native: Element,
    {
        self.optional(name)?.ok_or_else(|| self.missing(name))
    }

    pub fn missing(&self, name: &str) -> PyErr {
        let present = match self {
            Self::Mapping(mapping) => mapping.keys().map_or_else(|_| String::new(), |keys| keys.to_string()),
            Self::Batch(batch) => {
                let names: Vec<&str> = batch.schema_ref().fields().iter().map(|f| f.name().as_str()).take(40).collect();
                names.join(", ")
            }
        };
        SchemaError::new_err(format!("the batch has no column {name:?}; its columns are {present}"))
    }
}

fn of_object<'py, T: ArrowPrimitiveType>(name: &str, object: &Bound<'py, PyAny>) -> PyResult<Column<'py, T>>
where
    T::Native: Element,
{
    if object.cast::<PyUntypedArray>().is_err() {
        return of_arrow(name, &arrays(object)?);
    }
    if let Ok(array) = object.extract::<PyReadonlyArray1<'py, T::Native>>() {
        return Ok(Column::Numpy(array));
    }
    let array = if object.cast::<PyArrayDyn<u8>>().is_ok() && T::DATA_TYPE == arrow_schema::DataType::Int8 {
        // The same bytes: a side past 1 is refused either way.
        object.call_method1(intern!(object.py(), "view"), ("int8",))?
    } else {
        let safe = PyDict::new(object.py());
        safe.set_item("casting", "safe")?;
        object
            .call_method(intern!(object.py(), "astype"), (numpy::dtype::<T::Native>(object.py()),), Some(&safe))
            .map_err(|error| not_a_column::<T>(name, object, &error))?
    };
    let array = array.extract::<PyReadonlyArray1<'py, T::Native>>();
    Ok(Column::Numpy(array.map_err(|error| not_a_column::<T>(name, object, &error))?))
}

fn not_a_column<T: ArrowPrimitiveType>(name: &str, object: &Bound<'_, PyAny>, error: &PyErr) -> PyErr {
    let dtype = object.getattr("dtype").map_or_else(|_| "?".to_owned(), |dtype| dtype.to_string());
    SchemaError::new_err(format!(
        "column {name:?} is an array of {dtype}: give one dimension of {} ({error})",
        T::DATA_TYPE
    ))
}

fn of_arrow<'py, T: ArrowPrimitiveType>(name: &str, chunks: &[ArrayRef]) -> PyResult<Column<'py, T>>
where
    T::Native: Element,
{
    let chunks: Vec<&dyn Array> = chunks.iter().map(AsRef::as_ref).collect();
    cast_column(name, &chunks).map(Column::Arrow).map_err(to_python)
}
