//! GEX and DEX by strike from greeks that are given: the one thing that a screen needs many times a second.
//!
//! Each row adds to one of two cells (call, put) of its strike, found by arithmetic; a row that is left out adds to a
//! cell of the reason, of which only the count is read: one pass, without a branch that a mixed chain would mispredict.

#![allow(
    clippy::needless_bitwise_bool,
    clippy::needless_range_loop,
    reason = "loops over columns without branches become vector instructions"
)]

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::exposure::rows::{DELTA_MAX, GAMMA_MAX};
use crate::exposure::strike_index::{index_of, rounded, Grid, Lookup, StrikeIndex, Table};
use crate::exposure::strikes::{Side, StrikeRow};
use crate::exposure::{check_scale, Weight};
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

/// What a contract stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Price of the underlying.
    pub spot: f64,
    /// Shares a contract.
    pub multiplier: f64,
    /// Rows with a smaller weight are left out.
    pub min_weight: f64,
}

/// Sums by strike, and the rows behind them. Fields as in `_core.pyi`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each field is documented once, in the Python stub")]
pub struct StrikeExposure {
    pub spot: f64,
    pub by_strike: Vec<StrikeRow>,
    pub rows_total: usize,
    pub rows_used: usize,
    pub rows_dropped: BTreeMap<&'static str, u64>,
}

impl StrikeExposure {
    /// Dollars of delta per 1% move.
    pub fn gex_usd_per_pct(&self) -> f64 {
        self.by_strike.iter().map(StrikeRow::net_gex).sum()
    }
}

/// Cells for each reason to leave a row out: some, so that such rows do not wait for each other's sums.
const SPILL: usize = 8;
/// The reasons of [`failed_test`], and a strike that the index does not know.
const REASONS: usize = 7;
const UNKNOWN_STRIKE: usize = 6;

/// Sums of gamma x weight, delta x weight, weight, rows. Aligned, so that it lies in one line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
struct Cell([f64; 4]);

/// Sum greeks by strike.
pub fn by_strike(columns: &GivenGreeks<'_>, scale: &Scale, weight: Weight) -> Result<StrikeExposure> {
    let rows = columns.strike.len();
    let others = [columns.right.len(), columns.gamma.len(), columns.delta.len(), columns.weight.len()];
    if others.iter().any(|other| *other != rows) {
        let [right, gamma, delta, counted] = others;
        return Err(Error::invalid(format!(
            "the columns differ in length (strike {rows}, right {right}, gamma {gamma}, delta {delta}, weight \
             {counted}): they must be of one length"
        )));
    }
    check_scale(scale.spot, scale.multiplier, scale.min_weight)?;
    let guessed = StrikeIndex::guessed(columns.strike);
    let (first, unknown) = sums(columns, scale, &guessed, weight);
    if unknown == 0 {
        return Ok(first);
    }
    // The sample missed a finer step of the strikes.
    Ok(sums(columns, scale, &StrikeIndex::complete(columns.strike), weight).0)
}

/// The sums, and how many sound rows the index had no strike for.
fn sums(columns: &GivenGreeks<'_>, scale: &Scale, index: &StrikeIndex, weight: Weight) -> (StrikeExposure, u64) {
    let spill = 2 * index.len();
    let mut cells = vec![Cell([0.0; 4]); spill + SPILL * REASONS];
    match index.lookup() {
        Lookup::Grid(grid) => add_on_grid(columns, scale.min_weight, *grid, spill as u32, &mut cells),
        Lookup::Table(table) => add_from_table(columns, scale.min_weight, table, spill, &mut cells),
    }
    let (used, left_out) = cells.split_at(spill);
    let by_strike: Vec<StrikeRow> = index
        .strikes()
        .iter()
        .zip(used.as_chunks::<2>().0)
        .filter(|(_, [call, put])| call.0[3] + put.0[3] > 0.0)
        .map(|(strike, [call, put])| strike_row(*strike, [call.0, put.0], scale, weight))
        .collect();
    let mut counts = [0; REASONS];
    for (count, cells) in counts.iter_mut().zip(left_out.as_chunks::<SPILL>().0) {
        *count = cells.iter().map(|cell| cell.0[3]).sum::<f64>() as u64;
    }
    let rows_total = columns.strike.len();
    let rows_used = rows_total - counts.iter().sum::<u64>() as usize;
    let (absent, below) = weight.reasons();
    let reasons = ["bad_strike", "bad_right", absent, below, "no_gamma", "no_delta"];
    let rows_dropped = reasons.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect();
    (StrikeExposure { spot: scale.spot, by_strike, rows_total, rows_used, rows_dropped }, counts[UNKNOWN_STRIKE])
}

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

