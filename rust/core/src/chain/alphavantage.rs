//! Decoder of Alpha Vantage's `REALTIME_OPTIONS` and `HISTORICAL_OPTIONS` bodies (JSON).
//!
//! Every value is a string. A missing entitlement is answered with HTTP 200 and invented rows (`XXYYZZ`, `2099-99-99`);
//! a limit with HTTP 200 and `Information` or `Note`, which may repeat the API key. Both are refused here.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::chain::redact::redact;
use crate::chain::{parse_number, Chain, ChainBuilder, Number};
use crate::error::{Error, Result};
use crate::occ::{parse, OccSymbol, Right};

/// Decode a body.
pub fn decode(body: &[u8]) -> Result<Chain> {
    let mut reading =
        Reading { rows: ChainBuilder::new(), has_data: false, placeholder: false, as_of: None, notice: None };
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = BodySeed(&mut reading).deserialize(&mut json).and_then(|()| json.end());
    if let Err(error) = read {
        return Err(Error::ChainDecode(format!(
            "the Alpha Vantage body is not the expected JSON ({}): ask again, and check the endpoint",
            redact(&error.to_string())
        )));
    }
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

struct BodySeed<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for BodySeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for BodySeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object with `data`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(TextSeed)? {
            match key.as_ref() {
                "data" => {
                    map.next_value_seed(RowsSeed(&mut *self.0))?;
                    self.0.has_data = true;
                }
                "message" => self.0.placeholder |= map.next_value_seed(TextSeed)?.contains("ARTIFICIAL"),
                "Information" | "Note" => {
                    self.0.notice = Some((Notice::Limit, redact(&map.next_value_seed(TextSeed)?)));
                }
                "Error Message" => self.0.notice = Some((Notice::Error, redact(&map.next_value_seed(TextSeed)?))),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct RowsSeed<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for RowsSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of contracts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> std::result::Result<(), A::Error> {
        while let Some(row) = rows.next_element_seed(RowSeed)? {
            self.0.placeholder |= row.is_placeholder();
            if self.0.as_of.is_none() && !row.date.is_empty() {
                self.0.as_of = Some(row.date.clone().into_owned());
            }
            match row.contract() {
                Ok(symbol) => self.0.rows.push(&symbol, |number| row.number(number)),
                Err(reason) => self.0.rows.drop_row(reason),
            }
        }
        Ok(())
    }
}

/// The text of one row, borrowed from the body; empty where a field is absent.
#[derive(Default)]
struct Row<'a> {
    contract_id: Cow<'a, str>,
    symbol: Cow<'a, str>,
    expiration: Cow<'a, str>,
    strike: Cow<'a, str>,
    kind: Cow<'a, str>,
    date: Cow<'a, str>,
    numbers: [Cow<'a, str>; 13],
}

impl Row<'_> {
    fn is_placeholder(&self) -> bool {
        self.symbol == "XXYYZZ" || self.contract_id.starts_with("XXYYZZ") || self.expiration == "2099-99-99"
    }

    /// The contract that the row describes. `contractID` is exact; the other fields must not contradict it.
    fn contract(&self) -> std::result::Result<OccSymbol, &'static str> {
        let symbol = parse(self.contract_id.as_bytes()).map_err(|_| "bad_contract_id")?;
        let right = match self.kind.as_ref() {
            "call" => Some(Right::Call),
            "put" => Some(Right::Put),
            "" => None,
            _ => return Err("bad_type"),
        };
        let dashes = self.expiration.bytes().filter(|b| *b != b'-');
        let expiry_agrees = self.expiration.is_empty() || dashes.eq(symbol.expiry().bytes());
        let strike_agrees = self.strike.is_empty() || parse_number(self.strike.as_bytes()) == symbol.strike();
        if expiry_agrees && strike_agrees && right.is_none_or(|right| right == symbol.right) {
            Ok(symbol)
        } else {
            Err("contract_mismatch")
        }
    }

    fn number(&self, number: Number) -> f64 {
        parse_number(self.numbers[number as usize].as_bytes())
    }
}

struct RowSeed;

impl<'de> DeserializeSeed<'de> for RowSeed {
    type Value = Row<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Row<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed {
    type Value = Row<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a contract")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Row<'de>, A::Error> {
        let mut row = Row::default();
        while let Some(key) = map.next_key_seed(TextSeed)? {
            let field = match key.as_ref() {
                "contractID" => &mut row.contract_id,
                "symbol" => &mut row.symbol,
                "expiration" => &mut row.expiration,
                "strike" => &mut row.strike,
                "type" => &mut row.kind,
                "date" => &mut row.date,
                "bid" => &mut row.numbers[Number::Bid as usize],
                "ask" => &mut row.numbers[Number::Ask as usize],
                "last" => &mut row.numbers[Number::Last as usize],
                "mark" => &mut row.numbers[Number::Mark as usize],
                "bid_size" => &mut row.numbers[Number::BidSize as usize],
                "ask_size" => &mut row.numbers[Number::AskSize as usize],
                "volume" => &mut row.numbers[Number::Volume as usize],
                "open_interest" => &mut row.numbers[Number::OpenInterest as usize],
                "implied_volatility" => &mut row.numbers[Number::Iv as usize],
                "delta" => &mut row.numbers[Number::Delta as usize],
                "gamma" => &mut row.numbers[Number::Gamma as usize],
                "theta" => &mut row.numbers[Number::Theta as usize],
                "vega" => &mut row.numbers[Number::Vega as usize],
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *field = map.next_value_seed(TextSeed)?;
        }
        Ok(row)
    }
}

/// A string, or a number or null that stands where a string is expected.
struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a number")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> std::result::Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> std::result::Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_string()))
    }

    fn visit_bool<E>(self, _: bool) -> std::result::Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_unit<E>(self) -> std::result::Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(""))
    }
}

#[cfg(test)]
#[path = "alphavantage_tests.rs"]
mod tests;
