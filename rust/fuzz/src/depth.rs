//! Depth rows: the book equals a list of rows that is sorted anew for every question.

use alphatrader_core::book::{DepthBook, DepthOp, TickScale};

use crate::input::Input;

#[derive(Default)]
struct ListBook {
    /// (price in cents, size) by side: 0 ask, 1 bid.
    rows: [Vec<(i64, f64)>; 2],
    anomalies: u64,
}

impl ListBook {
    fn apply(&mut self, rows_max: usize, op: i64, side: usize, position: usize, row: (i64, f64)) {
        let rows = &mut self.rows[side];
        match op {
            0 if position <= rows.len() && position < rows_max => {
                rows.insert(position, row);
                rows.truncate(rows_max);
            }
            1 if position < rows.len() => rows[position] = row,
            2 if position < rows.len() => drop(rows.remove(position)),
            _ => self.anomalies += 1,
        }
    }

    fn levels(&self, side: usize) -> Vec<(f64, f64)> {
        let mut prices: Vec<i64> = self.rows[side].iter().filter(|row| row.1 > 0.0).map(|row| row.0).collect();
        prices.sort_unstable();
        prices.dedup();
        if side == 1 {
            prices.reverse();
        }
        let size = |price: i64| self.rows[side].iter().filter(|row| row.0 == price).map(|row| row.1).sum();
        prices.into_iter().map(|price| (price as f64 / 100.0, size(price))).collect()
    }
}

/// The first byte is the depth, then each operation takes a few bytes.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let rows_max = 1 + usize::from(input.below(12));
    let mut book = DepthBook::new(TickScale::new(0.01).unwrap(), rows_max);
    let mut model = ListBook::default();
    while !input.is_empty() {
        let (op, side, position) = (i64::from(input.below(5)), input.below(2), input.below(14));
        if op == 4 {
            if input.byte() == 7 {
                book.reset();
                model = ListBook::default();
            }
            continue;
        }
        // Whole sizes: they add up to the same number in any order.
        let (cents, size) = (65_000 + i64::from(input.below(9)), f64::from(input.below(4)) * 100.0);
        match DepthOp::new(op, side.into(), position.into(), cents as f64 / 100.0, size) {
            Ok(valid) => {
                book.apply(valid);
                model.apply(rows_max, op, side.into(), position.into(), (cents, size));
            }
            Err(_) => assert_eq!(op, 3),
        }
        assert_eq!(book.levels(usize::MAX), (model.levels(1), model.levels(0)));
        assert_eq!(book.anomalies(), model.anomalies);
        let (bids, asks) = book.levels(1);
        let (bid, ask) = (bids.first().map(|level| level.0), asks.first().map(|level| level.0));
        let shown = book.imbalance();
        assert_eq!(shown.crossed, bid.zip(ask).is_some_and(|(bid, ask)| bid > ask));
        assert_eq!(shown.locked, bid.zip(ask).is_some_and(|(bid, ask)| bid == ask));
        assert!([shown.top, shown.weighted].into_iter().flatten().all(|x| (-1.0..=1.0).contains(&x)));
    }
}
