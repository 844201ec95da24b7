//! Method B of zero gamma: the spots at which total dealer gamma, re-priced from each row's volatility, changes its sign.
//!
//! The grid runs from 0.8 to 1.2 of spot, even in the logarithm. On such a grid the argument `d1` of a row moves in equal
//! steps, so its bell curve follows from two multiplications a point instead of an exponential. Crossings of the grid are
//! then refined on the exact sum.

use crate::pricing::Curvature;

const GRID_LOW: f64 = 0.8;
const GRID_HIGH: f64 = 1.2;
/// Past this many deviations a bell curve is below 1e-31 of its peak.
const DEVIATIONS_MAX: f64 = 12.0;
const REFINE_STEPS_MAX: usize = 60;
const REFINE_TOLERANCE: f64 = 1e-12;

/// A row's gamma as a function of the logarithm of spot: `peak * exp(-(slope * x + offset)^2 / 2)`.
///
/// Factors that all rows share at one spot are left out: they do not move a zero.
#[derive(Debug, Clone, Copy)]
struct Bell {
    slope: f64,
    offset: f64,
    peak: f64,
}

/// The rows to be re-priced.
#[derive(Debug, Default)]
pub(crate) struct GammaProfile {
    bells: Vec<Bell>,
}

impl GammaProfile {
    /// Add a row from its curve at `spot`. `amount` is its signed number of shares (sign x weight x multiplier).
    #[inline]
    pub(crate) fn add(&mut self, spot: f64, curve: &Curvature, amount: f64) {
        let slope = 1.0 / curve.deviation();
        let offset = curve.d1() - spot.ln() * slope;
        let peak = amount * curve.growth() * slope;
        if slope.is_finite() && offset.is_finite() && peak.is_finite() {
            self.bells.push(Bell { slope, offset, peak });
        }
    }

    /// All sign changes on a grid of `points`, ascending. Fewer than 2 points: none.
    pub(crate) fn flips(&self, spot: f64, points: usize) -> Vec<f64> {
        if points < 2 || self.bells.is_empty() {
            return Vec::new();
        }
        let start = (spot * GRID_LOW).ln();
        let step = (GRID_HIGH / GRID_LOW).ln() / (points - 1) as f64;
        let totals = self.totals(start, step, points);
        let mut flips = Vec::new();
        // The last point at which the total was not zero.
        let mut last: Option<(f64, f64)> = None;
        for (j, total) in totals.into_iter().enumerate().filter(|(_, total)| *total != 0.0) {
            let x = start + step * j as f64;
            if let Some(low) = last.filter(|(_, value)| (*value > 0.0) != (total > 0.0)) {
                flips.push(self.refine(low, (x, total)).exp());
            }
            last = Some((x, total));
        }
        flips
    }

    fn totals(&self, start: f64, step: f64, points: usize) -> Vec<f64> {
        let mut totals = vec![0.0; points];
        let last = (points - 1) as f64;
        for bell in &self.bells {
            // The grid point nearest to the peak; from there the curve only falls, so nothing overflows.
            let centre = -bell.offset / bell.slope;
            let nearest = ((centre - start) / step).round().clamp(0.0, last) as usize;
            let d = bell.slope * (start + step * nearest as f64) + bell.offset;
            if d.abs() > DEVIATIONS_MAX {
                continue;
            }
            let h = bell.slope * step;
            let at_nearest = bell.peak * (-0.5 * d * d).exp();
            let shrink = (-h * h).exp();
            let reach = |room: f64| (room / h).min(last) as usize;
            let up = (nearest + 1 + reach(DEVIATIONS_MAX - d)).min(points);
            let down = nearest.saturating_sub(reach(DEVIATIONS_MAX + d));
            totals[nearest] += at_nearest;
            fall(totals[nearest + 1..up].iter_mut(), at_nearest, (-d * h - 0.5 * h * h).exp(), shrink);
            fall(totals[down..nearest].iter_mut().rev(), at_nearest, (d * h - 0.5 * h * h).exp(), shrink);
        }
        totals
    }

    /// The exact total at one logarithm of spot.
    fn total(&self, x: f64) -> f64 {
        let mut total = 0.0;
        for bell in &self.bells {
            let d = bell.slope * x + bell.offset;
            if d.abs() <= DEVIATIONS_MAX {
                total += bell.peak * (-0.5 * d * d).exp();
            }
        }
        total
    }

