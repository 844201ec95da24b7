//! The stream: any cutting gives the same bits, and fractions are poured exactly.

use super::*;
use crate::vpin::series::{vpin_series, BucketColumns};
use crate::vpin::sides::QuoteColumns;
use crate::vpin::units::UNITS_PER_SHARE;
use proptest::prelude::*;

/// Columns of one tape.
#[derive(Debug, Clone)]
struct Tape {
    ts_ns: Vec<i64>,
    price: Vec<f64>,
    size: Vec<f64>,
    side: Vec<i8>,
    bid: Vec<f64>,
    ask: Vec<f64>,
}

impl Tape {
    fn columns(&self, rows: std::ops::Range<usize>) -> TapeColumns<'_> {
        TapeColumns {
            ts_ns: &self.ts_ns[rows.clone()],
            price: Some(&self.price[rows.clone()]),
            size: &self.size[rows.clone()],
            aggressor: Some(&self.side[rows.clone()]),
            quotes: Some(QuoteColumns { bid: &self.bid[rows.clone()], ask: &self.ask[rows] }),
        }
    }

    fn all(&self) -> TapeColumns<'_> {
        self.columns(0..self.ts_ns.len())
    }
}

/// Sizes as they occur: round lots, odd lots, decimals, any float, none, and huge ones.
fn size() -> impl Strategy<Value = f64> {
    prop_oneof![
        20 => (1_u32..8).prop_map(|lots| f64::from(lots) * 100.0),
        10 => (0_u32..300).prop_map(f64::from),
        5 => (1_u32..100_000).prop_map(|n| f64::from(n) / 10_000.0),
        5 => 0.0..3_000.0_f64,
        1 => Just(1_500_000.125),
    ]
}

/// Long runs of one kind of size, so that whole blocks of each kind occur.
fn tapes() -> impl Strategy<Value = Tape> {
    let whole = proptest::collection::vec((0_u32..300).prop_map(f64::from), 0..300);
    let sizes = (whole, proptest::collection::vec(size(), 0..200), proptest::collection::vec(0.001..5.0_f64, 0..200));
    (sizes, any::<u64>()).prop_map(|((whole, mixed, small), seed)| {
        let size: Vec<f64> = [whole, mixed, small].concat();
        let mut state = seed | 1;
        let mut draw = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        let mut tape = Tape { ts_ns: vec![], price: vec![], size, side: vec![], bid: vec![], ask: vec![] };
        let (mut ts, mut cents) = (0, 10_000);
        for _ in 0..tape.size.len() {
            ts += draw(20) as i64 * 1_000_000_000;
            cents += draw(3) as i64 - 1;
            tape.ts_ns.push(ts);
            tape.price.push(cents as f64 / 100.0);
            tape.side.push(draw(3) as i8 - 1);
            let bid = (cents - draw(3) as i64) as f64 / 100.0;
            tape.bid.push(if draw(20) == 0 { f64::NAN } else { bid });
            tape.ask.push(bid + draw(3) as f64 / 100.0);
        }
        tape
    })
}

