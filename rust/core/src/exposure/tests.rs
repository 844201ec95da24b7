//! Exposure against a brute-force sum over the rows, and each reason for which a row is left out.

use super::*;
use crate::civil::NS_PER_SECOND;
use crate::civil::{days_from_civil, NS_PER_DAY};
use crate::pricing::value;
use crate::pricing::Terms;
use arrow_array::{ArrayRef, Date32Array, Float64Array, Int8Array, RecordBatch};
use proptest::prelude::*;
use std::sync::Arc;

const SPOT: f64 = 100.0;

/// 2026-03-02 15:00 UTC; expiry days are counted from here.
const AS_OF_NS: i64 = 1_772_463_600 * NS_PER_SECOND;

fn today() -> i32 {
    days_from_civil(2026, 3, 2)
}

#[derive(Debug, Clone, Copy)]
struct Row {
    days: Option<i32>,
    right: i8,
    strike: f64,
    open_interest: f64,
    volume: f64,
    iv: f64,
    delta: f64,
    gamma: f64,
}

const SOUND: Row =
    Row { days: Some(1), right: 1, strike: 100.0, open_interest: 10.0, volume: 20.0, iv: 0.2, delta: 0.5, gamma: 0.05 };

fn chain_of(rows: &[Row]) -> Chain {
    let numbers = |f: fn(&Row) -> f64| Arc::new(Float64Array::from_iter_values(rows.iter().map(f))) as ArrayRef;
    let batch = RecordBatch::try_from_iter(vec![
        ("expiry", Arc::new(rows.iter().map(|r| r.days.map(|d| today() + d)).collect::<Date32Array>()) as ArrayRef),
        ("right", Arc::new(Int8Array::from_iter_values(rows.iter().map(|r| r.right)))),
        ("strike", numbers(|r| r.strike)),
        ("open_interest", numbers(|r| r.open_interest)),
        ("volume", numbers(|r| r.volume)),
        ("iv", numbers(|r| r.iv)),
        ("delta", numbers(|r| r.delta)),
        ("gamma", numbers(|r| r.gamma)),
    ]);
    Chain::from_batches(&[batch.unwrap()], None, None).unwrap()
}

fn params() -> ExposureParams {
    ExposureParams {
        spot: SPOT,
        as_of_ns: AS_OF_NS,
        settlement_ns: BTreeMap::new(),
        root_settlement_ns: BTreeMap::new(),
        min_weight: 5.0,
        multiplier: 100.0,
        carry: Carry { rate: 0.02, dividend_yield: 0.01 },
        weight: Weight::OpenInterest,
        gamma: GammaSource::Given,
        expiries: None,
        min_seconds_to_settlement: 60.0,
        grid_points: 161,
    }
}

fn dropped(row: Row, params: &ExposureParams) -> Vec<(&'static str, u64)> {
    exposure(&chain_of(&[SOUND, row]), params).unwrap().rows_dropped.into_iter().collect()
}

#[test]
fn every_dropped_row_has_its_reason() {
    let p = params();
    for (row, reason) in [
        (Row { strike: f64::NAN, ..SOUND }, "bad_strike"),
        (Row { strike: -1.0, ..SOUND }, "bad_strike"),
        (Row { days: None, ..SOUND }, "bad_expiry"),
        (Row { right: 0, ..SOUND }, "bad_right"),
        (Row { days: Some(-1), ..SOUND }, "expired"),
        (Row { open_interest: f64::NAN, ..SOUND }, "no_open_interest"),
        (Row { open_interest: 4.0, ..SOUND }, "open_interest_below_min"),
        (Row { gamma: f64::NAN, ..SOUND }, "no_gamma"),
        (Row { gamma: -0.1, ..SOUND }, "no_gamma"),
        (Row { delta: f64::NAN, ..SOUND }, "no_delta"),
        (Row { delta: 7.0, ..SOUND }, "no_delta"),
    ] {
        assert_eq!(dropped(row, &p), [(reason, 1)], "{row:?}");
    }
    let recompute = ExposureParams { gamma: GammaSource::Recompute, ..params() };
    assert_eq!(dropped(Row { iv: 0.0, ..SOUND }, &recompute), [("no_iv", 1)]);
    let by_volume = ExposureParams { weight: Weight::Volume, ..params() };
    assert_eq!(dropped(Row { volume: 1.0, ..SOUND }, &by_volume), [("volume_below_min", 1)]);
    assert_eq!(dropped(Row { volume: f64::NAN, ..SOUND }, &by_volume), [("no_volume", 1)]);
    let selected = ExposureParams { expiries: Some(vec![today() + 1]), ..params() };
    assert_eq!(dropped(Row { days: Some(2), ..SOUND }, &selected), [("expiry_not_selected", 1)]);
}