    /// The zero between two points of opposite sign (Illinois variant of regula falsi).
    fn refine(&self, low: (f64, f64), high: (f64, f64)) -> f64 {
        let ((mut a, mut fa), (mut b, mut fb)) = (low, high);
        let mut kept = 0;
        for _ in 0..REFINE_STEPS_MAX {
            if b - a <= REFINE_TOLERANCE {
                break;
            }
            let mut x = b - fb * (b - a) / (fb - fa);
            if !(x > a && x < b) {
                x = 0.5 * (a + b);
            }
            let fx = self.total(x);
            if fx == 0.0 {
                return x;
            }
            if (fx > 0.0) == (fa > 0.0) {
                let moved = x - a;
                (a, fa) = (x, fx);
                if kept == 1 {
                    fb *= 0.5;
                }
                kept = 1;
                if moved <= REFINE_TOLERANCE {
                    return x;
                }
            } else {
                let moved = b - x;
                (b, fb) = (x, fx);
                if kept == -1 {
                    fa *= 0.5;
                }
                kept = -1;
                if moved <= REFINE_TOLERANCE {
                    return x;
                }
            }
        }
        0.5 * (a + b)
    }
}

/// Add a bell curve's values from its peak outwards: each is the one before times a ratio that shrinks evenly.
#[inline]
fn fall<'a>(totals: impl Iterator<Item = &'a mut f64>, at_peak: f64, first_ratio: f64, shrink: f64) {
    let (mut value, mut ratio) = (at_peak, first_ratio);
    for total in totals {
        value *= ratio;
        ratio *= shrink;
        *total += value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::occ::Right;
    use crate::pricing::{value, Carry, Terms};
    use proptest::prelude::*;

    const CARRY: Carry = Carry { rate: 0.03, dividend_yield: 0.01 };

    type Row = (f64, f64, f64, f64);

    fn profile_of(rows: &[Row]) -> GammaProfile {
        let mut profile = GammaProfile::default();
        for (strike, years, volatility, amount) in rows {
            let terms = Terms { spot: 100.0, strike: *strike, years: *years, right: Right::Call };
            profile.add(100.0, &Curvature::new(&terms, CARRY, *volatility).unwrap(), *amount);
        }
        profile
    }

    /// Total dollar gamma by the pricing module.
    fn brute(rows: &[Row], spot: f64) -> f64 {
        rows.iter()
            .map(|(strike, years, volatility, amount)| {
                let terms = Terms { spot, strike: *strike, years: *years, right: Right::Call };
                amount * value(&terms, CARRY, *volatility).unwrap().gamma * spot * spot
            })
            .sum()
    }

    proptest! {
        #[test]
        fn the_grid_equals_repricing(
            rows in proptest::collection::vec((60.0..150.0_f64, 1e-5..1.0_f64, 0.05..1.5_f64, -100.0..100.0_f64), 1..20),
        ) {
            let (start, step) = (80.0_f64.ln(), 1.5_f64.ln() / 160.0);
            let totals = profile_of(&rows).totals(start, step, 161);
            for (j, total) in totals.iter().enumerate() {
                let spot = (start + step * j as f64).exp();
                let scale = rows.iter().map(|r| r.3.abs() / (r.2 * r.1.sqrt())).sum::<f64>();
                // gamma S^2 = amount e^{-qT} phi(d1) S / deviation
                let expected = brute(&rows, spot) / spot * (2.0 * std::f64::consts::PI).sqrt();
                prop_assert!((total - expected).abs() <= 1e-9 * scale, "{} {} at {}", total, expected, spot);
            }
        }

        #[test]
        fn flips_are_zeros_of_repriced_gamma(
            rows in proptest::collection::vec((85.0..115.0_f64, 0.001..0.3_f64, 0.1..0.6_f64, -100.0..100.0_f64), 2..20),
        ) {
            let flips = profile_of(&rows).flips(100.0, 161);
            prop_assert!(flips.is_sorted());
            for flip in flips {
                prop_assert!((80.0..=120.0).contains(&flip));
                let (below, above) = (brute(&rows, flip * (1.0 - 1e-9)), brute(&rows, flip * (1.0 + 1e-9)));
                prop_assert!(below * above <= 0.0, "{} {} at {}", below, above, flip);
            }
        }
    }

    #[test]
    fn one_sign_has_no_flip() {
        assert!(profile_of(&[(100.0, 0.1, 0.2, 5.0), (90.0, 0.1, 0.2, 1.0)]).flips(100.0, 161).is_empty());
        assert!(profile_of(&[]).flips(100.0, 161).is_empty());
        assert!(profile_of(&[(100.0, 0.1, 0.2, 5.0)]).flips(100.0, 0).is_empty());
    }

    #[test]
    fn puts_below_and_calls_above_flip_between() {
        // Equal and opposite curves around 95 and 105 cross where they are equally far away.
        let flips = profile_of(&[(95.0, 0.01, 0.2, -5.0), (105.0, 0.01, 0.2, 5.0)]).flips(100.0, 161);
        assert_eq!(flips.len(), 1);
        assert!((flips[0] - (95.0_f64 * 105.0).sqrt()).abs() < 0.1, "{flips:?}");
    }
}
