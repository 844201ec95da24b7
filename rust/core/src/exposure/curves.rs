//! Greeks of a block of rows from their volatility: one pass without branches, so that it becomes vector instructions.

#![allow(
    clippy::needless_bitwise_bool,
    clippy::needless_range_loop,
    reason = "loops over columns without branches become vector instructions"
)]

use crate::lanes::widest;
use crate::pricing::elementary::{exp, tail};
use crate::pricing::{Carry, ROOT_2_PI_INVERSE};

/// Rows of a block: its columns stay in the fastest cache.
pub(crate) const BLOCK: usize = 256;

type Column = [f64; BLOCK];

/// Rows that count, column by column. What lies past the last row is old, harmless and unused.
#[derive(Debug)]
pub(crate) struct Block {
    pub rows: usize,
    pub place: [u32; BLOCK],
    pub group: [u32; BLOCK],
    /// +1 call, -1 put.
    pub sign: Column,
    pub weight: Column,
    pub delta: Column,
    /// Given, or replaced by the model's.
    pub gamma: Column,
    pub open_interest: Column,
    pub volume: Column,
    /// NaN where there is none.
    pub iv: Column,
    pub log_moneyness: Column,
    pub years: Column,
    pub root_years: Column,
    pub drift: Column,
    pub growth: Column,
    pub d1: Column,
    /// One over the deviation; 0 for a row without a usable volatility.
    pub slope: Column,
    /// Per $1, as all that follows; 0 without a usable volatility.
    pub model_gamma: Column,
    pub vanna: Column,
    pub charm: Column,
}

impl Block {
    pub(crate) fn new() -> Box<Self> {
        let (none, one) = ([0.0; BLOCK], [1.0; BLOCK]);
        Box::new(Self {
            rows: 0,
            place: [0; BLOCK],
            group: [0; BLOCK],
            sign: one,
            weight: none,
            delta: none,
            gamma: none,
            open_interest: none,
            volume: none,
            iv: one,
            log_moneyness: none,
            years: one,
            root_years: one,
            drift: none,
            growth: one,
            d1: none,
            slope: none,
            model_gamma: none,
            vanna: none,
            charm: none,
        })
    }
}

impl Block {
    /// Move what later steps read of a row to another place.
    pub(crate) fn copy_row(&mut self, from: usize, to: usize) {
        self.place[to] = self.place[from];
        self.group[to] = self.group[from];
        for column in [
            &mut self.sign,
            &mut self.weight,
            &mut self.delta,
            &mut self.gamma,
            &mut self.open_interest,
            &mut self.volume,
            &mut self.iv,
            &mut self.growth,
            &mut self.d1,
            &mut self.slope,
            &mut self.vanna,
            &mut self.charm,
        ] {
            column[to] = column[from];
        }
    }
}

widest! {
    /// Fill the columns from `d1` on. Formulas as in [`crate::pricing::value`].
    pub(crate) fn bend(block: &mut Block, spot: f64, carry: Carry) = bend_any
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled twice by `widest`")]
fn bend_any(block: &mut Block, spot: f64, carry: Carry) {
    if carry.dividend_yield == 0.0 {
        bend_rows::<false>(block, spot, carry);
    } else {
        bend_rows::<true>(block, spot, carry);
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled twice by `widest`")]
fn bend_rows<const DIVIDENDS: bool>(block: &mut Block, spot: f64, carry: Carry) {
    let net = carry.rate - carry.dividend_yield;
    for i in 0..BLOCK {
        let iv = block.iv[i];
        let (years, growth) = (block.years[i], block.growth[i]);
        let deviation = iv * block.root_years[i];
        let slope = 1.0 / deviation;
        let d1 = (block.log_moneyness[i] + block.drift[i]) * slope + 0.5 * deviation;
        let d2 = d1 - deviation;
        let bell = exp(-0.5 * d1 * d1);
        let density = growth * bell * ROOT_2_PI_INVERSE;
        let mut charm = -density * (2.0 * net * years - d2 * deviation) * slope / (2.0 * years);
        if DIVIDENDS {
            let beyond = bell * tail(d1.abs());
            let inside = if block.sign[i] * d1 < 0.0 { beyond } else { 1.0 - beyond };
            charm += block.sign[i] * carry.dividend_yield * growth * inside;
        }
        // Also false for NaN, and where the deviation is too small or too large for a double.
        let usable = (iv > 0.0) & (slope < f64::INFINITY) & (d1.abs() < f64::INFINITY);
        // Where an absurd volatility makes a product of 0 and infinity, the density wins: the limit is 0.
        let or_zero = |value: f64| if usable & (value.abs() < f64::INFINITY) { value } else { 0.0 };
        block.d1[i] = or_zero(d1);
        block.slope[i] = or_zero(slope);
        block.model_gamma[i] = or_zero(density * slope / spot);
        block.vanna[i] = or_zero(-density * d2 / iv);
        block.charm[i] = or_zero(charm);
    }
}
