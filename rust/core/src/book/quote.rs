//! Best bid and ask.

use super::metrics::weighted_mid;
use crate::error::Result;
use crate::limits;

/// Best bid and ask. A side whose price is NaN is absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote {
    /// Best bid in dollars, NaN if absent.
    pub bid: f64,
    /// Shares or contracts at the bid, NaN if absent.
    pub bid_size: f64,
    /// Best ask in dollars, NaN if absent.
    pub ask: f64,
    /// Shares or contracts at the ask, NaN if absent.
    pub ask_size: f64,
}

impl Quote {
    /// A quote with both sides absent.
    pub const ABSENT: Self = Self { bid: f64::NAN, bid_size: f64::NAN, ask: f64::NAN, ask_size: f64::NAN };

    /// Validate a quote as it arrives: a NaN price, or one of 0 or less, means that the side is absent.
    #[inline]
    pub fn new(bid: f64, bid_size: f64, ask: f64, ask_size: f64) -> Result<Self> {
        let (bid, bid_size) = side("bid", bid, bid_size)?;
        let (ask, ask_size) = side("ask", ask, ask_size)?;
        Ok(Self { bid, bid_size, ask, ask_size })
    }

    /// Whether both sides are present.
    #[inline]
    pub fn is_two_sided(&self) -> bool {
        !self.bid.is_nan() && !self.ask.is_nan()
    }

    /// Halfway between bid and ask.
    pub fn mid(&self) -> Option<f64> {
        self.is_two_sided().then_some((self.bid + self.ask) * 0.5)
    }

    /// (Pa Qb + Pb Qa) / (Qb + Qa): leans to the side that is about to give way.
    pub fn weighted_mid(&self) -> Option<f64> {
        let mid = weighted_mid(self);
        (!mid.is_nan()).then_some(mid)
    }
}

#[inline]
fn side(name: &str, price: f64, size: f64) -> Result<(f64, f64)> {
    if price.is_nan() || price <= 0.0 {
        return Ok((f64::NAN, f64::NAN));
    }
    limits::check(name, price, size)?;
    Ok((price, size))
}
