//! One contract of the body, in whatever order and form its fields come.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::chain::number::parse_number;
use crate::chain::Number;
use crate::occ::kernel::{read, Terms};

/// The columns that the source has, in the order in which a row holds their numbers.
pub(super) const COLUMNS: [Number; 13] = [
    Number::Bid,
    Number::Ask,
    Number::Last,
    Number::Mark,
    Number::BidSize,
    Number::AskSize,
    Number::Volume,
    Number::OpenInterest,
    Number::Iv,
    Number::Delta,
    Number::Gamma,
    Number::Theta,
    Number::Vega,
];

/// What a key of a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    ContractId,
    Symbol,
    Expiration,
    Strike,
    Kind,
    Date,
    /// The number at this place of [`COLUMNS`].
    Number(usize),
    Other,
}

impl Field {
    pub(super) fn of_key(key: &str) -> Self {
        match key {
            "contractID" => Self::ContractId,
            "symbol" => Self::Symbol,
            "expiration" => Self::Expiration,
            "strike" => Self::Strike,
            "type" => Self::Kind,
            "date" => Self::Date,
            "bid" => Self::Number(Number::Bid as usize),
            "ask" => Self::Number(Number::Ask as usize),
            "last" => Self::Number(Number::Last as usize),
            "mark" => Self::Number(Number::Mark as usize),
            "bid_size" => Self::Number(Number::BidSize as usize),
            "ask_size" => Self::Number(Number::AskSize as usize),
            "volume" => Self::Number(Number::Volume as usize),
            "open_interest" => Self::Number(Number::OpenInterest as usize),
            "implied_volatility" => Self::Number(Number::Iv as usize),
            "delta" => Self::Number(Number::Delta as usize),
            "gamma" => Self::Number(Number::Gamma as usize),
            "theta" => Self::Number(Number::Theta as usize),
            "vega" => Self::Number(Number::Vega as usize),
            _ => Self::Other,
        }
    }

    /// A bit of its own; none for fields that are passed over.
    const fn bit(self) -> u32 {
        match self {
            Self::ContractId => 1,
            Self::Symbol => 1 << 1,
            Self::Expiration => 1 << 2,
            Self::Strike => 1 << 3,
            Self::Kind => 1 << 4,
            Self::Date => 1 << 5,
            Self::Number(place) => 1 << (6 + place),
            Self::Other => 0,
        }
    }
}

/// The text of one row, borrowed from the body where it has no escapes; empty where a field is absent.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    contract_id: Cow<'a, str>,
    symbol: Cow<'a, str>,
    expiration: Cow<'a, str>,
    strike: Cow<'a, str>,
    kind: Cow<'a, str>,
    pub(super) date: Cow<'a, str>,
    numbers: [Cow<'a, str>; COLUMNS.len()],
    twice: bool,
}

impl Row<'_> {
    pub(super) fn is_placeholder(&self) -> bool {
        self.symbol == "XXYYZZ" || self.contract_id.starts_with("XXYYZZ") || self.expiration == "2099-99-99"
    }

    /// The contract that the row describes. `contractID` is exact; the other fields must not contradict it.
    pub(super) fn contract(&self) -> Result<Terms, &'static str> {
        if self.twice {
            return Err("duplicate_key");
        }
        let terms = read(self.contract_id.as_bytes());
        if terms.faults != 0 {
            return Err("bad_contract_id");
        }
        let sign = match self.kind.as_ref() {
            "call" => Some(1),
            "put" => Some(-1),
            "" => None,
            _ => return Err("bad_type"),
        };
        let expiry = format!("20{:02}{:02}{:02}", terms.date_part(1), terms.date_part(2), terms.date_part(3));
        let without_dashes = self.expiration.bytes().filter(|b| *b != b'-');
        let expiry_agrees = self.expiration.is_empty() || without_dashes.eq(expiry.bytes());
        let strike_agrees = self.strike.is_empty() || parse_number(self.strike.as_bytes()) == terms.strike();
        if expiry_agrees && strike_agrees && sign.is_none_or(|sign| sign == terms.sign()) {
            Ok(terms)
        } else {
            Err("contract_mismatch")
        }
    }

    pub(super) fn numbers(&self) -> [f64; COLUMNS.len()] {
        std::array::from_fn(|place| parse_number(self.numbers[place].as_bytes()))
    }
}

impl<'de> Deserialize<'de> for Row<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a contract")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row<'de>, A::Error> {
        let (mut row, mut seen) = (Row::default(), 0);
        while let Some(Text(key)) = map.next_key()? {
            let field = Field::of_key(&key);
            row.twice |= seen & field.bit() != 0;
            seen |= field.bit();
            let text = match field {
                Field::ContractId => &mut row.contract_id,
                Field::Symbol => &mut row.symbol,
                Field::Expiration => &mut row.expiration,
                Field::Strike => &mut row.strike,
                Field::Kind => &mut row.kind,
                Field::Date => &mut row.date,
                Field::Number(place) => &mut row.numbers[place],
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *text = map.next_value::<Text<'de>>()?.0;
        }
        Ok(row)
    }
}

/// A string, or a number or null that stands where a string is expected.
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a number")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed("")))
    }

    fn visit_unit<E>(self) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed("")))
    }
}
