//! Golden symbols, garbage, and the parser against a plain reading of the grammar.

use super::*;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type};
use arrow_array::Array;
use proptest::prelude::*;

#[test]
fn reads_both_spellings() {
    let padded = parse(b"SPY   250919C00650000").unwrap();
    assert_eq!(padded, parse(b"SPY250919C00650000").unwrap());
    assert_eq!((padded.root(), padded.strike_milli, padded.right), ("SPY", 650_000, Right::Call));
    assert_eq!(padded.expiry(), "20250919");
    assert_eq!(padded.format(true), "SPY   250919C00650000");
    assert_eq!(padded.format(false), "SPY250919C00650000");
}

#[test]
fn roots_may_hold_digits_and_the_letters_c_and_p() {
    for (symbol, root, right) in [
        ("AAPL1 140621P00092500", "AAPL1", Right::Put),
        ("SPXW230914C01200000", "SPXW", Right::Call),
        ("1SPY  250919P00650125", "1SPY", Right::Put),
        ("SPY7230120C00400000", "SPY7", Right::Call),
        ("C240119P00050000", "C", Right::Put),
        ("NDXP99240229C17000000", "NDXP99", Right::Call),
    ] {
        let parsed = parse_symbol(symbol).unwrap();
        assert_eq!((parsed.root(), parsed.right), (root, right), "{symbol}");
    }
}

#[test]
fn refuses_garbage_with_a_reason() {
    for (symbol, reason) in [
        ("", "too short"),
        ("250919C00650000", "too short"),
        ("SPY250230C00650000", "calendar"),
        ("SPY251319C00650000", "calendar"),
        ("SPY250919X00650000", "neither C nor P"),
        ("SPY250919c00650000", "neither C nor P"),
        ("SPY250919C0065000\n", "eight ASCII digits"),
        ("SPY250919C00650000\n", "ASCII digits"),
        ("SPY 250919C00650000", "padded"),
        ("spy250919C00650000", "A-Z"),
        ("   SPY250919C00650000", "A-Z"),
        ("TOOLONG250919C00650000", "longer than 21"),
        ("SPY250919C00000000", "zero"),
        ("123250919C00650000", "no letter"),
        ("      250919C00650000", "empty"),
        ("SPY2509१9C0065000", "ASCII"),
    ] {
        let error = parse_symbol(symbol).unwrap_err().to_string();
        assert!(error.contains(reason), "{symbol:?}: {error}");
    }
}

#[test]
fn build_refuses_what_cannot_be_written() {
    assert!(build("SPY", "20250230", "C", 1).is_err());
    assert!(build("SPY", "19990115", "C", 1).is_err());
    assert!(build("SPY", "20250115", "call", 1).is_err());
    assert!(build("SPY", "20250115", "C", 0).is_err());
    assert!(build("SPY", "20250115", "C", STRIKE_MILLI_MAX + 1).is_err());
    assert!(build("sp y", "20250115", "C", 1).is_err());
}

