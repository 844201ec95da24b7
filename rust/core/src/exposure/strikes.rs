//! Exposure by strike, and what is read from it: walls, max pain, the interpolated zero of the cumulative sum.

use rustc_hash::FxHashMap;

use crate::occ::Right;

/// Sums over the used rows of one strike. Gamma exposure in dollars per 1% move, puts negative.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the columns of Exposure.by_strike, documented in the Python stub")]
pub struct StrikeRow {
    pub strike: f64,
    pub call_gex: f64,
    pub put_gex: f64,
    pub dex_usd: f64,
    pub call_oi: f64,
    pub put_oi: f64,
    pub call_volume: f64,
    pub put_volume: f64,
    /// Implied volatility at the nearest expiry of all used rows.
    pub call_iv: Option<f64>,
    pub put_iv: Option<f64>,
}

impl StrikeRow {
    const fn new(strike: f64) -> Self {
        Self {
            strike,
            call_gex: 0.0,
            put_gex: 0.0,
            dex_usd: 0.0,
            call_oi: 0.0,
            put_oi: 0.0,
            call_volume: 0.0,
            put_volume: 0.0,
            call_iv: None,
            put_iv: None,
        }
    }

    /// Calls and puts together.
    pub fn net_gex(&self) -> f64 {
        self.call_gex + self.put_gex
    }
}

/// What one used row adds to its strike.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contribution {
    pub strike: f64,
    pub right: Right,
    pub expiry: i32,
    pub gex: f64,
    pub dex_usd: f64,
    pub open_interest: f64,
    pub volume: f64,
    pub iv: Option<f64>,
}

/// Adds rows up by strike.
#[derive(Debug)]
pub(crate) struct StrikeSums {
    rows: Vec<StrikeRow>,
    /// Only looked up, never iterated.
    slots: FxHashMap<u64, usize>,
    last_slot: usize,
    nearest_expiry: i32,
}

impl StrikeSums {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new(), slots: FxHashMap::default(), last_slot: 0, nearest_expiry: i32::MAX }
    }

    #[inline]
    fn slot(&mut self, strike: f64) -> usize {
        // Chains list the call and the put of a strike side by side.
        if self.rows.get(self.last_slot).is_some_and(|row| row.strike == strike) {
            return self.last_slot;
        }
        let next = self.rows.len();
        let slot = *self.slots.entry(strike.to_bits()).or_insert(next);
        if slot == next {
            self.rows.push(StrikeRow::new(strike));
        }
        self.last_slot = slot;
        slot
    }

    #[inline]
    pub(crate) fn add(&mut self, c: &Contribution) {
        if c.expiry < self.nearest_expiry {
            self.nearest_expiry = c.expiry;
            for row in &mut self.rows {
                (row.call_iv, row.put_iv) = (None, None);
            }
        }
        let nearest = c.expiry == self.nearest_expiry;
        let slot = self.slot(c.strike);
        let row = &mut self.rows[slot];
        row.dex_usd += c.dex_usd;
        let (gex, open_interest, volume, iv) = match c.right {
            Right::Call => (&mut row.call_gex, &mut row.call_oi, &mut row.call_volume, &mut row.call_iv),
            Right::Put => (&mut row.put_gex, &mut row.put_oi, &mut row.put_volume, &mut row.put_iv),
        };
        *gex += c.gex;
        *open_interest += c.open_interest;
        *volume += c.volume;
        if nearest && iv.is_none() {
            *iv = c.iv;
        }
    }

    /// All strikes, ascending.
    pub(crate) fn finish(mut self) -> Vec<StrikeRow> {
        self.rows.sort_unstable_by(|a, b| a.strike.total_cmp(&b.strike));
        self.rows
    }
}

/// The strike with the largest `size` above zero; the lowest one of equals.
fn strike_of_largest(rows: &[StrikeRow], size: impl Fn(&StrikeRow) -> f64) -> Option<f64> {
    let mut best = (0.0, None);
    for row in rows {
        if size(row) > best.0 {
            best = (size(row), Some(row.strike));
        }
    }
    best.1
}

/// The strike with the largest call gamma exposure.
pub fn call_wall(rows: &[StrikeRow]) -> Option<f64> {
    strike_of_largest(rows, |row| row.call_gex)
}

/// The strike with the largest put gamma exposure.
pub fn put_wall(rows: &[StrikeRow]) -> Option<f64> {
    strike_of_largest(rows, |row| -row.put_gex)
}

/// The strike with the largest absolute net exposure.
pub fn max_abs_gex_strike(rows: &[StrikeRow]) -> Option<f64> {
    strike_of_largest(rows, |row| row.net_gex().abs())
}

