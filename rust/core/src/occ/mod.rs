//! OCC/OSI option symbols: root, expiry, right, strike.
//!
//! The last 15 characters are fixed (`yymmdd`, `C|P`, strike x 1000 in 8 digits), so a symbol is read from the right;
//! what is left is the root, which may hold digits (AAPL1 after an adjustment, a trailing 7 for minis, a leading digit
//! for FLEX). Two spellings exist: padded to 21 characters (IBKR's localSymbol) and compact (Alpha Vantage, Cboe).

pub mod batch;

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
        let width = if padded { ROOT_MAX } else { 0 };
        format!(
            "{:<width$}{:02}{:02}{:02}{}{:08}",
            self.root(),
            self.year % 100,
            self.month,
            self.day,
            self.right.letter(),
            self.strike_milli,
        )
    }
}

/// Why a symbol is refused. A fixed text each, so that a batch with many bad rows allocates nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault(pub &'static str);

/// Parse either spelling; the fault names what is wrong.
pub fn parse(symbol: &[u8]) -> std::result::Result<OccSymbol, Fault> {
    if symbol.len() <= TAIL {
        return Err(Fault("it is too short: expected a root and 15 characters after it"));
    }
    if symbol.len() > ROOT_MAX + TAIL {
        return Err(Fault("it is longer than 21 characters"));
    }
    let (head, tail) = symbol.split_at(symbol.len() - TAIL);
    let padding = head.iter().rev().take_while(|b| **b == b' ').count();
    if padding > 0 && head.len() != ROOT_MAX {
        return Err(Fault("a root padded with spaces must be padded to 6 characters"));
    }
    let (root, root_len) = parse_root(&head[..head.len() - padding])?;
    let yymmdd = digits(&tail[..6]).ok_or(Fault("its date is not six ASCII digits"))?;
    let (year, month, day) = (2000 + yymmdd / 10_000, yymmdd / 100 % 100, yymmdd % 100);
    if !is_date(year as i32, month, day) {
        return Err(Fault("its date does not exist in the calendar"));
    }
    let right = match tail[6] {
        b'C' => Right::Call,
        b'P' => Right::Put,
        _ => return Err(Fault("the character before the strike is neither C nor P")),
    };
    let strike_milli = digits(&tail[7..]).ok_or(Fault("its strike is not eight ASCII digits"))?;
    if strike_milli == 0 {
        return Err(Fault("its strike is zero"));
    }
    Ok(OccSymbol { root, root_len, year: year as u16, month: month as u8, day: day as u8, right, strike_milli })
}

/// Parse either spelling with an error for people.
pub fn parse_symbol(symbol: &str) -> Result<OccSymbol> {
    parse(symbol.as_bytes()).map_err(|fault| {
        let shown: String = symbol.chars().take(40).collect();
        Error::OccSymbol(format!("{shown:?} is no OCC option symbol: {}", fault.0))
    })
}

/// Build a symbol from its parts. `expiry` is `YYYYMMDD`.
pub fn build(root: &str, expiry: &str, right: &str, strike_milli: i64) -> Result<OccSymbol> {
    let refuse = |why: String| Error::OccSymbol(format!("no OCC symbol can be made: {why}"));
    let (root_bytes, root_len) = parse_root(root.as_bytes()).map_err(|f| refuse(format!("of {root:?}, {}", f.0)))?;
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
    let strike_milli = strike_milli as u32;
    Ok(OccSymbol {
        root: root_bytes,
        root_len,
        year: year as u16,
        month: month as u8,
        day: day as u8,
        right,
        strike_milli,
    })
}

fn parse_root(root: &[u8]) -> std::result::Result<([u8; ROOT_MAX], u8), Fault> {
    if root.is_empty() {
        return Err(Fault("its root is empty"));
    }
    if root.len() > ROOT_MAX {
        return Err(Fault("its root is longer than 6 characters"));
    }
    if !root.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        return Err(Fault("its root may hold only A-Z and 0-9"));
    }
    if !root.iter().any(u8::is_ascii_uppercase) {
        return Err(Fault("its root holds no letter"));
    }
    let mut stored = [0; ROOT_MAX];
    stored[..root.len()].copy_from_slice(root);
    Ok((stored, root.len() as u8))
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
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

    proptest! {
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
}
