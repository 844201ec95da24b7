//! Both books against naive models, and the scale against decimal arithmetic.

mod price_book;
mod rows;
mod scale;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt8Type};
use arrow_array::RecordBatch;

use super::measures::{Measures, MEASURE_NAMES};

/// Every measure.
fn all_measures() -> Measures {
    Measures::of_names(MEASURE_NAMES).unwrap()
}

/// The bits of a row, so that NaN equals NaN: eight numbers and the flags.
fn row_bits(batch: &RecordBatch, row: usize) -> Vec<u64> {
    let names = ["bid", "bid_size", "ask", "ask_size", "obi", "obi_weighted", "ofi", "weighted_mid"];
    let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().value(row).to_bits();
    let flags = batch.column_by_name("flags").unwrap().as_primitive::<UInt8Type>().value(row);
    names.iter().map(|name| number(name)).chain([u64::from(flags)]).collect()
}
