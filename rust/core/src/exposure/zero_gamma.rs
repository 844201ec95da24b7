//! Method B of zero gamma: the spots at which total dealer gamma, re-priced from each row's volatility, changes its sign.
//!
//! The grid runs from 0.8 to 1.2 of spot, even in the logarithm. Crossings of the grid are then refined on the exact sum:
//! from a cubic through the points around them, so that one or two of Halley's steps are enough.

use crate::exposure::bells::{few_points, sweep, total_at, Bells, Grid, EMPTY, LANES, STRIDE_MAX, SUMS};
use crate::exposure::curves::Block;
use crate::pricing::ROOT_2_PI_INVERSE;

const GRID_LOW: f64 = 0.8;
const GRID_HIGH: f64 = 1.2;
const REFINE_STEPS_MAX: usize = 60;
const REFINE_TOLERANCE: f64 = 1e-12;

/// The rows to be re-priced.
#[derive(Debug, Default)]
pub(crate) struct GammaProfile {
    bells: Vec<Bells>,
    rows: usize,
    /// The largest slope.
    steepest: f64,
}

/// Total gamma over a grid of spots.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GammaCurve {
    /// Ascending.
    pub spot: Vec<f64>,
    /// Dollars of delta per 1% move.
    pub gex_usd_per_pct: Vec<f64>,
    /// Where it changes its sign, ascending.
    pub flips: Vec<f64>,
}

impl GammaProfile {
    /// Add the rows of a block that have a curve; a row counts by `sign x weight x multiplier`.
    pub(crate) fn add(&mut self, block: &Block, multiplier: f64) {
        for i in 0..block.rows {
            let amount = block.sign[i] * block.weight[i] * multiplier;
            self.push(block.slope[i], block.d1[i], amount * block.growth[i] * block.slope[i]);
        }
    }

    #[inline]
    fn push(&mut self, slope: f64, d1: f64, peak: f64) {
        if peak == 0.0 || !peak.is_finite() {
            return;
        }
        let lane = self.rows % LANES;
        if lane == 0 {
            self.bells.push(EMPTY);
        }
        if let Some(bells) = self.bells.last_mut() {
            (bells.slope[lane], bells.offset[lane], bells.peak[lane]) = (slope, d1, peak);
            self.rows += 1;
            self.steepest = self.steepest.max(slope);
        }
    }

    /// The curve on a grid of `points` and all its sign changes. Fewer than 2 points: empty.
    pub(crate) fn curve(&self, spot: f64, points: usize) -> GammaCurve {
        if points < 2 || self.rows == 0 {
            return GammaCurve::default();
        }
        let step = (GRID_HIGH / GRID_LOW).ln() / (points - 1) as f64;
        let grid = Grid { start: GRID_LOW.ln(), step, points };
        let totals = self.totals(grid);
        let spots: Vec<f64> = (0..points).map(|point| spot * grid.at(point).exp()).collect();
        let dollars = spots.iter().zip(&totals).map(|(at, total)| total * at * ROOT_2_PI_INVERSE * 0.01).collect();
        let flips = self.crossings(grid, &totals).into_iter().map(|x| spot * x.exp()).collect();
        GammaCurve { spot: spots, gex_usd_per_pct: dollars, flips }
    }

    fn crossings(&self, grid: Grid, totals: &[f64]) -> Vec<f64> {
        let mut crossings = Vec::new();
        // The last point at which the total was not zero.
        let mut last: Option<(usize, f64)> = None;
        for (point, total) in totals.iter().copied().enumerate().filter(|(_, total)| *total != 0.0) {
            if let Some((low, value)) = last.filter(|(_, value)| (*value > 0.0) != (total > 0.0)) {
                let guess = if low + 1 == point { cubic_zero(totals, low) } else { 0.5 };
                let (a, b) = (grid.at(low), grid.at(point));
                crossings.push(self.refine((a, value > 0.0), b, a + (b - a) * guess));
            }
            last = Some((point, total));
        }
        crossings
    }

