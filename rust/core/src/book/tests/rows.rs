//! The depth book against a plain list model, and the quote's edge cases.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::metrics::order_flow;
use super::super::rows_batch::{apply, flags, RowColumns};
use super::super::{DepthBook, DepthImbalance, DepthOp, Quote, Side, TickScale};
use super::{all_measures, row_bits};

const ROWS_MAX: usize = 6;

/// The naive model: a list a side, exactly as the broker's documentation describes the operations.
#[derive(Default)]
struct ListBook {
    sides: [Vec<(i64, i64)>; 2],
    anomalies: u64,
}

impl ListBook {
    fn apply(&mut self, op: i64, side: usize, position: usize, cents: i64, size: i64) {
        let rows = &mut self.sides[side];
        match op {
            0 if position <= rows.len() && position < ROWS_MAX => {
                rows.insert(position, (cents, size));
                rows.truncate(ROWS_MAX);
            }
            1 if position < rows.len() => rows[position] = (cents, size),
            2 if position < rows.len() => drop(rows.remove(position)),
            _ => self.anomalies += 1,
        }
    }

    fn levels(&self, side: usize) -> Vec<(f64, f64)> {
        let mut by_price = BTreeMap::new();
        for (cents, size) in self.sides[side].iter().filter(|(_, size)| *size > 0) {
            *by_price.entry(*cents).or_insert(0) += size;
        }
        let levels = by_price.into_iter().map(|(cents, size)| (cents as f64 / 100.0, size as f64));
        if side == 1 {
            levels.rev().collect()
        } else {
            levels.collect()
        }
    }
}

proptest! {
    #[test]
    fn equals_the_list_model(
        ops in proptest::collection::vec((0_i64..3, 0_usize..2, 0_usize..8, 64_990_i64..65_010, 0_i64..500), 0..300),
    ) {
        let mut book = DepthBook::new(TickScale::new(0.01).unwrap(), ROWS_MAX);
        let mut model = ListBook::default();
        for (op, side, position, cents, size) in ops {
            book.apply(DepthOp::new(op, side as i64, position as i64, cents as f64 / 100.0, size as f64).unwrap());
            model.apply(op, side, position, cents, size);
            prop_assert_eq!(book.levels(100), (model.levels(1), model.levels(0)));
            prop_assert_eq!(book.anomalies(), model.anomalies);
            if let Some(top) = book.imbalance().top {
                let (bids, asks) = (model.levels(1), model.levels(0));
                prop_assert_eq!(top, (bids[0].1 - asks[0].1) / (bids[0].1 + asks[0].1));
                prop_assert_eq!(book.imbalance().crossed, bids[0].0 > asks[0].0);
                prop_assert_eq!(book.imbalance().locked, bids[0].0 == asks[0].0);
            }
            let best = |side| model.levels(side).first().copied().map_or([u64::MAX; 2], |l| [l.0.to_bits(), l.1.to_bits()]);
            for (side, code) in [(Side::Bid, 1), (Side::Ask, 0)] {
                let (price, size) = book.best(side as usize);
                let bits = if price.is_nan() { [u64::MAX; 2] } else { [price.to_bits(), size.to_bits()] };
                prop_assert_eq!(bits, best(code));
                prop_assert_eq!(book.rows(side).len(), model.sides[code].len());
            }
        }
    }

    #[test]
    fn a_batch_equals_single_operations(
        ops in proptest::collection::vec((0_i8..3, 0_i8..2, 0_i32..8, 64_990_i64..65_010, 0_i64..500), 0..600),
        bad in proptest::option::of((0_usize..600, 0_usize..6)),
    ) {
        let mut op: Vec<i8> = ops.iter().map(|o| o.0).collect();
        let mut side: Vec<i8> = ops.iter().map(|o| o.1).collect();
        let mut position: Vec<i32> = ops.iter().map(|o| o.2).collect();
        // A delete carries nothing, a price may lie off the grid.
        let mut price: Vec<f64> =
            ops.iter().map(|o| if o.0 == 2 { f64::NAN } else { o.3 as f64 / 100.0 + 0.001 }).collect();
        let mut size: Vec<f64> = ops.iter().map(|o| if o.0 == 2 { -1.0 } else { o.4 as f64 }).collect();
        let bad = bad.filter(|(row, _)| *row < ops.len());
        if let Some((row, what)) = bad {
            match what {
                0 => op[row] = 3,
                1 => side[row] = 2,
                2 => position[row] = -1,
                3 => (op[row], price[row]) = (0, f64::NAN),
                4 => (op[row], price[row]) = (1, -1.0),
                _ => (op[row], price[row], size[row]) = (0, 1.0, f64::INFINITY),
            }
        }
        let columns = RowColumns { op: &op, side: &side, position: &position, price: &price, size: &size };
        let mut batched = DepthBook::new(TickScale::new(0.01).unwrap(), ROWS_MAX);
        let result = apply(&mut batched, &[columns], all_measures(), 2);
        if let Some((row, _)) = bad {
            let text = result.unwrap_err().to_string();
            prop_assert!(text.starts_with(&format!("row {row}: ")), "{}", text);
            prop_assert_eq!(batched.depth(), (0, 0));
            return Ok(());
        }
        let result = result.unwrap();
        let mut single = DepthBook::new(TickScale::new(0.01).unwrap(), ROWS_MAX);
        for row in 0..ops.len() {
            let before = single.quote();
            let operation =
                DepthOp::new(op[row].into(), side[row].into(), position[row].into(), price[row], size[row]).unwrap();
            single.apply(operation);
            let q = single.quote();
            let total = q.bid_size + q.ask_size;
            let numbers = [
                q.bid,
                q.bid_size,
                q.ask,
                q.ask_size,
                (q.bid_size - q.ask_size) / total,
                single.imbalance().weighted.unwrap_or(f64::NAN),
                order_flow(&before, &q),
                (q.ask * q.bid_size + q.bid * q.ask_size) / total,
            ];
            let mut expected: Vec<u64> = numbers.map(f64::to_bits).to_vec();
            expected.push(flags(&single, 2).into());
            prop_assert_eq!(row_bits(&result, row), expected);
        }
        prop_assert_eq!(batched.levels(99), single.levels(99));
        prop_assert_eq!(batched.anomalies(), single.anomalies());
    }

    #[test]
    fn quotes_take_any_number(bid in any::<f64>(), bid_size in any::<f64>(), ask in any::<f64>(), ask_size in any::<f64>()) {
        if let Ok(quote) = Quote::new(bid, bid_size, ask, ask_size) {
            prop_assert!(quote.bid.is_nan() || (quote.bid > 0.0 && quote.bid_size >= 0.0));
            prop_assert!(quote.ask.is_nan() || (quote.ask > 0.0 && quote.ask_size >= 0.0));
        }
    }
}

