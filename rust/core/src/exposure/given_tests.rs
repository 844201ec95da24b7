use super::*;
use crate::exposure::rows::{DELTA_MAX, GAMMA_MAX};
use crate::lanes::both_ways;
use crate::limits::{is_price, SIZE_MAX};
use proptest::prelude::*;

type Row = (f64, i8, f64, f64, f64);

fn any_row() -> impl Strategy<Value = Row> {
    let strike = prop_oneof![9 => (300_u32..420).prop_map(|k| f64::from(k) * 2.5), 1 => any::<f64>()];
    let number = |range: std::ops::Range<f64>| prop_oneof![9 => range, 1 => any::<f64>()];
    (
        strike,
        prop_oneof![9 => Just(1_i8), 9 => Just(-1), 1 => any::<i8>()],
        number(0.0..0.1),
        number(-1.0..1.0),
        number(0.0..50.0),
    )
}

fn check(rows: &[Row], weight: Weight) {
    let (strike, right): (Vec<_>, Vec<_>) = rows.iter().map(|r| (r.0, r.1)).unzip();
    let column = |f: fn(&Row) -> f64| rows.iter().map(f).collect::<Vec<_>>();
    let (gamma, delta, counted) = (column(|r| r.2), column(|r| r.3), column(|r| r.4));
    let columns = GivenGreeks { strike: &strike, right: &right, gamma: &gamma, delta: &delta, weight: &counted };
    let scale = Scale { spot: 650.0, multiplier: 100.0, min_weight: 5.0 };
    let (result, plain) = both_ways(|| by_strike(&columns, &scale, weight).unwrap());
    // All digits are written, so equal texts are equal bits.
    assert_eq!(format!("{result:?}"), format!("{plain:?}"));
    let (absent, below) = weight.reasons();
    let mut dropped = BTreeMap::new();
    let mut sums: BTreeMap<u64, [f64; 6]> = BTreeMap::new();
    for (strike, right, gamma, delta, counted) in rows {
        let reason = match () {
            () if !is_price(*strike) => Some("bad_strike"),
            () if *right != 1 && *right != -1 => Some("bad_right"),
            () if !(0.0..=SIZE_MAX).contains(counted) => Some(absent),
            () if *counted < 5.0 => Some(below),
            () if !(0.0..=GAMMA_MAX).contains(gamma) => Some("no_gamma"),
            () if !(-DELTA_MAX..=DELTA_MAX).contains(delta) => Some("no_delta"),
            () => None,
        };
        if let Some(reason) = reason {
            *dropped.entry(reason).or_insert(0) += 1;
            continue;
        }
        let side = usize::from(*right < 0);
        let sum = sums.entry(strike.to_bits()).or_default();
        sum[side] += f64::from(*right) * gamma * counted * 100.0 * 650.0 * 650.0 * 0.01;
        sum[2 + side] += delta * counted * 100.0 * 650.0;
        sum[4 + side] += counted;
    }
    assert_eq!(result.rows_dropped, dropped);
    assert_eq!(result.rows_used as u64 + dropped.values().sum::<u64>(), rows.len() as u64);
    assert_eq!(result.by_strike.len(), sums.len());
    for (row, (strike, sum)) in result.by_strike.iter().zip(sums) {
        assert_eq!(row.strike.to_bits(), strike);
        let counted = |side: &Side| side.open_interest + side.volume;
        let ours =
            [row.call.gex, row.put.gex, row.call.dex_usd, row.put.dex_usd, counted(&row.call), counted(&row.put)];
        for (actual, expected) in ours.into_iter().zip(sum) {
            assert!((actual - expected).abs() <= 1e-12 * expected.abs().max(1e9), "{actual} {expected}");
        }
    }
}

proptest! {
    #[test]
    fn equals_a_plain_sum_with_every_reason(rows in proptest::collection::vec(any_row(), 0..700)) {
        check(&rows, Weight::OpenInterest);
        check(&rows[..rows.len() / 2], Weight::Volume);
    }
}

#[test]
fn strikes_between_those_of_the_sample_count() {
    let mut rows: Vec<Row> = (0..3000).map(|i| (100.0 + f64::from(i % 40), 1, 0.01, 0.5, 10.0)).collect();
    rows[1].0 = 100.25;
    check(&rows, Weight::OpenInterest);
    rows[1].0 = 100.0 + 1.0 / 3.0;
    check(&rows, Weight::OpenInterest);
}

#[test]
fn columns_of_different_length_are_refused() {
    let columns = GivenGreeks { strike: &[1.0], right: &[1], gamma: &[0.1], delta: &[], weight: &[1.0] };
    let scale = Scale { spot: 650.0, multiplier: 100.0, min_weight: 5.0 };
    assert!(by_strike(&columns, &scale, Weight::Volume).is_err());
}
