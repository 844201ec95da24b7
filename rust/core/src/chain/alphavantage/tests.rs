//! Bodies of Alpha Vantage: data, placeholders, notices, garbage.

use super::*;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::Array;
use proptest::prelude::*;

const ROW: &str = r#"{"contractID":"SPY250912C00620000","symbol":"SPY","expiration":"2025-09-12","strike":"620.00",
"type":"call","last":"37.78","mark":"37.39","bid":"36.98","bid_size":"31","ask":"37.80","ask_size":"32","volume":"103",
"open_interest":"1089","date":"2025-09-12","implied_volatility":"0.14523","delta":"0.99950","gamma":"0.00002",
"theta":"-0.13473","vega":"0.00008","rho":"0.16985"}"#;

fn body(rows: &[&str]) -> String {
    format!(r#"{{"endpoint":"Realtime Options","message":"success","data":[{}]}}"#, rows.join(","))
}

fn number(chain: &Chain, name: &str) -> Option<f64> {
    let column = chain.batch().column_by_name(name).unwrap().as_primitive::<Float64Type>();
    column.is_valid(0).then(|| column.value(0))
}

#[test]
fn a_row_keeps_every_number() {
    let chain = decode(body(&[ROW]).as_bytes()).unwrap();
    assert_eq!((chain.batch().num_rows(), chain.as_of.as_deref()), (1, Some("2025-09-12")));
    for (name, expected) in [("strike", 620.0), ("bid", 36.98), ("ask_size", 32.0), ("iv", 0.14523), ("vega", 0.00008)]
    {
        assert_eq!(number(&chain, name), Some(expected), "{name}");
    }
}

#[test]
fn junk_numbers_are_null_and_json_numbers_are_taken() {
    let row =
        r#"{"contractID":"SPY250912C00620000","bid":"-","ask":37.5,"volume":7,"last":null,"delta":"inf","gamma":true}"#;
    let chain = decode(body(&[row]).as_bytes()).unwrap();
    assert_eq!((number(&chain, "bid"), number(&chain, "ask"), number(&chain, "volume")), (None, Some(37.5), Some(7.0)));
    assert_eq!((number(&chain, "last"), number(&chain, "delta"), number(&chain, "gamma")), (None, None, None));
}

#[test]
fn bad_rows_are_dropped_by_reason() {
    let rows = [
        ROW,
        r#"{"contractID":"SPY250230C00620000"}"#,
        r#"{"contractID":"SPY250912C00620000","type":"straddle"}"#,
        r#"{"contractID":"SPY250912C00620000","type":"put"}"#,
        r#"{"contractID":"SPY250912C00620000","strike":"621.00"}"#,
        r#"{"contractID":"SPY250912C00620000","expiration":"2025-09-13"}"#,
    ];
    let chain = decode(body(&rows).as_bytes()).unwrap();
    assert_eq!(chain.batch().num_rows(), 1);
    let dropped: Vec<_> = chain.dropped.into_iter().collect();
    assert_eq!(dropped, [("bad_contract_id", 1), ("bad_type", 1), ("contract_mismatch", 3)]);
}

#[test]
fn placeholders_are_refused_even_among_good_rows() {
    for row in [r#"{"symbol":"XXYYZZ"}"#, r#"{"contractID":"XXYYZZ999999C00020000"}"#, r#"{"expiration":"2099-99-99"}"#]
    {
        assert!(matches!(decode(body(&[ROW, row]).as_bytes()), Err(Error::PlaceholderData(_))), "{row}");
    }
    let artificial = r#"{"data":[],"message":"THE SAMPLE DATA SCHEMA BELOW IS ARTIFICIAL"}"#;
    assert!(matches!(decode(artificial.as_bytes()), Err(Error::PlaceholderData(_))));
}

#[test]
fn notices_are_errors_without_the_key() {
    let limit = r#"{"Information": "We have detected your API key as AB12CD34EF56GH78 and our limit is 25 requests"}"#;
    let error = decode(limit.as_bytes()).unwrap_err();
    assert!(matches!(error, Error::RateLimited(_)));
    assert!(!error.to_string().contains("AB12CD34EF56GH78"), "{error}");
    assert!(matches!(decode(br#"{"Note": "5 calls per minute"}"#), Err(Error::RateLimited(_))));
    let refused = decode(br#"{"Error Message": "Invalid API call"}"#).unwrap_err();
    assert!(matches!(&refused, Error::ChainDecode(text) if text.contains("Invalid API call")), "{refused}");
}

#[test]
fn empty_and_broken_bodies() {
    assert_eq!(decode(body(&[]).as_bytes()).unwrap().batch().num_rows(), 0);
    for broken in
        [&b""[..], b"[]", b"{}", b"null", b"{\"data\":5}", b"{\"data\":[1]}", b"{\"data\":[]", b"{\"data\":[]} x"]
    {
        assert!(matches!(decode(broken), Err(Error::ChainDecode(_))), "{broken:?}");
    }
    let deep = "[".repeat(100_000);
    assert!(decode(format!("{{\"other\":{deep}").as_bytes()).is_err());
}

#[test]
fn a_key_that_stands_twice_drops_its_row() {
    let twice = ROW.replace(r#""volume":"103""#, r#""volume":"103","volume":"104""#);
    let chain = decode(body(&[ROW, &twice, ROW]).as_bytes()).unwrap();
    assert_eq!(chain.batch().num_rows(), 2);
    assert_eq!(chain.dropped.into_iter().collect::<Vec<_>>(), [("duplicate_key", 1)]);
    let data_twice = r#"{"data":[],"data":[]}"#;
    assert!(matches!(decode(data_twice.as_bytes()), Err(Error::ChainDecode(text)) if text.contains("twice")));
}

#[test]
fn errors_name_the_row_and_the_byte() {
    for (broken, place) in [
        (body(&[ROW, ROW, "7"]), "row 3 of `data`, byte"),
        (body(&[ROW, ROW, r#"{"bid":[]}"#]), "row 3 of `data`, byte"),
        (body(&[ROW, ROW, r#"{"bid":1e999}"#]), "row 3 of `data`, byte"),
        (body(&[ROW, ROW]).replace("}]}", "}"), "`data` after row 2, byte"),
        (body(&[ROW, ROW])[..700].to_owned(), "row 2 of `data`, byte"),
        (body(&[ROW, &ROW.replace("1089", "10\n89")]), "row 2 of `data`, byte"),
    ] {
        let error = decode(broken.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(place), "{error}");
    }
    let invalid = body(&[ROW, ROW]).replace("103\"}", "").into_bytes();
    let at = invalid.len() - 200;
    let broken = [&invalid[..at], b"\xff", &invalid[at + 1..]].concat();
    assert!(decode(&broken).is_err());
}

/// A value of a number field, sound or not.
fn value() -> impl Strategy<Value = String> {
    "-?[0-9]{1,6}(\\.[0-9]{1,5})?|[0-9]{7,20}|-?[0-9]{1,3}\\.[0-9]{6,12}|-?inf|NaN|-|None||1e3|1e999| 5 |1,000\\.5|\\.5|5\\."
}

/// A row of any values, in the spelling that `style` says.
fn row_of(values: &[String], style: usize) -> String {
    let names = [
        "last",
        "mark",
        "bid",
        "bid_size",
        "ask",
        "ask_size",
        "volume",
        "open_interest",
        "implied_volatility",
        "delta",
        "gamma",
        "theta",
        "vega",
        "rho",
    ];
    let (strike, kind) = if values[0].len().is_multiple_of(2) { ("620.00", "call") } else { ("620", "put") };
    let letter = if kind == "call" { 'C' } else { 'P' };
    let mut fields = vec![
        ("contractID", format!("SPY250912{letter}00620000")),
        ("symbol", "SPY".into()),
        ("expiration", "2025-09-12".into()),
        ("strike", strike.into()),
        ("type", kind.into()),
        ("date", "2025-09-12".into()),
    ];
    fields.extend(names.iter().copied().zip(values.iter().cloned()));
    if style == 1 {
        fields.rotate_left(3);
    }
    let space = if style == 2 { "\n   " } else { "" };
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{space}\"{name}\":{space}\"{value}\"")).collect();
    format!("{{{}{space}}}", fields.join(","))
}

proptest! {
    /// Rows of one layout take the short way, rows of changing layouts the general one.
    #[test]
    fn rows_are_read_alike_on_both_ways(
        rows in proptest::collection::vec(proptest::collection::vec(value(), 14), 1..12),
    ) {
        let alike: Vec<String> = rows.iter().map(|values| row_of(values, 0)).collect();
        let mixed: Vec<String> = rows.iter().enumerate().map(|(i, values)| row_of(values, i % 3)).collect();
        let spaced: Vec<String> = rows.iter().map(|values| row_of(values, 2)).collect();
        let text = |rows: &[String]| body(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        let expected = decode(text(&mixed).as_bytes()).unwrap();
        prop_assert_eq!(expected.batch().num_rows(), rows.len());
        prop_assert_eq!(&decode(text(&alike).as_bytes()).unwrap(), &expected);
        prop_assert_eq!(&decode(text(&spaced).as_bytes()).unwrap(), &expected);
        for (row, values) in rows.iter().enumerate() {
            let vega = expected.batch().column_by_name("vega").unwrap().as_primitive::<Float64Type>();
            let number = crate::chain::number::parse_number(values[12].as_bytes());
            prop_assert_eq!(vega.is_valid(row), number.is_finite());
            prop_assert!(!vega.is_valid(row) || vega.value(row).to_bits() == number.to_bits());
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn any_damage_to_a_body_is_decoded_or_refused(at in 0_usize..900, byte in any::<u8>()) {
        let mut bytes = body(&[ROW, ROW, ROW]).into_bytes();
        let length = bytes.len();
        bytes[length - 1 - at] = byte;
        // Whatever is taken is sound JSON.
        if decode(&bytes).is_ok() {
            prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok());
        }
    }
}
