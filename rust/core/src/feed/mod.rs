//! The TWS socket feed: framing, and the market-data messages at server version 176.
//!
//! ```text
//! bytes ──► Framer ──► frame ──► Fields ──► Message           (tickers of one's own: columns, callbacks)
//!                        │
//!                        ├─────► Lines ──► Rows ──► Market    (what the trader records and applies)
//!                        └─────► handed on, untouched: every other message, and whatever is not plain
//! ```
//!
//! Only text is read here that can mean but one thing. A number with spaces or underscores, a letter outside ASCII, a
//! missing field: such a frame is handed on whole to the client library's decoder, which then does with it what it
//! always does. So both give the same events, and nothing is swallowed.

pub mod columns;
pub mod fields;
pub mod frame;
pub mod lines;
pub mod market_feed;
pub mod message;
mod quotes;
pub mod rows;

#[cfg(test)]
mod tests;

pub use frame::{Framer, FRAME_BYTES_MAX};
pub use market_feed::MarketFeed;
pub use message::{decode, Decoded, Message};
pub use rows::Rows;
