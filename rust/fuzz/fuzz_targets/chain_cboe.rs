#![cfg_attr(fuzzing, no_main)]
//! See `alphatrader_fuzz::chain_cboe`.

alphatrader_fuzz::target!(chain_cboe);
