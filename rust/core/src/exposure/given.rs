//! GEX and DEX by strike from greeks that are given: the one thing that a screen needs many times a second.
//!
//! Each row adds to one of two cells (call, put) of its strike, found by arithmetic; a row that is unsound adds to a
//! cell that nobody reads, so that the loop has no branch that a mixed chain would mispredict.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::exposure::rows::{DELTA_MAX, GAMMA_MAX};
use crate::exposure::strike_index::{Lookup, StrikeIndex};
use crate::exposure::strikes::{Side, StrikeRow};
use crate::exposure::{check_scale, Weight};
use crate::lanes::widest;
use crate::limits::{is_price, SIZE_MAX};

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

/// Cells that nobody reads: some, so that unsound rows do not wait for each other's sums.
const SPILL: usize = 8;

/// Sums of gamma x weight, delta x weight, weight, rows.
type Cell = [f64; 4];

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
    let first = sums(columns, scale, &guessed, weight);
    let missed = first.rows_total - first.rows_used - first.rows_dropped.values().sum::<u64>() as usize;
    if missed == 0 {
        return Ok(first);
    }
    // The sample missed a finer step of the strikes.
    Ok(sums(columns, scale, &StrikeIndex::complete(columns.strike), weight))
}

fn sums(columns: &GivenGreeks<'_>, scale: &Scale, index: &StrikeIndex, weight: Weight) -> StrikeExposure {
    let mut cells = vec![[0.0; 4]; 2 * index.len() + SPILL];
    match index.lookup() {
        _ if index.len() == 0 => (),
        Lookup::Grid(grid) => {
            let strikes = index.strikes();
            add(columns, scale.min_weight, index.len(), |strike| grid.place(strikes, strike), &mut cells);
        }
        Lookup::Table(table) => {
            add(columns, scale.min_weight, index.len(), |strike| table.place(strike, index.len()), &mut cells);
        }
    }
    let rows_total = columns.strike.len();
    let used: f64 = cells[..2 * index.len()].iter().map(|cell| cell[3]).sum();
    let rows_used = used as usize;
    let rows_dropped = if rows_used == rows_total { BTreeMap::new() } else { dropped(columns, scale, weight) };
    let by_strike = index
        .strikes()
        .iter()
        .zip(cells.chunks_exact(2))
        .filter(|(_, pair)| pair[0][3] + pair[1][3] > 0.0)
        .map(|(strike, pair)| strike_row(*strike, [pair[0], pair[1]], scale, weight))
        .collect();
    StrikeExposure { spot: scale.spot, by_strike, rows_total, rows_used, rows_dropped }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "two uses, each with its own way to find a place")]
fn add(columns: &GivenGreeks<'_>, min_weight: f64, places: usize, place: impl Fn(f64) -> usize, cells: &mut [Cell]) {
    let numbers = columns.strike.iter().zip(columns.right).zip(columns.gamma).zip(columns.delta).zip(columns.weight);
    for (i, ((((strike, right), gamma), delta), weight)) in numbers.enumerate() {
        let place = place(*strike);
        let sound = (place < places)
            & (right.unsigned_abs() == 1)
            & (*weight >= min_weight)
            & (*weight <= SIZE_MAX)
            & (*gamma >= 0.0)
            & (*gamma <= GAMMA_MAX)
            & (delta.abs() <= DELTA_MAX);
        let at = if sound { 2 * place + usize::from(*right < 0) } else { 2 * places + i % SPILL };
        let cell = &mut cells[at];
        cell[0] += gamma * weight;
        cell[1] += delta * weight;
        cell[2] += weight;
        cell[3] += 1.0;
    }
}

fn strike_row(strike: f64, [call, put]: [Cell; 2], scale: &Scale, weight: Weight) -> StrikeRow {
    let (dollars, per_pct) = (scale.multiplier * scale.spot, scale.multiplier * scale.spot * scale.spot * 0.01);
    let side = |cell: Cell, sign: f64| {
        let (open_interest, volume) = match weight {
            Weight::OpenInterest => (cell[2], 0.0),
            Weight::Volume => (0.0, cell[2]),
        };
        let (gex, dex_usd) = (sign * cell[0] * per_pct, cell[1] * dollars);
        Side { gex, dex_usd, open_interest, volume, ..Side::default() }
    };
    StrikeRow { strike, call: side(call, 1.0), put: side(put, -1.0), call_iv: None, put_iv: None }
}

/// How many rows fail at each test, in the order of the tests: masks only, no branches.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled twice by `widest`")]
fn failures(columns: &GivenGreeks<'_>, min_weight: f64) -> [u64; 6] {
    let mut failed = [0; 6];
    let numbers = columns.strike.iter().zip(columns.right).zip(columns.gamma).zip(columns.delta).zip(columns.weight);
    for ((((strike, right), gamma), delta), weight) in numbers {
        let tests = [
            is_price(*strike),
            right.unsigned_abs() == 1,
            *weight >= 0.0 && *weight <= SIZE_MAX,
            *weight >= min_weight,
            *gamma >= 0.0 && *gamma <= GAMMA_MAX,
            delta.abs() <= DELTA_MAX,
        ];
        let mut open = true;
        for (count, passed) in failed.iter_mut().zip(tests) {
            *count += u64::from(open & !passed);
            open &= passed;
        }
    }
    failed
}

widest! {
    fn count_failures(columns: &GivenGreeks<'_>, min_weight: f64) -> [u64; 6] = failures
}

fn dropped(columns: &GivenGreeks<'_>, scale: &Scale, weight: Weight) -> BTreeMap<&'static str, u64> {
    let (absent, below) = weight.reasons();
    let reasons = ["bad_strike", "bad_right", absent, below, "no_gamma", "no_delta"];
    reasons.into_iter().zip(count_failures(columns, scale.min_weight)).filter(|(_, count)| *count > 0).collect()
}
