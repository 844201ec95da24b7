//! Rows of given greeks, added up by strike.
//!
//! Each row adds to one of two cells (call, put) of its strike, found by arithmetic; a row that is left out adds to a
//! cell of the reason, of which only the count is read: one pass, without a branch that a mixed chain would mispredict.

#![allow(
    clippy::needless_bitwise_bool,
    clippy::needless_range_loop,
    reason = "loops over columns without branches become vector instructions"
)]

use crate::exposure::rows::{DELTA_MAX, GAMMA_MAX};
use crate::exposure::strike_grid::{index_of, rounded, Grid};
use crate::exposure::strike_table::Table;
use crate::lanes::widest;
use crate::limits::{is_price, is_size, PRICE_MAX, SIZE_MAX};

/// The columns, of one length. NaN stands for an absent number.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the arguments of exposure_by_strike, documented in the Python stub")]
pub struct GivenGreeks<'a> {
    pub strike: &'a [f64],
    /// +1 call, -1 put.
    pub right: &'a [i8],
    pub gamma: &'a [f64],
    pub delta: &'a [f64],
    pub weight: &'a [f64],
}

/// Cells for each reason to leave a row out: some, so that such rows do not wait for each other's sums.
pub(super) const SPILL: usize = 8;
/// The reasons of [`failed_test`], and a strike that the index does not know.
pub(super) const REASONS: usize = 7;
pub(super) const UNKNOWN_STRIKE: usize = 6;

/// Sums of gamma x weight, delta x weight, weight, rows. Aligned, so that it lies in one line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
pub(super) struct Cell(pub(super) [f64; 4]);

/// Which cell of a reason a row of a block takes.
const SPILL_AT: [f64; BLOCK] = {
    let mut at = [0.0; BLOCK];
    let mut i = 0;
    while i < BLOCK {
        at[i] = (i % SPILL) as f64;
        i += 1;
    }
    at
};

/// Rows of a block: its lists stay in the fastest cache.
const BLOCK: usize = 256;

/// What a block of rows adds, and to which cells.
struct Block {
    /// Numbers of cells as [`Grid`] rounds them: in the low bits.
    cell: [f64; BLOCK],
    gamma: [f64; BLOCK],
    delta: [f64; BLOCK],
}

impl Block {
    /// Add rows to their cells.
    fn add(&self, weight: &[f64], cells: &mut [Cell]) {
        let numbers = self.cell.iter().zip(&self.gamma).zip(&self.delta).zip(weight);
        for (((cell, gamma), delta), weight) in numbers {
            if let Some(Cell(sums)) = cells.get_mut(index_of(*cell)) {
                sums[0] += gamma;
                sums[1] += delta;
                sums[2] += weight;
                sums[3] += 1.0;
            }
        }
    }
}

pub(super) fn add_on_grid(columns: &GivenGreeks<'_>, min_weight: f64, grid: Grid, spill: u32, cells: &mut [Cell]) {
    let mut block = Block { cell: [0.0; BLOCK], gamma: [0.0; BLOCK], delta: [0.0; BLOCK] };
    let rows = columns.strike.len();
    let whole = rows - rows % BLOCK;
    let lists = columns.strike.as_chunks::<BLOCK>().0.iter().zip(columns.right.as_chunks::<BLOCK>().0);
    let greeks = columns.gamma.as_chunks::<BLOCK>().0.iter().zip(columns.delta.as_chunks::<BLOCK>().0);
    let weights = columns.weight.as_chunks::<BLOCK>().0;
    for (((strike, right), (gamma, delta)), weight) in lists.zip(greeks).zip(weights) {
        place_block(strike, right, gamma, delta, weight, min_weight, grid, spill, &mut block);
        block.add(weight, cells);
    }
    let rest = rows - whole;
    if rest > 0 {
        let filled = |values: &[f64]| {
            let mut list = [0.0; BLOCK];
            list[..rest].copy_from_slice(&values[whole..]);
            list
        };
        let mut right = [0; BLOCK];
        right[..rest].copy_from_slice(&columns.right[whole..]);
        let [strike, gamma, delta, weight] = [columns.strike, columns.gamma, columns.delta, columns.weight].map(filled);
        place_block(&strike, &right, &gamma, &delta, &weight, min_weight, grid, spill, &mut block);
        block.add(&columns.weight[whole..], cells);
    }
}

