//! Times of the kernels, with criterion: `just bench-rust [NAME]`. Compare only figures of one run, on one machine.
//!
//! Peers and ratios are measured from Python (`just bench`); regressions are found by counting instructions
//! (`just instructions`).

#![allow(missing_docs, reason = "a program")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the data is made up here, and small"
)]

mod workloads;

use std::time::Duration;

use criterion::{Criterion, Throughput};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .configure_from_args();
    for workload in workloads::all() {
        let mut group = criterion.benchmark_group(workload.name);
        group.throughput(Throughput::Elements(workload.elements));
        let mut run = (workload.prepare)();
        group.bench_function("all", |bencher| bencher.iter(&mut run));
        group.finish();
    }
    criterion.final_summary();
}
