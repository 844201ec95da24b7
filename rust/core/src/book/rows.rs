//! The depth book as the broker sends it: rows inserted, updated and deleted by position, several market makers at a price.

use super::metrics::{self, DepthImbalance, OBI_LEVELS};
use super::side_rows::{Row, SideRows};
use super::{rank_on, Levels, Quote, Side, TickScale, ASK, BID};
use crate::error::{Error, Result};
use crate::limits;

/// One row operation of the depth book, validated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DepthOp {
    kind: OpKind,
    side: Side,
    position: usize,
    price: f64,
    size: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpKind {
    Insert,
    Update,
    Delete,
}

impl DepthOp {
    /// From the broker's numbers: op 0 insert, 1 update, 2 delete. Price and size of a delete are not looked at.
    #[inline]
    pub fn new(op: i64, side: i64, position: i64, price: f64, size: f64) -> Result<Self> {
        let kind = match op {
            0 => OpKind::Insert,
            1 => OpKind::Update,
            2 => OpKind::Delete,
            other => {
                return Err(Error::invalid(format!("the depth op was {other}: 0 is insert, 1 update, 2 delete")));
            }
        };
        let side = Side::from_code(side)?;
        let position = usize::try_from(position)
            .map_err(|_| Error::invalid(format!("the depth position was {position}: rows count from 0")))?;
        if kind != OpKind::Delete {
            limits::check("depth", price, size)?;
        }
        Ok(Self { kind, side, position, price, size })
    }

    /// The side that it changes.
    pub const fn side(&self) -> Side {
        self.side
    }
}

/// Depth rows of one instrument. Prices are held in ticks, so that market makers at one price add up exactly.
#[derive(Debug, Clone)]
pub struct DepthBook {
    scale: TickScale,
    rows_max: usize,
    /// By the broker's number of the side.
    pub(super) sides: [SideRows; 2],
    pub(super) anomalies: u64,
}

impl DepthBook {
    /// An empty book of at most `rows_max` rows a side.
    pub fn new(scale: TickScale, rows_max: usize) -> Self {
        Self { scale, rows_max, sides: [SideRows::new(), SideRows::new()], anomalies: 0 }
    }

    /// The scale of its prices.
    pub const fn scale(&self) -> TickScale {
        self.scale
    }

    /// Apply one row operation. An operation on an absent row changes nothing and is counted.
    #[inline]
    pub fn apply(&mut self, op: DepthOp) {
        let ticks = self.scale.to_ticks(op.price);
        self.change(op.kind, op.side as usize, op.position, ticks, op.size);
    }

    #[inline(always)]
    pub(super) fn change(&mut self, kind: OpKind, side: usize, position: usize, ticks: i64, size: f64) {
        let row = Row { rank: rank_on(side & 1, ticks), size };
        let rows = &mut self.sides[side & 1];
        let done = match kind {
            OpKind::Insert => rows.insert(position, row, self.rows_max),
            OpKind::Update => rows.update(position, row),
            OpKind::Delete => rows.delete(position),
        };
        self.anomalies += u64::from(!done);
    }

    /// Forget all rows and the count of anomalies.
    pub fn reset(&mut self) {
        self.sides.iter_mut().for_each(SideRows::clear);
        self.anomalies = 0;
    }

    /// Row operations that named an absent position since the last reset.
    pub const fn anomalies(&self) -> u64 {
        self.anomalies
    }

    #[inline(always)]
    fn priced(&self, side: usize, row: Row) -> (f64, f64) {
        (self.scale.to_price(rank_on(side & 1, row.rank)), row.size)
    }

    /// Price in dollars and size of the best level of a side (by index); both NaN if it offers nothing.
    #[inline(always)]
    pub(super) fn best(&self, side: usize) -> (f64, f64) {
        self.sides[side & 1].best().map_or((f64::NAN, f64::NAN), |row| self.priced(side, row))
    }

    /// The same, and how many rows the level is made of: past all of them if the rows are not sorted.
    #[inline(always)]
    pub(super) fn best_with_rows(&self, side: usize) -> (f64, f64, usize) {
        let Some((row, rows)) = self.sides[side & 1].best_with_rows() else { return (f64::NAN, f64::NAN, usize::MAX) };
        let (price, size) = self.priced(side, row);
        (price, size, rows)
    }

    /// Best bid and ask.
    #[inline]
    pub fn quote(&self) -> Quote {
        let ((bid, bid_size), (ask, ask_size)) = (self.best(BID), self.best(ASK));
        Quote { bid, bid_size, ask, ask_size }
    }

    /// Number of rows: (bids, asks).
    pub fn depth(&self) -> (usize, usize) {
        let [asks, bids] = &self.sides;
        (bids.rows().len(), asks.rows().len())
    }

    /// The rows of a side as they stand, (price in dollars, size).
    pub fn rows(&self, side: Side) -> Levels {
        self.sides[side as usize].rows().iter().map(|row| self.priced(side as usize, *row)).collect()
    }

    /// The best `count` price levels of each side: (bids, asks). Rows of size 0 offer nothing and are left out.
    pub fn levels(&self, count: usize) -> (Levels, Levels) {
        let side = |side: usize| {
            let levels = self.sides[side].levels();
            levels.iter().take(count).map(|row| self.priced(side, *row)).collect()
        };
        (side(BID), side(ASK))
    }

    /// Imbalance over the best `count` levels of each side with weights 1/level; NaN if a side offers nothing.
    pub fn weighted_imbalance(&self, count: usize) -> f64 {
        let [asks, bids] = self.sides.each_ref().map(SideRows::levels);
        if asks.is_empty() || bids.is_empty() {
            return f64::NAN;
        }
        let weighted = |levels: &[Row]| metrics::depth_weighted(levels.iter().take(count).map(|row| row.size));
        metrics::imbalance(weighted(&bids), weighted(&asks))
    }

    /// What a snapshot shows of the depth book.
    pub fn imbalance(&self) -> DepthImbalance {
        let quote = self.quote();
        if !quote.is_two_sided() {
            return DepthImbalance::default();
        }
        DepthImbalance {
            top: Some(metrics::imbalance(quote.bid_size, quote.ask_size)),
            weighted: Some(self.weighted_imbalance(OBI_LEVELS)),
            crossed: quote.bid > quote.ask,
            locked: quote.bid == quote.ask,
        }
    }

    /// Pairs of adjacent levels, among the best `count` of each side, that are more than `hole_ticks` apart: (bids, asks).
    pub fn holes(&self, count: usize, hole_ticks: i64) -> (usize, usize) {
        let [asks, bids] = self.sides.each_ref().map(|side| {
            let levels = side.levels();
            let pairs = levels.iter().zip(levels.iter().skip(1)).take(count.saturating_sub(1));
            pairs.filter(|(level, next)| next.rank.saturating_sub(level.rank) > hole_ticks).count()
        });
        (bids, asks)
    }
}
