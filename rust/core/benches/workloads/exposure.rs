//! Dealer exposure by strike, without and with re-pricing on a grid of spots.

use std::collections::BTreeMap;
use std::sync::Arc;

use alphatrader_core::chain::Chain;
use alphatrader_core::exposure::{exposure, ExposureParams, GammaSource, Weight};
use alphatrader_core::pricing::Carry;
use arrow_array::{ArrayRef, Date32Array, Float64Array, Int8Array, RecordBatch};

use super::{Numbers, Workload};

const CONTRACTS: usize = 20_000;
/// 2026-03-02 15:00 UTC, and its day.
const AS_OF_NS: i64 = 1_772_463_600_000_000_000;
const AS_OF_DAY: i32 = 20_514;

pub fn workloads() -> Vec<Workload> {
    vec![
        Workload { name: "exposure_by_strike", elements: CONTRACTS as u64, prepare: || measure(CONTRACTS, 0) },
        Workload { name: "exposure_flips", elements: CONTRACTS as u64 / 10, prepare: || measure(CONTRACTS / 10, 161) },
    ]
}

fn chain(contracts: usize) -> Chain {
    let mut numbers = Numbers::new(4);
    let mut column = |count: u64, of: fn(u64) -> f64| -> ArrayRef {
        Arc::new((0..contracts).map(|_| of(numbers.below(count))).collect::<Float64Array>())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("strike", column(400, |n| 500.0 + n as f64)),
        ("open_interest", column(5_000, |n| n as f64)),
        ("volume", column(5_000, |n| n as f64)),
        ("iv", column(100, |n| 0.1 + n as f64 / 250.0)),
        ("delta", column(100, |n| n as f64 / 100.0)),
        ("gamma", column(100, |n| n as f64 / 5_000.0)),
        ("expiry", Arc::new(Date32Array::from_iter_values((0..contracts).map(|i| AS_OF_DAY + (i % 20) as i32)))),
        ("right", Arc::new((0..contracts).map(|i| 1 - 2 * (i / 20 % 2) as i8).collect::<Int8Array>())),
    ];
    Chain::from_batches(&[RecordBatch::try_from_iter(columns).unwrap()], None, None).unwrap()
}

fn measure(contracts: usize, grid_points: i64) -> Box<dyn FnMut() -> u64> {
    let chain = chain(contracts);
    let params = ExposureParams {
        spot: 650.25,
        as_of_ns: AS_OF_NS,
        settlement_ns: BTreeMap::new(),
        root_settlement_ns: BTreeMap::new(),
        min_weight: 5.0,
        multiplier: 100.0,
        carry: Carry::new(0.04, 0.01).unwrap(),
        weight: Weight::OpenInterest,
        gamma: GammaSource::Given,
        expiries: None,
        min_seconds_to_settlement: 60.0,
        grid_points,
    };
    Box::new(move || exposure(&chain, &params).unwrap().rows_used as u64)
}
