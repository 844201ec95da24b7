//! Order books: the L1 quote, the broker's depth rows, and the price-keyed book (market by price).
//!
//! | concept | file |
//! |---|---|
//! | best bid and ask | [`quote`] |
//! | dollars to integer ticks and back, exactly | [`scale`] |
//! | rows that the broker inserts, updates and deletes by position | [`rows`], `side_rows` |
//! | one side of a price-keyed book | [`ladder`] |
//! | both sides, and the sequence of its updates | [`price_book`] |
//! | imbalance, weighted mid, order flow, flags | [`metrics`] |
//! | columns of updates in, a column of measures a update out | [`batch`], [`rows_batch`] |

#![allow(clippy::inline_always, reason = "the loops over updates lose half their speed when a call remains in them")]
#![allow(clippy::needless_bitwise_bool, reason = "`&` has no branch: it vectorises, `&&` does not")]

pub mod batch;
pub mod ladder;
pub mod measures;
pub mod metrics;
mod output;
pub mod price_book;
pub mod quote;
pub mod rows;
pub mod rows_batch;
pub mod scale;
pub mod sequence;
mod side_rows;

use crate::error::{Error, Result};

pub use metrics::DepthImbalance;
pub use price_book::OrderBook;
pub use quote::Quote;
pub use rows::{DepthBook, DepthOp};
pub use scale::TickScale;

/// (price in dollars, size), best first.
pub type Levels = Vec<(f64, f64)>;

/// A side of a book, as the broker numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// 0.
    Ask,
    /// 1.
    Bid,
}

impl Side {
    /// From the broker's number.
    #[inline]
    pub fn from_code(code: i64) -> Result<Self> {
        match code {
            0 => Ok(Self::Ask),
            1 => Ok(Self::Bid),
            other => Err(unknown_side(other)),
        }
    }

    /// The rank of a price on this side: the lower, the better. Its own inverse.
    #[inline]
    pub(crate) const fn rank(self, ticks: i64) -> i64 {
        rank_on(self as usize, ticks)
    }
}

/// Indices of the sides.
const ASK: usize = Side::Ask as usize;
const BID: usize = Side::Bid as usize;

/// [`Side::rank`] by the index of the side (0 or 1), without a branch.
#[inline]
const fn rank_on(side: usize, ticks: i64) -> i64 {
    // Ticks stay far from the ends of i64 (see `scale`), so the negation is exact.
    let mask = -(side as i64);
    (ticks ^ mask).wrapping_sub(mask)
}

#[cold]
fn unknown_side(code: i64) -> Error {
    Error::invalid(format!("the depth side was {code}: 0 is ask, 1 is bid"))
}

#[cfg(test)]
mod tests;
