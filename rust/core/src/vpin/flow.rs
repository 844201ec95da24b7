//! A tape through classification and buckets, a block of trades at a time.

#![allow(clippy::inline_always, reason = "the loops become wide vector code where they are inlined, see `lanes`")]

use std::ops::Range;

use crate::aggressor::TickRule;
use crate::error::{Error, Result};
use crate::lanes::widest;
use crate::limits;
use crate::vpin::accumulator::{Accumulator, Closed, Split};
use crate::vpin::blocks::{prices_ok, sizes_positive, sums};
use crate::vpin::sides::{block_sides, one_side, QuoteColumns, BLOCK};
use crate::vpin::units::units_of;

/// Most buckets that one batch may fill; more means that the bucket is far too small for the tape.
pub const BATCH_BUCKETS_MAX: usize = 20_000_000;
/// A block over a bucket's edge is taken in parts of so many trades, all but one of which lie inside a bucket.
const PART: usize = 32;

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
    /// Whether all columns are of one length; those for which it is not needed may lack times and sizes.
    pub(crate) fn check_lengths(&self, timed: bool) -> Result<()> {
        let trades = self.trades();
        let others = [
            ("ts_ns", Some(self.ts_ns.len()).filter(|length| timed || *length > 0)),
            ("size", Some(self.size.len()).filter(|length| timed || *length > 0)),
            ("aggressor", self.aggressor.map(<[i8]>::len)),
            ("bid", self.quotes.map(|quotes| quotes.bid.len())),
            ("ask", self.quotes.map(|quotes| quotes.ask.len())),
        ];
        for (name, length) in others {
            if let Some(length) = length.filter(|length| *length != trades) {
                return Err(Error::invalid(format!(
                    "there are {trades} trades and {length} values of {name}: they must be of one length"
                )));
            }
        }
        Ok(())
    }

    /// Refuse a row that cannot be true.
    fn check_row(&self, row: usize) -> Result<()> {
        let price = self.price.map_or(1.0, |price| price[row]);
        limits::check("trade", price, self.size.get(row).copied().unwrap_or(1.0))?;
        self.aggressor.map_or(Ok(()), |sides| check_side(sides[row]))
    }

    /// Refuse every row that cannot be true, from `first` on; `rows_before` rows stood in earlier pieces.
    pub(crate) fn check_rows(&self, first: usize, rows_before: usize) -> Result<()> {
        for row in first..self.trades() {
            self.check_row(row).map_err(|error| Error::invalid(format!("trade {}: {error}", rows_before + row)))?;
        }
        Ok(())
    }

    fn trades(&self) -> usize {
        self.price.map_or(self.size.len(), <[f64]>::len)
    }

    #[inline(always)]
    fn rows(&self, rows: Range<usize>) -> Self {
        Self {
            ts_ns: self.ts_ns.get(rows.clone()).unwrap_or_default(),
            price: self.price.map(|price| &price[rows.clone()]),
            size: self.size.get(rows.clone()).unwrap_or_default(),
            aggressor: self.aggressor.map(|sides| &sides[rows.clone()]),
            quotes: self.quotes.map(|quotes| quotes.rows(rows)),
        }
    }
}

/// Refuse a side that is none.
pub(crate) fn check_side(side: i8) -> Result<()> {
    if (-1..=1).contains(&side) {
        return Ok(());
    }
    Err(Error::invalid(format!("the aggressor was {side}: give 1 (buyer), -1 (seller) or 0 (unknown)")))
}

pub(crate) fn too_many_buckets() -> Error {
    Error::invalid(format!("the tape fills more than {BATCH_BUCKETS_MAX} buckets: give a larger bucket volume"))
}

/// The first row of a block that could not be taken; the caller looks for the reason.
pub(crate) struct Stop(usize);

/// Who says which side a trade was on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sider {
    /// The tape.
    Given,
    /// The tick rule, and before it the quotes of the tape if it has any.
    Rule(TickRule),
}

/// Classify and pour all rows of a checked tape. On an error `sider`, `accumulator` and `closed` are left as they got.
pub(crate) fn pour_tape(
    tape: TapeColumns<'_>,
    rows_before: usize,
    sider: &mut Sider,
    accumulator: &mut Accumulator,
    closed: &mut Vec<Closed>,
) -> Result<()> {
    pour_blocks(&tape, sider, accumulator, closed).or_else(|Stop(row)| {
        tape.check_rows(row, rows_before)?;
        Err(too_many_buckets())
    })
}

widest! {
    /// [`pour_tape`] without the reason of a refusal.
    fn pour_blocks(
        tape: &TapeColumns<'_>,
        sider: &mut Sider,
        accumulator: &mut Accumulator,
        closed: &mut Vec<Closed>,
    ) -> std::result::Result<(), Stop> = pour_rows
}

#[inline(always)]
fn pour_rows(
    tape: &TapeColumns<'_>,
    sider: &mut Sider,
    accumulator: &mut Accumulator,
    closed: &mut Vec<Closed>,
) -> std::result::Result<(), Stop> {
    let mut found = [0; BLOCK];
    // Volume of the last whole block: one that will hardly fit is not tried whole.
    let mut expected = 0;
    let mut row = 0;
    while row < tape.trades() {
        let end = tape.trades().min(row + BLOCK);
        let block = tape.rows(row..end);
        if block.price.is_some_and(|price| !prices_ok(price)) {
            return Err(Stop(row));
        }
        let sides = match (&mut *sider, block.aggressor) {
            (Sider::Given, Some(sides)) => sides,
            (Sider::Given, None) => return Err(Stop(row)),
            (Sider::Rule(rule), _) => {
                find_sides(&block, rule, &mut found[..end - row]);
                &found[..end - row]
            }
        };
        if accumulator.room() < expected || !pour_inside(&block, sides, accumulator) {
            let before = accumulator.total();
            pour_in_parts(&block, sides, accumulator, closed).map_err(|()| Stop(row))?;
            expected = accumulator.total().wrapping_sub(before);
        }
        row = end;
    }
    Ok(())
}

