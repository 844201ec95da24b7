//! What is timed (`kernels.rs`) and counted (`instructions.rs`): the same kernels over the same made-up data.

pub mod book;
pub mod chain;
pub mod exposure;
pub mod feed;
pub mod market;
pub mod occ;
pub mod pricing;
pub mod vpin;

/// One kernel over one piece of data.
pub struct Workload {
    /// `concept_kernel`; figures of different commits are compared by it. Another data set needs another name.
    pub name: &'static str,
    /// What one run goes over: updates, trades, symbols, rows.
    pub elements: u64,
    /// Make the data; then each call of what it returns is one run. The number keeps the work from being optimised away.
    pub prepare: fn() -> Box<dyn FnMut() -> u64>,
}

/// All of them.
pub fn all() -> Vec<Workload> {
    [
        book::workloads(),
        chain::workloads(),
        exposure::workloads(),
        feed::workloads(),
        market::workloads(),
        occ::workloads(),
        pricing::workloads(),
        vpin::workloads(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A linear congruential generator: the same numbers on every machine and in every run.
pub struct Numbers(u64);

impl Numbers {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 0 to `count - 1`.
    pub fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }
}

/// A random walk in cents around $650, as prices.
pub fn prices(seed: u64, count: usize) -> Vec<f64> {
    let mut numbers = Numbers::new(seed);
    let mut cents = 65_000.0;
    let step = |_| {
        cents += numbers.below(5) as f64 - 2.0;
        cents / 100.0
    };
    (0..count).map(step).collect()
}
