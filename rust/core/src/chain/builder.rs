//! Decoded rows become columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{new_null_array, ArrayRef, Date32Array, Float64Array, Int8Array, RecordBatch, StringArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;

use crate::chain::{as_schema_error, schema, Chain, Number, NUMBERS};
use crate::error::{Error, Result};
use crate::occ::kernel::Terms;

/// Longest body that is decoded: a hundred times the largest chain. Offsets of its texts then fit 32 bits.
const BODY_BYTES_MAX: usize = 1 << 30;

/// Collects decoded rows, and counts those that could not be decoded.
#[derive(Debug)]
pub(crate) struct ChainBuilder {
    root_ends: Vec<i32>,
    roots: Vec<u8>,
    expiry: Vec<i32>,
    right: Vec<i8>,
    strike: Vec<f64>,
    columns: Vec<(Number, Vec<f64>)>,
    dropped: BTreeMap<&'static str, u64>,
}

impl ChainBuilder {
    /// For a source with these columns; `rows` are expected.
    pub(crate) fn new(columns: &[Number], rows: usize) -> Self {
        let mut root_ends = Vec::with_capacity(rows + 1);
        root_ends.push(0);
        Self {
            root_ends,
            roots: Vec::with_capacity(rows * 4),
            expiry: Vec::with_capacity(rows),
            right: Vec::with_capacity(rows),
            strike: Vec::with_capacity(rows),
            columns: columns.iter().map(|column| (*column, Vec::with_capacity(rows))).collect(),
            dropped: BTreeMap::new(),
        }
    }

    /// Refuse a body that is too long, before anything is read.
    pub(crate) fn check_length(body: &[u8]) -> Result<()> {
        if body.len() <= BODY_BYTES_MAX {
            return Ok(());
        }
        Err(Error::ChainDecode(format!("a body of {} bytes is no option chain: {BODY_BYTES_MAX} at most", body.len())))
    }

    /// Add a contract and its numbers, in the order of the columns; NaN or infinite where it has none.
    #[inline]
    pub(crate) fn push(&mut self, terms: &Terms, numbers: &[f64]) {
        let end = self.roots.len() + terms.root_len() as usize;
        self.roots.extend_from_slice(&terms.root.to_le_bytes());
        self.roots.truncate(end);
        self.root_ends.push(end as i32);
        self.expiry.push(terms.days as i32);
        self.right.push(terms.sign());
        self.strike.push(terms.strike());
        for ((_, column), number) in self.columns.iter_mut().zip(numbers) {
            column.push(*number);
        }
    }

    /// Count a row that could not be decoded.
    pub(crate) fn drop_row(&mut self, reason: &'static str) {
        *self.dropped.entry(reason).or_insert(0) += 1;
    }

    pub(crate) fn finish(self, spot: Option<f64>, as_of: Option<String>) -> Result<Chain> {
        let rows = self.expiry.len();
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.root_ends));
        let root = StringArray::try_new(ends, Buffer::from_vec(self.roots), None).map_err(as_schema_error)?;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(root),
            Arc::new(Date32Array::from(self.expiry)),
            Arc::new(Int8Array::from(self.right)),
            Arc::new(Float64Array::from(self.strike)),
        ];
        columns.extend((0..NUMBERS.len()).map(|_| new_null_array(&DataType::Float64, rows)));
        for (number, values) in self.columns {
            let nulls = nulls_of(&values);
            columns[4 + number as usize] = Arc::new(Float64Array::new(values.into(), nulls));
        }
        let batch = RecordBatch::try_new(schema(), columns).map_err(as_schema_error)?;
        Ok(Chain { batch, spot, as_of, dropped: self.dropped })
    }
}

/// Rows whose value is a number, or `None` if all are.
fn nulls_of(values: &[f64]) -> Option<NullBuffer> {
    if values.iter().all(|value| value.is_finite()) {
        return None;
    }
    Some(NullBuffer::new(BooleanBuffer::collect_bool(values.len(), |row| values[row].is_finite())))
}
