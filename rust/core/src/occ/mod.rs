//! OCC/OSI option symbols: root, expiry, right, strike.
//!
//! The last 15 characters are fixed (`yymmdd`, `C|P`, strike x 1000 in 8 digits), so a symbol is read from the right;
//! what is left is the root, which may hold digits (AAPL1 after an adjustment, a trailing 7 for minis, a leading digit
//! for FLEX). Two spellings exist: padded to 21 characters (IBKR's localSymbol) and compact (Alpha Vantage, Cboe).

pub mod batch;
mod columns;
pub mod format;
pub(crate) mod kernel;

use crate::civil::{days_from_civil, is_date};
use crate::error::{Error, Result};

const TAIL: usize = 15;
const ROOT_MAX: usize = 6;
/// The largest strike that eight digits hold, in thousandths of a dollar.
pub const STRIKE_MILLI_MAX: i64 = 99_999_999;

/// Call or put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

impl Right {
    /// `C` or `P`.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Call => "C",
            Self::Put => "P",
        }
    }

    /// +1 for a call, -1 for a put.
    pub const fn sign(self) -> i8 {
        match self {
            Self::Call => 1,
            Self::Put => -1,
        }
    }
}

/// A parsed symbol. Holds no heap memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OccSymbol {
    root: [u8; ROOT_MAX],
    root_len: u8,
    /// 2000-2099.
    pub year: u16,
    /// 1-12.
    pub month: u8,
    /// 1-31.
    pub day: u8,
    /// Call or put.
    pub right: Right,
    /// Strike in thousandths of a dollar, exact.
    pub strike_milli: u32,
}

impl OccSymbol {
    fn of_terms(terms: &kernel::Terms) -> Self {
        let [a, b, c, d, e, f, ..] = terms.root.to_le_bytes();
        Self {
            root: [a, b, c, d, e, f],
            root_len: terms.root_len() as u8,
            year: 2000 + u16::from(terms.date_part(1)),
            month: terms.date_part(2),
            day: terms.date_part(3),
            right: if terms.right == u64::from(b'C') { Right::Call } else { Right::Put },
            strike_milli: terms.strike_milli as u32,
        }
    }

    /// The root, for example `SPXW`.
    pub fn root(&self) -> &str {
        // Only ASCII letters and digits are ever stored.
        std::str::from_utf8(&self.root[..usize::from(self.root_len)]).unwrap_or_default()
    }

    /// Expiry as days since 1970-01-01.
    pub fn expiry_days(&self) -> i32 {
        days_from_civil(i32::from(self.year), u32::from(self.month), u32::from(self.day))
    }

    /// Expiry as `YYYYMMDD`.
    pub fn expiry(&self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month, self.day)
    }

    /// Strike in dollars.
    pub fn strike(&self) -> f64 {
        f64::from(self.strike_milli) / 1000.0
    }

    /// The symbol's text, padded to 21 characters or compact.
    pub fn format(&self, padded: bool) -> String {
        let root = self.root();
        let pad = if padded { ROOT_MAX - root.len() } else { 0 };
        let date = format::yymmdd(self.year.into(), self.month.into(), self.day.into());
        let tail = format::tail(date, self.right, self.strike_milli);
        root.bytes().chain(std::iter::repeat_n(b' ', pad)).chain(tail).map(char::from).collect()
    }
}

/// Why a symbol is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "`text` says it")]
pub enum Fault {
    Null,
    TooShort,
    TooLong,
    Padding,
    RootEmpty,
    RootTooLong,
    RootCharacters,
    RootWithoutLetter,
    DateDigits,
    NoSuchDate,
    Right,
    StrikeDigits,
    StrikeZero,
    StrikeRange,
    ExpiryYear,
}

impl Fault {
    /// The reason for people, a clause that follows the symbol. A fixed text: many bad rows allocate nothing.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Null => "it is null",
            Self::TooShort => "it is too short: expected a root and 15 characters after it",
            Self::TooLong => "it is longer than 21 characters",
            Self::Padding => "a root padded with spaces must be padded to 6 characters",
            Self::RootEmpty => "its root is empty",
            Self::RootTooLong => "its root is longer than 6 characters",
            Self::RootCharacters => "its root may hold only A-Z and 0-9",
            Self::RootWithoutLetter => "its root holds no letter",
            Self::DateDigits => "its date is not six ASCII digits",
            Self::NoSuchDate => "its date does not exist in the calendar",
            Self::Right => "the character before the strike is neither C nor P",
            Self::StrikeDigits => "its strike is not eight ASCII digits",
            Self::StrikeZero => "its strike is zero",
            Self::StrikeRange => "its strike is not 0.001 to 99999.999 in whole thousandths",
            Self::ExpiryYear => "its expiry is not in 2000-2099",
        }
    }
}