fn schemes() -> Vec<Scheme> {
    let minutes = BulkRule::MINUTES;
    vec![
        Scheme::Given,
        Scheme::Tick,
        Scheme::Quote,
        Scheme::Bulk(minutes),
        Scheme::Bulk(minutes.with_bar_volume(1_000.0).unwrap().with_student_t(0.25).unwrap()),
        Scheme::Bulk(minutes.with_sigma_bars(3).unwrap().with_bar_seconds(20.0).unwrap()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn batches_single_trades_and_any_cutting_give_the_same_bits(
        tape in tapes(), cuts in proptest::collection::vec(0_usize..700, 0..8), bucket in 1_000_i64..20_000, window in 1_i64..5,
    ) {
        let params = VpinParams::new(bucket, window).unwrap().with_cdf_window(20).unwrap();
        let rows = tape.ts_ns.len();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(rows)).chain([0, rows]).collect();
        cuts.sort_unstable();
        let pieces: Vec<_> = cuts.windows(2).map(|w| tape.columns(w[0]..w[1])).collect();
        for scheme in schemes() {
            let whole = vpin_series(&[tape.all()], params, scheme).unwrap();
            // NaN is no equal of NaN: compare what is printed, which tells all bits of other numbers.
            let shown = format!("{whole:?}");
            prop_assert_eq!(&shown, &format!("{:?}", vpin_series(&pieces, params, scheme).unwrap()));
            let mut one = VpinStream::new(params, scheme);
            let mut mixed = VpinStream::new(params, scheme);
            let (mut by_one, mut by_mix) = (BucketColumns::default(), BucketColumns::default());
            for (k, w) in cuts.windows(2).enumerate() {
                for row in w[0]..w[1] {
                    let trade = OneTrade {
                        ts_ns: tape.ts_ns[row], price: tape.price[row], size: tape.size[row],
                        aggressor: Some(tape.side[row]), quote: Some((tape.bid[row], tape.ask[row])),
                    };
                    one.update(trade, |bucket| by_one.push(bucket)).unwrap();
                    if k % 2 == 0 {
                        mixed.update(trade, |bucket| by_mix.push(bucket)).unwrap();
                    }
                }
                if k % 2 == 1 {
                    mixed.extend(&[tape.columns(w[0]..w[1])], |bucket| by_mix.push(bucket)).unwrap();
                }
            }
            one.flush(|bucket| by_one.push(bucket)).unwrap();
            mixed.flush(|bucket| by_mix.push(bucket)).unwrap();
            prop_assert_eq!(format!("{:?}", whole.buckets), format!("{by_one:?}"));
            prop_assert_eq!(format!("{:?}", whole.buckets), format!("{by_mix:?}"));
            prop_assert_eq!(whole.total_volume, one.measure().total_volume());
            prop_assert_eq!(whole.unclassified_volume, mixed.measure().unclassified_volume());
        }
    }

    /// Fractions against a naive model in integers: each trade's units are cut off bucket by bucket.
    #[test]
    fn fractions_are_poured_exactly(
        trades in proptest::collection::vec((0_i64..30_000_000_000, -1_i8..=1), 0..200), bucket in 50_i64..90, window in 1_i64..6,
    ) {
        let sizes: Vec<f64> = trades.iter().map(|(units, _)| format!("{units}e-8").parse().unwrap()).collect();
        let sides: Vec<i8> = trades.iter().map(|(_, side)| *side).collect();
        let times: Vec<i64> = (0..trades.len() as i64).collect();
        let tape = TapeColumns { ts_ns: &times, price: None, size: &sizes, aggressor: Some(&sides), quotes: None };
        let series = vpin_series(&[tape], VpinParams::new(bucket, window).unwrap(), Scheme::Given).unwrap();

        let target = i128::from(bucket * UNITS_PER_SHARE);
        let (mut room, mut signed) = (target, 0_i128);
        let mut buckets: Vec<(i64, i128)> = Vec::new();
        for (time, (units, side)) in trades.iter().enumerate() {
            let mut rest = i128::from(*units);
            while rest >= room {
                buckets.push((time as i64, signed + room * i128::from(*side)));
                rest -= room;
                (room, signed) = (target, 0);
            }
            room -= rest;
            signed += rest * i128::from(*side);
        }
        let ends: Vec<i64> = buckets.iter().map(|(end, _)| *end).collect();
        prop_assert_eq!(&series.buckets.end_ns, &ends);
        for (i, (_, signed)) in buckets.iter().enumerate() {
            prop_assert_eq!(series.buckets.buy_volume[i], (target + signed) as f64 / 2e8);
            if i + 1 >= window as usize {
                let sum: i128 = buckets[i + 1 - window as usize..=i].iter().map(|(_, signed)| signed.abs()).sum();
                prop_assert_eq!(series.buckets.level[i], sum as f64 / (target * i128::from(window)) as f64);
            }
        }
        let unclassified: i64 = trades.iter().filter(|(_, side)| *side == 0).map(|(units, _)| units).sum();
        prop_assert_eq!(series.unclassified_volume, unclassified as f64 / 1e8);
    }

    #[test]
    fn a_bad_row_is_named_wherever_it_stands_and_changes_nothing(
        tape in tapes(), at in any::<prop::sample::Index>(), what in 0..4, cut in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!tape.ts_ns.is_empty());
        let row = at.index(tape.ts_ns.len());
        let mut bad = tape.clone();
        match what {
            0 => bad.price[row] = f64::NAN,
            1 => bad.size[row] = -1.0,
            2 => bad.size[row] = f64::INFINITY,
            _ => bad.price[row] = 0.0,
        }
        let cut = cut.index(bad.ts_ns.len());
        for scheme in schemes() {
            let params = VpinParams::new(2_000, 3).unwrap();
            let mut stream = VpinStream::new(params, scheme);
            stream.extend(&[tape.all()], |_| {}).unwrap();
            let before = format!("{stream:?}");
            let error = stream.extend(&[bad.columns(0..cut), bad.columns(cut..bad.ts_ns.len())], |_| {}).unwrap_err();
            prop_assert!(error.to_string().starts_with(&format!("trade {row}: ")), "{}", error);
            prop_assert_eq!(before, format!("{stream:?}"));
        }
    }
}

