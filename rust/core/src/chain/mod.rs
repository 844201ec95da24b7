//! A decoded option chain: one Arrow record batch and where it comes from.

pub mod alphavantage;
mod builder;
pub mod cboe;
mod number;
mod redact;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::types::{Date32Type, Float64Type, Int8Type};
use arrow_array::{new_null_array, ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use crate::civil::format_yyyymmdd;
use crate::columns::{nullable, Text};
use crate::error::{positive, Error, Result};

/// A number column of a chain besides the strike. The order is that of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the columns' names")]
pub enum Number {
    Bid,
    Ask,
    Last,
    Mark,
    BidSize,
    AskSize,
    Volume,
    OpenInterest,
    Iv,
    Delta,
    Gamma,
    Theta,
    Vega,
}

const NUMBERS: [&str; 13] = [
    "bid",
    "ask",
    "last",
    "mark",
    "bid_size",
    "ask_size",
    "volume",
    "open_interest",
    "iv",
    "delta",
    "gamma",
    "theta",
    "vega",
];

/// The schema of every chain: contract terms, then the number columns, null where absent or not a number.
pub fn schema() -> SchemaRef {
    let mut fields = vec![
        Field::new("root", DataType::Utf8, true),
        Field::new("expiry", DataType::Date32, true),
        Field::new("right", DataType::Int8, true),
        Field::new("strike", DataType::Float64, true),
    ];
    fields.extend(NUMBERS.map(|name| Field::new(name, DataType::Float64, true)));
    Arc::new(Schema::new(fields))
}

/// A decoded chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    batch: RecordBatch,
    /// Price of the underlying, where the source states it.
    pub spot: Option<f64>,
    /// Date or time text of the source, unparsed.
    pub as_of: Option<String>,
    /// Rows that could not be decoded, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
}

impl Chain {
    /// Take a batch that has at least `expiry` date32, `right` int8 and `strike` float64. Absent columns become null.
    pub fn from_batches(batches: &[RecordBatch], spot: Option<f64>, as_of: Option<String>) -> Result<Self> {
        let spot = spot.map(|price| positive("spot", price)).transpose()?;
        let rows = batches.iter().map(conform).collect::<Result<Vec<_>>>()?;
        let batch = match rows.as_slice() {
            // A single batch stays where it is.
            [one] => one.clone(),
            several => arrow_select::concat::concat_batches(&schema(), several).map_err(as_schema_error)?,
        };
        Ok(Self { batch, spot, as_of, dropped: BTreeMap::new() })
    }

    /// The rows.
    pub const fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// All expiries, as sorted `YYYYMMDD`.
    pub fn expiries(&self) -> Result<Vec<String>> {
        let mut days: Vec<i32> = nullable::<Date32Type>(&self.batch, "expiry")?.iter().flatten().collect();
        days.sort_unstable();
        days.dedup();
        Ok(days.into_iter().map(format_yyyymmdd).collect())
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn as_schema_error(error: ArrowError) -> Error {
    Error::Schema(error.to_string())
}

/// A batch with exactly the columns of [`schema`], or an error that names what does not fit.
fn conform(batch: &RecordBatch) -> Result<RecordBatch> {
    nullable::<Date32Type>(batch, "expiry")?;
    nullable::<Int8Type>(batch, "right")?;
    nullable::<Float64Type>(batch, "strike")?;
    let target = schema();
    let column = |field: &Arc<Field>| -> Result<ArrayRef> {
        let Some(array) = batch.column_by_name(field.name()) else {
            return Ok(new_null_array(field.data_type(), batch.num_rows()));
        };
        match field.data_type() {
            DataType::Utf8 if array.data_type() == &DataType::Utf8 => Ok(Arc::clone(array)),
            DataType::Utf8 => {
                let text = Text::of_array(array).ok_or_else(|| wrong_type(field, array))?;
                let root = (0..array.len()).map(|row| text.get(row).and_then(|bytes| std::str::from_utf8(bytes).ok()));
                Ok(Arc::new(root.collect::<arrow_array::StringArray>()))
            }
            expected if array.data_type() == expected => Ok(Arc::clone(array)),
            _ => Err(wrong_type(field, array)),
        }
    };
    let columns = target.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(target, columns).map_err(as_schema_error)
}

fn wrong_type(field: &Field, array: &ArrayRef) -> Error {
    Error::Schema(format!("column {:?} is {}: it must be {}", field.name(), array.data_type(), field.data_type()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Date32Array, Float64Array, Int32Array, Int8Array};

    fn batch_of(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn from_batches_fills_absent_columns_with_null() {
        let batch = batch_of(vec![
            ("strike", Arc::new(Float64Array::from(vec![1.0])) as ArrayRef),
            ("right", Arc::new(Int8Array::from(vec![1])) as ArrayRef),
            ("expiry", Arc::new(Date32Array::from(vec![19_000])) as ArrayRef),
        ]);
        let chain = Chain::from_batches(&[batch.clone(), batch], Some(5.0), None).unwrap();
        assert_eq!((chain.batch().num_rows(), chain.batch().num_columns()), (2, 17));
        assert_eq!(chain.batch().column_by_name("gamma").map(|c| c.null_count()), Some(2));
        assert_eq!(chain.expiries().unwrap(), ["20220108"]);
    }

    #[test]
    fn from_batches_names_what_does_not_fit() {
        let batch = batch_of(vec![("strike", Arc::new(Int32Array::from(vec![1])) as ArrayRef)]);
        let error = Chain::from_batches(std::slice::from_ref(&batch), None, None).unwrap_err().to_string();
        assert!(error.contains("expiry"), "{error}");
        assert!(Chain::from_batches(&[batch], Some(f64::NAN), None).is_err());
    }
}
