#![cfg_attr(fuzzing, no_main)]
//! See `alphatrader_fuzz::market`.

alphatrader_fuzz::target!(market);
