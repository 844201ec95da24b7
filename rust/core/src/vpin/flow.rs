//! A tape through classification and buckets, a block of 64 trades at a time where that is possible.

#![allow(clippy::inline_always, reason = "the loop over blocks becomes vector code only as a whole")]

use crate::error::{Error, Result};
use crate::limits;
use crate::market::aggressor::TickRule;
use crate::vpin::accumulator::{Accumulator, Closed, Split};
use crate::vpin::blocks::{prices_ok, sizes_positive, sums, BLOCK};
use crate::vpin::sides::{block_sides, one_side, QuoteColumns};
use crate::vpin::units::units_of;

/// Most buckets that one batch may fill; more means that the bucket is far too small for the tape.
pub const BATCH_BUCKETS_MAX: usize = 20_000_000;

/// A recorded tape, or a piece of one, in columns of one length.
#[derive(Debug, Clone, Copy)]
pub struct TapeColumns<'a> {
    /// Event times in ns.
    pub ts_ns: &'a [i64],
    /// Dollars; may be left out where the aggressor is given.
    pub price: Option<&'a [f64]>,
    /// Shares.
    pub size: &'a [f64],
    /// +1 buyer, -1 seller, 0 unknown; for the given scheme.
    pub aggressor: Option<&'a [i8]>,
    /// For the quote rule.
    pub quotes: Option<QuoteColumns<'a>>,
}

impl TapeColumns<'_> {
    /// Whether all columns are of one length.
    pub(crate) fn check_lengths(&self) -> Result<()> {
        let trades = self.ts_ns.len();
        let others = [
            ("price", self.price.map(<[f64]>::len)),
            ("size", Some(self.size.len())),
            ("aggressor", self.aggressor.map(<[i8]>::len)),
            ("bid", self.quotes.map(|quotes| quotes.bid.len())),
            ("ask", self.quotes.map(|quotes| quotes.ask.len())),
        ];
        for (name, length) in others {
            if let Some(length) = length.filter(|length| *length != trades) {
                return Err(Error::invalid(format!(
                    "ts_ns has {trades} values and {name} has {length}: they must be of one length"
                )));
            }
        }
        Ok(())
    }

    /// Refuse a row that cannot be true.
    pub(crate) fn check_row(&self, row: usize) -> Result<()> {
        limits::check("trade", self.price.map_or(1.0, |price| price[row]), self.size[row])?;
        match self.aggressor {
            Some(sides) if !(-1..=1).contains(&sides[row]) => Err(Error::invalid(format!(
                "the aggressor was {}: give 1 (buyer), -1 (seller) or 0 (unknown)",
                sides[row]
            ))),
            _ => Ok(()),
        }
    }

    /// Refuse every row that cannot be true, from `first` on; `rows_before` rows stood in earlier pieces.
    pub(crate) fn check_rows(&self, first: usize, rows_before: usize) -> Result<()> {
        for row in first..self.ts_ns.len() {
            self.check_row(row).map_err(|error| Error::invalid(format!("trade {}: {error}", rows_before + row)))?;
        }
        Ok(())
    }
}

pub(crate) fn too_many_buckets() -> Error {
    Error::invalid(format!("the tape fills more than {BATCH_BUCKETS_MAX} buckets: give a larger bucket volume"))
}

/// Where a block could not go on; the caller looks for the reason.
struct Stop;

/// Who says which side a trade was on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sider {
    /// The tape.
    Given,
    /// The tick rule, and before it the quotes of the tape if it has any.
    Rule(TickRule),
}

/// Classify and pour all rows. On an error `sider`, `accumulator` and `closed` are left as they got.
pub(crate) fn pour_tape(
    tape: TapeColumns<'_>,
    rows_before: usize,
    sider: &mut Sider,
    accumulator: &mut Accumulator,
    closed: &mut Vec<Closed>,
) -> Result<()> {
    let trades = tape.ts_ns.len();
    let mut first = 0;
    while first < trades {
        let end = trades.min(first + BLOCK);
        let done = match block_at(tape, first) {
            Some(block) => pour_block(&block, sider, accumulator, closed),
            None => pour_rows_of(tape, first, end, sider, accumulator, closed),
        };
        if done.is_err() {
            tape.check_rows(first, rows_before)?;
            return Err(too_many_buckets());
        }
        first = end;
    }
    Ok(())
}

/// The columns of 64 trades.
struct Block<'a> {
    ts_ns: &'a [i64; BLOCK],
    price: Option<&'a [f64; BLOCK]>,
    size: &'a [f64; BLOCK],
    aggressor: Option<&'a [i8; BLOCK]>,
    quotes: Option<(&'a [f64; BLOCK], &'a [f64; BLOCK])>,
}

