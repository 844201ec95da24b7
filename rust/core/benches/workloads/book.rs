//! Depth rows as the broker sends them.

use alphatrader_core::book::{DepthBook, DepthOp, TickScale};

use super::{Numbers, Workload};

const UPDATES: usize = 100_000;
const ROWS: u64 = 20;

pub fn workloads() -> [Workload; 2] {
    let of = |name, prepare| Workload { name, elements: UPDATES as u64, prepare };
    [of("book_rows", || replay(usize::MAX)), of("book_rows_imbalance", || replay(10))]
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
