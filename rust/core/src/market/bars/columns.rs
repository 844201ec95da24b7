//! Bars of a recorded tape in columns.

use crate::error::{Error, Result};
use crate::limits;
use crate::market::bars::{Bar, BarRule, ThresholdBars, TimeBars};
use crate::market::check_time;

/// A recorded tape in columns of one length.
#[derive(Debug, Clone, Copy)]
pub struct BarColumns<'a> {
    /// Event times in ns.
    pub ts_ns: &'a [i64],
    /// Dollars.
    pub price: &'a [f64],
    /// Shares.
    pub size: &'a [f64],
}

/// All bars of a tape, oldest first; the last one may be unfinished. Trades of size 0 are left out, as on the live tape.
pub fn bars_of_columns(tape: BarColumns<'_>, rule: BarRule) -> Result<Vec<Bar>> {
    let (times, prices, sizes) = (tape.ts_ns.len(), tape.price.len(), tape.size.len());
    if times != prices || times != sizes {
        return Err(Error::invalid(format!(
            "ts_ns, price and size have {times}, {prices} and {sizes} values: they must be of one length"
        )));
    }
    for (i, ((ts_ns, price), size)) in tape.ts_ns.iter().zip(tape.price).zip(tape.size).enumerate() {
        check_time(*ts_ns)
            .and_then(|()| limits::check("trade", *price, *size))
            .map_err(|error| Error::invalid(format!("trade {i}: {error}")))?;
    }
    let trades = tape.ts_ns.iter().zip(tape.price).zip(tape.size).filter(|(_, size)| **size > 0.0);
    if let BarRule::Seconds(seconds) = rule {
        let mut bars = TimeBars::new(seconds, usize::MAX);
        for ((ts_ns, price), size) in trades {
            bars.add(*ts_ns, *price, *size);
        }
        return Ok(bars.newest(usize::MAX));
    }
    let mut builder = ThresholdBars::new(rule, 0);
    let mut bars: Vec<Bar> = trades.filter_map(|((ts_ns, price), size)| builder.step(*ts_ns, *price, *size)).collect();
    bars.extend(builder.growing());
    Ok(bars)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::bars::BarSeries;

    #[test]
    fn columns_and_single_trades_give_the_same_bars() {
        let n = 5_000_i64;
        let ts_ns: Vec<i64> = (0..n).map(|i| i * 137_000_000 - (i % 7) * 900_000_000 + 10_000_000_000).collect();
        let price: Vec<f64> = (0..n).map(|i| 100.0 + ((i * 31) % 17) as f64 * 0.01).collect();
        let size: Vec<f64> = (0..n).map(|i| ((i * 7) % 300) as f64).collect();
        let tape = BarColumns { ts_ns: &ts_ns, price: &price, size: &size };
        for (by, length) in [("time", 1.0), ("time", 60.0), ("tick", 37.0), ("volume", 5_000.0), ("dollar", 1e6)] {
            let rule = BarRule::new(by, length).unwrap();
            let mut series = BarSeries::new(rule, 10_000);
            for i in 0..n as usize {
                if size[i] > 0.0 {
                    series.add(ts_ns[i], price[i], size[i]);
                }
            }
            let bars = bars_of_columns(tape, rule).unwrap();
            assert_eq!(bars, series.newest(usize::MAX), "{by} {length}");
            assert_eq!(bars.iter().map(|bar| bar.volume).sum::<f64>(), size.iter().sum::<f64>());
        }
    }

    #[test]
    fn bad_tapes_and_rules_are_refused() {
        let tape = BarColumns { ts_ns: &[1, 2], price: &[1.0, f64::NAN], size: &[1.0, 1.0] };
        let error = bars_of_columns(tape, BarRule::Trades(1)).unwrap_err();
        assert!(error.to_string().contains("trade 1"), "{error}");
        let tape = BarColumns { ts_ns: &[1], price: &[], size: &[] };
        assert!(bars_of_columns(tape, BarRule::Trades(1)).is_err());
        for (by, size) in
            [("time", 0.0), ("time", 1.5), ("tick", -1.0), ("volume", f64::NAN), ("dollar", 0.0), ("x", 1.0)]
        {
            assert!(BarRule::new(by, size).is_err(), "{by} {size}");
        }
        let far =
            |ts_ns| bars_of_columns(BarColumns { ts_ns: &[ts_ns], price: &[1.0], size: &[1.0] }, BarRule::Seconds(7));
        assert!(far(i64::MIN).is_err() && far(i64::MAX).is_ok());
    }
}
