//! Gamma of many rows over a grid of spots: each row's is a bell curve, and the grid is even in the logarithm of spot.
//!
//! On such a grid the argument `d1` of a row moves in equal steps, so that its bell follows from two multiplications a
//! point, starting anew from exact exponentials in the middle of every 32 points. The total differs from the plain formula
//! by less than 1e-12 of the sum of absolute terms. Sixteen rows go together, one to a register lane.

#![allow(
    clippy::needless_bitwise_bool,
    clippy::needless_range_loop,
    reason = "loops over columns without branches become vector instructions"
)]

use crate::lanes::widest;
use crate::pricing::elementary::exp;

/// Past this many deviations a bell curve is below 1e-31 of its peak: nothing is added.
const DEVIATIONS_MAX: f64 = 12.0;
/// Points on each side of a restart.
const REACH: usize = 16;
/// Rows whose `d1` moves by more from point to point are bells of few points: each is computed on its own.
pub(super) const STRIDE_MAX: f64 = 1.0;
/// Rows that go together: enough that the multiplications of some hide the delay of the others'.
pub(super) const LANES: usize = 16;
/// Sums of a point of the grid; each takes two lanes.
pub(super) const SUMS: usize = LANES / 2;

type Lane = [f64; LANES];
type Sums = [f64; SUMS];

/// Some rows' gamma as functions of `x`, the logarithm of spot over today's: `peak * exp(-(slope * x + offset)^2 / 2)`.
///
/// Factors that all rows share at one spot are left out. Empty lanes have a peak of 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bells {
    pub(super) slope: Lane,
    pub(super) offset: Lane,
    pub(super) peak: Lane,
}

pub(super) const EMPTY: Bells = Bells { slope: [1.0; LANES], offset: [0.0; LANES], peak: [0.0; LANES] };

/// The grid of method B.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Logarithm of spot over today's at the first point.
    pub(super) start: f64,
    pub(super) step: f64,
    pub(super) points: usize,
}

impl Grid {
    pub(super) fn at(self, point: usize) -> f64 {
        self.start + self.step * point as f64
    }
}

/// A bell so narrow that few points of the grid see it.
pub(super) fn few_points(slope: f64, offset: f64, peak: f64, grid: Grid, totals: &mut [f64]) {
    let point_at = |d: f64| (((d - offset) / slope - grid.start) / grid.step).clamp(-1.0, grid.points as f64);
    let first = point_at(-DEVIATIONS_MAX).ceil().max(0.0) as usize;
    for (point, total) in totals.iter_mut().enumerate().skip(first) {
        let d = slope * grid.at(point) + offset;
        if d > DEVIATIONS_MAX {
            break;
        }
        *total += peak * exp(-0.5 * d * d);
    }
}

widest! {
    /// Add bells to the totals.
    pub(super) fn sweep(bells: &Bells, grid: Grid, totals: &mut [Sums]) = sweep_rows
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled twice by `widest`")]
fn sweep_rows(bells: &Bells, grid: Grid, totals: &mut [Sums]) {
    let mut stride = [0.0; LANES];
    let (mut half, mut shrink) = ([0.0; LANES], [0.0; LANES]);
    for l in 0..LANES {
        stride[l] = bells.slope[l] * grid.step;
        half[l] = exp(-0.5 * stride[l] * stride[l]);
        shrink[l] = half[l] * half[l];
    }
    for (segment, totals) in totals.chunks_mut(2 * REACH).enumerate() {
        let middle = REACH.min(totals.len() - 1);
        let x = grid.at(segment * 2 * REACH + middle);
        let (mut d, mut seen) = ([0.0; LANES], false);
        for l in 0..LANES {
            d[l] = bells.slope[l] * x + bells.offset[l];
            seen |= d[l].abs() - stride[l] * REACH as f64 <= DEVIATIONS_MAX;
        }
        if !seen {
            continue;
        }
        let (mut value, mut up, mut down) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for l in 0..LANES {
            let turn = exp(-d[l] * stride[l]);
            value[l] = bells.peak[l] * exp(-0.5 * d[l] * d[l]);
            up[l] = turn * half[l];
            down[l] = half[l] / turn;
        }
        let (below, above) = totals.split_at_mut(middle);
        let mut at = value;
        for total in above {
            for l in 0..SUMS {
                total[l] += at[l] + at[l + SUMS];
            }
            for l in 0..LANES {
                at[l] *= up[l];
                up[l] *= shrink[l];
            }
        }
        for total in below.iter_mut().rev() {
            for l in 0..LANES {
                value[l] *= down[l];
                down[l] *= shrink[l];
            }
            for l in 0..SUMS {
                total[l] += value[l] + value[l + SUMS];
            }
        }
    }
}

widest! {
    /// The total at one logarithm of spot and its first two derivatives.
    pub(super) fn total_at(bells: &[Bells], x: f64) -> [f64; 3] = total_of_rows
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled twice by `widest`")]
fn total_of_rows(bells: &[Bells], x: f64) -> [f64; 3] {
    let (mut totals, mut firsts, mut seconds) = ([0.0; SUMS], [0.0; SUMS], [0.0; SUMS]);
    for bells in bells {
        for half in [0, SUMS] {
            for l in 0..SUMS {
                let slope = bells.slope[half + l];
                let d = slope * x + bells.offset[half + l];
                let value = bells.peak[half + l] * exp(-0.5 * d * d);
                totals[l] += value;
                firsts[l] -= d * slope * value;
                seconds[l] += (d * d - 1.0) * slope * slope * value;
            }
        }
    }
    [totals, firsts, seconds].map(|sums| sums.iter().sum())
}
