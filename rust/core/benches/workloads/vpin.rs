//! Bucketing of a recorded tape with exact splits.

use alphatrader_core::vpin::bulk::BulkRule;
use alphatrader_core::vpin::series::vpin_series;
use alphatrader_core::vpin::stream::{Scheme, TapeColumns};
use alphatrader_core::vpin::VpinParams;

use super::{prices, Numbers, Workload};

const TRADES: usize = 200_000;

pub fn workloads() -> Vec<Workload> {
    let of = |name, prepare| Workload { name, elements: TRADES as u64, prepare };
    vec![of("vpin_tick", || series(Scheme::Tick)), of("vpin_bulk", || series(Scheme::Bulk(BulkRule::MINUTES)))]
}

fn series(scheme: Scheme) -> Box<dyn FnMut() -> u64> {
    let mut numbers = Numbers::new(2);
    let ts_ns: Vec<i64> = (0..TRADES as i64).map(|i| i * 100_000_000).collect();
    let price = prices(1, TRADES);
    let size: Vec<f64> = (0..TRADES).map(|_| (1 + numbers.below(300)) as f64).collect();
    let params = VpinParams::new(10_000, 50).unwrap();
    Box::new(move || {
        let tape = TapeColumns { ts_ns: &ts_ns, price: Some(&price), size: &size, aggressor: None, quotes: None };
        vpin_series(&[tape], params, scheme).unwrap().buckets.level.len() as u64
    })
}