fn tape<'a>(ts_ns: &'a [i64], price: &'a [f64], size: &'a [f64]) -> TapeColumns<'a> {
    TapeColumns { ts_ns, price: Some(price), size, aggressor: None, quotes: None }
}

#[test]
fn the_tick_rule_splits_trades_over_edges() {
    let tape = tape(&[1, 2, 3, 4], &[10.0, 10.1, 10.0, 10.0], &[50.0, 150.0, 0.0, 120.0]);
    let series = vpin_series(&[tape], VpinParams::new(100, 2).unwrap(), Scheme::Tick).unwrap();
    // 25 of the first 50 unclassified shares count as bought; the size-0 print is no downtick.
    assert_eq!(series.buckets.end_ns, [2, 2, 4]);
    assert_eq!(series.buckets.buy_volume, [75.0, 100.0, 0.0]);
    assert_eq!(series.buckets.level[1..], [0.75, 1.0]);
    assert_eq!((series.unclassified_volume, series.trades), (50.0, 4));
}

#[test]
fn bulk_classification_uses_only_the_past() {
    let minute = |m: i64| m * 60_000_000_000;
    let times = [minute(0), minute(1), minute(2), minute(3)];
    let tape = tape(&times, &[10.0, 11.0, 11.5, 12.5], &[100.0; 4]);
    let measure = |rule| vpin_series(&[tape], VpinParams::new(100, 2).unwrap(), Scheme::Bulk(rule)).unwrap();
    let normal = crate::pricing::normal_cdf;
    let series = measure(BulkRule::MINUTES);
    let buys = &series.buckets.buy_volume;
    assert_eq!(buys[..3], [50.0, 50.0, 50.0]);
    // Of the changes 1.0 and 0.5 before it.
    assert!((buys[3] - 100.0 * normal(1.0 / 0.125_f64.sqrt())).abs() < 1e-7, "{buys:?}");
    assert_eq!(series.unclassified_volume, 300.0);
    let given = measure(BulkRule::MINUTES.with_sigma(2.0).unwrap());
    assert!((given.buckets.buy_volume[1] - 100.0 * normal(0.5)).abs() < 1e-7);
    assert_eq!(given.unclassified_volume, 100.0);
    let cauchy = measure(BulkRule::MINUTES.with_sigma(1.0).unwrap().with_student_t(1.0).unwrap());
    assert!((cauchy.buckets.buy_volume[1] - 75.0).abs() < 1e-7);
}

#[test]
fn shares_of_a_bar_are_those_that_are_poured() {
    let times: Vec<i64> = (0..40).map(|i| i * 20_000_000_000).collect();
    let price: Vec<f64> = (0..40).map(|i| 100.0 + f64::from(i * i % 11)).collect();
    let size = [10.0; 40];
    let shares = bulk_shares(&[tape(&times, &price, &size)], BulkRule::MINUTES).unwrap();
    assert!(shares[..9].iter().all(|share| share.is_nan()), "{shares:?}");
    assert!(shares[9..].iter().all(|share| (0.0..=1.0).contains(share)));
    assert!(shares[9..].chunks(3).all(|bar| bar.iter().all(|share| share == &bar[0])));
}

#[test]
fn unusable_tapes_are_refused() {
    let params = VpinParams::new(50, 2).unwrap();
    let error = |tape, scheme| vpin_series(&[tape], params, scheme).unwrap_err().to_string();
    assert!(error(tape(&[1], &[1.0, 2.0], &[1.0]), Scheme::Tick).contains("one length"));
    assert!(error(tape(&[1], &[1.0], &[1.0]), Scheme::Given).contains("aggressor"));
    assert!(error(tape(&[1], &[1.0], &[1.0]), Scheme::Quote).contains("bid and ask"));
    assert!(error(tape(&[1; 70], &[1.0; 70], &[1e9; 70]), Scheme::Tick).contains("20000000 buckets"));
    assert!(vpin_series(&[tape(&[], &[], &[])], params, Scheme::Tick).unwrap().buckets.end_ns.is_empty());
    let given = TapeColumns { aggressor: Some(&[2]), ..tape(&[1], &[1.0], &[1.0]) };
    assert_eq!(error(given, Scheme::Given), "trade 0: the aggressor was 2: give 1 (buyer), -1 (seller) or 0 (unknown)");
}