/// Parse either spelling; the fault names what is wrong.
pub fn parse(symbol: &[u8]) -> std::result::Result<OccSymbol, Fault> {
    let terms = kernel::read(symbol);
    if terms.faults == 0 {
        Ok(OccSymbol::of_terms(&terms))
    } else {
        Err(explain(symbol))
    }
}

/// What is wrong with bytes that the kernel refused, the first fault from the left.
#[cold]
pub(crate) fn explain(symbol: &[u8]) -> Fault {
    if symbol.len() <= TAIL {
        return Fault::TooShort;
    }
    if symbol.len() > ROOT_MAX + TAIL {
        return Fault::TooLong;
    }
    let (head, tail) = symbol.split_at(symbol.len() - TAIL);
    let root = &head[..head.iter().rposition(|b| *b != b' ').map_or(0, |last| last + 1)];
    let date_digits = tail[..6].iter().all(u8::is_ascii_digit);
    let pair = |at: usize| u32::from(tail[at] - b'0') * 10 + u32::from(tail[at + 1] - b'0');
    if root.len() < head.len() && head.len() != ROOT_MAX {
        Fault::Padding
    } else if root.is_empty() {
        Fault::RootEmpty
    } else if !root.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        Fault::RootCharacters
    } else if !root.iter().any(u8::is_ascii_uppercase) {
        Fault::RootWithoutLetter
    } else if !date_digits {
        Fault::DateDigits
    } else if !is_date(2000 + pair(0) as i32, pair(2), pair(4)) {
        Fault::NoSuchDate
    } else if !matches!(tail[6], b'C' | b'P') {
        Fault::Right
    } else if !tail[7..].iter().all(u8::is_ascii_digit) {
        Fault::StrikeDigits
    } else {
        Fault::StrikeZero
    }
}

/// Parse either spelling with an error for people.
pub fn parse_symbol(symbol: &str) -> Result<OccSymbol> {
    parse(symbol.as_bytes()).map_err(|fault| {
        let shown: String = symbol.chars().take(40).collect();
        Error::OccSymbol(format!("{shown:?} is no OCC option symbol: {}", fault.text()))
    })
}

/// Build a symbol from its parts. `expiry` is `YYYYMMDD`.
pub fn build(root: &str, expiry: &str, right: &str, strike_milli: i64) -> Result<OccSymbol> {
    let refuse = |why: String| Error::OccSymbol(format!("no OCC symbol can be made: {why}"));
    let (root, root_len) = build_root(root.as_bytes()).map_err(|f| refuse(format!("of {root:?}, {}", f.text())))?;
    let bytes = expiry.as_bytes();
    let yymmdd = (bytes.len() == 8 && bytes.starts_with(b"20"))
        .then(|| digits(&bytes[2..]))
        .flatten()
        .ok_or_else(|| refuse(format!("expiry {expiry:?} is not YYYYMMDD in 2000-2099")))?;
    let (year, month, day) = (2000 + yymmdd / 10_000, yymmdd / 100 % 100, yymmdd % 100);
    if !is_date(year as i32, month, day) {
        return Err(refuse(format!("expiry {expiry:?} does not exist in the calendar")));
    }
    let right = match right {
        "C" => Right::Call,
        "P" => Right::Put,
        other => return Err(refuse(format!("right {other:?} is neither C nor P"))),
    };
    if !(1..=STRIKE_MILLI_MAX).contains(&strike_milli) {
        return Err(refuse(format!("strike_milli {strike_milli} is not in 1..={STRIKE_MILLI_MAX}")));
    }
    Ok(OccSymbol {
        root,
        root_len,
        year: year as u16,
        month: month as u8,
        day: day as u8,
        right,
        strike_milli: strike_milli as u32,
    })
}

fn build_root(root: &[u8]) -> std::result::Result<([u8; ROOT_MAX], u8), Fault> {
    if root.is_empty() {
        return Err(Fault::RootEmpty);
    }
    if root.len() > ROOT_MAX {
        return Err(Fault::RootTooLong);
    }
    if !root.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        return Err(Fault::RootCharacters);
    }
    if !root.iter().any(u8::is_ascii_uppercase) {
        return Err(Fault::RootWithoutLetter);
    }
    let mut stored = [0; ROOT_MAX];
    stored[..root.len()].copy_from_slice(root);
    Ok((stored, root.len() as u8))
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
}

#[cfg(test)]
mod tests;
