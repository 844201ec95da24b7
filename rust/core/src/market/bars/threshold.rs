//! Bars that end after so many trades, shares or dollars (Lopez de Prado 2018, chapter 2).

use std::collections::VecDeque;

use crate::market::bars::{Bar, BarRule};

/// Bars by trades, volume or dollars. The trade that reaches the threshold ends its bar and is not split.
#[derive(Debug, Clone)]
pub struct ThresholdBars {
    rule: BarRule,
    kept: usize,
    full: VecDeque<Bar>,
    growing: Option<Bar>,
}

impl ThresholdBars {
    /// An empty series that keeps its newest `kept` bars.
    pub const fn new(rule: BarRule, kept: usize) -> Self {
        Self { rule, kept, full: VecDeque::new(), growing: None }
    }

    /// Add a trade, in the order of arrival.
    #[inline]
    pub fn add(&mut self, ts_ns: i64, price: f64, size: f64) {
        if let Some(bar) = self.step(ts_ns, price, size) {
            if self.full.len() == self.kept {
                self.full.pop_front();
            }
            self.full.push_back(bar);
        }
    }

    /// Add a trade; return the bar that it ends.
    #[inline]
    pub fn step(&mut self, ts_ns: i64, price: f64, size: f64) -> Option<Bar> {
        let bar = match &mut self.growing {
            Some(bar) => {
                bar.extend(ts_ns, price, size);
                bar
            }
            none => none.insert(Bar::of_trade(ts_ns, ts_ns, price, size)),
        };
        let full = match self.rule {
            BarRule::Trades(trades) => bar.trades >= trades,
            BarRule::Volume(volume) => bar.volume >= volume,
            BarRule::Dollars(dollars) => bar.dollars >= dollars,
            BarRule::Seconds(_) => false,
        };
        if full {
            return self.growing.take();
        }
        None
    }

    /// The bar that still grows.
    pub const fn growing(&self) -> Option<&Bar> {
        self.growing.as_ref()
    }

    /// The newest `count` bars, oldest first; the last one still grows if it has begun.
    pub fn newest(&self, count: usize) -> Vec<Bar> {
        let skipped = (self.full.len() + usize::from(self.growing.is_some())).saturating_sub(count);
        self.full.iter().chain(&self.growing).skip(skipped).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Cut a tape by the definition: the fewest trades whose measure reaches the size.
    fn naive(trades: &[(f64, f64)], rule: BarRule) -> Vec<Vec<(f64, f64)>> {
        let (mut bars, mut bar) = (Vec::new(), Vec::new());
        for trade in trades {
            bar.push(*trade);
            let reached = match rule {
                BarRule::Trades(n) => bar.len() as u64 >= n,
                BarRule::Volume(v) => bar.iter().map(|t: &(f64, f64)| t.1).sum::<f64>() >= v,
                BarRule::Dollars(d) => bar.iter().map(|t| t.0 * t.1).sum::<f64>() >= d,
                BarRule::Seconds(_) => unreachable!(),
            };
            if reached {
                bars.push(std::mem::take(&mut bar));
            }
        }
        if !bar.is_empty() {
            bars.push(bar);
        }
        bars
    }

    proptest! {
        #[test]
        fn equal_the_definition(
            trades in proptest::collection::vec((90_u32..110, 1_u32..500), 1..200), size in 1_u32..3_000, kind in 0..3,
        ) {
            let trades: Vec<(f64, f64)> = trades.iter().map(|(p, s)| (f64::from(*p), f64::from(*s))).collect();
            let rule = match kind {
                0 => BarRule::Trades(u64::from(size % 20 + 1)),
                1 => BarRule::Volume(f64::from(size)),
                _ => BarRule::Dollars(f64::from(size) * 100.0),
            };
            let mut bars = ThresholdBars::new(rule, 1_000);
            for (i, (price, shares)) in trades.iter().enumerate() {
                bars.add(i as i64, *price, *shares);
            }
            let (found, expected) = (bars.newest(usize::MAX), naive(&trades, rule));
            prop_assert_eq!(found.len(), expected.len());
            let mut first = 0;
            for (bar, trades) in found.iter().zip(&expected) {
                let last = first + trades.len() as i64 - 1;
                prop_assert_eq!((bar.start_ns, bar.end_ns, bar.trades), (first, last, trades.len() as u64));
                prop_assert_eq!((bar.open, bar.close), (trades[0].0, trades[trades.len() - 1].0));
                prop_assert_eq!(bar.high, trades.iter().map(|t| t.0).fold(f64::MIN, f64::max));
                prop_assert_eq!(bar.low, trades.iter().map(|t| t.0).fold(f64::MAX, f64::min));
                prop_assert_eq!(bar.volume, trades.iter().map(|t| t.1).sum::<f64>());
                prop_assert_eq!(bar.dollars, trades.iter().map(|t| t.0 * t.1).sum::<f64>());
                first = last + 1;
            }
            prop_assert_eq!(bars.newest(2).len(), found.len().min(2));
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut bars = ThresholdBars::new(BarRule::Trades(1), 10);
        for i in 0..100 {
            bars.add(i, 1.0, 1.0);
        }
        assert_eq!(
            bars.newest(usize::MAX).iter().map(|bar| bar.start_ns).collect::<Vec<_>>(),
            (90..100).collect::<Vec<_>>()
        );
        assert!(bars.growing().is_none());
    }
}
