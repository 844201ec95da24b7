//! Typed access to the columns of Arrow batches, with errors that name the column.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Int16Type, Int32Type, Int64Type, Int8Type, UInt16Type, UInt32Type, UInt64Type, UInt8Type,
};
use arrow_array::{Array, ArrayRef, LargeStringArray, PrimitiveArray, RecordBatch, StringArray, StringViewArray};
use arrow_buffer::ScalarBuffer;
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

/// The values of a column that must be present, of this type and without nulls; they share the column's memory.
pub(crate) fn required_shared<T: ArrowPrimitiveType>(
    batch: &RecordBatch,
    name: &str,
) -> Result<ScalarBuffer<T::Native>> {
    required::<T>(batch, name)?;
    Ok(typed::<T>(name, column(batch, name)?)?.values().clone())
}

/// A text column that must be present, as it is; its layout is checked.
pub(crate) fn required_text(batch: &RecordBatch, name: &str) -> Result<ArrayRef> {
    let array = column(batch, name)?;
    Text::of_array(array.as_ref()).ok_or_else(|| {
        let layouts = "utf8, large_utf8, utf8_view or a dictionary of one of them";
        Error::Schema(format!("column {name:?} is {}: it must be {layouts}", array.data_type()))
    })?;
    Ok(array.clone())
}

/// A text column of any of Arrow's layouts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text<'a> {
    Small(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
    /// Each row is the number of a value.
    Dictionary(DictionaryText<'a>),
    /// A column of the null type: every value is absent.
    Null,
}

impl<'a> Text<'a> {
    pub(crate) fn of_array(array: &'a dyn Array) -> Option<Self> {
        match array.data_type() {
            DataType::Utf8 => array.as_string_opt::<i32>().map(Self::Small),
            DataType::LargeUtf8 => array.as_string_opt::<i64>().map(Self::Large),
            DataType::Utf8View => array.as_string_view_opt().map(Self::View),
            DataType::Dictionary(_, _) => DictionaryText::of_array(array).map(Self::Dictionary),
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
            Self::Dictionary(dictionary) => dictionary.get(row),
            Self::Null => None,
        }
    }
}

/// A dictionary array of text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DictionaryText<'a> {
    keys: Keys<'a>,
    values: DictionaryValues<'a>,
}

#[derive(Debug, Clone, Copy)]
enum DictionaryValues<'a> {
    Small(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
}

