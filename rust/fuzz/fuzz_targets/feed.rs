#![cfg_attr(fuzzing, no_main)]
//! See `alphatrader_fuzz::feed`.

alphatrader_fuzz::target!(feed);
