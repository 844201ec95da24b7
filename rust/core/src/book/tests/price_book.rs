//! The price-keyed book against a sorted map a side.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::batch::{apply, Prices, UpdateColumns};
use super::super::ladder::{Ladder, WINDOW_TICKS};
use super::super::metrics::{self, FLAG_CROSSED, FLAG_HOLE, FLAG_LOCKED, FLAG_ONE_SIDED, FLAG_SEQUENCE_GAP};
use super::super::{Levels, OrderBook, Quote, TickScale};
use super::{all_measures, row_bits};

const HOLE_TICKS: i64 = 3;

/// A map a side, ask first, and every measure as its formula is printed.
#[derive(Default, Clone)]
struct MapBook {
    sides: [BTreeMap<i64, f64>; 2],
    unknown_deletes: u64,
}

impl MapBook {
    fn update(&mut self, side: usize, ticks: i64, size: f64) {
        if size > 0.0 {
            self.sides[side].insert(ticks, size);
        } else if self.sides[side].remove(&ticks).is_none() {
            self.unknown_deletes += 1;
        }
    }

    fn bids(&self) -> Vec<(i64, f64)> {
        self.sides[1].iter().rev().map(|(ticks, size)| (*ticks, *size)).collect()
    }

    fn asks(&self) -> Vec<(i64, f64)> {
        self.sides[0].iter().map(|(ticks, size)| (*ticks, *size)).collect()
    }

    fn quote(&self) -> Quote {
        let best = |levels: Vec<(i64, f64)>| levels.first().map_or((f64::NAN, f64::NAN), |l| (l.0 as f64 / 100.0, l.1));
        let ((bid, bid_size), (ask, ask_size)) = (best(self.bids()), best(self.asks()));
        Quote { bid, bid_size, ask, ask_size }
    }

    fn obi_weighted(&self) -> f64 {
        let q = |levels: Vec<(i64, f64)>| -> f64 {
            levels.iter().take(5).enumerate().map(|(k, l)| l.1 / (k + 1) as f64).sum()
        };
        let (bids, asks) = (q(self.bids()), q(self.asks()));
        if bids == 0.0 || asks == 0.0 {
            return f64::NAN;
        }
        (bids - asks) / (bids + asks)
    }

    fn flags(&self, gap: bool) -> u8 {
        let (bids, asks) = (self.bids(), self.asks());
        let mut flags = if gap { FLAG_SEQUENCE_GAP } else { 0 };
        match (bids.first(), asks.first()) {
            (Some(bid), Some(ask)) if bid.0 == ask.0 => flags += FLAG_LOCKED,
            (Some(bid), Some(ask)) if bid.0 > ask.0 => flags += FLAG_CROSSED,
            (Some(_), Some(_)) => {}
            _ => flags += FLAG_ONE_SIDED,
        }
        let hole = |levels: &[(i64, f64)]| levels.len() > 1 && (levels[0].0 - levels[1].0).abs() > HOLE_TICKS;
        flags + if hole(&bids) || hole(&asks) { FLAG_HOLE } else { 0 }
    }

    /// The bits of what a batch records after an update.
    fn row(&self, before: &Quote, gap: bool) -> Vec<u64> {
        let q = self.quote();
        let indicator = |holds: bool, size: f64| if holds { size } else { 0.0 };
        let ofi = indicator(q.bid >= before.bid, q.bid_size)
            - indicator(q.bid <= before.bid, before.bid_size)
            - indicator(q.ask <= before.ask, q.ask_size)
            + indicator(q.ask >= before.ask, before.ask_size);
        let obi = (q.bid_size - q.ask_size) / (q.bid_size + q.ask_size);
        let weighted_mid = (q.ask * q.bid_size + q.bid * q.ask_size) / (q.bid_size + q.ask_size);
        [q.bid, q.bid_size, q.ask, q.ask_size, obi, self.obi_weighted(), ofi, weighted_mid]
            .map(f64::to_bits)
            .into_iter()
            .chain([u64::from(self.flags(gap))])
            .collect()
    }
}

