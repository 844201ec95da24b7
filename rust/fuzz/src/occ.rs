//! Option symbols: any bytes are parsed as the written rules say, or refused; alone and by the column alike.

use std::sync::Arc;

use alphatrader_core::occ::batch::{parse_array, parse_symbols};
use alphatrader_core::occ::{parse, parse_symbol};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Int64Type};
use arrow_array::{Array, DictionaryArray, LargeStringArray, RecordBatch, StringArray, StringViewArray};

/// (root, year, month, day, is a call, strike in thousandths): the rules one by one, as slowly as can be.
type Terms = (String, u32, u32, u32, bool, u32);

fn terms_by_the_rules(symbol: &[u8]) -> Option<Terms> {
    let text = std::str::from_utf8(symbol).ok().filter(|text| text.is_ascii())?;
    let (head, tail) = text.split_at_checked(text.len().checked_sub(15)?)?;
    let root = head.trim_end_matches(' ');
    let padded = head.len() == 6;
    let root_fits = (1..=6).contains(&root.len())
        && root.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        && root.chars().any(|c| c.is_ascii_uppercase())
        && (padded || head.len() == root.len());
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u32>().ok()).flatten();
    let (year, month, day) = (2000 + number(&tail[..2])?, number(&tail[2..4])?, number(&tail[4..6])?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if leap { 29 } else { 28 };
    let length = *[31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].get(month.checked_sub(1)? as usize)?;
    let call = match &tail[6..7] {
        "C" => true,
        "P" => false,
        _ => return None,
    };
    let strike = number(&tail[7..])?;
    (root_fits && (1..=length).contains(&day) && strike > 0).then(|| (root.into(), year, month, day, call, strike))
}

fn check_one(symbol: &[u8]) {
    let parsed = parse(symbol).ok();
    let terms = parsed.map(|s| {
        let (year, month, day) = (u32::from(s.year), u32::from(s.month), u32::from(s.day));
        (s.root().to_owned(), year, month, day, s.right.sign() == 1, s.strike_milli)
    });
    assert_eq!(terms, terms_by_the_rules(symbol), "{:?}", String::from_utf8_lossy(symbol));
    if let Some(symbol) = parsed {
        for padded in [true, false] {
            let text = symbol.format(padded);
            assert_eq!(parse(text.as_bytes()).ok(), Some(symbol), "{text:?} is not read back");
        }
    }
}

fn check_column(symbols: &[&[u8]]) -> RecordBatch {
    let batch = parse_symbols(symbols.iter().map(|symbol| Some(*symbol)), symbols.len()).unwrap();
    let (root, right) = (batch["root"].as_string::<i32>(), batch["right"].as_string::<i32>());
    let expiry = batch["expiry"].as_primitive::<Date32Type>();
    let strike = batch["strike_milli"].as_primitive::<Int64Type>();
    assert_eq!(batch.num_rows(), symbols.len());
    for (row, symbol) in symbols.iter().enumerate() {
        match parse(symbol) {
            Ok(one) => {
                assert_eq!((root.value(row), right.value(row)), (one.root(), one.right.letter()));
                assert_eq!((expiry.value(row), strike.value(row)), (one.expiry_days(), one.strike_milli.into()));
                assert!(batch["error"].is_null(row));
            }
            Err(fault) => {
                assert!(root.is_null(row) && right.is_null(row) && expiry.is_null(row) && strike.is_null(row));
                assert_eq!(batch["error"].as_string::<i32>().value(row), fault.text());
            }
        }
    }
    batch
}

/// Every line is a symbol.
pub fn check(data: &[u8]) {
    let symbols: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    for symbol in &symbols {
        check_one(symbol);
    }
    let expected = check_column(&symbols);
    let Ok(texts) = symbols.iter().map(|symbol| std::str::from_utf8(symbol)).collect::<Result<Vec<_>, _>>() else {
        return;
    };
    for text in &texts {
        assert_eq!(parse_symbol(text).is_ok(), parse(text.as_bytes()).is_ok());
    }
    let dictionary: DictionaryArray<Int32Type> = texts.iter().copied().collect();
    let layouts: [Arc<dyn Array>; 4] = [
        Arc::new(StringArray::from_iter_values(&texts)),
        Arc::new(LargeStringArray::from_iter_values(&texts)),
        Arc::new(StringViewArray::from_iter_values(&texts)),
        Arc::new(dictionary),
    ];
    for array in layouts {
        assert_eq!(parse_array(&array).unwrap(), expected, "{}", array.data_type());
    }
}
