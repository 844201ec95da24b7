#![cfg_attr(fuzzing, no_main)]
//! See `alphatrader_fuzz::pricing`.

alphatrader_fuzz::target!(pricing);
