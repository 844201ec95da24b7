//! The price-keyed book: equal to a sorted map of levels, near and far; a batch equals its updates one by one, and leaves
//! no trace where it is refused.

use std::collections::BTreeMap;

use alphatrader_core::book::batch::{apply, Prices, UpdateColumns};
use alphatrader_core::book::measures::{Measures, MEASURE_NAMES};
use alphatrader_core::book::{OrderBook, Side, TickScale};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::RecordBatch;

use crate::input::Input;

const ROWS_MAX: usize = 1_500;
const TICK_SIZES: [f64; 3] = [0.01, 0.25, 2.5];

/// Sizes by price in ticks: asks, bids.
type Model = [BTreeMap<i64, f64>; 2];

struct Update {
    side: i64,
    ticks: i64,
    /// What is added to the price on the grid: mostly nothing.
    off: f64,
    size: f64,
}

fn read_update(input: &mut Input<'_>) -> Update {
    let side = if input.byte() == 255 { i64::from(input.byte()) } else { i64::from(input.below(2)) };
    let ticks = match input.byte() {
        // Far from everything: outside any window of ticks that a book may keep.
        255 => 65_000 + i64::from(input.short()) * 1_000,
        254 => 65_000 - i64::from(input.short()) * 10,
        near => 65_000 + i64::from(near % 64),
    };
    let (off, size) = match input.byte() {
        255 => (input.any_f64(), 1.0),
        254 => (0.0, input.any_f64()),
        n => (0.0, f64::from(n % 4) * 100.0),
    };
    Update { side, ticks, off, size }
}

fn levels(model: &Model, side: Side, scale: TickScale) -> Vec<(f64, f64)> {
    let priced = |(ticks, size): (&i64, &f64)| (scale.to_price(*ticks), *size);
    match side {
        Side::Ask => model[0].iter().map(priced).collect(),
        Side::Bid => model[1].iter().rev().map(priced).collect(),
    }
}

fn check_state(book: &OrderBook, model: &Model, scale: TickScale) {
    let (bids, asks) = (levels(model, Side::Bid, scale), levels(model, Side::Ask, scale));
    assert_eq!(book.depth(), (bids.len(), asks.len()));
    let best = |levels: &[(f64, f64)]| levels.first().copied();
    let quote = book.quote();
    let told = |price: f64, size: f64| (!price.is_nan()).then_some((price, size));
    let quoted = (told(quote.bid, quote.bid_size), told(quote.ask, quote.ask_size));
    assert_eq!(quoted, (best(&bids), best(&asks)));
    assert_eq!(book.levels(usize::MAX), (bids, asks));
}

fn check_batch(input: &[(Update, bool)], first: &OrderBook, last: &OrderBook, bbo: &[[f64; 4]], cut: usize) {
    let scale = first.scale();
    let column = |of: fn(&Update, TickScale) -> f64, accepted: bool| -> Vec<f64> {
        input.iter().filter(|(_, fits)| *fits || !accepted).map(|(update, _)| of(update, scale)).collect()
    };
    let run = |accepted: bool| -> (OrderBook, alphatrader_core::Result<RecordBatch>) {
        let rows = input.iter().filter(|(_, fits)| *fits || !accepted);
        let side: Vec<i8> = rows.map(|(update, _)| i8::try_from(update.side).unwrap_or(-1)).collect();
        let price = column(|update, scale| scale.to_price(update.ticks) + update.off, accepted);
        let size = column(|update, _| update.size, accepted);
        let cut = cut.min(side.len());
        let piece = |from: usize, to: usize| UpdateColumns {
            side: &side[from..to],
            price: Prices::Dollars(&price[from..to]),
            size: &size[from..to],
            sequence: None,
        };
        let mut book = first.clone();
        let measures = Measures::of_names(MEASURE_NAMES).unwrap();
        let told = apply(&mut book, &[piece(0, cut), piece(cut, side.len())], measures);
        (book, told)
    };
    let (book, told) = run(true);
    let told = told.expect("updates that were taken one by one");
    assert_eq!(book.levels(usize::MAX), last.levels(usize::MAX));
    assert_eq!(book.unknown_deletes(), last.unknown_deletes());
    for (i, name) in ["bid", "bid_size", "ask", "ask_size"].into_iter().enumerate() {
        let expected = bbo.iter().map(|quote| quote[i].to_bits());
        assert!(told[name].as_primitive::<Float64Type>().values().iter().map(|x| x.to_bits()).eq(expected), "{name}");
    }
    let (book, told) = run(false);
    assert_eq!(told.is_ok(), input.iter().all(|(_, fits)| *fits));
    if told.is_err() {
        assert_eq!(book.levels(usize::MAX), first.levels(usize::MAX), "a refused batch changed the book");
        assert_eq!(book.unknown_deletes(), first.unknown_deletes());
    }
}

/// A byte of tick size, one that says where the batch begins, one where it is cut; then the updates.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let scale = TickScale::new(TICK_SIZES[usize::from(input.below(3))]).unwrap();
    let (begin, cut) = (usize::from(input.byte()), usize::from(input.byte()) * 4);
    let mut book = OrderBook::new(scale, 1).unwrap();
    let mut first = book.clone();
    let mut model = Model::default();
    let (mut updates, mut bbo) = (Vec::new(), Vec::new());
    let mut row = 0;
    while !input.is_empty() && row < ROWS_MAX {
        if row == begin {
            first = book.clone();
            updates.clear();
            bbo.clear();
        }
        let update = read_update(&mut input);
        let taken = book.update(update.side, scale.to_price(update.ticks) + update.off, update.size);
        if let Ok(side) = taken {
            let ticks = scale.on_grid(scale.to_price(update.ticks) + update.off).unwrap();
            if update.size > 0.0 {
                model[side as usize].insert(ticks, update.size);
            } else {
                model[side as usize].remove(&ticks);
            }
            let quote = book.quote();
            bbo.push([quote.bid, quote.bid_size, quote.ask, quote.ask_size]);
        } else {
            assert!(
                update.side > 1 || update.off != 0.0 || !(0.0..=1e9).contains(&update.size),
                "a sound update was refused"
            );
        }
        updates.push((update, taken.is_ok()));
        if row % 16 == 0 {
            check_state(&book, &model, scale);
        }
        row += 1;
    }
    check_state(&book, &model, scale);
    check_batch(&updates, &first, &book, &bbo, cut);
}
