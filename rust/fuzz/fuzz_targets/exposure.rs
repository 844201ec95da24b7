#![cfg_attr(fuzzing, no_main)]
//! See `alphatrader_fuzz::exposure`.

alphatrader_fuzz::target!(exposure);
