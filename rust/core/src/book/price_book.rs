//! The price-keyed book: a size for each price, as feeds of market-by-price data send it.

use super::ladder::{Ladder, RankedLevel};
use super::metrics::{self, DepthImbalance, OBI_LEVELS};
use super::sequence::SequenceWatch;
use super::{rank_on, Levels, Quote, Side, TickScale, ASK, BID};
use crate::error::{Error, Result};
use crate::limits::{is_size, PRICE_MAX};

/// A book of price levels, of any depth, at any distance from one another.
///
/// Prices may be 0 or negative (spreads). One that does not lie on the tick grid is refused, see [`TickScale::on_grid`].
#[derive(Debug, Clone)]
pub struct OrderBook {
    scale: TickScale,
    hole_ticks: i64,
    pub(super) sides: [Ladder; 2],
    pub(super) unknown_deletes: u64,
    pub(super) sequence: SequenceWatch,
}

impl OrderBook {
    /// An empty book. Two adjacent levels more than `hole_ticks` apart have a hole between them.
    pub fn new(scale: TickScale, hole_ticks: i64) -> Result<Self> {
        if hole_ticks < 1 {
            return Err(Error::invalid(format!("hole_ticks was {hole_ticks}: give 1 or more")));
        }
        Ok(Self {
            scale,
            hole_ticks,
            sides: [Ladder::new(), Ladder::new()],
            unknown_deletes: 0,
            sequence: SequenceWatch::default(),
        })
    }

    /// The scale of its prices.
    pub const fn scale(&self) -> TickScale {
        self.scale
    }

    /// Set the size at a price in dollars; size 0 deletes the level. A refused update changes nothing.
    #[inline]
    pub fn update(&mut self, side: i64, price: f64, size: f64) -> Result<Side> {
        let side = Side::from_code(side)?;
        match self.scale.on_grid(price) {
            Some(ticks) if price.abs() <= PRICE_MAX && is_size(size) => {
                self.set(side as usize, side.rank(ticks), size);
                Ok(side)
            }
            _ => Err(refusal(self.scale, price, size)),
        }
    }

    #[inline(always)]
    pub(super) fn set(&mut self, side: usize, rank: i64, size: f64) {
        let known = self.sides[side & 1].set(rank, size);
        self.unknown_deletes += u64::from(!known & (size <= 0.0));
    }

    /// Price in dollars and size of the best level of a side (by index); both NaN if it is empty.
    #[inline(always)]
    pub(super) fn best(&self, side: usize) -> (f64, f64) {
        self.sides[side & 1].best().map_or((f64::NAN, f64::NAN), |level| self.priced(side, level))
    }

    #[inline(always)]
    fn priced(&self, side: usize, (rank, size): RankedLevel) -> (f64, f64) {
        (self.scale.to_price(rank_on(side & 1, rank)), size)
    }

    /// Best bid and ask.
    #[inline]
    pub fn quote(&self) -> Quote {
        let ((bid, bid_size), (ask, ask_size)) = (self.best(BID), self.best(ASK));
        Quote { bid, bid_size, ask, ask_size }
    }

    /// The best `count` levels of each side: (bids, asks).
    pub fn levels(&self, count: usize) -> (Levels, Levels) {
        let side = |side: usize| self.sides[side].levels().take(count).map(|level| self.priced(side, level)).collect();
        (side(BID), side(ASK))
    }

    /// Number of levels: (bids, asks).
    pub fn depth(&self) -> (usize, usize) {
        (self.sides[BID].len(), self.sides[ASK].len())
    }

    /// The size at a price, 0 if there is no level.
    pub fn size_at(&self, side: i64, price: f64) -> Result<f64> {
        let side = Side::from_code(side)?;
        let ticks = self.scale.on_grid(price).ok_or_else(|| self.scale.refusal(price))?;
        Ok(self.sides[side as usize].size_at(side.rank(ticks)))
    }

    /// Imbalance over the best `count` levels of each side with weights 1/level; NaN if a side is empty.
    #[inline]
    pub fn weighted_imbalance(&self, count: usize) -> f64 {
        let weighted = |side: &Ladder| metrics::depth_weighted(side.levels().take(count).map(|(_, size)| size));
        let [asks, bids] = &self.sides;
        if asks.is_empty() | bids.is_empty() {
            return f64::NAN;
        }
        metrics::imbalance(weighted(bids), weighted(asks))
    }

    /// Imbalance and flags, as the depth rows give them.
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

    /// Pairs of adjacent levels, among the best `count` of each side, with a hole between them: (bids, asks).
    pub fn holes(&self, count: usize) -> (usize, usize) {
        (self.holes_of(BID, count), self.holes_of(ASK, count))
    }

    #[inline]
    fn holes_of(&self, side: usize, count: usize) -> usize {
        let mut ranks = self.sides[side].levels().take(count).map(|(rank, _)| rank);
        let Some(mut last) = ranks.next() else { return 0 };
        let mut holes = 0;
        for rank in ranks {
            holes += usize::from(rank - last > self.hole_ticks);
            last = rank;
        }
        holes
    }

    /// The flags of [`metrics`], except that of a sequence gap, which belongs to one update.
    #[inline]
    pub fn flags(&self) -> u8 {
        let hole = self.holes_of(BID, 2) + self.holes_of(ASK, 2) > 0;
        metrics::quote_flags(&self.quote()) + u8::from(hole) * metrics::FLAG_HOLE
    }

    /// Deletions of a level that was not there, since the last clear.
    pub const fn unknown_deletes(&self) -> u64 {
        self.unknown_deletes
    }

    /// The sequence numbers seen since the last clear.
    pub const fn sequence(&self) -> &SequenceWatch {
        &self.sequence
    }

    /// Take the sequence number of the next update; whether a gap lies before it.
    pub fn see_sequence(&mut self, number: i64) -> bool {
        self.sequence.see(number)
    }

    /// Forget all levels and counts.
    pub fn clear(&mut self) {
        self.sides.iter_mut().for_each(Ladder::clear);
        self.unknown_deletes = 0;
        self.sequence = SequenceWatch::default();
    }
}

/// Why an update was refused.
#[cold]
#[inline(never)]
pub(super) fn refusal(scale: TickScale, price: f64, size: f64) -> Error {
    if !is_size(size) {
        return Error::invalid(format!("the size was {size}: give 0 (deletes the level) to 1e9"));
    }
    if price.abs() > PRICE_MAX && price.is_finite() {
        return Error::invalid(format!("the price was {price}: no price is above 1e9 dollars"));
    }
    scale.refusal(price)
}