/// The grammar read plainly, character by character, sharing nothing with the parser.
fn plain_reading(symbol: &[u8]) -> Option<(String, String, char, u32)> {
    let text: Vec<char> = symbol.iter().map(|b| char::from(*b)).collect();
    if text.len() < 16 || text.len() > 21 {
        return None;
    }
    let mut head: String = text[..text.len() - 15].iter().collect();
    let tail = &text[text.len() - 15..];
    if text.len() == 21 {
        while head.ends_with(' ') {
            head.pop();
        }
    }
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    if head.is_empty() || !head.chars().all(|c| alphabet.contains(c)) || !head.chars().any(|c| c > '9') {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        let digits = &tail[range];
        digits.iter().all(char::is_ascii_digit).then(|| digits.iter().collect::<String>().parse::<u32>().unwrap())
    };
    let (year, month, day) = (2000 + number(0..2)?, number(2..4)?, number(4..6)?);
    let february = if year % 4 == 0 { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if !(1..=12).contains(&month) || day < 1 || day > lengths[month as usize - 1] {
        return None;
    }
    let strike = number(7..15)?;
    let right = tail[6];
    ((right == 'C' || right == 'P') && strike > 0).then(|| (head, format!("{year}{month:02}{day:02}"), right, strike))
}

fn parsed(symbol: &[u8]) -> Option<(String, String, char, u32)> {
    let parsed = parse(symbol).ok()?;
    Some((parsed.root().to_owned(), parsed.expiry(), parsed.right.letter().chars().next()?, parsed.strike_milli))
}

#[test]
fn every_byte_at_every_place_is_judged_as_by_the_grammar() {
    for symbol in ["SPY   250919C00650000", "SPY250919C00650000", "NDXP99240229P00000001", "A991231P99999999"] {
        for at in 0..symbol.len() {
            for byte in 0..=255 {
                let mut bytes = symbol.as_bytes().to_vec();
                bytes[at] = byte;
                assert_eq!(parsed(&bytes), plain_reading(&bytes), "{:?}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}

/// A symbol, or nearly one: each part may be wrong in the ways in which parts go wrong.
fn nearly_a_symbol() -> impl Strategy<Value = Vec<u8>> {
    let root = "[A-Z0-9]{0,7}|[A-Z]{3} {0,4}|[A-Z0-9]{5} |[ -~]{1,6}";
    let date = "[0-9]{6}|2[0-9](0[1-9]|1[0-3])([0-2][0-9]|3[0-2])|[0-9/:]{6}";
    (root, date, "[CP]|[CPcpBDOQ]", "[0-9]{8}|0000000[0-9]|[0-9/:]{7,9}", any::<bool>()).prop_map(
        |(root, date, right, strike, pad)| {
            let root = if pad { format!("{root:<6}") } else { root };
            format!("{root}{date}{right}{strike}").into_bytes()
        },
    )
}

proptest! {
    #[test]
    fn near_symbols_are_judged_as_by_the_grammar(symbol in nearly_a_symbol()) {
        prop_assert_eq!(parsed(&symbol), plain_reading(&symbol));
    }

    #[test]
    fn columns_are_judged_as_by_the_grammar(
        symbols in proptest::collection::vec(proptest::option::of(nearly_a_symbol()), 0..200),
    ) {
        let batch = batch::parse_symbols(symbols.iter().map(Option::as_deref), symbols.len()).unwrap();
        let text = |column: usize, row: usize| batch.column(column).as_string::<i32>().value(row);
        for (row, symbol) in symbols.iter().enumerate() {
            let plain = symbol.as_deref().and_then(plain_reading);
            let valid = batch.column(4).is_null(row);
            prop_assert_eq!(valid, plain.is_some());
            prop_assert!((0..4).all(|column| batch.column(column).is_valid(row) == valid));
            if let Some((root, expiry, right, strike)) = plain {
                prop_assert_eq!((text(0, row), text(2, row).chars().next()), (root.as_str(), Some(right)));
                let days = batch.column(1).as_primitive::<Date32Type>().value(row);
                prop_assert_eq!(crate::civil::format_yyyymmdd(days), expiry);
                prop_assert_eq!(batch.column(3).as_primitive::<Int64Type>().value(row), i64::from(strike));
            }
        }
    }

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..30)) {
        if let Ok(symbol) = parse(&bytes) {
            let text = symbol.format(bytes.contains(&b' '));
            prop_assert_eq!(text.as_bytes(), &bytes[..]);
        }
    }

    #[test]
    fn built_symbols_round_trip(
        root in "[0-9]?[A-Z]{1,4}[0-9]?", days in 10_957_i32..47_481, call in any::<bool>(), strike in 1_i64..=STRIKE_MILLI_MAX,
    ) {
        let expiry = crate::civil::format_yyyymmdd(days);
        let built = build(&root, &expiry, if call { "C" } else { "P" }, strike).unwrap();
        prop_assert_eq!(built.expiry_days(), days);
        for padded in [true, false] {
            prop_assert_eq!(parse(built.format(padded).as_bytes()).unwrap(), built);
        }
    }
}