/// Find the sides of trades with sound prices.
#[inline(always)]
fn find_sides(block: &TapeColumns<'_>, rule: &mut TickRule, found: &mut [i8]) {
    let price = block.price.unwrap_or_default();
    if sizes_positive(block.size) {
        return block_sides(rule, price, block.quotes, found);
    }
    // A size of 0 is no trade, and moves no tick.
    for (i, side) in found.iter_mut().enumerate() {
        let quote = block.quotes.map(|quotes| (quotes.bid[i], quotes.ask[i]));
        *side = if block.size[i] == 0.0 { 0 } else { one_side(rule, quote, price[i]) };
    }
}

/// Take trades that stay inside the bucket; `false`, and nothing taken, if they do not or must be looked at one by one.
#[inline(always)]
fn pour_inside(block: &TapeColumns<'_>, sides: &[i8], accumulator: &mut Accumulator) -> bool {
    sums(block.size, sides).is_some_and(|sums| accumulator.add_inside(sums.volume, sums.signed, sums.unclassified))
}

/// Take trades over a bucket's edge: in parts, and the part at the edge one by one.
#[inline(always)]
fn pour_in_parts(
    block: &TapeColumns<'_>,
    sides: &[i8],
    accumulator: &mut Accumulator,
    closed: &mut Vec<Closed>,
) -> std::result::Result<(), ()> {
    let mut row = 0;
    while row < sides.len() {
        let rows = row..sides.len().min(row + PART);
        let (part, sides) = (block.rows(rows.clone()), &sides[rows]);
        if !pour_inside(&part, sides, accumulator) {
            pour_one_by_one(&part, sides, accumulator, closed)?;
        }
        row += PART;
    }
    Ok(())
}

#[inline(never)]
fn pour_one_by_one(
    part: &TapeColumns<'_>,
    sides: &[i8],
    accumulator: &mut Accumulator,
    closed: &mut Vec<Closed>,
) -> std::result::Result<(), ()> {
    for ((ts_ns, size), side) in part.ts_ns.iter().zip(part.size).zip(sides) {
        if !limits::is_size(*size) || !(-1..=1).contains(side) {
            return Err(());
        }
        let units = units_of(*size);
        let side = i64::from(*side);
        if accumulator.add_inside(units, units * side, if side == 0 { units } else { 0 }) {
            continue;
        }
        if closed.len() + accumulator.buckets_in(units) as usize > BATCH_BUCKETS_MAX {
            return Err(());
        }
        accumulator.pour(*ts_ns, units, Split::Side(side as i8), |bucket| closed.push(bucket));
    }
    Ok(())
}

/// Add the sides of all trades to `sides`; those of size 0 get 0. Without sizes every trade counts.
pub(crate) fn classify_tape(tape: &TapeColumns<'_>, rule: &mut TickRule, sides: &mut Vec<i8>) -> Result<()> {
    let rows_before = sides.len();
    sides.resize(rows_before + tape.trades(), 0);
    let found = &mut sides[rows_before..];
    classify_blocks(tape, rule, found).or_else(|Stop(row)| tape.check_rows(row, rows_before))
}

widest! {
    /// [`classify_tape`] without the reason of a refusal.
    fn classify_blocks(tape: &TapeColumns<'_>, rule: &mut TickRule, found: &mut [i8]) -> std::result::Result<(), Stop>
        = classify_rows
}

#[inline(always)]
fn classify_rows(tape: &TapeColumns<'_>, rule: &mut TickRule, found: &mut [i8]) -> std::result::Result<(), Stop> {
    for (block, found) in found.chunks_mut(BLOCK).enumerate() {
        let row = block * BLOCK;
        let block = tape.rows(row..row + found.len());
        let price = block.price.unwrap_or_default();
        if !prices_ok(price) || !block.size.iter().all(|size| limits::is_size(*size)) {
            return Err(Stop(row));
        }
        if block.size.is_empty() {
            block_sides(rule, price, block.quotes, found);
        } else {
            find_sides(&block, rule, found);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::both_ways;

    #[test]
    fn both_compilations_give_the_same_bits() {
        let ts_ns: Vec<i64> = (0..3_000).collect();
        let price: Vec<f64> = (0..3_000).map(|i| 100.0 + f64::from(i * i % 7) / 100.0).collect();
        let size: Vec<f64> =
            (0..3_000).map(|i| f64::from(i * 7_919 % 1_009) / if i < 1_500 { 1.0 } else { 64.0 }).collect();
        let tape = TapeColumns { ts_ns: &ts_ns, price: Some(&price), size: &size, aggressor: None, quotes: None };
        let (wide, plain) = both_ways(|| {
            let (mut sider, mut closed) = (Sider::Rule(TickRule::new()), Vec::new());
            let mut accumulator = Accumulator::new(5_000_000_000);
            pour_tape(tape, 0, &mut sider, &mut accumulator, &mut closed).unwrap();
            let mut sides = Vec::new();
            classify_tape(&tape, &mut TickRule::new(), &mut sides).unwrap();
            (sider, accumulator, closed, sides)
        });
        assert!(!wide.2.is_empty() && wide.3.contains(&-1));
        assert_eq!(wide, plain);
    }
}
