//! Exposure: any chain is measured or refused; every row is used or counted; strikes add up to the totals.

use std::collections::BTreeMap;
use std::sync::Arc;

use alphatrader_core::chain::Chain;
use alphatrader_core::exposure::{exposure, ExposureParams, GammaSource, Weight};
use alphatrader_core::pricing::Carry;
use arrow_array::{ArrayRef, Date32Array, Float64Array, Int8Array, RecordBatch};

use crate::input::Input;

const ROWS_MAX: usize = 200;
/// 2026-03-02 15:00 UTC, and its day.
const AS_OF_NS: i64 = 1_772_463_600_000_000_000;
const AS_OF_DAY: i32 = 20_514;

fn number(input: &mut Input<'_>, scale: f64) -> Option<f64> {
    match input.byte() {
        255 => Some(input.any_f64()),
        254 => None,
        n => Some(f64::from(n) * scale),
    }
}

fn chain(input: &mut Input<'_>) -> Chain {
    let (mut expiry, mut right): (Vec<Option<i32>>, Vec<Option<i8>>) = (Vec::new(), Vec::new());
    let mut numbers: [Vec<Option<f64>>; 6] = Default::default();
    while !input.is_empty() && expiry.len() < ROWS_MAX {
        expiry.push(match input.byte() {
            255 => Some(input.any_i64() as i32),
            254 => None,
            day => Some(AS_OF_DAY - 1 + i32::from(day % 8)),
        });
        right.push(match input.byte() {
            255 => Some(input.byte() as i8),
            254 => None,
            side => Some(1 - 2 * (side % 2) as i8),
        });
        for (column, scale) in numbers.iter_mut().zip([5.0, 100.0, 50.0, 0.005, 1.0 / 128.0, 0.001]) {
            column.push(number(input, scale));
        }
    }
    let mut columns: Vec<(&str, ArrayRef)> =
        vec![("expiry", Arc::new(Date32Array::from(expiry))), ("right", Arc::new(Int8Array::from(right)))];
    for (name, values) in ["strike", "open_interest", "volume", "iv", "delta", "gamma"].into_iter().zip(numbers) {
        columns.push((name, Arc::new(Float64Array::from(values))));
    }
    Chain::from_batches(&[RecordBatch::try_from_iter(columns).unwrap()], None, None).unwrap()
}

fn params(input: &mut Input<'_>) -> Option<ExposureParams> {
    let settlement = |day: u8| (AS_OF_DAY - 1 + i32::from(day % 8), AS_OF_NS + i64::from(day) * 3_600_000_000_000);
    Some(ExposureParams {
        spot: number(input, 5.0)?,
        as_of_ns: if input.byte() == 255 { input.any_i64() } else { AS_OF_NS },
        settlement_ns: input.bytes(4).iter().copied().map(settlement).collect::<BTreeMap<_, _>>(),
        root_settlement_ns: BTreeMap::new(),
        min_weight: number(input, 1.0)?,
        multiplier: if input.byte() > 250 { input.any_f64() } else { 100.0 },
        carry: Carry::new(number(input, 0.001)?, number(input, 0.001)?).ok()?,
        weight: if input.below(2) == 0 { Weight::OpenInterest } else { Weight::Volume },
        gamma: if input.below(2) == 0 { GammaSource::Given } else { GammaSource::Recompute },
        expiries: (input.below(4) == 0).then(|| input.bytes(3).iter().map(|b| AS_OF_DAY + i32::from(*b)).collect()),
        min_seconds_to_settlement: 60.0,
        grid_points: [0, 2, 161, -1][usize::from(input.below(4))],
    })
}

/// Parameters, then the rows of a chain.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let Some(params) = params(&mut input) else { return };
    let chain = chain(&mut input);
    let Ok(result) = exposure(&chain, &params) else { return };
    let totals = [
        result.gex_usd_per_100pct,
        result.dex_usd,
        result.dex_dealer_usd,
        result.vex_usd_per_vol_point,
        result.chex_usd_per_day,
    ];
    assert!(totals.iter().all(|total| total.is_finite()), "{totals:?}");
    let dropped: u64 = result.rows_dropped.values().sum();
    assert_eq!(result.rows_total as u64, result.rows_used as u64 + dropped);
    assert!(result.rows_without_iv <= result.rows_used);
    assert!(result.gamma_curve.flips.is_sorted() && result.gamma_curve.flips.iter().all(|flip| *flip > 0.0));
    assert!(result.by_strike.windows(2).all(|pair| pair[0].strike < pair[1].strike));
    let by_strike: f64 = result.by_strike.iter().map(alphatrader_core::exposure::strikes::StrikeRow::net_gex).sum();
    let absolute: f64 = result.by_strike.iter().map(|row| row.call.gex.abs() + row.put.gex.abs()).sum();
    assert!(
        (by_strike - result.gex_usd_per_pct()).abs() <= 1e-9 * absolute,
        "{by_strike} {}",
        result.gex_usd_per_pct()
    );
    let again = exposure(&chain, &params).unwrap();
    assert_eq!(format!("{again:?}"), format!("{result:?}"), "the same question had two answers");
}