/// The keys of a dictionary array, of any of their types.
#[derive(Debug, Clone, Copy)]
enum Keys<'a> {
    I8(&'a PrimitiveArray<Int8Type>),
    I16(&'a PrimitiveArray<Int16Type>),
    I32(&'a PrimitiveArray<Int32Type>),
    I64(&'a PrimitiveArray<Int64Type>),
    U8(&'a PrimitiveArray<UInt8Type>),
    U16(&'a PrimitiveArray<UInt16Type>),
    U32(&'a PrimitiveArray<UInt32Type>),
    U64(&'a PrimitiveArray<UInt64Type>),
}

impl<'a> Keys<'a> {
    fn of_array(keys: &'a dyn Array) -> Option<Self> {
        Some(match keys.data_type() {
            DataType::Int8 => Self::I8(keys.as_primitive_opt()?),
            DataType::Int16 => Self::I16(keys.as_primitive_opt()?),
            DataType::Int32 => Self::I32(keys.as_primitive_opt()?),
            DataType::Int64 => Self::I64(keys.as_primitive_opt()?),
            DataType::UInt8 => Self::U8(keys.as_primitive_opt()?),
            DataType::UInt16 => Self::U16(keys.as_primitive_opt()?),
            DataType::UInt32 => Self::U32(keys.as_primitive_opt()?),
            DataType::UInt64 => Self::U64(keys.as_primitive_opt()?),
            _ => return None,
        })
    }

    /// The key of a row; a negative one becomes a number beyond any dictionary.
    #[inline]
    fn get(self, row: usize) -> Option<usize> {
        match self {
            Self::I8(keys) => keys.is_valid(row).then(|| keys.value(row) as usize),
            Self::I16(keys) => keys.is_valid(row).then(|| keys.value(row) as usize),
            Self::I32(keys) => keys.is_valid(row).then(|| keys.value(row) as usize),
            Self::I64(keys) => keys.is_valid(row).then(|| keys.value(row) as usize),
            Self::U8(keys) => keys.is_valid(row).then(|| keys.value(row).into()),
            Self::U16(keys) => keys.is_valid(row).then(|| keys.value(row).into()),
            Self::U32(keys) => keys.is_valid(row).then(|| keys.value(row) as usize),
            Self::U64(keys) => keys.is_valid(row).then(|| keys.value(row) as usize),
        }
    }
}

impl<'a> DictionaryText<'a> {
    fn of_array(array: &'a dyn Array) -> Option<Self> {
        let dictionary = array.as_any_dictionary_opt()?;
        let values = dictionary.values().as_ref();
        let values = match values.data_type() {
            DataType::Utf8 => DictionaryValues::Small(values.as_string_opt()?),
            DataType::LargeUtf8 => DictionaryValues::Large(values.as_string_opt()?),
            DataType::Utf8View => DictionaryValues::View(values.as_string_view_opt()?),
            _ => return None,
        };
        Some(Self { keys: Keys::of_array(dictionary.keys())?, values })
    }

    /// How many values the dictionary has.
    pub(crate) fn value_count(&self) -> usize {
        match self.values {
            DictionaryValues::Small(values) => values.len(),
            DictionaryValues::Large(values) => values.len(),
            DictionaryValues::View(values) => values.len(),
        }
    }

    /// A value of the dictionary; `None` for a null or a number beyond it.
    pub(crate) fn value(&self, number: usize) -> Option<&'a [u8]> {
        if number >= self.value_count() {
            return None;
        }
        match self.values {
            DictionaryValues::Small(values) => values.is_valid(number).then(|| values.value(number).as_bytes()),
            DictionaryValues::Large(values) => values.is_valid(number).then(|| values.value(number).as_bytes()),
            DictionaryValues::View(values) => values.is_valid(number).then(|| values.value(number).as_bytes()),
        }
    }

    /// The number of a row's value, `None` if the row is null.
    #[inline]
    pub(crate) fn key(&self, row: usize) -> Option<usize> {
        self.keys.get(row)
    }

    fn get(&self, row: usize) -> Option<&'a [u8]> {
        self.key(row).and_then(|number| self.value(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, DictionaryArray, NullArray};
    use std::sync::Arc;

    #[test]
    fn every_layout_of_text_reads_the_same() {
        let rows = [Some("P"), None, Some(""), Some("a long name of a venue"), Some("P")];
        let small = StringArray::from_iter(rows);
        let dictionary: DictionaryArray<Int8Type> = rows.into_iter().collect();
        let wide = DictionaryArray::<UInt32Type>::new(
            [Some(0), None, Some(1), Some(2), Some(0)].into_iter().collect(),
            Arc::new(LargeStringArray::from_iter_values(["P", "", "a long name of a venue"])),
        );
        let layouts: [ArrayRef; 5] = [
            Arc::new(small),
            Arc::new(LargeStringArray::from_iter(rows)),
            Arc::new(StringViewArray::from_iter(rows)),
            Arc::new(dictionary),
            Arc::new(wide),
        ];
        for array in &layouts {
            let text = Text::of_array(array.as_ref()).unwrap();
            for (i, row) in rows.iter().enumerate() {
                assert_eq!(text.get(i), row.map(str::as_bytes), "{} row {i}", array.data_type());
            }
        }
        assert_eq!(Text::of_array(&NullArray::new(3)).unwrap().get(1), None);
        assert!(Text::of_array(&PrimitiveArray::<Int8Type>::from(vec![1])).is_none());
    }
}
