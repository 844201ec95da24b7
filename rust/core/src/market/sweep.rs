//! Sweeps: one order that takes liquidity at several venues or levels at once.

use crate::market::aggressor::Aggressor;
use crate::market::tape::Print;

/// Prints of one side within this span of the first belong to one run.
const RUN_SPAN_NS: i64 = 10_000_000;

/// Tells the print at which a run of prints becomes a sweep.
///
/// A run is consecutive prints of one side within 10 ms. It is a sweep once it touches a second venue or price, or
/// carries the ISO flag; each run counts once.
#[derive(Debug, Clone)]
pub struct SweepDetector {
    side: Aggressor,
    start_ns: i64,
    price: f64,
    venue: u64,
    counted: bool,
}

impl SweepDetector {
    /// No run yet.
    pub const fn new() -> Self {
        Self { side: 0, start_ns: i64::MIN, price: f64::NAN, venue: 0, counted: true }
    }

    /// Take a print; true if it turns its run into a sweep.
    #[inline]
    pub fn add(&mut self, print: &Print<'_>, side: Aggressor) -> bool {
        let venue = venue_key(print.venue);
        let age_ns = print.ts_ns.saturating_sub(self.start_ns);
        if side != self.side || !(0..=RUN_SPAN_NS).contains(&age_ns) {
            *self = Self { side, start_ns: print.ts_ns, price: print.price, venue, counted: false };
        }
        if self.venue == 0 {
            self.venue = venue;
        }
        let several = side != 0 && (print.price != self.price || (venue != 0 && venue != self.venue));
        let sweep = !self.counted && (several || print.conditions.intermarket_sweep());
        self.counted |= sweep;
        sweep
    }
}

impl Default for SweepDetector {
    fn default() -> Self {
        Self::new()
    }
}

/// A number that tells venues apart (FNV-1a of the name, never 0); 0 for an unknown venue.
#[inline]
fn venue_key(venue: &[u8]) -> u64 {
    if venue.is_empty() {
        return 0;
    }
    venue.iter().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)) | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(detector: &mut SweepDetector, ms: i64, price: f64, venue: &str, side: Aggressor, conditions: &str) -> bool {
        let print = Print::new(ms * 1_000_000, price, 100.0, venue.as_bytes(), conditions.as_bytes()).unwrap();
        detector.add(&print, side)
    }

    #[test]
    fn a_second_venue_or_level_makes_a_sweep_once() {
        let mut d = SweepDetector::new();
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
        let mut d = SweepDetector::new();
        assert!(add(&mut d, 0, 10.0, "P", 1, "F I"));
        assert!(!add(&mut d, 1, 10.0, "P", 1, "F I"));
        assert!(add(&mut d, 1, 10.0, "", 0, "F"), "a run of unknown side");
    }

    #[test]
    fn unknown_venues_and_sides_prove_nothing() {
        let mut d = SweepDetector::new();
        assert!(!add(&mut d, 0, 10.0, "", 1, ""));
        assert!(!add(&mut d, 0, 10.0, "P", 1, ""));
        assert!(!add(&mut d, 0, 10.0, "", 1, ""));
        let mut d = SweepDetector::new();
        assert!(!add(&mut d, 0, 10.0, "P", 0, ""));
        assert!(!add(&mut d, 0, 10.1, "Q", 0, ""));
    }
}
