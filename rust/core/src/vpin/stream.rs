//! VPIN of a tape as it comes, trade by trade or in batches, with the side of each trade found on the way.

use crate::aggressor::TickRule;
use crate::error::{Error, Result};
use crate::limits;
use crate::vpin::accumulator::Split;
use crate::vpin::bulk::{Bulk, BulkRule};
use crate::vpin::flow::{check_side, classify_tape, pour_tape, too_many_buckets, Sider};
pub use crate::vpin::flow::{TapeColumns, BATCH_BUCKETS_MAX};
use crate::vpin::sides::one_side;
use crate::vpin::units::units_of;
use crate::vpin::{Bucket, Vpin, VpinParams};

/// How volume is split into bought and sold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scheme {
    /// The tape says.
    Given,
    /// The tick rule, trade by trade.
    Tick,
    /// The quote rule, and the tick rule where the quote says nothing (Lee and Ready 1991).
    Quote,
    /// Bulk classification of bars.
    Bulk(BulkRule),
}

impl Scheme {
    /// Refuse a tape that lacks a column of this scheme.
    pub(crate) fn check(self, tape: &TapeColumns<'_>) -> Result<()> {
        tape.check_lengths(true)?;
        let lacking = match self {
            Self::Given if tape.aggressor.is_none() => "aggressor",
            Self::Tick | Self::Quote | Self::Bulk(_) if tape.price.is_none() => "price",
            Self::Quote if tape.quotes.is_none() => "bid and ask",
            _ => return Ok(()),
        };
        Err(Error::invalid(format!("the {} scheme needs {lacking}: give it for each trade", self.name())))
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Tick => "tick",
            Self::Quote => "quote",
            Self::Bulk(_) => "bulk",
        }
    }

    pub(crate) fn classifier(self) -> Classifier {
        match self {
            Self::Given => Classifier::Each(Sider::Given),
            Self::Tick | Self::Quote => Classifier::Each(Sider::Rule(TickRule::new())),
            Self::Bulk(rule) => Classifier::Bulk(Bulk::new(rule)),
        }
    }
}

/// What a scheme remembers.
#[derive(Debug, Clone)]
pub(crate) enum Classifier {
    Each(Sider),
    Bulk(Bulk),
}

/// One trade, as it arrives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneTrade {
    /// Event time in ns.
    pub ts_ns: i64,
    /// Dollars.
    pub price: f64,
    /// Shares.
    pub size: f64,
    /// For the given scheme.
    pub aggressor: Option<i8>,
    /// Bid and ask in force, for the quote rule; NaN or 0 where absent.
    pub quote: Option<(f64, f64)>,
}

/// The running measure of a tape.
#[derive(Debug, Clone)]
pub struct VpinStream {
    vpin: Vpin,
    scheme: Scheme,
    classifier: Classifier,
    trades: u64,
}

impl VpinStream {
    /// Nothing seen yet.
    pub fn new(params: VpinParams, scheme: Scheme) -> Self {
        Self { vpin: Vpin::new(params), scheme, classifier: scheme.classifier(), trades: 0 }
    }

