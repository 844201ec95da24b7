//! Dealer exposure of a chain under the naive assumption: dealers are long calls (+1) and short puts (-1).
//!
//! | total | a row adds | unit |
//! |---|---|---|
//! | GEX | sign x gamma x weight x multiplier x S^2 | $ delta per 100% move; x 0.01 per 1% |
//! | DEX | delta x weight x multiplier x S | $ |
//! | VEX | sign x vanna x weight x multiplier x S x 0.01 | $ per vol point |
//! | CHEX | sign x charm x weight x multiplier x S / 365 | $ per day |

mod bells;
mod cells;
mod curves;
pub mod given;
mod given_cells;
mod rows;
mod strike_grid;
mod strike_index;
mod strike_table;
pub mod strikes;
mod zero_gamma;

use std::collections::BTreeMap;

use crate::chain::Chain;
use crate::error::{not_negative, positive, Error, Result};
use crate::exposure::cells::Cells;
use crate::exposure::curves::{bend, Block, BLOCK};
use crate::exposure::rows::{use_row, Columns, Groups, GAMMA_MAX};
use crate::exposure::strike_index::StrikeIndex;
use crate::exposure::strikes::{CellRow, ExpiryRow, StrikeRow};
pub use crate::exposure::zero_gamma::GammaCurve;
use crate::exposure::zero_gamma::GammaProfile;
use crate::limits::is_price;
use crate::pricing::Carry;

/// Most grid points of method B.
pub const GRID_POINTS_MAX: i64 = 100_001;

const MULTIPLIER_MAX: f64 = 1e6;

/// What a contract counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Open interest: positions as of the last clearing.
    OpenInterest,
    /// Today's volume: the flow that open interest has not seen yet.
    Volume,
}

/// Where gamma comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GammaSource {
    /// The chain's own column.
    Given,
    /// Black-Scholes from the row's volatility (sources round gamma).
    Recompute,
}

/// How exposure is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct ExposureParams {
    /// Price of the underlying.
    pub spot: f64,
    /// The moment from which time to settlement is measured.
    pub as_of_ns: i64,
    /// Settlement by expiry (days since the epoch); an absent one settles 16:00 New York.
    pub settlement_ns: BTreeMap<i32, i64>,
    /// Settlement by expiry and root, before that by expiry alone: SPX and SPXW share dates but settle hours apart.
    pub root_settlement_ns: BTreeMap<i32, BTreeMap<String, i64>>,
    /// Rows with a smaller weight are left out.
    pub min_weight: f64,
    /// Shares a contract.
    pub multiplier: f64,
    /// Rate and dividend yield.
    pub carry: Carry,
    /// What a contract counts for.
    pub weight: Weight,
    /// Where gamma comes from.
    pub gamma: GammaSource,
    /// Only these expiries (days since the epoch); `None` = all.
    pub expiries: Option<Vec<i32>>,
    /// Rows nearer to settlement are left out, never clamped.
    pub min_seconds_to_settlement: f64,
    /// Points of the grid of method B; 0 = method B is not asked for.
    pub grid_points: i64,
}

/// Refuse a spot, multiplier or least weight that cannot be true.
pub(crate) fn check_scale(spot: f64, multiplier: f64, min_weight: f64) -> Result<()> {
    positive("spot", spot)?;
    not_negative("min_weight", min_weight)?;
    positive("multiplier", multiplier)?;
    if !is_price(spot) || multiplier > MULTIPLIER_MAX {
        let text = format!("spot {spot} or multiplier {multiplier} is out of range");
        return Err(Error::invalid(format!("{text}: give at most 1e9 and {MULTIPLIER_MAX}")));
    }
    Ok(())
}

impl ExposureParams {
    fn check(&self) -> Result<()> {
        check_scale(self.spot, self.multiplier, self.min_weight)?;
        not_negative("min_seconds_to_settlement", self.min_seconds_to_settlement)?;
        if self.grid_points == 0 || (2..=GRID_POINTS_MAX).contains(&self.grid_points) {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "grid_points was {}: give 2 to {GRID_POINTS_MAX}, or 0 for no flips",
            self.grid_points
        )))
    }
}

/// Exposure of a chain. Fields as in `_core.pyi`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each field is documented once, in the Python stub")]
pub struct Exposure {
    pub spot: f64,
    pub gex_usd_per_100pct: f64,
    pub dex_usd: f64,
    pub call_dex_usd: f64,
    pub put_dex_usd: f64,
    pub dex_dealer_usd: f64,
    pub vex_usd_per_vol_point: f64,
    pub chex_usd_per_day: f64,
    pub gamma_curve: GammaCurve,
    pub rows_total: usize,
    pub rows_used: usize,
    pub rows_without_iv: usize,
    pub rows_dropped: BTreeMap<&'static str, u64>,
    pub by_strike: Vec<StrikeRow>,
    pub by_expiry: Vec<ExpiryRow>,
    /// In the order of the chain.
    pub by_strike_and_expiry: Vec<CellRow>,
}

impl Exposure {
    /// Dollars of delta per 1% move.
    pub fn gex_usd_per_pct(&self) -> f64 {
        self.gex_usd_per_100pct * 0.01
    }

    /// The flip nearest to spot.
    pub fn zero_gamma_flip(&self) -> Option<f64> {
        let distance = |flip: &&f64| (**flip - self.spot).abs();
        self.gamma_curve.flips.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).copied()
    }

    /// Method A; see [`strikes::interpolated_zero`].
    pub fn zero_gamma_interpolated(&self) -> Option<f64> {
        strikes::interpolated_zero(&self.by_strike, self.spot)
    }
}

