//! Order flow imbalance of L1 quotes (Cont, Kukanov, Stoikov 2014).
//!
//! Each quote contributes [`order_flow`]: what the change from the quote before it adds to the bid and takes from the ask.

use crate::book::metrics::order_flow;
use crate::book::Quote;
use crate::civil::NS_PER_SECOND;
use crate::market::window::{Ring, Window, Windowed};

/// One contribution.
#[derive(Debug, Clone, Copy, Default)]
struct Flow {
    ts_ns: i64,
    shares: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct FlowSums {
    sum: f64,
    absolute: f64,
    count: u64,
}

impl Windowed for Flow {
    type Sums = FlowSums;

    #[inline]
    fn ts_ns(&self) -> i64 {
        self.ts_ns
    }

    #[inline]
    fn add_to(&self, sums: &mut FlowSums) {
        sums.sum += self.shares;
        sums.absolute += self.shares.abs();
        sums.count += 1;
    }

    #[inline]
    fn take_from(&self, sums: &mut FlowSums) {
        sums.sum -= self.shares;
        sums.absolute -= self.shares.abs();
        sums.count -= 1;
        if sums.count == 0 {
            *sums = FlowSums::default();
        }
    }
}

/// Rolling order flow imbalance over 10 s and 60 s.
#[derive(Debug, Clone)]
pub struct OrderFlowImbalance {
    flows: Ring<Flow>,
    short: Window<Flow>,
    long: Window<Flow>,
}

impl OrderFlowImbalance {
    /// No flow yet.
    pub fn new() -> Self {
        Self { flows: Ring::new(), short: Window::new(10 * NS_PER_SECOND), long: Window::new(60 * NS_PER_SECOND) }
    }

    /// Drop what `newest_ns` has made too old; to be called before the sums are read.
    #[inline]
    pub fn advance(&mut self, newest_ns: i64) {
        self.short.advance(&self.flows, newest_ns);
        self.long.advance(&self.flows, newest_ns);
    }

    /// Take the change from one quote to the next. `newest_ns` is the newest event time of the instrument.
    #[inline]
    pub fn update(&mut self, ts_ns: i64, newest_ns: i64, before: &Quote, after: &Quote) {
        let shares = order_flow(before, after);
        if shares == 0.0 || !self.long.covers(ts_ns, newest_ns) {
            return;
        }
        self.advance(newest_ns);
        let flow = Flow { ts_ns, shares };
        // A late quote too old for the short window enters it all the same and leaves with the next `advance`.
        self.short.add(&self.flows, &flow);
        self.long.add(&self.flows, &flow);
        self.flows.push(flow, self.long.first());
    }

    /// Sum over the last 10 s, in shares.
    pub const fn last_10s(&self) -> f64 {
        self.short.sums().sum
    }

    /// Sum over the last 60 s, in shares.
    pub const fn last_60s(&self) -> f64 {
        self.long.sums().sum
    }

    /// The 60 s sum over the sum of absolute contributions: -1..1; `None` without flow.
    pub fn last_60s_normalised(&self) -> Option<f64> {
        let sums = self.long.sums();
        (sums.absolute > 0.0).then(|| (sums.sum / sums.absolute).clamp(-1.0, 1.0))
    }
}

impl Default for OrderFlowImbalance {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(bid: f64, bid_size: f64, ask: f64, ask_size: f64) -> Quote {
        Quote::new(bid, bid_size, ask, ask_size).unwrap()
    }

    #[test]
    fn windows_are_ten_and_sixty_seconds() {
        let mut ofi = OrderFlowImbalance::new();
        let (small, large) = (quote(10.0, 100.0, 10.1, 200.0), quote(10.0, 150.0, 10.1, 200.0));
        ofi.update(1, 1, &small, &large);
        let later = 10 * NS_PER_SECOND;
        ofi.advance(later);
        ofi.update(later, later, &large, &small);
        assert_eq!((ofi.last_10s(), ofi.last_60s(), ofi.last_60s_normalised()), (0.0, 0.0, Some(0.0)));
        ofi.advance(later + 1);
        assert_eq!((ofi.last_10s(), ofi.last_60s()), (-50.0, 0.0));
        ofi.advance(i64::MAX);
        assert_eq!((ofi.last_60s(), ofi.last_60s_normalised()), (0.0, None));
    }
}
