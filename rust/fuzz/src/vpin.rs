//! VPIN: pouring equals counting share by share, and a recorded tape gives the bits of a live one.

use alphatrader_core::market::aggressor::TickRule;
use alphatrader_core::vpin::series::{vpin_series, Scheme, TapeColumns};
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
    let tape = TapeColumns { ts_ns: &ts_ns, price: &price, size: &size };
    if let Ok(bulk) = vpin_series(tape, params, Scheme::Bulk) {
        assert!(bulk.buckets.iter().flat_map(|b| [b.level, b.cdf]).flatten().all(|x| (0.0..=1.0 + 1e-9).contains(&x)));
    }
    let Ok(batch) = vpin_series(tape, params, Scheme::Tick) else { return };
    let (mut live, mut rule, mut buckets) = (Vpin::new(params), TickRule::new(), Vec::new());
    for ((ts_ns, price), size) in ts_ns.iter().zip(&price).zip(&size).filter(|(_, size)| **size > 0.0) {
        live.pour(*ts_ns, *size, buy_share(rule.classify(*price)), |bucket| buckets.push(bucket));
    }
    assert_eq!(batch.buckets, buckets);
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
