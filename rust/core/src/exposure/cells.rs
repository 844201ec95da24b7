//! Sums of used rows by strike, expiry and right, from which all tables follow.

use rustc_hash::FxHashMap;

use crate::exposure::curves::Block;
use crate::exposure::rows::{is_volatility, Group};
use crate::exposure::strikes::{CellRow, ExpiryRow, Side, StrikeRow};
use crate::limits::is_size;

/// Most entries of the table by which cells are found; past it, a hash map.
const DIRECT_MAX: usize = 1 << 21;

/// Raw sums of the calls or the puts of a cell; dollars come at the end.
#[derive(Debug, Clone, Copy)]
struct Sums {
    gamma: f64,
    delta: f64,
    vanna: f64,
    charm: f64,
    open_interest: f64,
    volume: f64,
    /// Of the first row that has one.
    iv: f64,
}

const NO_SUMS: Sums =
    Sums { gamma: 0.0, delta: 0.0, vanna: 0.0, charm: 0.0, open_interest: 0.0, volume: 0.0, iv: f64::NAN };

#[derive(Debug)]
struct Cell {
    place: u32,
    group: u32,
    /// Calls, puts.
    sides: [Sums; 2],
}

/// The cells in the order of their first rows.
#[derive(Debug)]
#[allow(clippy::struct_field_names, reason = "the cells of Cells")]
pub(crate) struct Cells {
    places: usize,
    cells: Vec<Cell>,
    /// Cell + 1 by `group x places + place`; 0 = none yet.
    direct: Vec<u32>,
    /// Only looked up, never iterated.
    others: FxHashMap<usize, u32>,
    last: (usize, usize),
}

impl Cells {
    pub(crate) fn new(places: usize) -> Self {
        Self { places, cells: Vec::new(), direct: Vec::new(), others: FxHashMap::default(), last: (usize::MAX, 0) }
    }

    #[inline]
    fn cell(&mut self, place: u32, group: u32) -> usize {
        let key = group as usize * self.places + place as usize;
        // Chains list the call and the put of a strike side by side.
        if self.last.0 == key {
            return self.last.1;
        }
        let next = self.cells.len() as u32 + 1;
        let entry = if key < DIRECT_MAX {
            if key >= self.direct.len() {
                self.direct.resize(key + self.places, 0);
            }
            &mut self.direct[key]
        } else {
            self.others.entry(key).or_insert(0)
        };
        if *entry == 0 {
            *entry = next;
            self.cells.push(Cell { place, group, sides: [NO_SUMS; 2] });
        }
        let cell = *entry as usize - 1;
        self.last = (key, cell);
        cell
    }

    /// Add the rows of a block.
    pub(crate) fn add(&mut self, block: &Block) {
        let or_zero = |value: f64| if is_size(value) { value } else { 0.0 };
        for i in 0..block.rows {
            let cell = self.cell(block.place[i], block.group[i]);
            let sums = &mut self.cells[cell].sides[usize::from(block.sign[i] < 0.0)];
            let weight = block.weight[i];
            sums.gamma += block.gamma[i] * weight;
            sums.delta += block.delta[i] * weight;
            sums.vanna += block.vanna[i] * weight;
            sums.charm += block.charm[i] * weight;
            sums.open_interest += or_zero(block.open_interest[i]);
            sums.volume += or_zero(block.volume[i]);
            if sums.iv.is_nan() && is_volatility(block.iv[i]) {
                sums.iv = block.iv[i];
            }
        }
    }

    /// The tables, each ascending.
    pub(crate) fn tables(self, strikes: &[f64], groups: &[Group], multiplier: f64, spot: f64) -> Tables {
        let dollars = multiplier * spot;
        let side = |sums: &Sums, sign: f64| Side {
            gex: sign * sums.gamma * dollars * spot * 0.01,
            dex_usd: sums.delta * dollars,
            vex: sign * sums.vanna * dollars * 0.01,
            chex: sign * sums.charm * dollars / 365.0,
            open_interest: sums.open_interest,
            volume: sums.volume,
        };
        let known = |iv: f64| (!iv.is_nan()).then_some(iv);
        let mut order: Vec<u32> = (0..groups.len() as u32).collect();
        order.sort_unstable_by_key(|group| (groups[*group as usize].settlement_ns, groups[*group as usize].expiry));
        let nearest = order.iter().copied().find(|group| self.cells.iter().any(|cell| cell.group == *group));
        let mut by_strike: Vec<Option<StrikeRow>> = vec![None; strikes.len()];
        let mut by_group: Vec<Option<ExpiryRow>> = vec![None; groups.len()];
        let mut both = Vec::with_capacity(self.cells.len());
        for cell in &self.cells {
            let (strike, group) = (strikes[cell.place as usize], &groups[cell.group as usize]);
            let (expiry, settlement_ns) = (group.expiry, group.settlement_ns);
            let (call, put) = (side(&cell.sides[0], 1.0), side(&cell.sides[1], -1.0));
            let (call_iv, put_iv) = (known(cell.sides[0].iv), known(cell.sides[1].iv));
            both.push(CellRow { strike, expiry, settlement_ns, call, put, call_iv, put_iv });
            let zero = Side::default();
            let row = by_strike[cell.place as usize].get_or_insert(StrikeRow {
                strike,
                call: zero,
                put: zero,
                call_iv: None,
                put_iv: None,
            });
            row.call.add(&call);
            row.put.add(&put);
            if Some(cell.group) == nearest {
                (row.call_iv, row.put_iv) = (call_iv, put_iv);
            }
            let row =
                by_group[cell.group as usize].get_or_insert(ExpiryRow { expiry, settlement_ns, call: zero, put: zero });
            row.call.add(&call);
            row.put.add(&put);
        }
        Tables {
            by_strike: by_strike.into_iter().flatten().collect(),
            by_expiry: order.iter().filter_map(|group| by_group[*group as usize]).collect(),
            by_strike_and_expiry: both,
        }
    }
}

/// What the cells add up to.
#[allow(clippy::struct_field_names, reason = "the names of the tables")]
pub(crate) struct Tables {
    pub by_strike: Vec<StrikeRow>,
    pub by_expiry: Vec<ExpiryRow>,
    /// In the order of the chain.
    pub by_strike_and_expiry: Vec<CellRow>,
}