#[test]
fn both_compilations_give_the_same_bits() {
    let row = |i: i32| {
        let right = if i % 2 == 0 { 1 } else { -1 };
        let (strike, iv) = (80.0 + f64::from(i % 41), 0.1 + f64::from(i % 7) / 40.0);
        Row { days: Some(1 + i % 5), right, strike, iv, open_interest: f64::from(10 + i % 13), ..SOUND }
    };
    let chain = chain_of(&(0..300).map(row).collect::<Vec<_>>());
    for gamma in [GammaSource::Given, GammaSource::Recompute] {
        let (wide, plain) =
            crate::lanes::both_ways(|| exposure(&chain, &ExposureParams { gamma, ..params() }).unwrap());
        assert!(wide.rows_used == 300 && !wide.gamma_curve.gex_usd_per_pct.is_empty());
        // All digits are written, so equal texts are equal bits.
        assert_eq!(format!("{wide:?}"), format!("{plain:?}"));
    }
}

#[test]
fn expired_means_near_settlement_not_a_date() {
    // 16:00 New York is 21:00 UTC: six hours after as_of.
    let same_day = Row { days: Some(0), ..SOUND };
    assert_eq!(exposure(&chain_of(&[same_day]), &params()).unwrap().rows_used, 1);
    let late = ExposureParams { as_of_ns: AS_OF_NS + 6 * 3_600 * NS_PER_SECOND - 59 * NS_PER_SECOND, ..params() };
    let result = exposure(&chain_of(&[same_day]), &late).unwrap();
    assert_eq!(result.rows_dropped, BTreeMap::from([("too_near_settlement", 1)]));
    let morning = ExposureParams { settlement_ns: BTreeMap::from([(today(), AS_OF_NS - 1)]), ..params() };
    assert_eq!(exposure(&chain_of(&[same_day]), &morning).unwrap().rows_used, 0);
}

#[test]
fn rows_without_volatility_count_for_gex_but_not_for_vex() {
    let result = exposure(&chain_of(&[Row { iv: f64::NAN, ..SOUND }]), &params()).unwrap();
    assert_eq!((result.rows_used, result.rows_without_iv, result.vex_usd_per_vol_point), (1, 1, 0.0));
    assert!((result.gex_usd_per_100pct / (0.05 * 10.0 * 100.0 * SPOT * SPOT) - 1.0).abs() < 1e-14);
    assert_eq!(result.by_strike[0].call_iv, None);
}

#[test]
fn volatility_by_strike_is_that_of_the_nearest_expiry() {
    let rows = [Row { days: Some(9), iv: 0.9, ..SOUND }, Row { days: Some(9), strike: 90.0, ..SOUND }, SOUND];
    let by_strike = exposure(&chain_of(&rows), &params()).unwrap().by_strike;
    let iv: Vec<_> = by_strike.iter().map(|row| (row.strike, row.call_iv)).collect();
    assert_eq!(iv, [(90.0, None), (100.0, Some(0.2))]);
}

#[test]
fn parameters_are_checked() {
    let chain = chain_of(&[SOUND]);
    for bad in [
        ExposureParams { spot: f64::NAN, ..params() },
        ExposureParams { spot: 0.0, ..params() },
        ExposureParams { multiplier: -1.0, ..params() },
        ExposureParams { min_weight: f64::NAN, ..params() },
        ExposureParams { min_seconds_to_settlement: -1.0, ..params() },
        ExposureParams { grid_points: 1, ..params() },
        ExposureParams { grid_points: GRID_POINTS_MAX + 1, ..params() },
    ] {
        assert!(matches!(exposure(&chain, &bad), Err(Error::Invalid(_))), "{bad:?}");
    }
    assert_eq!(exposure(&chain_of(&[]), &params()).unwrap().rows_used, 0);
}

