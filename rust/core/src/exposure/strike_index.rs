//! A place for each strike of a chain, ascending: by arithmetic where strikes lie on an even grid of thousandths of a
//! dollar, as listed ones do, else by a hash table.

use crate::exposure::strike_grid::{milli, Grid};
use crate::exposure::strike_table::Table;
use crate::lanes::widest;
use crate::limits::{is_price, PRICE_MAX};

/// Strikes looked at to guess the step of the grid: fewer of a short chain, where each look would count.
const SAMPLE: usize = 512;
const SAMPLE_MIN: usize = 64;
const SAMPLE_SHARE: usize = 64;
/// Most places of a grid: with more, its sums no longer fit the cache.
const PLACES_MAX: u64 = 1 << 16;
const PLACES_MIN: u64 = 1 << 10;

/// The strikes that have a place, and how to find it.
#[derive(Debug, Clone)]
pub(crate) struct StrikeIndex {
    /// Ascending. A grid also holds strikes that no row has.
    strikes: Vec<f64>,
    lookup: Lookup,
}

/// How the place of a strike is found.
#[derive(Debug, Clone)]
pub(crate) enum Lookup {
    Grid(Grid),
    Table(Table),
}

/// Places beyond the strikes that were seen.
#[derive(Debug, Clone, Copy)]
enum Margin {
    None,
    Wide,
}

/// Some strikes, from first to last.
fn sampled(strikes: &[f64]) -> impl Iterator<Item = f64> + '_ {
    let sample = (strikes.len() / SAMPLE_SHARE).clamp(SAMPLE_MIN, SAMPLE);
    // Odd, so that calls and puts that take turns do not hide every other strike.
    strikes.iter().step_by(strikes.len().div_ceil(sample) | 1).copied()
}

impl StrikeIndex {
    /// An index of a grid guessed from some strikes, without a look at the others: a strike between its points or far
    /// outside those seen has no place.
    pub(crate) fn guessed(strikes: &[f64]) -> Self {
        let sample: Vec<f64> = sampled(strikes).collect();
        let most = (strikes.len() as u64).clamp(PLACES_MIN, PLACES_MAX);
        Self::on_grid(&sample, &sample, most, Margin::Wide).unwrap_or_else(|| Self::in_table(strikes))
    }

    /// An index in which every sound strike has a place.
    pub(crate) fn complete(strikes: &[f64]) -> Self {
        let most = (strikes.len() as u64).clamp(PLACES_MIN, PLACES_MAX);
        let sample: Vec<f64> = sampled(strikes).collect();
        let Some(guessed) = Self::on_grid(strikes, &sample, most, Margin::None) else {
            return Self::in_table(strikes);
        };
        if strikes.iter().all(|strike| guessed.place(*strike) < guessed.len() || !is_price(*strike)) {
            return guessed;
        }
        Self::on_grid(strikes, strikes, most, Margin::None).unwrap_or_else(|| Self::in_table(strikes))
    }

    #[cfg(test)]
    pub(crate) const fn may_miss(&self) -> bool {
        matches!(self.lookup, Lookup::Grid(_))
    }

    /// A grid over the range of `strikes` in the step of `sample`; `None` if those are no thousandths, or it would have
    /// more than `most` places.
    fn on_grid(strikes: &[f64], sample: &[f64], most: u64, margin: Margin) -> Option<Self> {
        let (least, greatest) = range(strikes);
        if least > greatest || least > PRICE_MAX {
            return None;
        }
        let (mut origin, mut last) = (milli(least)?, milli(greatest)?);
        let mut step = last - origin;
        for strike in sample.iter().filter(|strike| is_price(**strike)) {
            let offset = milli(*strike)?.abs_diff(origin);
            if step == 0 || offset % step > 0 {
                step = common_divisor(offset, step);
            }
        }
        let step = step.max(1);
        let places = (last - origin) / step + 1;
        if places > most {
            return None;
        }
        if let Margin::Wide = margin {
            let extra = (places / 4 + 8).min((most - places) / 2);
            origin -= step * extra.min((origin - 1) / step);
            last += step * extra;
        }
        let places = (last - origin) / step + 1;
        let strikes = (0..places).map(|place| (origin + place * step) as f64 / 1000.0).collect();
        Some(Self { strikes, lookup: Lookup::Grid(Grid::of_milli(origin, last, step)) })
    }

    fn in_table(rows: &[f64]) -> Self {
        let (strikes, table) = Table::of_rows(rows);
        Self { strikes, lookup: Lookup::Table(table) }
    }

