//! Prints as they arrive, and trades as the tape keeps them.

use crate::aggressor::Aggressor;
use crate::error::Result;
use crate::limits;
use crate::market::conditions::SaleConditions;

/// Tells exchanges apart; made from the code that the feed gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Venue(u64);

impl Venue {
    /// An exchange that the feed did not name.
    pub const UNKNOWN: Self = Self(0);
    /// Codes of up to this many bytes are held whole.
    const WHOLE_MAX: usize = 7;

    /// From the code of the exchange; empty if unknown. Codes over 7 bytes are told apart by a 63-bit hash (FNV-1a).
    #[inline]
    pub fn parse(code: &[u8]) -> Self {
        if code.len() <= Self::WHOLE_MAX {
            // The length stands in the top byte, so that a code and the same code with a zero byte differ.
            let bytes = code.iter().fold(0, |key, b| (key << 8) | u64::from(*b));
            return Self(bytes | (code.len() as u64) << 56);
        }
        let hash = code
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
        Self(hash | 1 << 63)
    }

    /// Whether the feed named the exchange.
    #[inline]
    pub const fn is_known(self) -> bool {
        self.0 != 0
    }
}

/// A print as it arrives, validated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Print {
    /// Event time in ns.
    pub ts_ns: i64,
    /// Dollars, above zero.
    pub price: f64,
    /// Shares or contracts, 0 or more.
    pub size: f64,
    /// The exchange.
    pub venue: Venue,
    /// Sale conditions.
    pub conditions: SaleConditions,
}

impl Print {
    /// Validate price and size (see [`limits`]) and read venue and condition letters.
    #[inline]
    pub fn new(ts_ns: i64, price: f64, size: f64, venue: &[u8], conditions: &[u8]) -> Result<Self> {
        Self::of(ts_ns, price, size, Venue::parse(venue), SaleConditions::parse(conditions))
    }

    /// Validate price and size of a print whose texts have been read already.
    #[inline]
    pub fn of(ts_ns: i64, price: f64, size: f64, venue: Venue, conditions: SaleConditions) -> Result<Self> {
        limits::check("trade", price, size)?;
        Ok(Self { ts_ns, price, size, venue, conditions })
    }
}

/// A print with its aggressor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// Event time in ns.
    pub ts_ns: i64,
    /// Dollars.
    pub price: f64,
    /// Shares or contracts.
    pub size: f64,
    /// Who took liquidity.
    pub aggressor: Aggressor,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn venues_differ_where_their_codes_do() {
        let codes: [&[u8]; 9] =
            [b"", b"P", b"Q", b"P\0", b"\0", b"NASDAQ", b"DRCTEDGE", b"DRCTEDGF", b"a venue with a long name"];
        for (i, code) in codes.iter().enumerate() {
            for (j, other) in codes.iter().enumerate() {
                assert_eq!(Venue::parse(code) == Venue::parse(other), i == j, "{code:?} {other:?}");
            }
        }
        assert_eq!(Venue::parse(b""), Venue::UNKNOWN);
        assert!(Venue::parse(b"P").is_known() && Venue::parse(b"\0").is_known());
    }
}
