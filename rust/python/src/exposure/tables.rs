//! The tables of an exposure as Arrow record batches.

use std::sync::Arc;

use alphatrader_core::exposure::strikes::{CellRow, ExpiryRow, Side, StrikeRow};
use alphatrader_core::exposure::GammaCurve;
use alphatrader_core::Error;
use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch};
use arrow_schema::{Field, Schema};
use pyo3::prelude::*;

use crate::errors::to_python;

type Columns = Vec<(&'static str, ArrayRef)>;

fn batch(columns: Columns) -> PyResult<RecordBatch> {
    let nullable = |name: &str| name.ends_with("_iv");
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), nullable(name))).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| to_python(Error::Schema(error.to_string())))
}

fn numbers<R>(rows: &[R], number: impl Fn(&R) -> f64) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(rows.iter().map(number)))
}

/// The columns that all tables share; `sides` gives a row's calls and puts.
fn sums<R>(rows: &[R], sides: impl Fn(&R) -> (&Side, &Side)) -> Columns {
    const NAMES: [&str; 12] = [
        "call_gex",
        "put_gex",
        "net_gex",
        "dex_usd",
        "call_dex_usd",
        "put_dex_usd",
        "vex_usd_per_vol_point",
        "chex_usd_per_day",
        "call_oi",
        "put_oi",
        "call_volume",
        "put_volume",
    ];
    // Row by row: each is read once, from one place.
    let mut columns = [(); NAMES.len()].map(|()| Vec::with_capacity(rows.len()));
    for row in rows {
        let (call, put) = sides(row);
        let values = [
            call.gex,
            put.gex,
            call.gex + put.gex,
            call.dex_usd + put.dex_usd,
            call.dex_usd,
            put.dex_usd,
            call.vex + put.vex,
            call.chex + put.chex,
            call.open_interest,
            put.open_interest,
            call.volume,
            put.volume,
        ];
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
    let arrays = columns.map(|values| Arc::new(Float64Array::from(values)) as ArrayRef);
    NAMES.into_iter().zip(arrays).collect()
}

fn volatilities<R>(rows: &[R], iv: impl Fn(&R) -> Option<f64>) -> ArrayRef {
    Arc::new(rows.iter().map(iv).collect::<Float64Array>())
}

pub fn by_strike_batch(rows: &[StrikeRow]) -> PyResult<RecordBatch> {
    let mut columns = vec![("strike", numbers(rows, |row| row.strike))];
    columns.extend(sums(rows, |row| (&row.call, &row.put)));
    columns.push(("call_iv", volatilities(rows, |row| row.call_iv)));
    columns.push(("put_iv", volatilities(rows, |row| row.put_iv)));
    batch(columns)
}

fn settlement_columns<R>(rows: &[R], of: impl Fn(&R) -> (i32, i64)) -> Columns {
    vec![
        ("expiry", Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| of(row).0)))),
        ("settlement_ns", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| of(row).1)))),
    ]
}

pub fn by_expiry_batch(rows: &[ExpiryRow]) -> PyResult<RecordBatch> {
    let mut columns = settlement_columns(rows, |row| (row.expiry, row.settlement_ns));
    columns.extend(sums(rows, |row| (&row.call, &row.put)));
    batch(columns)
}

pub fn by_strike_and_expiry_batch(rows: &[CellRow]) -> PyResult<RecordBatch> {
    let mut rows = rows.to_vec();
    rows.sort_unstable_by(|a, b| {
        (a.settlement_ns, a.expiry).cmp(&(b.settlement_ns, b.expiry)).then(a.strike.total_cmp(&b.strike))
    });
    let rows = &rows[..];
    let mut columns = settlement_columns(rows, |row| (row.expiry, row.settlement_ns));
    columns.insert(0, ("strike", numbers(rows, |row| row.strike)));
    columns.extend(sums(rows, |row| (&row.call, &row.put)));
    columns.push(("call_iv", volatilities(rows, |row| row.call_iv)));
    columns.push(("put_iv", volatilities(rows, |row| row.put_iv)));
    batch(columns)
}

pub fn gamma_curve_batch(curve: &GammaCurve) -> PyResult<RecordBatch> {
    batch(vec![
        ("spot", Arc::new(Float64Array::from(curve.spot.clone()))),
        ("gex_usd_per_pct", Arc::new(Float64Array::from(curve.gex_usd_per_pct.clone()))),
    ])
}
