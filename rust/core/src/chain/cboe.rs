//! Decoder of Cboe's delayed-quote chain, `quotedata.csv`.
//!
//! Two header lines hold the name, last price and date of the underlying, in the locale of whoever downloaded the file
//! and with broken quoting (`"Volume: 28,253,899`), so they are searched for their English keys and not parsed as CSV.
//! Each data row holds a call and a put in 22 columns; the contract symbols say everything about the terms.

use crate::chain::builder::ChainBuilder;
use crate::chain::number::{decimal, parse_number};
use crate::chain::{Chain, Number};
use crate::error::{Error, Result};
use crate::occ::kernel::{read, Terms};

const FIELDS: usize = 22;
const STRIKE_FIELD: usize = 11;
/// Field of the contract symbol of calls and puts; their numbers follow it.
const SIDES: [(usize, i8); 2] = [(1, 1), (12, -1)];
/// The numbers of a side, and how far they stand from its symbol. The field at 2 is the day's change: not kept.
const COLUMNS: [Number; 8] = [
    Number::Last,
    Number::Bid,
    Number::Ask,
    Number::Volume,
    Number::Iv,
    Number::Delta,
    Number::Gamma,
    Number::OpenInterest,
];
const OFFSETS: [usize; 8] = [1, 3, 4, 5, 6, 7, 8, 9];
const HEADER_LINES_MAX: usize = 10;
/// Bytes of a line, at least: for the room that is made for rows.
const LINE_BYTES: usize = 100;

/// Decode a body that is already unpacked.
pub fn decode(body: &[u8]) -> Result<Chain> {
    ChainBuilder::check_length(body)?;
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut lines = Lines { body, at: 0 };
    let mut header = Header::default();
    let columns_found = lines.by_ref().take(HEADER_LINES_MAX).any(|line| header.read(line));
    if !columns_found {
        return Err(Error::ChainDecode(format!(
            "no column line with {FIELDS} columns in the first {HEADER_LINES_MAX} lines: give Cboe's quotedata.csv, unpacked"
        )));
    }
    // The position is past the end where the last line has no end of its own.
    let mut rows = ChainBuilder::new(&COLUMNS, body.len().saturating_sub(lines.at) / LINE_BYTES * 2);
    while lines.at < body.len() {
        if let Some((sides, end)) = plain_row(body, lines.at) {
            for (terms, numbers) in &sides {
                rows.push(terms, numbers);
            }
            lines.at = end;
        } else if let Some(line) = lines.next().filter(|line| !line.trim_ascii().is_empty()) {
            read_row(line, &mut rows);
        }
    }
    rows.finish(header.spot, header.as_of)
}

/// The lines from a position on, without their ends.
struct Lines<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.body.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at += length + 1;
        let line = &rest[..length];
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

#[derive(Default)]
struct Header {
    spot: Option<f64>,
    as_of: Option<String>,
}

impl Header {
    /// Read one line; true if it is the line of column names, the last of the header.
    fn read(&mut self, line: &[u8]) -> bool {
        let text = String::from_utf8_lossy(line);
        if let Some((_, after)) = text.split_once("Last:") {
            // Thousands separators, if any, stay inside: the next field starts with its own key.
            let number = after.split(",Change").next().unwrap_or(after).trim_matches(['"', ' ']);
            let price = parse_number(number.as_bytes());
            self.spot = (price.is_finite() && price > 0.0).then_some(price);
        }
        if let Some((_, after)) = text.split_once("Date:") {
            let date = after.split(",Bid").next().unwrap_or(after).trim_matches(['"', ' ', ',']);
            self.as_of = (!date.is_empty()).then(|| date.to_owned());
        }
        // Names may be translated; the number of columns and the absence of a key tell the line.
        split(line).is_some() && !text.contains("Last:") && !text.contains("Date:")
    }
}

type Side = (Terms, [f64; COLUMNS.len()]);

/// A row as the source writes nearly all of them: no quotes, no empty field, no separators within numbers; a call and
/// its put, and where the next line starts. `None` for every other row, which [`read_row`] then judges.
#[inline]
fn plain_row(body: &[u8], start: usize) -> Option<([Side; 2], usize)> {
    let date = body[start..].iter().take(40).position(|b| matches!(b, b',' | b'"' | b'\n'))?;
    let (call, at) = symbol(body, start + date)?;
    let (call_numbers, at) = side_numbers(body, at)?;
    let (strike, at) = decimal(body, after(body, at, b',')?)?;
    let (put, at) = symbol(body, at)?;
    let (put_numbers, at) = side_numbers(body, at)?;
    let at = if body.get(at) == Some(&b'\r') { at + 1 } else { at };
    let end = after(body, at, b'\n')?;
    let call = read(call);
    let put = read(put);
    let sound = (call.faults | put.faults) == 0
        && (call.sign(), put.sign()) == (1, -1)
        && call.strike() == strike
        && put.strike() == strike;
    sound.then_some(([(call, call_numbers), (put, put_numbers)], end))
}

