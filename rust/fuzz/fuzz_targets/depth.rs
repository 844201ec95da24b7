#![cfg_attr(fuzzing, no_main)]
//! See `alphatrader_fuzz::depth`.

alphatrader_fuzz::target!(depth);