#[test]
fn market_makers_at_one_price_add_up() {
    let mut book = DepthBook::new(TickScale::new(0.01).unwrap(), 20);
    for (position, price, size) in [(0, 650.01, 100.0), (1, 650.01, 200.0), (2, 650.00, 50.0)] {
        book.apply(DepthOp::new(0, 1, position, price, size).unwrap());
    }
    book.apply(DepthOp::new(0, 0, 0, 650.02, 100.0).unwrap());
    assert_eq!(book.levels(5), (vec![(650.01, 300.0), (650.0, 50.0)], vec![(650.02, 100.0)]));
    let imbalance = book.imbalance();
    assert_eq!(imbalance.top, Some(0.5));
    assert_eq!(imbalance.weighted, Some((325.0 - 100.0) / (325.0 + 100.0)));
    book.reset();
    assert_eq!(book.imbalance(), DepthImbalance::default());
}

#[test]
fn refuses_what_cannot_be_a_row() {
    assert!(DepthOp::new(3, 0, 0, 1.0, 1.0).is_err());
    assert!(DepthOp::new(0, 2, 0, 1.0, 1.0).is_err());
    assert!(DepthOp::new(0, 0, -1, 1.0, 1.0).is_err());
    assert!(DepthOp::new(0, 0, 0, f64::NAN, 1.0).is_err());
    assert!(DepthOp::new(0, 0, 0, 1.0, -1.0).is_err());
    assert!(DepthOp::new(2, 0, 0, f64::NAN, f64::NAN).is_ok(), "a delete needs no price");
}

#[test]
fn a_quote_with_one_side_has_no_mid() {
    let quote = Quote::new(1.0, 10.0, f64::NAN, 0.0).unwrap();
    assert_eq!((quote.mid(), quote.weighted_mid()), (None, None));
    assert_eq!(Quote::new(1.0, 30.0, 2.0, 10.0).unwrap().weighted_mid(), Some(1.75));
    assert_eq!(Quote::new(1.0, 0.0, 2.0, 0.0).unwrap().weighted_mid(), None);
    assert!(Quote::new(1.0, f64::NAN, 2.0, 1.0).is_err());
    assert!(Quote::new(f64::INFINITY, 1.0, 2.0, 1.0).is_err());
}
