//! Pouring volume into buckets, in whole units.

use crate::vpin::units::shares_of;

/// A bucket as it closed: all that its level needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed {
    /// Time of the trade that filled it.
    pub end_ns: i64,
    /// Bought minus sold units.
    pub signed: i64,
}

impl Closed {
    /// Bought shares of a bucket of `target` units; the unclassified half to each side.
    #[inline]
    pub fn buy_volume(self, target: i64) -> f64 {
        // Half of a sum of units may be half a unit: halve in floats.
        shares_of(target + self.signed) * 0.5
    }
}

/// How the volume of a trade is split into bought and sold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Split {
    /// All of it to one side: +1 bought, -1 sold, 0 half and half.
    Side(i8),
    /// A share of it, 0 to 1, bought.
    Share(f64),
}

impl Split {
    #[inline]
    pub fn of_share(share: f64) -> Self {
        if share == 1.0 {
            Self::Side(1)
        } else if share == 0.0 {
            Self::Side(-1)
        } else if share == 0.5 {
            Self::Side(0)
        } else {
            Self::Share(share)
        }
    }

    /// Bought minus sold units of `units`.
    #[inline]
    fn signed(self, units: i64) -> i64 {
        match self {
            Self::Side(side) => units * i64::from(side),
            Self::Share(share) => {
                // To the nearest unit, and never more than there is.
                let signed = (units as f64 * (2.0 * share - 1.0)).round_ties_even() as i64;
                signed.clamp(-units, units)
            }
        }
    }
}

/// The unfinished bucket and the totals so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accumulator {
    target: i64,
    /// Units in the unfinished bucket, below `target`.
    volume: i64,
    signed: i64,
    /// Totals may outgrow 64 bits on a long stream.
    total: i128,
    unclassified: i128,
}

impl Accumulator {
    /// An empty bucket of `target` units.
    pub const fn new(target: i64) -> Self {
        Self { target, volume: 0, signed: 0, total: 0, unclassified: 0 }
    }

    /// Units that the bucket still takes.
    #[inline]
    pub fn room(&self) -> i64 {
        self.target - self.volume
    }

    /// All units so far; differences of it are right even where it has outgrown 64 bits.
    #[inline]
    pub fn total(&self) -> i64 {
        self.total as i64
    }

    /// Take a block of trades that stays inside the bucket; `false`, and nothing taken, if it would not.
    #[inline]
    pub fn add_inside(&mut self, volume: i64, signed: i64, unclassified: i64) -> bool {
        let inside = self.volume + volume < self.target;
        if inside {
            self.volume += volume;
            self.signed += signed;
            self.total += i128::from(volume);
            self.unclassified += i128::from(unclassified);
        }
        inside
    }

    /// Pour the units of one trade; `filled` hears of each bucket that it fills.
    #[inline]
    pub fn pour(&mut self, end_ns: i64, units: i64, split: Split, mut filled: impl FnMut(Closed)) {
        self.total += i128::from(units);
        if split == Split::Side(0) {
            self.unclassified += i128::from(units);
        }
        let mut rest = units;
        while self.volume + rest >= self.target {
            let take = self.target - self.volume;
            let signed = self.signed + split.signed(take);
            rest -= take;
            self.volume = 0;
            self.signed = 0;
            filled(Closed { end_ns, signed });
        }
        self.volume += rest;
        self.signed += split.signed(rest);
    }

    /// Buckets that `units` more would fill.
    #[inline]
    pub fn buckets_in(&self, units: i64) -> i64 {
        let volume = self.volume + units;
        if volume < self.target {
            0
        } else {
            volume / self.target
        }
    }

    /// Shares in the unfinished bucket.
    pub fn open_volume(&self) -> f64 {
        shares_of(self.volume)
    }

    /// All shares so far.
    pub fn total_volume(&self) -> f64 {
        wide_shares(self.total)
    }

    /// All shares so far that count half to each side.
    pub fn unclassified_volume(&self) -> f64 {
        wide_shares(self.unclassified)
    }
}

fn wide_shares(units: i128) -> f64 {
    units as f64 / crate::vpin::units::UNITS_PER_SHARE as f64
}