    fn totals(&self, grid: Grid) -> Vec<f64> {
        let mut lanes = vec![[0.0; SUMS]; grid.points];
        let mut steep = vec![0.0; grid.points];
        for bells in &self.bells {
            let stride = bells.slope.map(|slope| slope * grid.step);
            if stride.iter().all(|stride| *stride <= STRIDE_MAX) {
                sweep(bells, grid, &mut lanes);
                continue;
            }
            // Chains list the rows of an expiry together, so few blocks are of both kinds.
            let mut smooth = *bells;
            for lane in (0..LANES).filter(|lane| stride[*lane] > STRIDE_MAX) {
                few_points(bells.slope[lane], bells.offset[lane], bells.peak[lane], grid, &mut steep);
                (smooth.slope[lane], smooth.offset[lane], smooth.peak[lane]) = (1.0, 0.0, 0.0);
            }
            if smooth.peak.iter().any(|peak| *peak != 0.0) {
                sweep(&smooth, grid, &mut lanes);
            }
        }
        lanes.iter().zip(steep).map(|(lanes, steep)| lanes.iter().sum::<f64>() + steep).collect()
    }

    /// The zero between two points of opposite sign: Halley's steps, or halving where they leave the bracket or do not
    /// shrink to a half (on the far side of a narrow bell they would creep).
    fn refine(&self, (mut a, positive): (f64, bool), mut b: f64, guess: f64) -> f64 {
        let mut x = guess;
        let mut last_step = b - a;
        for _ in 0..REFINE_STEPS_MAX {
            if !(x > a && x < b) {
                x = 0.5 * (a + b);
            }
            let [total, first, second] = total_at(&self.bells, x);
            if total == 0.0 {
                break;
            }
            if (total > 0.0) == positive {
                a = x;
            } else {
                b = x;
            }
            let newton = total / first;
            let bend = 0.5 * second / first;
            let halley = x - newton / (1.0 - newton * bend);
            let inside = halley >= a && halley <= b && 2.0 * (halley - x).abs() <= last_step;
            let next = if inside { halley } else { 0.5 * (a + b) };
            last_step = (next - x).abs();
            x = next;
            // What is left after a step is its cube times squared curvature; with a wide margin for the next term.
            let left = 100.0 * last_step * (last_step * bend) * (last_step * bend);
            let left = left + last_step * (last_step * self.steepest) * (last_step * self.steepest);
            if last_step <= REFINE_TOLERANCE || (inside && left <= REFINE_TOLERANCE) {
                break;
            }
        }
        x
    }
}

