//! What must hold for any input: no panic, no overflow, and results equal to those of a model that is too simple to be
//! wrong. Each module has one `check`, which panics where its promise is broken.
//!
//! libFuzzer drives the checks (`just fuzz`); the tests replay the seeds and random bytes; a target built without
//! libFuzzer replays the files named on its command line, so that a finding can be followed with any tool.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "arguments are made out of arbitrary bytes"
)]
#![allow(clippy::missing_panics_doc, reason = "a panic is how a check says what it found")]

pub mod book;
pub mod chain_alphavantage;
pub mod chain_cboe;
mod chain_rules;
pub mod depth;
pub mod exposure;
pub mod feed;
mod input;
pub mod market;
pub mod occ;
pub mod pricing;
pub mod vpin;

/// Replay the files named on the command line.
pub fn replay(check: fn(&[u8])) {
    for path in std::env::args().skip(1) {
        let data = std::fs::read(&path).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"));
        check(&data);
        println!("{path}: nothing found");
    }
}

/// The program of one target: libFuzzer's entry where it is built for fuzzing, else a replay.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$name::check(data));

        #[cfg(not(fuzzing))]
        fn main() {
            $crate::replay($crate::$name::check);
        }
    };
}

#[cfg(test)]
mod tests;
