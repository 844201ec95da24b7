//! Market state: recorded events by the batch, and the copy of all measures.

use std::sync::Arc;

use alphatrader_core::market::instrument::InstrumentParams;
use alphatrader_core::market::rows::{KIND_DEPTH, KIND_QUOTE, KIND_TRADE};
use alphatrader_core::market::Market;
use arrow_array::{ArrayRef, Float64Array, Int16Array, Int32Array, Int64Array, Int8Array, RecordBatch, StringArray};

use super::{prices, Numbers, Workload};

const EVENTS: usize = 50_000;
const SNAPSHOTS: u64 = 1_000;
/// 2026-03-02 15:00 UTC.
const BASE_NS: i64 = 1_772_463_600_000_000_000;

pub fn workloads() -> Vec<Workload> {
    vec![
        Workload { name: "market_batch", elements: EVENTS as u64, prepare: apply },
        Workload { name: "market_snapshot", elements: SNAPSHOTS, prepare: snapshots },
    ]
}

fn market() -> Market {
    let mut market = Market::new();
    for id in 0..4 {
        market.add_instrument(id, InstrumentParams::new(0.01, 20, 10_000, 50).unwrap()).unwrap();
    }
    market
}

fn events() -> RecordBatch {
    let mut numbers = Numbers::new(7);
    let price = prices(8, EVENTS);
    let mut draw = |count: u64| -> Vec<i64> { (0..EVENTS).map(|_| numbers.below(count) as i64).collect() };
    let kind: Vec<i8> = draw(10).into_iter().map(|n| [KIND_TRADE, KIND_QUOTE, KIND_DEPTH][(n / 4) as usize]).collect();
    let mut size = || -> ArrayRef { Arc::new(draw(500).into_iter().map(|n| 1.0 + n as f64).collect::<Float64Array>()) };
    let (size, size2): (ArrayRef, ArrayRef) = (size(), size());
    let columns: [(&str, ArrayRef); 12] = [
        ("ts_ns", Arc::new((0..EVENTS as i64).map(|i| BASE_NS + i * 5_000_000).collect::<Int64Array>())),
        ("kind", Arc::new(Int8Array::from(kind))),
        ("instrument_id", Arc::new(draw(4).into_iter().map(|n| n as i32).collect::<Int32Array>())),
        ("op", Arc::new(draw(2).into_iter().map(|n| n as i8).collect::<Int8Array>())),
        ("side", Arc::new(draw(2).into_iter().map(|n| n as i8).collect::<Int8Array>())),
        ("position", Arc::new(draw(20).into_iter().map(|n| n as i16).collect::<Int16Array>())),
        ("price", Arc::new(Float64Array::from(price.clone()))),
        ("size", size),
        ("price2", Arc::new(price.iter().map(|p| p + 0.01).collect::<Float64Array>())),
        ("size2", size2),
        ("venue", Arc::new(draw(3).into_iter().map(|n| Some(["P", "Q", "N"][n as usize])).collect::<StringArray>())),
        (
            "text",
            Arc::new(draw(4).into_iter().map(|n| Some(["", " F I", "@", ""][n as usize])).collect::<StringArray>()),
        ),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn apply() -> Box<dyn FnMut() -> u64> {
    let events = [events()];
    Box::new(move || {
        let mut market = market();
        market.apply_batches(&events).unwrap() as u64 + market.instrument_mut(0).unwrap().snapshot().events
    })
}

fn snapshots() -> Box<dyn FnMut() -> u64> {
    let mut market = market();
    market.apply_batches(&[events()]).unwrap();
    Box::new(move || (0..SNAPSHOTS).map(|i| market.instrument_mut((i % 4) as i64).unwrap().snapshot().events).sum())
}
