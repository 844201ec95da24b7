//! Typed access to the columns of Arrow batches, with errors that name the column.

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, LargeStringArray, PrimitiveArray, RecordBatch, StringArray, StringViewArray};
use arrow_schema::DataType;

use crate::error::{Error, Result};

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| {
        let present: Vec<&str> = batch.schema_ref().fields().iter().map(|f| f.name().as_str()).take(40).collect();
        Error::Schema(format!("the batch has no column {name:?}; its columns are {}", present.join(", ")))
    })
}

fn typed<'a, T: ArrowPrimitiveType>(name: &str, array: &'a ArrayRef) -> Result<&'a PrimitiveArray<T>> {
    array
        .as_primitive_opt::<T>()
        .ok_or_else(|| Error::Schema(format!("column {name:?} is {}: it must be {}", array.data_type(), T::DATA_TYPE)))
}

/// The values of a column that must be present, of this type and without nulls.
pub(crate) fn required<'a, T: ArrowPrimitiveType>(batch: &'a RecordBatch, name: &str) -> Result<&'a [T::Native]> {
    let array = typed::<T>(name, column(batch, name)?)?;
    if array.null_count() > 0 {
        return Err(Error::Schema(format!("column {name:?} has {} nulls: it must have none", array.null_count())));
    }
    Ok(array.values())
}

/// A column that must be present and of this type; nulls are allowed.
pub(crate) fn nullable<'a, T: ArrowPrimitiveType>(batch: &'a RecordBatch, name: &str) -> Result<&'a PrimitiveArray<T>> {
    typed::<T>(name, column(batch, name)?)
}

/// A text column of any of Arrow's layouts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text<'a> {
    Small(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
    /// A column of the null type: every value is absent.
    Null,
}

impl<'a> Text<'a> {
    pub(crate) fn of_batch(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        Self::of_array(column(batch, name)?.as_ref())
            .ok_or_else(|| Error::Schema(format!("column {name:?} must be utf8, large_utf8 or utf8_view")))
    }

    pub(crate) fn of_array(array: &'a dyn Array) -> Option<Self> {
        match array.data_type() {
            DataType::Utf8 => array.as_string_opt::<i32>().map(Self::Small),
            DataType::LargeUtf8 => array.as_string_opt::<i64>().map(Self::Large),
            DataType::Utf8View => array.as_string_view_opt().map(Self::View),
            DataType::Null => Some(Self::Null),
            _ => None,
        }
    }

    /// The bytes of a row, `None` if it is null. They are UTF-8 only if the producer of the array kept its promise.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<&'a [u8]> {
        match self {
            Self::Small(array) => array.is_valid(row).then(|| array.value(row).as_bytes()),
            Self::Large(array) => array.is_valid(row).then(|| array.value(row).as_bytes()),
            Self::View(array) => array.is_valid(row).then(|| array.value(row).as_bytes()),
            Self::Null => None,
        }
    }
}
