//! Decoder of Cboe's delayed-quote chain, `quotedata.csv`.
//!
//! Two header lines hold the name, last price and date of the underlying, in the locale of whoever downloaded the file
//! and with broken quoting (`"Volume: 28,253,899`), so they are searched for their English keys and not parsed as CSV.
//! Each data row holds a call and a put in 22 columns; the contract symbols say everything about the terms.

use crate::chain::{parse_number, Chain, ChainBuilder, Number};
use crate::error::{Error, Result};
use crate::occ::{parse, Right};

const COLUMNS: usize = 22;
const STRIKE_COLUMN: usize = 11;
/// Column of the contract symbol of calls and puts; the numbers follow it.
const SIDES: [(usize, Right); 2] = [(1, Right::Call), (12, Right::Put)];
const HEADER_LINES_MAX: usize = 10;

/// Decode a body that is already unpacked.
pub fn decode(body: &[u8]) -> Result<Chain> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut lines = body.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut header = Header::default();
    let columns_found = lines.by_ref().take(HEADER_LINES_MAX).any(|line| header.read(line));
    if !columns_found {
        return Err(Error::ChainDecode(format!(
            "no column line with {COLUMNS} columns in the first {HEADER_LINES_MAX} lines: give Cboe's quotedata.csv, unpacked"
        )));
    }
    let mut rows = ChainBuilder::new();
    for line in lines.filter(|line| !line.trim_ascii().is_empty()) {
        read_row(line, &mut rows);
    }
    rows.finish(header.spot, header.as_of)
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
        split(line).len() == COLUMNS && !text.contains("Last:") && !text.contains("Date:")
    }
}

fn read_row(line: &[u8], rows: &mut ChainBuilder) {
    let fields = split(line);
    if fields.len() != COLUMNS {
        rows.drop_row("wrong_column_count");
        return;
    }
    let strike = parse_number(fields[STRIKE_COLUMN]);
    for (column, right) in SIDES {
        match parse(fields[column]) {
            Err(_) => rows.drop_row("bad_contract_id"),
            Ok(symbol) if symbol.right != right || symbol.strike() != strike => rows.drop_row("contract_mismatch"),
            Ok(symbol) => rows.push(&symbol, |number| {
                let offset = match number {
                    Number::Last => 1,
                    Number::Bid => 3,
                    Number::Ask => 4,
                    Number::Volume => 5,
                    Number::Iv => 6,
                    Number::Delta => 7,
                    Number::Gamma => 8,
                    Number::OpenInterest => 9,
                    _ => return f64::NAN,
                };
                parse_number(fields[column + offset])
            }),
        }
    }
}

/// Fields of a CSV line; quotes keep commas together and are taken off.
fn split(line: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::with_capacity(COLUMNS);
    let (mut start, mut quoted) = (0, false);
    for (i, b) in line.iter().enumerate() {
        match b {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                fields.push(unquote(&line[start..i]));
                start = i + 1;
            }
            _ => {}
        }
    }
    fields.push(unquote(&line[start..]));
    fields
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

    proptest! {
        #[test]
        fn any_damage_is_decoded_or_refused(at in 0_usize..600, byte in any::<u8>()) {
            let mut bytes = body("X,Last: 1,Change: 0", "Date: x,Bid: 1", &[ROW, ROW]).into_bytes();
            let length = bytes.len();
            bytes[at % length] = byte;
            let _ = decode(&bytes);
        }
    }
}