#[inline(always)]
fn block_at(tape: TapeColumns<'_>, first: usize) -> Option<Block<'_>> {
    Some(Block {
        ts_ns: tape.ts_ns.get(first..)?.first_chunk()?,
        price: match tape.price {
            Some(price) => Some(price.get(first..)?.first_chunk()?),
            None => None,
        },
        size: tape.size.get(first..)?.first_chunk()?,
        aggressor: match tape.aggressor {
            Some(side) => Some(side.get(first..)?.first_chunk()?),
            None => None,
        },
        quotes: tape.quotes.and_then(|quotes| quotes.block_at(first)),
    })
}

#[inline(always)]
fn pour_block(
    block: &Block<'_>,
    sider: &mut Sider,
    accumulator: &mut Accumulator,
    closed: &mut Vec<Closed>,
) -> std::result::Result<(), Stop> {
    if block.price.is_some_and(|price| !prices_ok(price)) {
        return Err(Stop);
    }
    let mut found = [0; BLOCK];
    let sides = match (sider, block.aggressor, block.price) {
        (Sider::Given, Some(sides), _) => sides,
        (Sider::Rule(rule), _, Some(price)) => {
            if sizes_positive(block.size) {
                block_sides(rule, price, block.quotes, &mut found);
            } else {
                // A size of 0 is no trade, and moves no tick.
                for i in (0..BLOCK).filter(|i| block.size[*i] != 0.0) {
                    found[i] = one_side(rule, block.quotes.map(|(bid, ask)| (bid[i], ask[i])), price[i]);
                }
            }
            &found
        }
        _ => return Err(Stop),
    };
    match sums(block.size, sides) {
        Some(sums) if accumulator.add_inside(sums.volume, sums.signed, sums.unclassified) => Ok(()),
        _ => pour_rows(block.ts_ns, block.size, sides, accumulator, closed),
    }
}

/// The last rows of a tape, too few for a block.
#[inline(never)]
fn pour_rows_of(
    tape: TapeColumns<'_>,
    first: usize,
    end: usize,
    sider: &mut Sider,
    accumulator: &mut Accumulator,
    closed: &mut Vec<Closed>,
) -> std::result::Result<(), Stop> {
    for row in first..end {
        tape.check_row(row).map_err(|_| Stop)?;
        let side = match (&mut *sider, tape.aggressor, tape.price) {
            (Sider::Given, Some(sides), _) => sides[row],
            (Sider::Rule(_), _, _) if tape.size[row] == 0.0 => continue,
            (Sider::Rule(rule), _, Some(price)) => {
                one_side(rule, tape.quotes.map(|quotes| (quotes.bid[row], quotes.ask[row])), price[row])
            }
            _ => return Err(Stop),
        };
        pour_rows(&tape.ts_ns[row..=row], &tape.size[row..=row], &[side], accumulator, closed)?;
    }
    Ok(())
}

/// Pour trades of known sides one by one.
#[inline(never)]
fn pour_rows(
    ts_ns: &[i64],
    size: &[f64],
    sides: &[i8],
    accumulator: &mut Accumulator,
    closed: &mut Vec<Closed>,
) -> std::result::Result<(), Stop> {
    for ((ts_ns, size), side) in ts_ns.iter().zip(size).zip(sides) {
        if !limits::is_size(*size) || !(-1..=1).contains(side) {
            return Err(Stop);
        }
        let units = units_of(*size);
        if closed.len() + accumulator.buckets_in(units) as usize > BATCH_BUCKETS_MAX {
            return Err(Stop);
        }
        accumulator.pour(*ts_ns, units, Split::Side(*side), |bucket| closed.push(bucket));
    }
    Ok(())
}

/// Add the sides of all trades to `sides`; those of size 0 get 0. The tape may lack times and sizes.
pub(crate) fn classify_each(tape: &TapeColumns<'_>, rule: &mut TickRule, sides: &mut Vec<i8>) -> Result<()> {
    let (price, rows_before) = (tape.price.unwrap_or_default(), sides.len());
    let tape = TapeColumns { ts_ns: &[], ..*tape };
    let mut first = 0;
    while first < price.len() {
        let end = price.len().min(first + BLOCK);
        let mut found = [0; BLOCK];
        match (
            price[first..end].first_chunk(),
            tape.size.get(first..).and_then(<[f64]>::first_chunk),
            tape.quotes.and_then(|quotes| quotes.block_at(first)),
        ) {
            (Some(price), sizes, quotes)
                if end - first == BLOCK && prices_ok(price) && sizes.is_none_or(sizes_positive) =>
            {
                block_sides(rule, price, quotes, &mut found);
            }
            _ => {
                for row in first..end {
                    let size = tape.size.get(row).copied().unwrap_or(1.0);
                    limits::check("trade", price[row], size)
                        .map_err(|error| Error::invalid(format!("trade {}: {error}", rows_before + row)))?;
                    if size != 0.0 {
                        let quote = tape.quotes.map(|quotes| (quotes.bid[row], quotes.ask[row]));
                        found[row - first] = one_side(rule, quote, price[row]);
                    }
                }
            }
        }
        sides.extend_from_slice(&found[..end - first]);
        first = end;
    }
    Ok(())
}
