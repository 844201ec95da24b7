//! The fast check of a block of rows says the same as the events one by one.

use super::*;
use arrow_array::{Float64Array, Int16Array, Int32Array, Int64Array, Int8Array, StringArray};
use proptest::prelude::*;
use std::sync::Arc;

type Row = (i64, i8, i8, i8, i16, [f64; 4]);

fn batch_of(rows: &[Row]) -> RecordBatch {
    let number = |k: usize| Arc::new(rows.iter().map(|row| row.5[k]).collect::<Float64Array>()) as ArrayRef;
    let texts = || Arc::new(rows.iter().map(|_| Some("P")).collect::<StringArray>()) as ArrayRef;
    RecordBatch::try_from_iter([
        ("ts_ns", Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>()) as ArrayRef),
        ("kind", Arc::new(rows.iter().map(|row| row.1).collect::<Int8Array>()) as ArrayRef),
        ("instrument_id", Arc::new(rows.iter().map(|_| 1).collect::<Int32Array>()) as ArrayRef),
        ("op", Arc::new(rows.iter().map(|row| row.2).collect::<Int8Array>()) as ArrayRef),
        ("side", Arc::new(rows.iter().map(|row| row.3).collect::<Int8Array>()) as ArrayRef),
        ("position", Arc::new(rows.iter().map(|row| row.4).collect::<Int16Array>()) as ArrayRef),
        ("price", number(0)),
        ("size", number(1)),
        ("price2", number(2)),
        ("size2", number(3)),
        ("venue", texts()),
        ("text", texts()),
    ])
    .unwrap()
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => 0.01..1e6_f64,
        1 => prop::sample::select(vec![0.0, -0.0, -1.0, 1e9, 1.1e9, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-300]),
    ]
}

proptest! {
    #[test]
    fn the_block_check_agrees_with_the_events(
        rows in proptest::collection::vec(
            (
                prop_oneof![20 => 0_i64..i64::MAX, 1 => Just(-1)],
                prop_oneof![20 => 1_i8..5, 1 => any::<i8>()],
                prop_oneof![20 => 0_i8..3, 1 => any::<i8>()],
                prop_oneof![20 => 0_i8..2, 1 => any::<i8>()],
                prop_oneof![20 => 0_i16..20, 1 => any::<i16>()],
                [number(), number(), number(), number()],
            ),
            1..40,
        ),
    ) {
        let market = EventRows::new(&batch_of(&rows)).unwrap();
        for (i, row) in rows.iter().enumerate() {
            let view = market.view(i..i + 1);
            prop_assert_eq!(view.block_is_sound(0..1), view.event(0).is_ok(), "{:?}", row);
        }
        let view = market.view(0..rows.len());
        let first_bad = (0..rows.len()).find(|i| view.event(*i).is_err());
        match (view.check(1_000), first_bad) {
            (Ok(()), None) => {}
            (Err(error), Some(row)) => {
                let text = error.to_string();
                let start = format!("row {}: ", 1_000 + row);
                prop_assert!(text.starts_with(&start), "{text} {start}");
            }
            (checked, expected) => prop_assert!(false, "{checked:?} {expected:?}"),
        }
    }
}
