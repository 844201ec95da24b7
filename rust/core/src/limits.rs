//! What a price or a size can be at most. Anything above is corrupt input; without a limit its products would overflow.

use crate::error::{not_negative, positive, Error, Result};

/// Dollars.
pub const PRICE_MAX: f64 = 1e9;
/// Shares or contracts in one quote, row or print.
pub const SIZE_MAX: f64 = 1e9;

/// Whether a price is above zero and below the limit.
#[inline]
pub(crate) fn is_price(price: f64) -> bool {
    price > 0.0 && price <= PRICE_MAX
}

/// Whether a size is 0 or more and below the limit.
#[inline]
pub(crate) fn is_size(size: f64) -> bool {
    (0.0..=SIZE_MAX).contains(&size)
}

/// Refuse a price or a size that cannot be true; `what` names where it stands.
#[inline]
pub(crate) fn check(what: &str, price: f64, size: f64) -> Result<()> {
    if is_price(price) && is_size(size) {
        return Ok(());
    }
    refuse(what, price, size)
}

#[cold]
fn refuse(what: &str, price: f64, size: f64) -> Result<()> {
    positive(&format!("the {what} price"), price)?;
    not_negative(&format!("the {what} size"), size)?;
    Err(Error::invalid(format!("the {what} was {size} at {price}: no price or size is above 1e9")))
}