fn book() -> OrderBook {
    OrderBook::new(TickScale::new(0.01).unwrap(), HOLE_TICKS).unwrap()
}

fn priced(levels: &[(i64, f64)]) -> Levels {
    levels.iter().map(|(ticks, size)| (*ticks as f64 / 100.0, *size)).collect()
}

/// Near one another mostly, at times far: around the edges of the window, and at the ends of the range.
fn tick() -> impl Strategy<Value = i64> {
    let window = WINDOW_TICKS as i64;
    prop_oneof![
        6 => 64_990_i64..65_010,
        2 => 65_000 - 2 * window..65_000 + 2 * window,
        1 => prop_oneof![Just(100_000_000_000), Just(-100_000_000_000), Just(0), -50_i64..50],
        1 => (0_i64..400).prop_map(|i| i * 1_000),
    ]
}

fn updates(most: usize) -> impl Strategy<Value = Vec<(usize, i64, f64)>> {
    let size = prop_oneof![2 => Just(0.0), 3 => (1_i64..900).prop_map(|size| size as f64 / 2.0)];
    proptest::collection::vec((0_usize..2, tick(), size), 0..most)
}

proptest! {
    #[test]
    fn equals_the_map(updates in updates(400)) {
        let (mut book, mut model) = (book(), MapBook::default());
        for (side, ticks, size) in updates {
            book.update(side as i64, ticks as f64 / 100.0, size).unwrap();
            model.update(side, ticks, size);
            prop_assert_eq!(book.levels(usize::MAX), (priced(&model.bids()), priced(&model.asks())));
            prop_assert_eq!(book.depth(), (model.sides[1].len(), model.sides[0].len()));
            prop_assert_eq!(book.flags(), model.flags(false));
            prop_assert_eq!(book.unknown_deletes(), model.unknown_deletes);
            let at = model.sides[side].get(&ticks).copied().unwrap_or(0.0);
            prop_assert_eq!(book.size_at(side as i64, ticks as f64 / 100.0).unwrap(), at);
            prop_assert_eq!(book.quote().is_two_sided(), book.imbalance().top.is_some());
        }
        book.clear();
        prop_assert_eq!(book.levels(1), (vec![], vec![]));
    }

    #[test]
    fn a_batch_equals_single_updates_and_the_formulas(
        updates in updates(700),
        cut in 0_usize..700,
        steps in proptest::collection::vec(0_i64..4, 700),
        in_ticks in any::<bool>(),
    ) {
        let side: Vec<i8> = updates.iter().map(|u| u.0 as i8).collect();
        let ticks: Vec<i64> = updates.iter().map(|u| u.1).collect();
        let price: Vec<f64> = ticks.iter().map(|ticks| *ticks as f64 / 100.0).collect();
        let size: Vec<f64> = updates.iter().map(|u| u.2).collect();
        let sequence: Vec<i64> = steps.iter().scan(10, |number, step| { *number += step; Some(*number) }).collect();
        let cut = cut.min(updates.len());
        let part = |rows: std::ops::Range<usize>| UpdateColumns {
            side: &side[rows.clone()],
            price: if in_ticks { Prices::Ticks(&ticks[rows.clone()]) } else { Prices::Dollars(&price[rows.clone()]) },
            size: &size[rows.clone()],
            sequence: Some(&sequence[rows]),
        };
        let mut batched = book();
        let parts = [part(0..cut), part(cut..updates.len())];
        let result = apply(&mut batched, &parts, all_measures()).unwrap();
        prop_assert_eq!(result.num_rows(), updates.len());

        let (mut single, mut model) = (book(), MapBook::default());
        for (row, (side, ticks, size)) in updates.iter().enumerate() {
            let (before, model_before) = (single.quote(), model.quote());
            let gap = single.see_sequence(sequence[row]);
            single.update(*side as i64, price[row], *size).unwrap();
            model.update(*side, *ticks, *size);
            prop_assert_eq!(gap, row > 0 && sequence[row] - sequence[row - 1] > 1);
            prop_assert_eq!(row_bits(&result, row), model.row(&model_before, gap));
            prop_assert_eq!(metrics::order_flow(&before, &single.quote()).to_bits(), row_bits(&result, row)[6]);
        }
        prop_assert_eq!(batched.levels(usize::MAX), single.levels(usize::MAX));
        prop_assert_eq!(batched.sequence(), single.sequence());
        prop_assert_eq!(batched.unknown_deletes(), single.unknown_deletes());
    }

    #[test]
    fn a_refused_batch_changes_nothing(updates in updates(600), bad in 0_usize..600, what in 0_usize..8) {
        prop_assume!(!updates.is_empty());
        let bad = bad.min(updates.len() - 1);
        let mut side: Vec<i8> = updates.iter().map(|u| u.0 as i8).collect();
        let mut price: Vec<f64> = updates.iter().map(|u| u.1 as f64 / 100.0).collect();
        let mut size: Vec<f64> = updates.iter().map(|u| u.2).collect();
        match what {
            0 => side[bad] = 2,
            1 => side[bad] = -1,
            2 => price[bad] = f64::NAN,
            3 => price[bad] = 0.005,
            4 => price[bad] = 2e9,
            5 => size[bad] = -1.0,
            6 => size[bad] = f64::NAN,
            _ => size[bad] = 1.1e9,
        }
        let mut book = book();
        for (side, ticks, size) in &updates[..updates.len() / 2] {
            book.update(*side as i64, *ticks as f64 / 100.0, *size).unwrap();
        }
        let before = book.clone();
        let columns = UpdateColumns { side: &side, price: Prices::Dollars(&price), size: &size, sequence: None };
        let error = apply(&mut book, &[columns], all_measures()).unwrap_err();
        prop_assert!(error.to_string().starts_with(&format!("row {bad}: ")), "{}", error);
        prop_assert_eq!(book.levels(usize::MAX), before.levels(usize::MAX));
        prop_assert_eq!(book.unknown_deletes(), before.unknown_deletes());
    }

    #[test]
    fn takes_any_numbers(updates in proptest::collection::vec((any::<i64>(), any::<f64>(), any::<f64>()), 0..60)) {
        let mut book = book();
        for (side, price, size) in updates {
            let before = book.levels(usize::MAX);
            if book.update(side, price, size).is_err() {
                prop_assert_eq!(book.levels(usize::MAX), before);
            }
        }
    }
}

