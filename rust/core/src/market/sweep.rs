//! Sweeps: one order that takes liquidity at several venues or levels at once.

use crate::aggressor::Aggressor;
use crate::error::{Error, Result};
use crate::market::print::{Print, Venue};

/// Most venues or levels that may be asked of a sweep.
pub const SWEEP_TOUCHES_MAX: usize = 8;

/// What makes a run of prints a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepRule {
    span_ns: i64,
    venues: usize,
    levels: usize,
}

impl SweepRule {
    /// Prints of one side within `span_ms` (0 to 60,000) of the first are one run; it is a sweep once it touches `venues`
    /// venues or `levels` prices (2 to 8 each).
    pub fn new(span_ms: f64, venues: i64, levels: i64) -> Result<Self> {
        if !(0.0..=60_000.0).contains(&span_ms) {
            return Err(Error::invalid(format!("sweep_span_ms was {span_ms}: give 0 to 60000")));
        }
        let touches = |name: &str, count: i64| match usize::try_from(count) {
            Ok(count @ 2..=SWEEP_TOUCHES_MAX) => Ok(count),
            _ => Err(Error::invalid(format!("{name} was {count}: give 2 to {SWEEP_TOUCHES_MAX}"))),
        };
        let (venues, levels) = (touches("sweep_venues", venues)?, touches("sweep_levels", levels)?);
        Ok(Self { span_ns: (span_ms * 1e6) as i64, venues, levels })
    }
}

impl Default for SweepRule {
    /// 10 ms, two venues or two levels.
    fn default() -> Self {
        Self { span_ns: 10_000_000, venues: 2, levels: 2 }
    }
}

/// The distinct values that a run has touched, up to the most that are asked for.
#[derive(Debug, Clone, Copy)]
struct Touched<T> {
    values: [T; SWEEP_TOUCHES_MAX],
    count: usize,
}

impl<T: Copy + PartialEq> Touched<T> {
    const fn none(filler: T) -> Self {
        Self { values: [filler; SWEEP_TOUCHES_MAX], count: 0 }
    }

    #[inline]
    fn touch(&mut self, value: T) {
        let known = &self.values[..self.count];
        // Most prints of a run repeat the newest value.
        if known.last() == Some(&value) || known.contains(&value) || self.count == SWEEP_TOUCHES_MAX {
            return;
        }
        self.values[self.count] = value;
        self.count += 1;
    }
}

/// Tells the print at which a run of prints becomes a sweep.
///
/// A run is consecutive prints of one side within the rule's span. It is a sweep once it touches enough venues or prices,
/// or carries the ISO flag; each run counts once.
#[derive(Debug, Clone)]
pub struct SweepDetector {
    rule: SweepRule,
    side: Aggressor,
    start_ns: i64,
    counted: bool,
    prices: Touched<f64>,
    venues: Touched<Venue>,
}

impl SweepDetector {
    /// No run yet.
    pub const fn new(rule: SweepRule) -> Self {
        let (prices, venues) = (Touched::none(0.0), Touched::none(Venue::UNKNOWN));
        Self { rule, side: 0, start_ns: i64::MIN, counted: true, prices, venues }
    }

    /// Take a print; true if it turns its run into a sweep.
    #[inline]
    pub fn add(&mut self, print: &Print, side: Aggressor, intermarket_sweep: bool) -> bool {
        let age_ns = print.ts_ns.saturating_sub(self.start_ns);
        if side != self.side || !(0..=self.rule.span_ns).contains(&age_ns) {
            (self.side, self.start_ns, self.counted) = (side, print.ts_ns, false);
            (self.prices.count, self.venues.count) = (0, 0);
        }
        if self.counted {
            return false;
        }
        self.prices.touch(print.price);
        if print.venue.is_known() {
            self.venues.touch(print.venue);
        }
        let several = self.prices.count >= self.rule.levels || self.venues.count >= self.rule.venues;
        self.counted = (side != 0 && several) || intermarket_sweep;
        self.counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(detector: &mut SweepDetector, ms: i64, price: f64, venue: &str, side: Aggressor, conditions: &str) -> bool {
        let print = Print::new(ms * 1_000_000, price, 100.0, venue.as_bytes(), b"").unwrap();
        detector.add(&print, side, conditions.contains('F'))
    }

    #[test]
    fn a_second_venue_or_level_makes_a_sweep_once() {
        let mut d = SweepDetector::new(SweepRule::default());
        assert!(!add(&mut d, 0, 10.0, "P", 1, ""));
        assert!(!add(&mut d, 1, 10.0, "P", 1, ""), "one venue, one price");
        assert!(add(&mut d, 2, 10.0, "Q", 1, ""));
        assert!(!add(&mut d, 3, 10.01, "Z", 1, ""), "the run is counted already");
        assert!(!add(&mut d, 20, 10.01, "Z", 1, ""), "a new run");
        assert!(add(&mut d, 21, 10.02, "Z", 1, ""));
        assert!(!add(&mut d, 22, 10.01, "Z", -1, ""), "another side");
    }

    #[test]
    fn the_iso_flag_is_enough() {
        let mut d = SweepDetector::new(SweepRule::default());
        assert!(add(&mut d, 0, 10.0, "P", 1, "F I"));
        assert!(!add(&mut d, 1, 10.0, "P", 1, "F I"));
        assert!(add(&mut d, 1, 10.0, "", 0, "F"), "a run of unknown side");
    }

    #[test]
    fn unknown_venues_and_sides_prove_nothing() {
        let mut d = SweepDetector::new(SweepRule::default());
        assert!(!add(&mut d, 0, 10.0, "", 1, ""));
        assert!(!add(&mut d, 0, 10.0, "P", 1, ""));
        assert!(!add(&mut d, 0, 10.0, "", 1, ""));
        let mut d = SweepDetector::new(SweepRule::default());
        assert!(!add(&mut d, 0, 10.0, "P", 0, ""));
        assert!(!add(&mut d, 0, 10.1, "Q", 0, ""));
    }

    #[test]
    fn more_venues_and_a_shorter_span_may_be_asked_for() {
        let mut d = SweepDetector::new(SweepRule::new(0.5, 3, 4).unwrap());
        assert!(!add(&mut d, 0, 10.0, "P", 1, ""));
        assert!(!add(&mut d, 0, 10.0, "Q", 1, ""));
        assert!(!add(&mut d, 0, 10.0, "P", 1, ""));
        assert!(!add(&mut d, 1, 10.0, "Z", 1, ""), "over the span: a new run");
        assert!(!add(&mut d, 1, 10.1, "Z", 1, "") && !add(&mut d, 1, 10.2, "Z", 1, ""));
        assert!(add(&mut d, 1, 10.3, "Z", 1, ""), "a fourth level");
        for (span, venues, levels) in [(-1.0, 2, 2), (f64::NAN, 2, 2), (1.0, 1, 2), (1.0, 2, 9)] {
            assert!(SweepRule::new(span, venues, levels).is_err());
        }
    }
}