    /// Take the pieces of a tape in their order; `filled` hears of each full bucket. An error names the trade by its row
    /// over all pieces, and then nothing was taken. A trade of size 0 is no trade.
    pub fn extend(&mut self, pieces: &[TapeColumns<'_>], filled: impl FnMut(Bucket)) -> Result<()> {
        let mut classifier = self.classifier.clone();
        let mut accumulator = self.vpin.accumulator;
        let mut closed = Vec::new();
        let mut rows = 0;
        for piece in pieces {
            let tape = self.only_what_counts(piece)?;
            match &mut classifier {
                Classifier::Each(sider) => pour_tape(tape, rows, sider, &mut accumulator, &mut closed)?,
                Classifier::Bulk(bulk) => {
                    tape.check_rows(0, rows)?;
                    let price = tape.price.unwrap_or_default();
                    for ((ts_ns, price), size) in tape.ts_ns.iter().zip(price).zip(tape.size) {
                        bulk.add(*ts_ns, *ts_ns, *price, *size, |trade, split| {
                            if closed.len() + accumulator.buckets_in(trade.units) as usize > BATCH_BUCKETS_MAX {
                                return Err(too_many_buckets());
                            }
                            accumulator.pour(trade.mark, trade.units, split, |bucket| closed.push(bucket));
                            Ok(())
                        })?;
                    }
                }
            }
            rows += tape.ts_ns.len();
        }
        self.classifier = classifier;
        self.trades += rows as u64;
        self.vpin.accept(accumulator, &closed, filled);
        Ok(())
    }

    /// The columns that the scheme looks at; a price that is handed over is checked in any case.
    fn only_what_counts<'a>(&self, piece: &TapeColumns<'a>) -> Result<TapeColumns<'a>> {
        self.scheme.check(piece)?;
        let aggressor = piece.aggressor.filter(|_| self.scheme == Scheme::Given);
        let quotes = piece.quotes.filter(|_| self.scheme == Scheme::Quote);
        Ok(TapeColumns { aggressor, quotes, ..*piece })
    }

    /// Take one trade: what [`Self::extend`] does with a tape of one row.
    pub fn update(&mut self, trade: OneTrade, mut filled: impl FnMut(Bucket)) -> Result<()> {
        limits::check("trade", trade.price, trade.size)?;
        let side = match (&mut self.classifier, trade.aggressor) {
            (Classifier::Each(Sider::Given), Some(side @ -1..=1)) => side,
            (Classifier::Each(Sider::Given), Some(side)) => {
                return check_side(side);
            }
            (Classifier::Each(Sider::Given), None) => {
                return Err(Error::invalid("the given scheme needs aggressor: give it for each trade"));
            }
            (Classifier::Each(Sider::Rule(rule)), _) => {
                if trade.size == 0.0 {
                    0
                } else {
                    one_side(rule, trade.quote.filter(|_| self.scheme == Scheme::Quote), trade.price)
                }
            }
            (Classifier::Bulk(bulk), _) => {
                let vpin = &mut self.vpin;
                self.trades += 1;
                return bulk.add(trade.ts_ns, trade.ts_ns, trade.price, trade.size, |trade, split| {
                    vpin.pour_units(trade.mark, trade.units, split, &mut filled);
                    Ok(())
                });
            }
        };
        self.trades += 1;
        self.vpin.pour_units(trade.ts_ns, units_of(trade.size), Split::Side(side), filled);
        Ok(())
    }

    /// End the unfinished bar of bulk classification, as at the end of a tape; the other schemes have none.
    pub fn flush(&mut self, mut filled: impl FnMut(Bucket)) -> Result<()> {
        let Classifier::Bulk(bulk) = &mut self.classifier else { return Ok(()) };
        let vpin = &mut self.vpin;
        bulk.finish(|trade, split| {
            vpin.pour_units(trade.mark, trade.units, split, &mut filled);
            Ok(())
        })
    }

    /// The measure.
    pub const fn measure(&self) -> &Vpin {
        &self.vpin
    }

    /// How sides are found.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Trades taken, those of size 0 too.
    pub const fn trades(&self) -> u64 {
        self.trades
    }
}

/// The side of each trade, by the quote rule where the tape has quotes, else by the tick rule. A trade of size 0 gets 0;
/// without sizes every trade counts.
pub fn sides(pieces: &[TapeColumns<'_>]) -> Result<Vec<i8>> {
    let mut rule = TickRule::new();
    let mut sides = Vec::with_capacity(pieces.iter().map(|piece| piece.price.map_or(0, <[f64]>::len)).sum());
    for piece in pieces {
        if piece.price.is_none() {
            return Err(Error::invalid("to find sides needs price: give it for each trade"));
        }
        piece.check_lengths(false)?;
        classify_tape(piece, &mut rule, &mut sides)?;
    }
    Ok(sides)
}

/// The share of each trade that was bought, by bulk classification; NaN where no sigma is known yet, and for a size of 0.
pub fn bulk_shares(pieces: &[TapeColumns<'_>], rule: BulkRule) -> Result<Vec<f64>> {
    let mut shares = vec![f64::NAN; pieces.iter().map(|piece| piece.ts_ns.len()).sum()];
    let mut take = |row: i64, split: Split| {
        shares[row as usize] = match split {
            Split::Share(share) => share,
            Split::Side(0) => f64::NAN,
            Split::Side(side) => f64::from(i8::from(side > 0)),
        };
        Ok(())
    };
    let mut bulk = Bulk::new(rule);
    let mut rows = 0;
    for piece in pieces {
        Scheme::Bulk(rule).check(piece)?;
        piece.check_rows(0, rows)?;
        let price = piece.price.unwrap_or_default();
        for ((ts_ns, price), size) in piece.ts_ns.iter().zip(price).zip(piece.size) {
            bulk.add(*ts_ns, rows as i64, *price, *size, |trade, split| take(trade.mark, split))?;
            rows += 1;
        }
    }
    bulk.finish(|trade, split| take(trade.mark, split))?;
    Ok(shares)
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
