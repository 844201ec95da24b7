//! Market events: any row is applied or refused, and rows applied one by one or as a batch leave the same state.

use std::sync::Arc;

use alphatrader_core::book::DepthOp;
use alphatrader_core::market::instrument::InstrumentParams;
use alphatrader_core::market::rows::{KIND_DEPTH, KIND_DEPTH_RESET, KIND_QUOTE, KIND_TRADE};
use alphatrader_core::market::Market;
use alphatrader_core::Result;
use arrow_array::{
    ArrayRef, Float64Array, Int16Array, Int32Array, Int64Array, Int8Array, LargeStringArray, RecordBatch, StringArray,
};

use crate::input::Input;

const IDS: [i32; 3] = [1, 7, -3];
/// 2026-03-02 15:00 UTC.
const BASE_NS: i64 = 1_772_463_600_000_000_000;
const ROWS_MAX: usize = 400;

struct Row {
    ts_ns: i64,
    kind: i8,
    id: i32,
    op: i8,
    side: i8,
    position: i16,
    numbers: [f64; 4],
    venue: String,
    text: String,
}

fn market() -> Market {
    let mut market = Market::new();
    for (id, tick_size) in IDS.into_iter().zip([0.01, 0.05, 0.25]) {
        market.add_instrument(id.into(), InstrumentParams::new(tick_size, 8, 500, 5).unwrap()).unwrap();
    }
    market
}

fn read_row(input: &mut Input<'_>, before_ns: i64) -> Row {
    let ts_ns = match input.byte() {
        255 => input.any_i64(),
        254 => before_ns.saturating_sub(i64::from(input.short()) * 1_000_000),
        253 => before_ns.saturating_add(i64::from(input.short()) * 10_000_000_000),
        step => before_ns.saturating_add(i64::from(step) * 3_000_000),
    };
    let kind = if input.byte() > 250 { input.byte() as i8 } else { input.below(4) as i8 + 1 };
    let id = if input.byte() == 255 { i32::from(input.byte()) } else { IDS[usize::from(input.below(3))] };
    let (op, side) = (input.below(4) as i8, input.below(3) as i8);
    let position = if input.byte() == 255 { input.short() as i16 } else { input.below(10).into() };
    let numbers = [input.price(), input.size(), input.price(), input.size()];
    let text = |input: &mut Input<'_>| String::from_utf8_lossy(input.bytes(4)).into_owned();
    Row { ts_ns, kind, id, op, side, position, numbers, venue: text(input), text: text(input) }
}

fn apply(market: &mut Market, row: &Row) -> Result<()> {
    let [price, size, price2, size2] = row.numbers;
    let id = row.id.into();
    match row.kind {
        KIND_TRADE => market.trade(row.ts_ns, id, price, size, row.venue.as_bytes(), row.text.as_bytes()),
        KIND_QUOTE => market.quote(row.ts_ns, id, price, size, price2, size2),
        KIND_DEPTH => {
            let op = DepthOp::new(row.op.into(), row.side.into(), row.position.into(), price, size)?;
            market.depth(row.ts_ns, id, op)
        }
        KIND_DEPTH_RESET => market.depth_reset(row.ts_ns, id),
        other => Err(alphatrader_core::Error::invalid(format!("kind {other}"))),
    }
}

fn batch_of(rows: &[&Row], large: bool) -> RecordBatch {
    let number = |i: usize| -> ArrayRef { Arc::new(rows.iter().map(|row| row.numbers[i]).collect::<Float64Array>()) };
    let text = |of: fn(&Row) -> &str| -> ArrayRef {
        let texts = rows.iter().map(|row| Some(of(row)).filter(|text| !text.is_empty()));
        if large {
            Arc::new(texts.collect::<LargeStringArray>())
        } else {
            Arc::new(texts.collect::<StringArray>())
        }
    };
    let columns: [(&str, ArrayRef); 12] = [
        ("ts_ns", Arc::new(rows.iter().map(|row| row.ts_ns).collect::<Int64Array>())),
        ("kind", Arc::new(rows.iter().map(|row| row.kind).collect::<Int8Array>())),
        ("instrument_id", Arc::new(rows.iter().map(|row| row.id).collect::<Int32Array>())),
        ("op", Arc::new(rows.iter().map(|row| row.op).collect::<Int8Array>())),
        ("side", Arc::new(rows.iter().map(|row| row.side).collect::<Int8Array>())),
        ("position", Arc::new(rows.iter().map(|row| row.position).collect::<Int16Array>())),
        ("price", number(0)),
        ("size", number(1)),
        ("price2", number(2)),
        ("size2", number(3)),
        ("venue", text(|row| &row.venue)),
        ("text", text(|row| &row.text)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

/// All that the markets tell, to the last bit: Rust writes a float so that it can be read back exactly.
fn told(market: &mut Market) -> Vec<String> {
    let of = |id: i32| {
        let instrument = market.instrument_mut(id.into()).unwrap();
        let snapshot = instrument.snapshot();
        let in_range = |x: Option<f64>, low: f64| x.is_none_or(|x| (low..=1.0 + 1e-9).contains(&x));
        assert!(in_range(snapshot.obi_top, -1.0) && in_range(snapshot.obi_weighted, -1.0), "{snapshot:?}");
        assert!(in_range(snapshot.vpin, 0.0) && in_range(snapshot.vpin_cdf, 0.0), "{snapshot:?}");
        assert!(in_range(snapshot.odd_lot_share, 0.0), "{snapshot:?}");
        format!("{snapshot:?} {:?} {:?}", instrument.depth_book().levels(20), instrument.tape().bars().merged(60, 100))
    };
    IDS.into_iter().map(of).collect()
}

/// A byte that says how the batch is cut and laid out, then the rows.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let (large, cut) = (input.below(2) == 1, usize::from(input.byte()));
    let (mut rows, mut ts_ns) = (Vec::new(), BASE_NS);
    while !input.is_empty() && rows.len() < ROWS_MAX {
        let row = read_row(&mut input, ts_ns);
        ts_ns = row.ts_ns.clamp(BASE_NS / 2, BASE_NS * 2);
        rows.push(row);
    }
    let mut singly = market();
    let applied: Vec<&Row> = rows.iter().filter(|row| apply(&mut singly, row).is_ok()).collect();
    let expected = told(&mut singly);

    let all: Vec<&Row> = rows.iter().collect();
    let mut refusing = market();
    let whole = refusing.apply_batches(&[batch_of(&all, large)]);
    assert_eq!(whole.is_ok(), applied.len() == rows.len(), "{whole:?}");
    if whole.is_err() {
        assert_eq!(told(&mut refusing), told(&mut market()), "a refused batch changed the state");
    }
    let mut batched = market();
    let (first, second) = applied.split_at(cut.min(applied.len()));
    let count = batched.apply_batches(&[batch_of(first, large), batch_of(second, !large)]);
    assert_eq!(count, Ok(applied.len()));
    assert_eq!(told(&mut batched), expected);
}