fn any_row() -> impl Strategy<Value = Row> {
    let number = prop_oneof![8 => 0.0..1.0_f64, 1 => Just(f64::NAN)];
    (-1_i32..20, prop_oneof![Just(1_i8), Just(-1)], 80_i32..120, 0_u32..50, number.clone(), number.clone(), number)
        .prop_map(|(days, right, strike, oi, iv, delta, gamma)| Row {
            days: Some(days),
            right,
            strike: f64::from(strike),
            open_interest: f64::from(oi),
            volume: f64::from(oi) * 2.0,
            iv,
            delta: delta * f64::from(right),
            gamma: gamma * 0.1,
        })
}

proptest! {
    #[test]
    fn equals_a_brute_force_sum(rows in proptest::collection::vec(any_row(), 0..60)) {
        let p = params();
        let result = exposure(&chain_of(&rows), &p).unwrap();
        let used: Vec<&Row> = rows
            .iter()
            .filter(|r| r.days >= Some(0) && r.open_interest >= 5.0 && !r.gamma.is_nan() && !r.delta.is_nan())
            .collect();
        prop_assert_eq!(result.rows_used, used.len());
        prop_assert_eq!(result.rows_total, rows.len());
        prop_assert_eq!(result.rows_dropped.values().sum::<u64>() as usize, rows.len() - used.len());
        let sum = |f: &dyn Fn(&Row) -> f64| used.iter().map(|r| f(r)).sum::<f64>();
        let shares = |r: &Row| f64::from(r.right) * r.open_interest * 100.0;
        let greek = |r: &Row, f: fn(crate::pricing::Valuation) -> f64| {
            let close = i64::from(r.days.unwrap()) * NS_PER_DAY + 6 * 3_600 * NS_PER_SECOND;
            // Clocks change on 2026-03-08, so settlement comes an hour earlier in UTC from then on.
            let summer = if r.days >= Some(6) { 3_600 * NS_PER_SECOND } else { 0 };
            let terms = Terms::new(SPOT, r.strike, (close - summer) as f64 / 1e9, r.right).unwrap();
            value(&terms, p.carry, r.iv).map_or(0.0, f)
        };
        let checks = [
            (result.gex_usd_per_100pct, sum(&|r| shares(r) * r.gamma * SPOT * SPOT)),
            (result.gex_usd_per_pct(), sum(&|r| shares(r) * r.gamma * SPOT * SPOT * 0.01)),
            (result.dex_usd, sum(&|r| r.delta * r.open_interest * 100.0 * SPOT)),
            (result.dex_dealer_usd, sum(&|r| shares(r) * r.delta.abs() * SPOT)),
            (result.vex_usd_per_vol_point, sum(&|r| shares(r) * greek(r, |v| v.vanna) * SPOT * 0.01)),
            (result.chex_usd_per_day, sum(&|r| shares(r) * greek(r, |v| v.charm) * SPOT / 365.0)),
            (result.by_strike.iter().map(StrikeRow::net_gex).sum(), result.gex_usd_per_pct()),
            (result.by_strike.iter().map(|r| r.call.dex_usd + r.put.dex_usd).sum(), result.dex_usd),
            (result.by_strike.iter().map(|r| r.call.open_interest + r.put.open_interest).sum(), sum(&|r| r.open_interest)),
        ];
        for (i, (actual, expected)) in checks.into_iter().enumerate() {
            prop_assert!((actual - expected).abs() <= 1e-9 * expected.abs().max(1e6), "{}: {} {}", i, actual, expected);
        }
        prop_assert!(result.by_strike.is_sorted_by(|a, b| a.strike < b.strike));
        prop_assert!(result.zero_gamma_flip().is_none_or(|flip| result.gamma_curve.flips.contains(&flip)));
    }
}