/// What is counted while the rows go by.
struct Pass<'a> {
    params: &'a ExposureParams,
    groups: Groups<'a>,
    block: Box<Block>,
    cells: Cells,
    profile: GammaProfile,
    rows_used: usize,
    rows_without_iv: usize,
    rows_dropped: BTreeMap<&'static str, u64>,
    /// Calls minus puts of absolute delta x weight.
    dealer_delta: f64,
}

impl Pass<'_> {
    fn drop_row(&mut self, reason: &'static str) {
        *self.rows_dropped.entry(reason).or_insert(0) += 1;
    }

    /// Compute and add up the rows of the block.
    fn flush(&mut self) {
        let params = self.params;
        bend(&mut self.block, params.spot, params.carry);
        if params.gamma == GammaSource::Recompute {
            self.block.gamma = self.block.model_gamma;
            self.drop_unbelievable();
        }
        let block = &self.block;
        self.rows_used += block.rows;
        for i in 0..block.rows {
            self.rows_without_iv += usize::from(block.slope[i] == 0.0);
            self.dealer_delta += block.sign[i] * block.delta[i].abs() * block.weight[i];
        }
        self.cells.add(block);
        if params.grid_points > 0 {
            self.profile.add(block, params.multiplier);
        }
        self.block.rows = 0;
    }

    /// Leave out recomputed rows for which the model has no gamma; the others close ranks.
    fn drop_unbelievable(&mut self) {
        let mut kept = 0;
        for i in 0..self.block.rows {
            if self.block.slope[i] == 0.0 {
                self.drop_row("no_iv");
            } else if self.block.gamma[i] > GAMMA_MAX {
                self.drop_row("no_gamma");
            } else {
                self.block.copy_row(i, kept);
                kept += 1;
            }
        }
        self.block.rows = kept;
    }
}

/// Totals, walls and zero gamma of a chain.
pub fn exposure(chain: &Chain, params: &ExposureParams) -> Result<Exposure> {
    params.check()?;
    let columns = Columns::of(chain.batch())?;
    let index = StrikeIndex::complete(&columns.strike);
    let log_moneyness: Vec<f64> = index.strikes().iter().map(|strike| (params.spot / strike).ln()).collect();
    let rows_total = chain.batch().num_rows();
    let mut pass = Pass {
        params,
        groups: Groups::new(chain.batch(), params)?,
        block: Block::new(),
        cells: Cells::new(index.len()),
        profile: GammaProfile::default(),
        rows_used: 0,
        rows_without_iv: 0,
        rows_dropped: BTreeMap::new(),
        dealer_delta: 0.0,
    };
    for i in 0..rows_total {
        let row = match use_row(&columns, i, &mut pass.groups) {
            Ok(row) => row,
            Err(reason) => {
                pass.drop_row(reason);
                continue;
            }
        };
        let place = index.place(columns.strike[i]);
        let group = pass.groups.all[row.group as usize];
        let block = &mut *pass.block;
        let at = block.rows;
        (block.place[at], block.group[at]) = (place as u32, row.group);
        block.sign[at] = if row.call { 1.0 } else { -1.0 };
        (block.weight[at], block.delta[at], block.gamma[at]) = (row.weight, columns.delta[i], columns.gamma[i]);
        (block.open_interest[at], block.volume[at]) = (columns.open_interest[i], columns.volume[i]);
        (block.iv[at], block.log_moneyness[at]) = (columns.iv[i], log_moneyness[place]);
        (block.years[at], block.root_years[at]) = (group.years, group.root_years);
        (block.drift[at], block.growth[at]) = (group.drift, group.growth);
        block.rows += 1;
        if block.rows == BLOCK {
            pass.flush();
        }
    }
    pass.flush();
    Ok(finish(pass, &index, rows_total))
}

fn finish(pass: Pass<'_>, index: &StrikeIndex, rows_total: usize) -> Exposure {
    let ExposureParams { spot, multiplier, grid_points, .. } = *pass.params;
    let tables = pass.cells.tables(index.strikes(), &pass.groups.all, multiplier, spot);
    let sum = |part: fn(&StrikeRow) -> f64| tables.by_strike.iter().map(part).sum::<f64>();
    let (call_dex_usd, put_dex_usd) = (sum(|row| row.call.dex_usd), sum(|row| row.put.dex_usd));
    Exposure {
        spot,
        gex_usd_per_100pct: sum(StrikeRow::net_gex) * 100.0,
        dex_usd: call_dex_usd + put_dex_usd,
        call_dex_usd,
        put_dex_usd,
        dex_dealer_usd: pass.dealer_delta * multiplier * spot,
        vex_usd_per_vol_point: sum(|row| row.call.vex + row.put.vex),
        chex_usd_per_day: sum(|row| row.call.chex + row.put.chex),
        gamma_curve: pass.profile.curve(spot, grid_points as usize),
        rows_total,
        rows_used: pass.rows_used,
        rows_without_iv: pass.rows_without_iv,
        rows_dropped: pass.rows_dropped,
        by_strike: tables.by_strike,
        by_expiry: tables.by_expiry,
        by_strike_and_expiry: tables.by_strike_and_expiry,
    }
}

#[cfg(test)]
mod tests;