/// Where the cubic through the two points from `low` on and their neighbours is zero, as a share of the step. The total
/// changes its sign between the two.
fn cubic_zero(totals: &[f64], low: usize) -> f64 {
    let (f1, f2) = (totals[low], totals[low + 1]);
    let straight = f1 / (f1 - f2);
    let (Some(f0), Some(f3)) = (low.checked_sub(1).map(|i| totals[i]), totals.get(low + 2)) else { return straight };
    // Newton's form through -1, 0, 1, 2.
    let (d1, d2, d3) = (f2 - f1, 0.5 * (f2 - 2.0 * f1 + f0), (f3 - 3.0 * f2 + 3.0 * f1 - f0) / 6.0);
    let mut t = straight;
    for _ in 0..4 {
        let value = f1 + t * (d1 + (t - 1.0) * (d2 + (t + 1.0) * d3));
        let slope = d1 + (2.0 * t - 1.0) * d2 + (3.0 * t * t - 1.0) * d3;
        t = (t - value / slope).clamp(0.0, 1.0);
    }
    if t > 0.0 && t < 1.0 {
        t
    } else {
        straight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::occ::Right;
    use crate::pricing::{value, Carry, Terms};
    use proptest::prelude::*;

    const CARRY: Carry = Carry { rate: 0.03, dividend_yield: 0.01 };

    /// Strike, years, volatility, amount.
    type Row = (f64, f64, f64, f64);

    fn profile_of(rows: &[Row]) -> GammaProfile {
        let mut profile = GammaProfile::default();
        for (strike, years, volatility, amount) in rows {
            let deviation = volatility * years.sqrt();
            let drift = (CARRY.rate - CARRY.dividend_yield) * years;
            let d1 = ((100.0 / strike).ln() + drift) / deviation + 0.5 * deviation;
            let growth = (-CARRY.dividend_yield * years).exp();
            profile.push(1.0 / deviation, d1, amount * growth / deviation);
        }
        profile
    }

    /// Total dollar gamma per 1% by the pricing module, and the sum of its absolute terms.
    fn brute(rows: &[Row], spot: f64) -> (f64, f64) {
        let terms = rows.iter().map(|(strike, years, volatility, amount)| {
            let terms = Terms { spot, strike: *strike, years: *years, right: Right::Call };
            amount * value(&terms, CARRY, *volatility).unwrap().gamma * spot * spot * 0.01
        });
        terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()))
    }

    fn any_rows() -> impl Strategy<Value = Vec<Row>> {
        let years = prop_oneof![1e-6..1e-4_f64, 1e-4..2.0_f64];
        proptest::collection::vec((70.0..130.0_f64, years, 0.02..1.5_f64, -1e5..1e5_f64), 1..40)
    }

    proptest! {
        #[test]
        fn the_curve_equals_pricing_each_row_anew(rows in any_rows(), points in prop_oneof![2_usize..40, Just(161), 200_usize..400]) {
            let curve = profile_of(&rows).curve(100.0, points);
            prop_assert_eq!((curve.spot.len(), curve.gex_usd_per_pct.len()), (points, points));
            for (spot, total) in curve.spot.iter().zip(&curve.gex_usd_per_pct) {
                let (expected, size) = brute(&rows, *spot);
                // Far out on a narrow bell the last digit of the spot is worth many of the exponential.
                let peaks: f64 = rows.iter().map(|(_, years, iv, amount)| amount.abs() / (iv * years.sqrt())).sum();
                prop_assert!((total - expected).abs() <= 1e-12 * size + 1e-13 * peaks, "{}: {} {}", spot, total, expected);
            }
        }

        #[test]
        fn flips_are_sign_changes_of_the_formula(rows in any_rows()) {
            let curve = profile_of(&rows).curve(100.0, 161);
            prop_assert!(curve.flips.is_sorted());
            for flip in curve.flips {
                prop_assert!((79.999..=120.001).contains(&flip));
                let ((below, _), (above, _)) = (brute(&rows, flip * (1.0 - 1e-9)), brute(&rows, flip * (1.0 + 1e-9)));
                prop_assert!(below * above <= 0.0, "{} {} at {}", below, above, flip);
            }
        }
    }

    #[test]
    fn one_sign_has_no_flip() {
        assert!(profile_of(&[(100.0, 0.1, 0.2, 5.0), (90.0, 0.1, 0.2, 1.0)]).curve(100.0, 161).flips.is_empty());
        assert_eq!(profile_of(&[]).curve(100.0, 161), GammaCurve::default());
        assert_eq!(profile_of(&[(100.0, 0.1, 0.2, 5.0)]).curve(100.0, 0), GammaCurve::default());
    }

    #[test]
    fn puts_below_and_calls_above_flip_between() {
        // Equal and opposite curves around 95 and 105 cross where they are equally far away.
        let flips = profile_of(&[(95.0, 0.01, 0.2, -5.0), (105.0, 0.01, 0.2, 5.0)]).curve(100.0, 161).flips;
        assert_eq!(flips.len(), 1);
        assert!((flips[0] - (95.0_f64 * 105.0).sqrt()).abs() < 0.1, "{flips:?}");
    }
}