/// The symbol after the comma at a position, and the position of the comma after it.
#[inline]
fn symbol(body: &[u8], comma: usize) -> Option<(&[u8], usize)> {
    let start = after(body, comma, b',')?;
    let rest = &body[start..];
    let length = (16..=21).find(|length| rest.get(*length) == Some(&b','))?;
    Some((&rest[..length], start + length))
}

/// The nine numbers after a symbol, without the change, and where they end.
#[inline]
fn side_numbers(body: &[u8], mut at: usize) -> Option<([f64; COLUMNS.len()], usize)> {
    let mut numbers = [0.0; COLUMNS.len()];
    (numbers[0], at) = decimal(body, after(body, at, b',')?)?;
    (_, at) = decimal(body, after(body, at, b',')?)?;
    for number in &mut numbers[1..] {
        (*number, at) = decimal(body, after(body, at, b',')?)?;
    }
    Some((numbers, at))
}

/// The position after this byte, if it stands at a position.
#[inline]
fn after(body: &[u8], at: usize, byte: u8) -> Option<usize> {
    (*body.get(at)? == byte).then_some(at + 1)
}

fn read_row(line: &[u8], rows: &mut ChainBuilder) {
    let Some(fields) = split(line) else {
        rows.drop_row("wrong_column_count");
        return;
    };
    let strike = parse_number(fields[STRIKE_FIELD]);
    for (column, sign) in SIDES {
        let terms = read(fields[column]);
        if terms.faults != 0 {
            rows.drop_row("bad_contract_id");
        } else if terms.sign() != sign || terms.strike() != strike {
            rows.drop_row("contract_mismatch");
        } else {
            rows.push(&terms, &OFFSETS.map(|offset| parse_number(fields[column + offset])));
        }
    }
}

/// The fields of a CSV line, or `None` if there are not as many as there should be. Quotes keep commas together and are
/// taken off.
fn split(line: &[u8]) -> Option<[&[u8]; FIELDS]> {
    let mut fields = [&[][..]; FIELDS];
    let (mut start, mut quoted, mut count) = (0, false, 0);
    for (i, b) in line.iter().enumerate() {
        match b {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                *fields.get_mut(count)? = unquote(&line[start..i]);
                count += 1;
                start = i + 1;
            }
            _ => {}
        }
    }
    *fields.get_mut(count)? = unquote(&line[start..]);
    (count + 1 == FIELDS).then_some(fields)
}

