//! Pricing: any numbers are valued within bounds or refused, and a volatility that is found gives the price back.

use alphatrader_core::pricing::{implied_volatility, value, Carry, Terms, SECONDS_PER_YEAR};

use crate::input::Input;

fn number(input: &mut Input<'_>, usual: f64) -> f64 {
    match input.byte() {
        255 => input.any_f64(),
        scale => usual * f64::from(scale) / 128.0,
    }
}

/// Numbers of one option after the other.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    while !input.is_empty() {
        let (spot, strike) = (number(&mut input, 650.0), number(&mut input, 650.0));
        let (seconds, volatility) = (number(&mut input, 500_000.0), number(&mut input, 0.3));
        let (rate, dividend_yield) = (number(&mut input, 0.05), number(&mut input, 0.02));
        let right = if input.byte() == 255 { input.byte() as i8 } else { 1 - 2 * (input.below(2) as i8) };
        let any_price = number(&mut input, 20.0);
        let Ok(carry) = Carry::new(rate, dividend_yield) else { continue };
        let Some(terms) = Terms::new(spot, strike, seconds, right) else { continue };
        // Outside of it a double holds no answer; no number must be wrong inside of it.
        let plausible = (60.0..SECONDS_PER_YEAR * 100.0).contains(&seconds)
            && (0.01..100.0).contains(&(spot / strike))
            && any_price > 1e-9;
        if let Some(found) = implied_volatility(&terms, carry, any_price) {
            assert!(found.is_finite() && (found > 0.0 || !plausible), "volatility {found} of {terms:?} at {any_price}");
            let back = value(&terms, carry, found).map(|v| v.price);
            let near = |back: f64| (back - any_price).abs() <= 1e-6 * any_price.max(1e-6 * spot.max(strike));
            assert!(
                !plausible || back.is_some_and(near),
                "{terms:?} at {any_price}: volatility {found} gives {back:?}"
            );
        }
        let Some(valued) = value(&terms, carry, volatility) else { continue };
        assert!(valued.price >= 0.0, "{terms:?} {carry:?} {volatility}: {valued:?}");
        assert!(!plausible || valued.gamma >= 0.0, "{terms:?} {carry:?} {volatility}: {valued:?}");
    }
}
