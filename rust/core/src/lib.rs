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
pub mod book;
pub mod chain;
pub mod civil;
mod columns;
pub mod error;
pub mod exposure;
pub mod feed;
mod lanes;
pub mod limits;
pub mod market;
pub mod occ;
pub mod pricing;
pub mod vpin;

pub use error::{Error, Result};
