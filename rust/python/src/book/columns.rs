//! Columns of updates by name: of a mapping of arrays, or of record batches and tables.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::arrow::batches;
use crate::columns::{Column, Kind, Number};
use crate::errors::SchemaError;

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
    pub fn optional<T: Number>(&self, name: &str) -> PyResult<Option<Column<'py, T>>> {
        self.find(name, Kind::Number)
    }

    /// The sides, which must be there.
    pub fn sides(&self) -> PyResult<Column<'py, i8>> {
        self.find("side", Kind::Flag)?.ok_or_else(|| self.missing("side"))
    }

    fn find<T: Number>(&self, name: &str, kind: Kind) -> PyResult<Option<Column<'py, T>>> {
        match self {
            Self::Mapping(mapping) => {
                if !mapping.contains(name)? {
                    return Ok(None);
                }
                Column::of_kind(name, &mapping.get_item(name)?, kind).map(Some)
            }
            Self::Batch(batch) => match batch.column_by_name(name) {
                Some(array) => Column::of_chunks(name, std::slice::from_ref(array), kind).map(Some),
                None => Ok(None),
            },
        }
    }

    /// A column that must be there.
    pub fn required<T: Number>(&self, name: &str) -> PyResult<Column<'py, T>> {
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
