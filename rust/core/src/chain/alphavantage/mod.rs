//! Decoder of Alpha Vantage's `REALTIME_OPTIONS` and `HISTORICAL_OPTIONS` bodies (JSON).
//!
//! Every value is a string. A missing entitlement is answered with HTTP 200 and invented rows (`XXYYZZ`, `2099-99-99`);
//! a limit with HTTP 200 and `Information` or `Note`, which may repeat the API key. Both are refused here.

mod layout;
mod row;

use serde::de::{Deserialize, IgnoredAny};

use crate::chain::alphavantage::layout::Layout;
use crate::chain::alphavantage::row::{Row, Text, COLUMNS};
use crate::chain::builder::ChainBuilder;
use crate::chain::redact::redact;
use crate::chain::Chain;
use crate::error::{Error, Result};

/// Bytes of a row with all its fields, at least: for the room that is made for rows.
const ROW_BYTES: usize = 320;
/// Rows that may depart from the layout before another is learned.
const MISSES_MAX: u32 = 8;

/// Decode a body. Values may be strings, numbers or null; what is no finite number becomes null.
pub fn decode(body: &[u8]) -> Result<Chain> {
    ChainBuilder::check_length(body)?;
    let mut reading = Reading {
        rows: ChainBuilder::new(&COLUMNS, body.len() / ROW_BYTES),
        has_data: false,
        placeholder: false,
        as_of: None,
        notice: None,
    };
    let mut cursor = Cursor { body, at: if body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 } };
    reading.body(&mut cursor)?;
    if reading.placeholder {
        return Err(Error::PlaceholderData(
            "Alpha Vantage answered with its artificial sample rows: the API key's plan lacks this endpoint; \
             subscribe to a plan with realtime options or use another chain source"
                .into(),
        ));
    }
    match reading.notice {
        Some((Notice::Limit, text)) => {
            Err(Error::RateLimited(format!("Alpha Vantage sent a notice instead of data: {text}")))
        }
        Some((Notice::Error, text)) => Err(Error::ChainDecode(format!("Alpha Vantage refused the request: {text}"))),
        None if reading.has_data => reading.rows.finish(None, reading.as_of),
        None => Err(Error::ChainDecode("the Alpha Vantage body has no `data`: check the endpoint's name".into())),
    }
}

#[derive(Clone, Copy)]
enum Notice {
    Limit,
    Error,
}

struct Reading {
    rows: ChainBuilder,
    has_data: bool,
    placeholder: bool,
    as_of: Option<String>,
    notice: Option<(Notice, String)>,
}

impl Reading {
    /// The object that the whole body is.
    fn body(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        cursor.expect(b'{', "the body")?;
        let mut more = !cursor.take(b'}');
        while more {
            let Text(key) = cursor.value("the body")?;
            cursor.expect(b':', "the body")?;
            match key.as_ref() {
                "data" if self.has_data => return Err(cursor.refuse("the body", "it has `data` twice")),
                "data" => {
                    self.data(cursor)?;
                    self.has_data = true;
                }
                "message" => self.placeholder |= cursor.text("message")?.contains("ARTIFICIAL"),
                "Information" | "Note" => self.notice = Some((Notice::Limit, redact(&cursor.text("the notice")?))),
                "Error Message" => self.notice = Some((Notice::Error, redact(&cursor.text("the notice")?))),
                _ => drop(cursor.value::<IgnoredAny>("the body")?),
            }
            more = cursor.take(b',');
            if !more {
                cursor.expect(b'}', "the body")?;
            }
        }
        if cursor.next().is_some() {
            return Err(cursor.refuse("the body", "something follows its end"));
        }
        Ok(())
    }

    /// The array of contracts.
    fn data(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        cursor.expect(b'[', "`data`")?;
        let (mut layout, mut misses): (Option<Layout>, u32) = (None, 0);
        let mut row = 0;
        let mut more = !cursor.take(b']');
        while more {
            row += 1;
            cursor.next();
            let known = layout.as_ref().filter(|layout| self.as_of.is_some() || !layout.has_date);
            if let Some((terms, numbers, end)) = known.and_then(|layout| layout.read(cursor.body, cursor.at)) {
                self.rows.push(&terms, &numbers);
                cursor.at = end;
            } else {
                let start = cursor.at;
                self.row(&cursor.value(&format!("row {row} of `data`"))?);
                if misses == 0 {
                    layout = Layout::learn(&cursor.body[start..cursor.at]).or(layout);
                }
                misses = (misses + 1) % MISSES_MAX;
            }
            more = cursor.take(b',');
            if !more {
                cursor.expect(b']', &format!("`data` after row {row}"))?;
            }
        }
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) {
        self.placeholder |= row.is_placeholder();
        if self.as_of.is_none() && !row.date.is_empty() {
            self.as_of = Some(row.date.clone().into_owned());
        }
        match row.contract() {
            Ok(terms) => self.rows.push(&terms, &row.numbers()),
            Err(reason) => self.rows.drop_row(reason),
        }
    }
}

/// A place in the body. Punctuation is read here, values by `serde_json`.
struct Cursor<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The next byte that is no white space; the cursor stands on it.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.body.get(self.at) {
            self.at += 1;
        }
        self.body.get(self.at).copied()
    }

    /// Pass over this byte if it comes next.
    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let found = self.next() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, place: &str) -> Result<()> {
        if self.take(byte) {
            return Ok(());
        }
        let what = if self.at >= self.body.len() { "it ends too early" } else { "there is no" };
        let expected = if self.at >= self.body.len() { String::new() } else { format!(" {:?}", char::from(byte)) };
        Err(self.refuse(place, &format!("{what}{expected}")))
    }

    /// The value that comes next.
    fn value<T: Deserialize<'a>>(&mut self, place: &str) -> Result<T> {
        let mut values = serde_json::Deserializer::from_slice(&self.body[self.at..]).into_iter::<T>();
        match values.next() {
            Some(Ok(value)) => {
                self.at += values.byte_offset();
                Ok(value)
            }
            Some(Err(error)) => Err(self.refuse(place, &error.to_string())),
            None => Err(self.refuse(place, "it ends too early")),
        }
    }

    fn text(&mut self, place: &str) -> Result<std::borrow::Cow<'a, str>> {
        self.value::<Text<'a>>(place).map(|text| text.0)
    }

    fn refuse(&self, place: &str, why: &str) -> Error {
        Error::ChainDecode(format!(
            "the Alpha Vantage body is not the expected JSON ({place}, byte {}: {}): ask again, and check the endpoint",
            self.at,
            redact(why)
        ))
    }
}

#[cfg(test)]
mod tests;
