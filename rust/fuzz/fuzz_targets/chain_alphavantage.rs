#![cfg_attr(fuzzing, no_main)]
//! See `alphatrader_fuzz::chain_alphavantage`.

alphatrader_fuzz::target!(chain_alphavantage);
