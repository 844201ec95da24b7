//! Dealer exposure of a chain under the naive assumption: dealers are long calls (+1) and short puts (-1).
//!
//! | total | a row adds | unit |
//! |---|---|---|
//! | GEX | sign x gamma x weight x multiplier x S^2 | $ delta per 100% move; x 0.01 per 1% |
//! | DEX | delta x weight x multiplier x S | $ |
//! | VEX | sign x vanna x weight x multiplier x S x 0.01 | $ per vol point |
//! | CHEX | sign x charm x weight x multiplier x S / 365 | $ per day |

mod rows;
pub mod strikes;
mod zero_gamma;

use std::collections::BTreeMap;

use crate::chain::Chain;
use crate::error::{not_negative, positive, Error, Result};
use crate::exposure::rows::{use_row, Columns, ExpiryTimes};
use crate::exposure::strikes::{Contribution, StrikeRow, StrikeSums};
use crate::exposure::zero_gamma::GammaProfile;
use crate::limits::{is_price, is_size};
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

impl ExposureParams {
    fn check(&self) -> Result<()> {
        positive("spot", self.spot)?;
        not_negative("min_open_interest", self.min_weight)?;
        positive("multiplier", self.multiplier)?;
        if !is_price(self.spot) || self.multiplier > MULTIPLIER_MAX {
            let text = format!("spot {} or multiplier {} is out of range", self.spot, self.multiplier);
            return Err(Error::invalid(format!("{text}: give at most 1e9 and {MULTIPLIER_MAX}")));
        }
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
    pub dex_dealer_usd: f64,
    pub vex_usd_per_vol_point: f64,
    pub chex_usd_per_day: f64,
    pub zero_gamma_flips: Vec<f64>,
    pub rows_total: usize,
    pub rows_used: usize,
    pub rows_without_iv: usize,
    pub rows_dropped: BTreeMap<&'static str, u64>,
    pub by_strike: Vec<StrikeRow>,
}

impl Exposure {
    /// Dollars of delta per 1% move.
    pub fn gex_usd_per_pct(&self) -> f64 {
        self.gex_usd_per_100pct * 0.01
    }

    /// The flip nearest to spot.
    pub fn zero_gamma_flip(&self) -> Option<f64> {
        let distance = |flip: &&f64| (**flip - self.spot).abs();
        self.zero_gamma_flips.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).copied()
    }

    /// Method A; see [`strikes::interpolated_zero`].
    pub fn zero_gamma_interpolated(&self) -> Option<f64> {
        strikes::interpolated_zero(&self.by_strike, self.spot)
    }
}

/// Totals, walls and zero gamma of a chain.
pub fn exposure(chain: &Chain, params: &ExposureParams) -> Result<Exposure> {
    params.check()?;
    let columns = Columns::of(chain.batch())?;
    let mut times = ExpiryTimes::new(params);
    let (mut sums, mut profile) = (StrikeSums::new(), GammaProfile::default());
    let spot = params.spot;
    let mut total = Exposure {
        spot,
        gex_usd_per_100pct: 0.0,
        dex_usd: 0.0,
        dex_dealer_usd: 0.0,
        vex_usd_per_vol_point: 0.0,
        chex_usd_per_day: 0.0,
        zero_gamma_flips: Vec::new(),
        rows_total: chain.batch().num_rows(),
        rows_used: 0,
        rows_without_iv: 0,
        rows_dropped: BTreeMap::new(),
        by_strike: Vec::new(),
    };
    for i in 0..total.rows_total {
        let row = match use_row(&columns, i, &mut times) {
            Ok(row) => row,
            Err(reason) => {
                *total.rows_dropped.entry(reason).or_insert(0) += 1;
                continue;
            }
        };
        total.rows_used += 1;
        let sign = f64::from(row.terms.right.sign());
        let shares = row.weight * params.multiplier;
        let gex = sign * row.gamma * shares * spot * spot;
        let dex_usd = row.delta * shares * spot;
        total.gex_usd_per_100pct += gex;
        total.dex_usd += dex_usd;
        total.dex_dealer_usd += sign * row.delta.abs() * shares * spot;
        if let Some((_, curve)) = &row.curve {
            total.vex_usd_per_vol_point += sign * curve.vanna() * shares * spot * 0.01;
            total.chex_usd_per_day += sign * curve.charm(&row.terms, params.carry) * shares * spot / 365.0;
            profile.add(spot, curve, sign * shares);
        } else {
            total.rows_without_iv += 1;
        }
        let or_zero = |value: f64| if is_size(value) { value } else { 0.0 };
        sums.add(&Contribution {
            strike: row.terms.strike,
            right: row.terms.right,
            expiry: row.expiry,
            gex: gex * 0.01,
            dex_usd,
            open_interest: or_zero(columns.open_interest[i]),
            volume: or_zero(columns.volume[i]),
            iv: row.curve.as_ref().map(|(iv, _)| *iv),
        });
    }
    total.by_strike = sums.finish();
    total.zero_gamma_flips = profile.flips(spot, params.grid_points as usize);
    Ok(total)
}

#[cfg(test)]
mod tests;
