//! Price levels as feeds of market-by-price data send them, and depth rows as the broker does.

use alphatrader_core::book::batch::{apply, Prices, UpdateColumns};
use alphatrader_core::book::measures::Measures;
use alphatrader_core::book::{DepthBook, DepthOp, OrderBook, TickScale};

use super::{Numbers, Workload};

const UPDATES: usize = 100_000;
const ROWS: u64 = 20;

pub fn workloads() -> Vec<Workload> {
    let of = |name, prepare| Workload { name, elements: UPDATES as u64, prepare };
    vec![
        of("book_prices", || prices(&[])),
        of("book_prices_bbo", || prices(&["bbo"])),
        of("book_prices_ofi_flags", || prices(&["ofi", "flags"])),
        of("book_rows", || replay(usize::MAX)),
        of("book_rows_imbalance", || replay(10)),
    ]
}

/// Row operations on a book that stays nearly full; `every` so many of them the imbalance is asked for.
fn operations() -> Vec<DepthOp> {
    let mut numbers = Numbers::new(6);
    let mut counts = [0; 2];
    let operation = |_| {
        let side = numbers.below(2);
        let count: &mut u64 = &mut counts[side as usize];
        let op = if *count < 5 { 0 } else { [1, 1, 1, 1, 0, 2][numbers.below(6) as usize] };
        let position = match op {
            0 => numbers.below((*count + 1).min(ROWS)),
            _ => numbers.below(*count),
        };
        *count = match op {
            0 => (*count + 1).min(ROWS),
            1 => *count,
            _ => *count - 1,
        };
        let away = if side == 0 { position as f64 } else { -(position as f64) };
        let (price, size) = ((65_000.0 + away) / 100.0, (1 + numbers.below(50)) as f64 * 100.0);
        DepthOp::new(op, side as i64, position as i64, price, size).unwrap()
    };
    (0..UPDATES).map(operation).collect()
}

fn replay(every: usize) -> Box<dyn FnMut() -> u64> {
    let operations = operations();
    let scale = TickScale::new(0.01).unwrap();
    Box::new(move || {
        let mut book = DepthBook::new(scale, ROWS as usize);
        let mut positive = 0;
        for (i, op) in operations.iter().enumerate() {
            book.apply(*op);
            if i % every == every - 1 {
                positive += u64::from(book.imbalance().top > Some(0.0));
            }
        }
        positive + book.anomalies()
    })
}

/// Updates around a wandering price, a batch at a time.
fn prices(measures: &[&str]) -> Box<dyn FnMut() -> u64> {
    let mut numbers = Numbers::new(10);
    let middle = super::prices(11, UPDATES);
    let side: Vec<i8> = (0..UPDATES).map(|_| numbers.below(2) as i8).collect();
    let away = |i: usize, n: u64| if side[i] == 1 { -(n as f64) } else { 1.0 + n as f64 };
    let price: Vec<f64> =
        (0..UPDATES).map(|i| ((middle[i] * 100.0).round() + away(i, numbers.below(20))) / 100.0).collect();
    let size: Vec<f64> = (0..UPDATES).map(|_| numbers.below(4) as f64 * 100.0).collect();
    let (scale, measures) = (TickScale::new(0.01).unwrap(), Measures::of_names(measures.iter().copied()).unwrap());
    Box::new(move || {
        let mut book = OrderBook::new(scale, 1).unwrap();
        let columns = UpdateColumns { side: &side, price: Prices::Dollars(&price), size: &size, sequence: None };
        let told = apply(&mut book, &[columns], measures).unwrap();
        told.num_columns() as u64 + book.unknown_deletes()
    })
}
