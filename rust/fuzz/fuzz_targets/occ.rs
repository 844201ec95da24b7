#![cfg_attr(fuzzing, no_main)]
//! See `alphatrader_fuzz::occ`.

alphatrader_fuzz::target!(occ);