fn unquote(field: &[u8]) -> &[u8] {
    let field = field.trim_ascii();
    field.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Float64Type;
    use proptest::prelude::*;

    const NAMES: &str = "Expiration Date,Calls,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest,Strike,\
        Puts,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest";
    const ROW: &str = "Thu Sep 14 2023,SPY230914C00360000,90.42,4.025,90.7,90.86,\"1,001\",0.5,1,0.01,3,360.00,\
        SPY230914P00360000,0.01,0,0,0.02,7,0.6,-0.1,0.02,\"2,600\"";

    fn body(title: &str, date: &str, rows: &[&str]) -> String {
        format!("\u{feff}\r\n{title}\r\n{date}\r\n{NAMES}\r\n{}\r\n", rows.join("\r\n"))
    }

    fn column(chain: &Chain, name: &str) -> Vec<Option<f64>> {
        chain.batch().column_by_name(name).unwrap().as_primitive::<Float64Type>().iter().collect()
    }

    #[test]
    fn a_row_is_a_call_and_a_put() {
        let text =
            body("SPDR,Last: 450.81,Change:  3.85", "\"Date: September 14, 2023 at 4:31 PM EDT\",Bid: 450.81", &[ROW]);
        let chain = decode(text.as_bytes()).unwrap();
        assert_eq!((chain.spot, chain.as_of.as_deref()), (Some(450.81), Some("September 14, 2023 at 4:31 PM EDT")));
        assert_eq!(column(&chain, "strike"), [Some(360.0); 2]);
        assert_eq!(column(&chain, "volume"), [Some(1_001.0), Some(7.0)]);
        assert_eq!(column(&chain, "open_interest"), [Some(3.0), Some(2_600.0)]);
        assert_eq!(column(&chain, "ask"), [Some(90.86), Some(0.02)]);
        assert_eq!(column(&chain, "delta"), [Some(1.0), Some(-0.1)]);
        assert_eq!(column(&chain, "vega"), [None, None]);
    }

    #[test]
    fn headers_of_other_locales_and_with_broken_quotes() {
        for (title, date, spot, as_of) in [
            (
                "X,Last: 4479.08,Change:  -32",
                "\"Date: 23 de marzo de 2022, 10:11 GMT-4\",Bid: 4477",
                4479.08,
                "23 de marzo de 2022, 10:11 GMT-4",
            ),
            (
                "\"A, B\",Last: 445.65,Change:  0.51",
                "Date: 22 March 2024, 9:46 PM EDT,Bid: 445.65,\"Volume: 28,253,899",
                445.65,
                "22 March 2024, 9:46 PM EDT",
            ),
            (
                "X,\"Last: 4,505.10\",Change:  1",
                "Date: 20 May 2023, 11:46 AM EDT\",Bid: 1",
                4505.10,
                "20 May 2023, 11:46 AM EDT",
            ),
        ] {
            let chain = decode(body(title, date, &[ROW]).as_bytes()).unwrap();
            assert_eq!((chain.spot, chain.as_of.as_deref(), chain.batch().num_rows()), (Some(spot), Some(as_of), 2));
        }
    }

    #[test]
    fn bad_rows_are_dropped_by_reason() {
        let short = "Thu Sep 14 2023,SPY230914C00360000,1";
        let swapped = ROW.replace("360.00,", "361.00,");
        let junk = ROW.replace("SPY230914P00360000", "SPY230931P00360000");
        let text = body("X,Last: n/a,Change: 0", "Date: ,Bid: 1", &[ROW, short, &swapped, &junk]);
        let chain = decode(text.as_bytes()).unwrap();
        assert_eq!((chain.batch().num_rows(), chain.spot, chain.as_of.clone()), (3, None, None));
        let dropped: Vec<_> = chain.dropped.into_iter().collect();
        assert_eq!(dropped, [("bad_contract_id", 1), ("contract_mismatch", 2), ("wrong_column_count", 1)]);
    }

    #[test]
    fn what_is_no_chain_is_refused() {
        for junk in [&b""[..], b"hello", b"<html></html>", b"\x1f\x8b\x08binary", b"a,b,c\n1,2,3\n"] {
            assert!(matches!(decode(junk), Err(Error::ChainDecode(_))), "{junk:?}");
        }
    }

    fn value() -> impl Strategy<Value = String> {
        "-?[0-9]{1,6}(\\.[0-9]{1,5})?|[0-9]{7,20}|-?[0-9]{1,3}\\.[0-9]{6,12}|inf|NaN|-||1e3|1e999| 5 |\\.5"
    }

    proptest! {
        /// A row without quotes takes the short way, the same row with one quoted field the general one.
        #[test]
        fn rows_are_read_alike_on_both_ways(
            rows in proptest::collection::vec(proptest::collection::vec(value(), 18), 1..8),
            put in "SPY230914P00360000|SPY230914C00360000|SPY230914P00361000|SPY230931P00360000",
        ) {
            let text = |quote: &str| {
                let lines: Vec<String> = rows.iter().map(|values| {
                    format!(
                        "Thu Sep 14 2023,SPY230914C00360000,{},{quote}360.00{quote},{put},{}",
                        values[..9].join(","), values[9..].join(","),
                    )
                }).collect();
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                decode(body("X,Last: 1,Change: 0", "Date: x,Bid: 1", &lines).as_bytes()).unwrap()
            };
            let plain = text("");
            prop_assert_eq!(&plain, &text("\""));
            let bids = column(&plain, "bid");
            for (row, values) in rows.iter().enumerate() {
                let bid = parse_number(values[2].as_bytes());
                let sides = bids.len() / rows.len();
                prop_assert_eq!(bids[row * sides].map(f64::to_bits), bid.is_finite().then(|| bid.to_bits()));
            }
        }

        #[test]
        fn any_damage_is_decoded_or_refused(at in 0_usize..600, byte in any::<u8>()) {
            let mut bytes = body("X,Last: 1,Change: 0", "Date: x,Bid: 1", &[ROW, ROW]).into_bytes();
            let length = bytes.len();
            bytes[at % length] = byte;
            let _ = decode(&bytes);
        }
    }
}