    /// How many places there are.
    pub(crate) fn len(&self) -> usize {
        self.strikes.len()
    }

    /// All strikes, ascending.
    pub(crate) fn strikes(&self) -> &[f64] {
        &self.strikes
    }

    pub(crate) const fn lookup(&self) -> &Lookup {
        &self.lookup
    }

    /// The place of a strike, [`Self::len`] if it has none.
    #[inline]
    pub(crate) fn place(&self, strike: f64) -> usize {
        match &self.lookup {
            Lookup::Grid(grid) => grid.place(&self.strikes, strike),
            Lookup::Table(table) => table.place(strike, self.strikes.len()),
        }
    }
}

widest! {
    /// The least and the largest sound strike; infinities the wrong way round if there is none.
    fn range(strikes: &[f64]) -> (f64, f64) = range_of
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled twice by `widest`")]
fn range_of(strikes: &[f64]) -> (f64, f64) {
    const LANES: usize = 16;
    let (mut least, mut most) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let mut take = |lane: usize, strike: f64| {
        // Also false for NaN. A negative strike alone cannot pass: the least would stay infinite.
        let low = if strike > 0.0 { strike } else { f64::INFINITY };
        let high = if strike <= PRICE_MAX { strike } else { f64::NEG_INFINITY };
        least[lane] = if low < least[lane] { low } else { least[lane] };
        most[lane] = if high > most[lane] { high } else { most[lane] };
    };
    let (blocks, rest) = strikes.as_chunks::<LANES>();
    for block in blocks {
        for (lane, strike) in block.iter().enumerate() {
            take(lane, *strike);
        }
    }
    for strike in rest {
        take(0, *strike);
    }
    (least.into_iter().fold(f64::INFINITY, f64::min), most.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while a > 0 {
        (a, b) = (b % a, a);
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unique(strikes: &[f64]) -> Vec<f64> {
        let mut sound: Vec<f64> = strikes.iter().copied().filter(|s| is_price(*s)).collect();
        sound.sort_by(f64::total_cmp);
        sound.dedup();
        sound
    }

    fn check(strikes: &[f64]) -> StrikeIndex {
        let index = StrikeIndex::complete(strikes);
        assert!(index.strikes().is_sorted_by(|a, b| a < b));
        for strike in strikes {
            let place = index.place(*strike);
            if is_price(*strike) {
                assert_eq!(index.strikes()[place], *strike);
            } else {
                assert_eq!(place, index.len());
            }
        }
        index
    }

    #[test]
    fn listed_strikes_are_a_grid() {
        let index = check(&[605.0, 600.0, 602.5, 610.0, f64::NAN, 0.0, -5.0]);
        assert_eq!(index.strikes(), [600.0, 602.5, 605.0, 607.5, 610.0]);
        assert!(index.may_miss());
        assert_eq!(check(&[7.0]).strikes(), [7.0]);
    }

    #[test]
    fn others_are_in_a_table() {
        let index = check(&[1.0 / 3.0, 2.0, 1e9, 1e-9, f64::INFINITY]);
        assert_eq!(index.strikes(), [1e-9, 1.0 / 3.0, 2.0, 1e9]);
        assert!(!index.may_miss());
        assert_eq!(check(&[]).len(), 0);
        assert_eq!(check(&[f64::NAN]).place(1.0), 0);
    }

    #[test]
    fn a_strike_that_the_sample_missed_is_found() {
        let mut strikes: Vec<f64> = (0..4 * SAMPLE).map(|i| 100.0 + (i % 50) as f64).collect();
        strikes[SAMPLE + 1] = 100.005;
        let guessed = StrikeIndex::guessed(&strikes);
        assert_eq!(guessed.place(100.005), guessed.len());
        assert_ne!(check(&strikes).strikes(), guessed.strikes());
    }

    proptest! {
        #[test]
        fn every_sound_strike_has_a_place(
            strikes in proptest::collection::vec(prop_oneof![
                4 => (1_u32..4000).prop_map(|k| f64::from(k) / 8.0), 1 => any::<f64>(),
            ], 0..80),
            milli in proptest::collection::vec((1_u32..2_000_000).prop_map(|k| f64::from(k) / 1000.0), 0..3000),
        ) {
            let index = check(&strikes);
            if !index.may_miss() {
                prop_assert_eq!(index.strikes(), &unique(&strikes)[..]);
            }
            check(&milli);
        }
    }
}
