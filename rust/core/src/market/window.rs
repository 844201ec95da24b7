//! Sums over a trailing time window, bounded in memory.

use std::collections::VecDeque;

/// Most entries a window keeps. Where more events fall into it, the window is the newest this many of them.
pub const WINDOW_ENTRIES_MAX: usize = 65_536;

/// The sum of `N` numbers over the events younger than a span.
///
/// An entry stays while it is younger than `span_ns` measured from the newest time told to [`advance`](Self::advance).
#[derive(Debug, Clone)]
pub struct WindowSums<const N: usize> {
    span_ns: i64,
    entries: VecDeque<(i64, [f64; N])>,
    sums: [f64; N],
}

impl<const N: usize> WindowSums<N> {
    /// An empty window.
    pub const fn new(span_ns: i64) -> Self {
        Self { span_ns, entries: VecDeque::new(), sums: [0.0; N] }
    }

    /// Drop what `newest_ns` has made too old.
    #[inline]
    pub fn advance(&mut self, newest_ns: i64) {
        let oldest = newest_ns.saturating_sub(self.span_ns);
        while let Some((ts_ns, _)) = self.entries.front() {
            if *ts_ns > oldest {
                break;
            }
            self.drop_front();
        }
    }

    /// Add an event; one that is already too old at `newest_ns` is left out.
    #[inline]
    pub fn push(&mut self, ts_ns: i64, newest_ns: i64, values: [f64; N]) {
        if ts_ns <= newest_ns.saturating_sub(self.span_ns) {
            return;
        }
        if self.entries.len() == WINDOW_ENTRIES_MAX {
            self.drop_front();
        }
        for (sum, value) in self.sums.iter_mut().zip(values) {
            *sum += value;
        }
        self.entries.push_back((ts_ns, values));
    }

    fn drop_front(&mut self) {
        if let Some((_, values)) = self.entries.pop_front() {
            for (sum, value) in self.sums.iter_mut().zip(values) {
                *sum -= value;
            }
        }
        if self.entries.is_empty() {
            // Rounding of fractional sizes must not outlive the events that caused it.
            self.sums = [0.0; N];
        }
    }

    /// The sums of the entries inside the window.
    #[inline]
    pub const fn sums(&self) -> &[f64; N] {
        &self.sums
    }

    /// How many events are inside the window.
    #[inline]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no event is inside the window.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_a_filter_over_all_events(steps in proptest::collection::vec((0_i64..50, -100_i32..100), 0..200)) {
            let mut window = WindowSums::<1>::new(60);
            let mut all = Vec::new();
            let mut now = 0;
            for (step, value) in steps {
                now += step;
                window.advance(now);
                window.push(now, now, [f64::from(value)]);
                all.push((now, f64::from(value)));
                let inside: Vec<f64> = all.iter().filter(|(ts, _)| *ts > now - 60).map(|(_, v)| *v).collect();
                prop_assert_eq!(window.sums()[0], inside.iter().sum::<f64>());
                prop_assert_eq!(window.len(), inside.len());
            }
        }
    }

    #[test]
    fn is_bounded_and_refuses_the_past() {
        let mut window = WindowSums::<1>::new(60);
        for _ in 0..WINDOW_ENTRIES_MAX + 10 {
            window.push(100, 100, [1.0]);
        }
        assert_eq!(window.len(), WINDOW_ENTRIES_MAX);
        assert_eq!(window.sums()[0], WINDOW_ENTRIES_MAX as f64);
        window.push(40, 100, [1.0]);
        assert_eq!(window.len(), WINDOW_ENTRIES_MAX);
        window.advance(i64::MAX);
        assert!(window.is_empty());
    }
}
