//! The hot path of `AlphaTrader`, without Python: market state, option symbols and chains, exposures, pricing.
//!
//! Everything here is deterministic: the same calls in the same order give the same results to the last bit. Nothing
//! reads a clock, a file or a socket; inputs are checked and refused with typed errors.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "casts follow range checks or saturate on purpose; each module says which"
)]

pub mod aggressor;
pub mod alphavantage;
pub mod bars;
pub mod batch;
pub mod book;
pub mod cboe;
pub mod chain;
pub mod civil;
mod columns;
pub mod conditions;
pub mod error;
pub mod exposure;
mod exposure_rows;
pub mod instrument;
pub mod limits;
pub mod market;
pub mod occ;
pub mod occ_batch;
pub mod ofi;
pub mod pricing;
pub mod ranked;
mod redact;
pub mod snapshot;
pub mod strikes;
pub mod sweep;
pub mod tape;
pub mod vpin;
pub mod vpin_series;
pub mod window;
mod zero_gamma;

pub use error::{Error, Result};
