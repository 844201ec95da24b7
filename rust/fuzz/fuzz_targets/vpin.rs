#![cfg_attr(fuzzing, no_main)]
//! See `alphatrader_fuzz::vpin`.

alphatrader_fuzz::target!(vpin);
