//! Exposure by strike, expiry and both, and what is read from it: walls, max pain, the zero of the cumulative sum.

/// Sums over the used calls, or the used puts, of a strike or an expiry. Signed as dealers hold them: puts negative.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[allow(missing_docs, reason = "the columns of Exposure.by_strike, documented in the Python stub")]
pub struct Side {
    /// Dollars of delta per 1% move.
    pub gex: f64,
    /// By the sign of the given delta, not of the dealers' side.
    pub dex_usd: f64,
    pub vex: f64,
    pub chex: f64,
    pub open_interest: f64,
    pub volume: f64,
}

impl Side {
    pub(crate) fn add(&mut self, other: &Self) {
        self.gex += other.gex;
        self.dex_usd += other.dex_usd;
        self.vex += other.vex;
        self.chex += other.chex;
        self.open_interest += other.open_interest;
        self.volume += other.volume;
    }
}

/// A strike.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the columns of Exposure.by_strike, documented in the Python stub")]
pub struct StrikeRow {
    pub strike: f64,
    pub call: Side,
    pub put: Side,
    /// Implied volatility at the nearest settlement of all used rows.
    pub call_iv: Option<f64>,
    pub put_iv: Option<f64>,
}

impl StrikeRow {
    /// Calls and puts together.
    pub fn net_gex(&self) -> f64 {
        self.call.gex + self.put.gex
    }
}

/// An expiry; one for each settlement where the classes of a date settle at different times.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the columns of Exposure.by_expiry, documented in the Python stub")]
pub struct ExpiryRow {
    /// Days since the epoch.
    pub expiry: i32,
    pub settlement_ns: i64,
    pub call: Side,
    pub put: Side,
}

/// A strike of an expiry.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the columns of Exposure.by_strike_and_expiry, documented in the Python stub")]
pub struct CellRow {
    pub strike: f64,
    pub expiry: i32,
    pub settlement_ns: i64,
    pub call: Side,
    pub put: Side,
    pub call_iv: Option<f64>,
    pub put_iv: Option<f64>,
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
    strike_of_largest(rows, |row| row.call.gex)
}

/// The strike with the largest put gamma exposure.
pub fn put_wall(rows: &[StrikeRow]) -> Option<f64> {
    strike_of_largest(rows, |row| -row.put.gex)
}

/// The strike with the largest absolute net exposure.
pub fn max_abs_gex_strike(rows: &[StrikeRow]) -> Option<f64> {
    strike_of_largest(rows, |row| row.net_gex().abs())
}

/// The strike at which holders are paid the least intrinsic value; the lowest one of equals, `None` without open
/// interest.
pub fn max_pain(rows: &[StrikeRow]) -> Option<f64> {
    let total: f64 = rows.iter().map(|row| row.call.open_interest + row.put.open_interest).sum();
    if total <= 0.0 {
        return None;
    }
    let first = rows.first()?.strike;
    let (mut calls_below, mut puts_above) = (0.0, rows.iter().map(|row| row.put.open_interest).sum::<f64>());
    // What puts pay at the lowest strike; from strike to strike the sum changes by open interest times the step.
    let mut paid: f64 = rows.iter().map(|row| row.put.open_interest * (row.strike - first)).sum();
    let mut previous = first;
    let mut best = (f64::INFINITY, None);
    for row in rows {
        paid += (calls_below - puts_above) * (row.strike - previous);
        if paid < best.0 {
            best = (paid, Some(row.strike));
        }
        calls_below += row.call.open_interest;
        puts_above -= row.put.open_interest;
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
        let call = Side { gex: call_gex, open_interest: call_oi, ..Side::default() };
        let put = Side { gex: put_gex, open_interest: put_oi, ..Side::default() };
        StrikeRow { strike, call, put, call_iv: None, put_iv: None }
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
                rows.iter().map(|r| r.call.open_interest * (at - r.strike).max(0.0) + r.put.open_interest * (r.strike - at).max(0.0)).sum()
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
