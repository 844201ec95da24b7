#![cfg_attr(fuzzing, no_main)]
//! See `alphatrader_fuzz::book`.

alphatrader_fuzz::target!(book);
