//! VPIN: pouring equals counting share by share, and a recorded tape gives the bits of a live one.

use alphatrader_core::vpin::bulk::BulkRule;
use alphatrader_core::vpin::series::{vpin_series, BucketColumns};
use alphatrader_core::vpin::sides::QuoteColumns;
use alphatrader_core::vpin::stream::{OneTrade, Scheme, TapeColumns, VpinStream};
use alphatrader_core::vpin::{buy_share, Bucket, Vpin, VpinParams};

use crate::input::Input;

/// (shares bought, level, cdf) of every full bucket.
type Filled = Vec<(f64, Option<f64>, Option<f64>)>;

fn share_by_share(trades: &[(u16, i8)], bucket: usize, window: usize) -> Filled {
    let (mut filled, mut imbalances, mut levels) = (Filled::new(), Vec::new(), Vec::new());
    let (mut shares, mut bought) = (0, 0.0);
    for (size, aggressor) in trades {
        for _ in 0..*size {
            shares += 1;
            bought += buy_share(*aggressor);
            if shares < bucket {
                continue;
            }
            imbalances.push((2.0 * bought - bucket as f64).abs());
            let (mut level, mut cdf) = (None, None);
            if imbalances.len() >= window {
                let sum: f64 = imbalances[imbalances.len() - window..].iter().sum();
                let newest = sum / (window * bucket) as f64;
                levels.push(newest);
                level = Some(newest);
                cdf = Some(levels.iter().filter(|other| **other <= newest).count() as f64 / levels.len() as f64);
            }
            filled.push((bought, level, cdf));
            (shares, bought) = (0, 0.0);
        }
    }
    filled
}

fn pour(trades: &[(u16, i8)], params: VpinParams) -> Filled {
    let mut vpin = Vpin::new(params);
    let mut filled = Filled::new();
    for (i, (size, aggressor)) in trades.iter().enumerate() {
        let push = |b: Bucket| filled.push((b.buy_volume, b.level, b.cdf));
        vpin.pour(i as i64, f64::from(*size), buy_share(*aggressor), push);
    }
    filled
}

fn check_tape(input: &mut Input<'_>, params: VpinParams) {
    let (mut ts_ns, mut price, mut size) = (Vec::new(), Vec::new(), Vec::new());
    while !input.is_empty() && ts_ns.len() < 500 {
        ts_ns.push(if input.byte() == 255 {
            input.any_i64()
        } else {
            ts_ns.last().map_or(0, |ts: &i64| ts.saturating_add(1))
        });
        price.push(input.price());
        size.push(input.size());
    }
    // A tape that fills millions of buckets only takes long.
    if size.iter().sum::<f64>() / params.bucket_volume as f64 > 20_000.0 {
        return;
    }
    let rows = ts_ns.len();
    let side: Vec<i8> = (0..rows).map(|i| (price[i].to_bits() % 3) as i8 - 1).collect();
    // The tape's own prices, shifted, make quotes of every kind: sound, crossed, absent.
    let (bid, ask) = (&price, &[&price[rows.min(1)..], &price[..rows.min(1)]].concat());
    let piece = |from: usize, to: usize| TapeColumns {
        ts_ns: &ts_ns[from..to],
        price: Some(&price[from..to]),
        size: &size[from..to],
        aggressor: Some(&side[from..to]),
        quotes: Some(QuoteColumns { bid: &bid[from..to], ask: &ask[from..to] }),
    };
    let volume_bars = BulkRule::MINUTES.with_bar_volume(300.0).unwrap().with_student_t(0.25).unwrap();
    for scheme in
        [Scheme::Given, Scheme::Tick, Scheme::Quote, Scheme::Bulk(BulkRule::MINUTES), Scheme::Bulk(volume_bars)]
    {
        let cut = rows / 3;
        let Ok(batch) = vpin_series(&[piece(0, rows)], params, scheme) else {
            assert!(vpin_series(&[piece(0, cut), piece(cut, rows)], params, scheme).is_err());
            continue;
        };
        let fractions = batch.buckets.level.iter().chain(&batch.buckets.cdf);
        assert!(fractions.filter(|x| !x.is_nan()).all(|x| (0.0..=1.0).contains(x)));
        let mut stream = VpinStream::new(params, scheme);
        let mut buckets = BucketColumns::default();
        stream.extend(&[piece(0, cut)], |bucket| buckets.push(bucket)).unwrap();
        for i in cut..rows {
            let quote = Some((bid[i], ask[i]));
            let trade = OneTrade { ts_ns: ts_ns[i], price: price[i], size: size[i], aggressor: Some(side[i]), quote };
            stream.update(trade, |bucket| buckets.push(bucket)).unwrap();
        }
        stream.flush(|bucket| buckets.push(bucket)).unwrap();
        // NaN is no equal of NaN: compare what is printed, which tells all bits of other numbers.
        assert_eq!(format!("{:?}", batch.buckets), format!("{buckets:?}"));
    }
}

/// Two bytes of parameters, a byte that says which check, and the trades.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let (bucket, window) = (50 + i64::from(input.below(100)), 1 + i64::from(input.below(8)));
    let params = VpinParams::new(bucket, window).unwrap();
    if input.below(2) == 0 {
        // Beside the smallest buckets, ones that no tape fills.
        let scale = if input.below(4) == 0 { 1_000_000 } else { 1 };
        return check_tape(&mut input, VpinParams::new(bucket * scale, window).unwrap());
    }
    let mut trades = Vec::new();
    while !input.is_empty() && trades.len() < 300 {
        let aggressor = input.below(3) as i8 - 1;
        trades.push((if input.byte() > 250 { input.short() } else { input.byte().into() }, aggressor));
    }
    assert_eq!(pour(&trades, params), share_by_share(&trades, bucket as usize, window as usize));
}