#[test]
fn the_window_follows_a_market_that_leaves_it() {
    let mut ladder = Ladder::new();
    for rank in 0..100_000 {
        ladder.set(rank, 1.0);
        ladder.set(rank - 50, 0.0);
        assert_eq!(ladder.best(), Some(((rank - 49).max(0), 1.0)));
    }
    assert_eq!(ladder.len(), 50);
    for rank in (0..100_000).rev() {
        ladder.set(rank, 2.0);
        assert_eq!(ladder.best().map(|best| best.0), Some(rank.min(99_950)));
    }
    assert_eq!(ladder.levels().count(), 100_000);
    assert!(ladder.levels().zip(0..).all(|(level, rank)| level == (rank, 2.0)));
}

#[test]
fn unequal_columns_and_unknown_measures_are_refused() {
    let columns = UpdateColumns { side: &[0, 1], price: Prices::Ticks(&[1]), size: &[1.0, 2.0], sequence: None };
    let error = apply(&mut book(), &[columns], all_measures()).unwrap_err();
    assert_eq!(error.to_string(), "the columns differ in length: side 2, price 1, size 2, sequence 2");
    let far = UpdateColumns { side: &[0], price: Prices::Ticks(&[i64::MIN]), size: &[1.0], sequence: None };
    assert!(apply(&mut book(), &[far], all_measures()).is_err());
    assert!(super::super::measures::Measures::of_names(["bbo", "vwap"]).is_err());
    assert!(OrderBook::new(TickScale::new(0.01).unwrap(), 0).is_err());
}
