//! The checks over the committed seeds and over random bytes: a check that no longer fits its code fails here at once.

use std::path::Path;

use super::{book, chain_alphavantage, chain_cboe, depth, exposure, feed, market, occ, pricing, vpin};

type Check = fn(&[u8]);

const CHECKS: [(&str, Check); 10] = [
    ("book", book::check),
    ("chain_alphavantage", chain_alphavantage::check),
    ("chain_cboe", chain_cboe::check),
    ("depth", depth::check),
    ("exposure", exposure::check),
    ("feed", feed::check),
    ("market", market::check),
    ("occ", occ::check),
    ("pricing", pricing::check),
    ("vpin", vpin::check),
];

#[test]
fn every_seed_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut replayed = 0;
    for (name, check) in CHECKS {
        let Ok(seeds) = std::fs::read_dir(root.join(name)) else { continue };
        for seed in seeds {
            check(&std::fs::read(seed.unwrap().path()).unwrap());
            replayed += 1;
        }
    }
    assert!(replayed > 10, "{replayed} seeds");
}

#[test]
fn random_bytes_pass() {
    // A linear congruential generator: the same bytes on every machine.
    let mut state = 20_261_122_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    for (_, check) in CHECKS {
        for length in [0, 1, 2, 7, 40, 300, 1_000] {
            for _ in 0..20 {
                let data: Vec<u8> = (0..length).map(|_| next()).collect();
                check(&data);
            }
        }
    }
}

#[test]
fn every_check_has_a_target() {
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
    let mut names: Vec<String> = std::fs::read_dir(targets)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().into())
        .collect();
    names.sort();
    assert_eq!(names, CHECKS.map(|(name, _)| name));
}