fn add_on_grid(columns: &GivenGreeks<'_>, min_weight: f64, grid: Grid, spill: u32, cells: &mut [Cell]) {
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

fn add_from_table(columns: &GivenGreeks<'_>, min_weight: f64, table: &Table, spill: usize, cells: &mut [Cell]) {
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

fn strike_row(strike: f64, [call, put]: [[f64; 4]; 2], scale: &Scale, weight: Weight) -> StrikeRow {
    let (dollars, per_pct) = (scale.multiplier * scale.spot, scale.multiplier * scale.spot * scale.spot * 0.01);
    let side = |cell: [f64; 4], sign: f64| {
        let (open_interest, volume) = match weight {
            Weight::OpenInterest => (cell[2], 0.0),
            Weight::Volume => (0.0, cell[2]),
        };
        let (gex, dex_usd) = (sign * cell[0] * per_pct, cell[1] * dollars);
        Side { gex, dex_usd, open_interest, volume, ..Side::default() }
    };
    StrikeRow { strike, call: side(call, 1.0), put: side(put, -1.0), call_iv: None, put_iv: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::both_ways;
    use proptest::prelude::*;

    type Row = (f64, i8, f64, f64, f64);

    fn any_row() -> impl Strategy<Value = Row> {
        let strike = prop_oneof![9 => (300_u32..420).prop_map(|k| f64::from(k) * 2.5), 1 => any::<f64>()];
        let number = |range: std::ops::Range<f64>| prop_oneof![9 => range, 1 => any::<f64>()];
        (
            strike,
            prop_oneof![9 => Just(1_i8), 9 => Just(-1), 1 => any::<i8>()],
            number(0.0..0.1),
            number(-1.0..1.0),
            number(0.0..50.0),
        )
    }

    fn check(rows: &[Row], weight: Weight) {
        let (strike, right): (Vec<_>, Vec<_>) = rows.iter().map(|r| (r.0, r.1)).unzip();
        let column = |f: fn(&Row) -> f64| rows.iter().map(f).collect::<Vec<_>>();
        let (gamma, delta, counted) = (column(|r| r.2), column(|r| r.3), column(|r| r.4));
        let columns = GivenGreeks { strike: &strike, right: &right, gamma: &gamma, delta: &delta, weight: &counted };
        let scale = Scale { spot: 650.0, multiplier: 100.0, min_weight: 5.0 };
        let (result, plain) = both_ways(|| by_strike(&columns, &scale, weight).unwrap());
        // All digits are written, so equal texts are equal bits.
        assert_eq!(format!("{result:?}"), format!("{plain:?}"));
        let (absent, below) = weight.reasons();
        let mut dropped = BTreeMap::new();
        let mut sums: BTreeMap<u64, [f64; 6]> = BTreeMap::new();
        for (strike, right, gamma, delta, counted) in rows {
            let reason = match () {
                () if !is_price(*strike) => Some("bad_strike"),
                () if *right != 1 && *right != -1 => Some("bad_right"),
                () if !(0.0..=SIZE_MAX).contains(counted) => Some(absent),
                () if *counted < 5.0 => Some(below),
                () if !(0.0..=GAMMA_MAX).contains(gamma) => Some("no_gamma"),
                () if !(-DELTA_MAX..=DELTA_MAX).contains(delta) => Some("no_delta"),
                () => None,
            };
            if let Some(reason) = reason {
                *dropped.entry(reason).or_insert(0) += 1;
                continue;
            }
            let side = usize::from(*right < 0);
            let sum = sums.entry(strike.to_bits()).or_default();
            sum[side] += f64::from(*right) * gamma * counted * 100.0 * 650.0 * 650.0 * 0.01;
            sum[2 + side] += delta * counted * 100.0 * 650.0;
            sum[4 + side] += counted;
        }
        assert_eq!(result.rows_dropped, dropped);
        assert_eq!(result.rows_used as u64 + dropped.values().sum::<u64>(), rows.len() as u64);
        assert_eq!(result.by_strike.len(), sums.len());
        for (row, (strike, sum)) in result.by_strike.iter().zip(sums) {
            assert_eq!(row.strike.to_bits(), strike);
            let counted = |side: &Side| side.open_interest + side.volume;
            let ours =
                [row.call.gex, row.put.gex, row.call.dex_usd, row.put.dex_usd, counted(&row.call), counted(&row.put)];
            for (actual, expected) in ours.into_iter().zip(sum) {
                assert!((actual - expected).abs() <= 1e-12 * expected.abs().max(1e9), "{actual} {expected}");
            }
        }
    }

    proptest! {
        #[test]
        fn equals_a_plain_sum_with_every_reason(rows in proptest::collection::vec(any_row(), 0..700)) {
            check(&rows, Weight::OpenInterest);
            check(&rows[..rows.len() / 2], Weight::Volume);
        }
    }

    #[test]
    fn strikes_between_those_of_the_sample_count() {
        let mut rows: Vec<Row> = (0..3000).map(|i| (100.0 + f64::from(i % 40), 1, 0.01, 0.5, 10.0)).collect();
        rows[1].0 = 100.25;
        check(&rows, Weight::OpenInterest);
        rows[1].0 = 100.0 + 1.0 / 3.0;
        check(&rows, Weight::OpenInterest);
    }

    #[test]
    fn columns_of_different_length_are_refused() {
        let columns = GivenGreeks { strike: &[1.0], right: &[1], gamma: &[0.1], delta: &[], weight: &[1.0] };
        let scale = Scale { spot: 650.0, multiplier: 100.0, min_weight: 5.0 };
        assert!(by_strike(&columns, &scale, Weight::Volume).is_err());
    }
}
