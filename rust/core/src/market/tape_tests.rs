//! The tape: session totals, windows, patterns and late prints.

use super::*;
use crate::vpin::VpinParams;

/// 2026-03-02 15:00 UTC, 10:00 in New York.
const BASE_NS: i64 = 1_772_463_600 * NS_PER_SECOND;
const MS: i64 = 1_000_000;

fn print(offset_ms: i64, price: f64, size: f64, conditions: &'static str) -> Print {
    Print::new(BASE_NS + offset_ms * MS, price, size, b"P", conditions.as_bytes()).unwrap()
}

fn tape_of(prints: &[Print]) -> Tape {
    let mut tape = Tape::new(TapeParams::default(), Some(Vpin::new(VpinParams::new(50, 1).unwrap())));
    let mut newest = 0;
    for p in prints {
        newest = newest.max(p.ts_ns);
        tape.add(p, newest, &Quote::ABSENT);
    }
    tape.advance(newest);
    tape
}

#[test]
fn conditions_decide_what_a_print_does() {
    let tape = tape_of(&[
        print(0, 100.0, 100.0, ""),
        print(1, 101.0, 100.0, "@"),
        print(2, 150.0, 1_000.0, "W"),
        print(3, 90.0, 10.0, "T"),
        print(4, 102.0, 300.0, "6"),
        print(5, 102.0, 300.0, "M"),
    ]);
    let session = tape.session();
    assert_eq!((session.volume, session.trade_count), (1_510.0, 5));
    assert_eq!((session.high, session.low), (102.0, 100.0));
    assert_eq!(session.vwap(), Some((100.0 * 100.0 + 101.0 * 100.0 + 102.0 * 300.0) / 500.0));
    // The first print (no tick yet), the average price and the auction stay without an aggressor.
    assert_eq!(session.unclassified_volume, 1_400.0);
    assert_eq!(tape.last().map(|t| t.price), Some(102.0));
    // VPIN saw only 100 + 100 + 10 shares.
    assert_eq!(tape.vpin().map(Vpin::buckets), Some(4));
}

#[test]
fn a_new_york_day_starts_a_new_session() {
    let day = 86_400_000;
    let tape = tape_of(&[print(0, 100.0, 100.0, ""), print(day, 50.0, 10.0, ""), print(1, 200.0, 70.0, "")]);
    let session = tape.session();
    assert_eq!(
        (session.volume, session.high, session.trade_count),
        (10.0, 50.0, 1),
        "yesterday's late print is left out"
    );
    assert_eq!(tape.last().map(|t| t.price), Some(50.0));
}

#[test]
fn windows_are_measured_from_the_newest_event() {
    let mut tape =
        tape_of(&[print(0, 100.0, 100.0, ""), print(1_000, 101.0, 30.0, ""), print(2_000, 101.0, 20_000.0, "")]);
    let window = tape.last_60s();
    assert_eq!((window.volume, window.signed_volume, window.prints), (20_130.0, 20_030.0, 3));
    assert_eq!((window.odd_lots, window.blocks), (1, 1));
    tape.advance(BASE_NS + 61_000 * MS);
    assert_eq!(tape.last_60s().prints, 1);
    assert_eq!(tape.last_60s().volume, 20_000.0);
}

#[test]
fn quotes_beat_the_tick_rule() {
    let mut tape = Tape::new(TapeParams::default(), None);
    let quote = Quote::new(100.0, 1.0, 100.10, 1.0).unwrap();
    for (price, aggressor) in [(100.10, 1), (100.05, -1), (100.0, -1), (100.05, 1), (100.10, 1)] {
        tape.add(&print(0, price, 1.0, ""), BASE_NS, &quote);
        assert_eq!(tape.recent(1).next().map(|t| t.aggressor), Some(aggressor), "{price}");
    }
}

#[test]
fn round_lots_follow_the_tiers_since_november_2025() {
    let (before, since) = (ROUND_LOT_TIERS_FROM_NS - 1, ROUND_LOT_TIERS_FROM_NS);
    assert_eq!(round_lot(before, 650.0), 100.0);
    let lots = [250.0, 250.01, 1_000.0, 1_000.01, 10_000.0, 10_000.01].map(|price| round_lot(since, price));
    assert_eq!(lots, [100.0, 40.0, 40.0, 10.0, 10.0, 1.0]);
}

#[test]
fn memory_is_bounded_and_input_checked() {
    let prints: Vec<_> = (0..RECENT_MAX as i64 + 5).map(|i| print(i, 100.0, 1.0, "")).collect();
    let tape = tape_of(&prints);
    assert_eq!(tape.recent(usize::MAX).len(), RECENT_MAX);
    assert_eq!(
        tape.recent(2).map(|t| t.ts_ns).collect::<Vec<_>>(),
        prints[prints.len() - 2..].iter().map(|p| p.ts_ns).collect::<Vec<_>>()
    );
    for (price, size) in [(0.0, 1.0), (f64::NAN, 1.0), (f64::INFINITY, 1.0), (1.0, -1.0), (1.0, f64::NAN), (1.0, 2e9)] {
        assert!(Print::new(0, price, size, b"", b"").is_err(), "{price} {size}");
    }
}