/// The strike at which holders are paid the least intrinsic value; the lowest one of equals, `None` without open
/// interest.
pub fn max_pain(rows: &[StrikeRow]) -> Option<f64> {
    let total: f64 = rows.iter().map(|row| row.call_oi + row.put_oi).sum();
    if total <= 0.0 {
        return None;
    }
    let first = rows.first()?.strike;
    let (mut calls_below, mut puts_above) = (0.0, rows.iter().map(|row| row.put_oi).sum::<f64>());
    // What puts pay at the lowest strike; from strike to strike the sum changes by open interest times the step.
    let mut paid: f64 = rows.iter().map(|row| row.put_oi * (row.strike - first)).sum();
    let mut previous = first;
    let mut best = (f64::INFINITY, None);
    for row in rows {
        paid += (calls_below - puts_above) * (row.strike - previous);
        if paid < best.0 {
            best = (paid, Some(row.strike));
        }
        calls_below += row.call_oi;
        puts_above -= row.put_oi;
        previous = row.strike;
    }
    best.1
}

/// Method A: where the cumulative sum of net exposure by strike changes its sign, interpolated between the two strikes;
/// the crossing nearest to spot. `None` where it never crosses: that is an answer, not an error.
pub fn interpolated_zero(rows: &[StrikeRow], spot: f64) -> Option<f64> {
    let mut nearest: Option<f64> = None;
    let mut cumulative = 0.0;
    // The last point at which the sum was not zero, and the first one after it at which it was.
    let mut last: Option<(f64, f64)> = None;
    let mut touched: Option<f64> = None;
    for row in rows {
        cumulative += row.net_gex();
        if cumulative == 0.0 {
            touched = touched.or(Some(row.strike));
            continue;
        }
        if let Some((strike, value)) = last.filter(|(_, value)| (*value > 0.0) != (cumulative > 0.0)) {
            let between = strike + (row.strike - strike) * value / (value - cumulative);
            let zero = touched.unwrap_or(between);
            if nearest.is_none_or(|other| (zero - spot).abs() < (other - spot).abs()) {
                nearest = Some(zero);
            }
        }
        last = Some((row.strike, cumulative));
        touched = None;
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(strike: f64, call_gex: f64, put_gex: f64, call_oi: f64, put_oi: f64) -> StrikeRow {
        StrikeRow { call_gex, put_gex, call_oi, put_oi, ..StrikeRow::new(strike) }
    }

    #[test]
    fn walls_and_largest() {
        let rows = [row(90.0, 1.0, -9.0, 0.0, 0.0), row(100.0, 5.0, -5.0, 0.0, 0.0), row(110.0, 5.0, 0.0, 0.0, 0.0)];
        assert_eq!(
            (call_wall(&rows), put_wall(&rows), max_abs_gex_strike(&rows)),
            (Some(100.0), Some(90.0), Some(90.0))
        );
        assert_eq!((call_wall(&[]), put_wall(&[row(1.0, 0.0, 0.0, 1.0, 1.0)])), (None, None));
    }

    #[test]
    fn the_cumulative_sum_may_never_cross() {
        let zero = |nets: &[f64], spot: f64| {
            let rows: Vec<_> = nets.iter().zip(0..).map(|(net, i)| row(f64::from(i), *net, 0.0, 0.0, 0.0)).collect();
            interpolated_zero(&rows, spot)
        };
        assert_eq!(zero(&[1.0, 2.0, 3.0], 1.0), None);
        assert_eq!(zero(&[-1.0, -2.0, 1.0], 1.0), None);
        assert_eq!(zero(&[-1.0, 2.0], 1.0), Some(0.5));
        assert_eq!(zero(&[-1.0, 1.0, 0.0, 2.0], 1.0), Some(1.0), "a zero between two signs");
        assert_eq!(zero(&[-1.0, 1.0, -1.0], 1.0), None, "a touch is no crossing");
        assert_eq!(zero(&[-1.0, 2.0, -2.0, 2.0], 10.0), Some(2.5), "the nearest of several");
        assert_eq!(zero(&[0.0, 0.0], 1.0), None);
    }

    proptest! {
        #[test]
        fn max_pain_equals_brute_force(oi in proptest::collection::vec((0_u32..50, 0_u32..50), 1..30)) {
            let rows: Vec<_> = oi.iter().zip(1..).map(|((c, p), i)| row(f64::from(i * i), 0.0, 0.0, f64::from(*c), f64::from(*p))).collect();
            let paid = |at: f64| -> f64 {
                rows.iter().map(|r| r.call_oi * (at - r.strike).max(0.0) + r.put_oi * (r.strike - at).max(0.0)).sum()
            };
            match max_pain(&rows) {
                Some(strike) => {
                    let least = rows.iter().map(|r| paid(r.strike)).fold(f64::INFINITY, f64::min);
                    prop_assert_eq!(paid(strike), least);
                    prop_assert!(rows.iter().filter(|r| r.strike < strike).all(|r| paid(r.strike) > least));
                }
                None => prop_assert!(oi.iter().all(|(c, p)| c + p == 0)),
            }
        }
    }
}
