//! Option symbols by the column.

use std::fmt::Write;

use alphatrader_core::occ::batch::parse_array;
use alphatrader_core::occ::parse;
use arrow_array::StringArray;

use super::{Numbers, Workload};

const SYMBOLS: usize = 50_000;

pub fn workloads() -> Vec<Workload> {
    let of = |name, prepare| Workload { name, elements: SYMBOLS as u64, prepare };
    vec![of("occ_batch", batch), of("occ_single", single)]
}

fn symbols() -> Vec<String> {
    let mut numbers = Numbers::new(3);
    let symbol = |i: usize| {
        let root = ["SPY", "SPXW", "AAPL1", "C"][i % 4];
        let mut text = if i.is_multiple_of(2) { format!("{root:<6}") } else { root.to_owned() };
        let (month, day) = (1 + numbers.below(12), 1 + numbers.below(28));
        let strike = 1 + numbers.below(2_000);
        let right = if numbers.below(2) == 0 { 'C' } else { 'P' };
        write!(text, "26{month:02}{day:02}{right}{:08}", strike * 500).unwrap();
        // Each hundredth is no symbol: the reason is written into the batch.
        if i % 100 == 99 {
            text.replace_range(text.len() - 1.., "x");
        }
        text
    };
    (0..SYMBOLS).map(symbol).collect()
}

fn batch() -> Box<dyn FnMut() -> u64> {
    let array = StringArray::from(symbols());
    Box::new(move || parse_array(&array).unwrap().num_rows() as u64)
}

fn single() -> Box<dyn FnMut() -> u64> {
    let symbols = symbols();
    Box::new(move || symbols.iter().filter_map(|s| parse(s.as_bytes()).ok()).map(|s| u64::from(s.strike_milli)).sum())
}
