//! The depth book against a plain list model, and the quote's edge cases.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

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
        }
    }

    #[test]
    fn ticks_give_back_decimal_prices(cents in 1_i64..100_000_000) {
        let scale = TickScale::new(0.01).unwrap();
        let price = cents as f64 / 100.0;
        prop_assert_eq!(scale.to_price(scale.to_ticks(price)), price);
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
    for tick in [0.0, -0.01, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE / 4.0] {
        assert!(TickScale::new(tick).is_err(), "{tick}");
    }
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
