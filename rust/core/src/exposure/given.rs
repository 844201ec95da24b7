//! GEX and DEX by strike from greeks that are given: the one thing that a screen needs many times a second.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::exposure::given_cells::{add_from_table, add_on_grid, Cell, REASONS, SPILL, UNKNOWN_STRIKE};
use crate::exposure::strike_index::{Lookup, StrikeIndex};
use crate::exposure::strikes::{Side, StrikeRow};
use crate::exposure::{check_scale, Weight};

pub use crate::exposure::given_cells::GivenGreeks;

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
#[path = "given_tests.rs"]
mod tests;