widest! {
    fn place_block(
        strike: &[f64; BLOCK],
        right: &[i8; BLOCK],
        gamma: &[f64; BLOCK],
        delta: &[f64; BLOCK],
        weight: &[f64; BLOCK],
        min_weight: f64,
        grid: Grid,
        spill: u32,
        block: &mut Block,
    ) = place_rows
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled twice by `widest`")]
#[allow(clippy::too_many_arguments, reason = "the columns of a block")]
fn place_rows(
    strike: &[f64; BLOCK],
    right: &[i8; BLOCK],
    gamma: &[f64; BLOCK],
    delta: &[f64; BLOCK],
    weight: &[f64; BLOCK],
    min_weight: f64,
    grid: Grid,
    spill: u32,
    block: &mut Block,
) {
    if grid.eighths {
        place_each::<true>(strike, right, gamma, delta, weight, min_weight, grid, spill, block);
    } else {
        place_each::<false>(strike, right, gamma, delta, weight, min_weight, grid, spill, block);
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled twice by `widest`")]
#[allow(clippy::too_many_arguments, reason = "the columns of a block")]
fn place_each<const EIGHTHS: bool>(
    strike: &[f64; BLOCK],
    right: &[i8; BLOCK],
    gamma: &[f64; BLOCK],
    delta: &[f64; BLOCK],
    weight: &[f64; BLOCK],
    min_weight: f64,
    grid: Grid,
    spill: u32,
    block: &mut Block,
) {
    let at_reason = |reason: usize| (reason * SPILL) as f64;
    let spill = f64::from(spill);
    for i in 0..BLOCK {
        let (place, on_grid) = grid.place_of_sound::<EIGHTHS>(strike[i]);
        let side = f64::from(right[i]);
        // The last test comes first, so that the first to fail has the last word.
        let out = if on_grid { -1.0 } else { at_reason(UNKNOWN_STRIKE) };
        let out = if delta[i].abs() <= DELTA_MAX { out } else { at_reason(5) };
        let out = if (gamma[i] >= 0.0) & (gamma[i] <= GAMMA_MAX) { out } else { at_reason(4) };
        let out = if weight[i] >= min_weight { out } else { at_reason(3) };
        let out = if (weight[i] >= 0.0) & (weight[i] <= SIZE_MAX) { out } else { at_reason(2) };
        let out = if side * side == 1.0 { out } else { at_reason(1) };
        let out = if (strike[i] > 0.0) & (strike[i] <= PRICE_MAX) { out } else { at_reason(0) };
        let used = 2.0 * place + (0.5 - 0.5 * side);
        block.cell[i] = rounded(if out < 0.0 { used } else { spill + out + SPILL_AT[i] });
        block.gamma[i] = gamma[i] * weight[i];
        block.delta[i] = delta[i] * weight[i];
    }
}

/// The first test that a row fails, in the order of [`place_each`] from the end.
fn failed_test(strike: f64, right: i8, gamma: f64, delta: f64, weight: f64, min_weight: f64) -> Option<usize> {
    let tests = [
        is_price(strike),
        right.unsigned_abs() == 1,
        is_size(weight),
        weight >= min_weight,
        (0.0..=GAMMA_MAX).contains(&gamma),
        delta.abs() <= DELTA_MAX,
    ];
    tests.iter().position(|passed| !passed)
}

pub(super) fn add_from_table(
    columns: &GivenGreeks<'_>,
    min_weight: f64,
    table: &Table,
    spill: usize,
    cells: &mut [Cell],
) {
    let unknown = spill / 2 + SPILL / 2 * UNKNOWN_STRIKE;
    let numbers = columns.strike.iter().zip(columns.right).zip(columns.gamma).zip(columns.delta).zip(columns.weight);
    for ((((strike, right), gamma), delta), weight) in numbers {
        let cell = match failed_test(*strike, *right, *gamma, *delta, *weight, min_weight) {
            Some(reason) => spill + SPILL * reason,
            None => 2 * table.place(*strike, unknown) + usize::from(*right < 0),
        };
        let Cell(sums) = &mut cells[cell];
        sums[0] += gamma * weight;
        sums[1] += delta * weight;
        sums[2] += weight;
        sums[3] += 1.0;
    }
}
