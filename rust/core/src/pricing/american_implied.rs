//! The volatility that an American option's quote implies.

use crate::occ::Right;
use crate::pricing::american::{is_supported, price};
use crate::pricing::{implied_volatility, Carry, Terms, VOLATILITY_MAX};

/// The volatility at which the approximation gives `quote`; `None` where the price is not above the value of immediate
/// exercise and of no volatility, where it is out of bounds, where a
/// thousandth less volatility gives the same price (far in the money early exercise is all that counts, and any small
/// volatility would do), or where the carry is not supported.
pub fn volatility(terms: &Terms, carry: Carry, quote: f64) -> Option<f64> {
    let sign = f64::from(terms.right.sign());
    let exercise = (sign * (terms.spot - terms.strike)).max(0.0);
    let most = if terms.right == Right::Call { terms.spot } else { terms.strike };
    if !(is_supported(carry) && quote > exercise && quote < most) {
        return None;
    }
    let found = volatility_near(terms, carry, quote)?;
    let moved = quote - price(terms, carry, 0.999 * found)?;
    (moved > 4.0 * f64::EPSILON * terms.spot.max(terms.strike)).then_some(found)
}

/// Any volatility at which the approximation gives `quote`, which lies in its bounds.
fn volatility_near(terms: &Terms, carry: Carry, quote: f64) -> Option<f64> {
    // The right to exercise early is worth something, so that less volatility is needed than for a European option.
    let mut high = implied_volatility(terms, carry, quote).unwrap_or(0.5);
    let mut f_high = price(terms, carry, high)? - quote;
    while f_high < 0.0 {
        high *= 2.0;
        if high > VOLATILITY_MAX {
            return None;
        }
        f_high = price(terms, carry, high)? - quote;
    }
    let mut low = 0.5 * high;
    let mut f_low = price(terms, carry, low)? - quote;
    while f_low > 0.0 {
        (high, f_high) = (low, f_low);
        low *= 0.5;
        if low < 1e-4 {
            return None;
        }
        f_low = price(terms, carry, low)? - quote;
    }
    // Regula falsi; the Illinois variant halves the side that stays.
    let mut kept = 0_i8;
    for _ in 0..100 {
        let mut middle = high - f_high * (high - low) / (f_high - f_low);
        if !(middle > low && middle < high) {
            middle = 0.5 * (low + high);
        }
        let f = price(terms, carry, middle)? - quote;
        if f == 0.0 || high - low <= 1e-13 * high {
            return Some(middle);
        }
        let moved = if f > 0.0 {
            let moved = high - middle;
            (high, f_high) = (middle, f);
            f_low *= if kept == 1 { 0.5 } else { 1.0 };
            kept = 1;
            moved
        } else {
            let moved = middle - low;
            (low, f_low) = (middle, f);
            f_high *= if kept == -1 { 0.5 } else { 1.0 };
            kept = -1;
            moved
        };
        if moved <= 1e-13 * middle {
            return Some(middle);
        }
    }
    Some(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(spot: f64, strike: f64, years: f64, right: Right) -> Terms {
        Terms { spot, strike, years, right }
    }

    #[test]
    fn a_price_that_volatility_does_not_move_tells_none() {
        // Worth more than exercise today by the dividends and interest to come, whatever the volatility.
        let (t, carry) = (terms(100.0, 72.0, 0.044, Right::Call), Carry { rate: 0.04, dividend_yield: 0.02 });
        let quote = price(&t, carry, 0.07).unwrap();
        assert_eq!(price(&t, carry, 0.1), Some(quote));
        assert!(quote > 28.01);
        assert_eq!(volatility(&t, carry, quote), None);
        let found = volatility(&t, carry, price(&t, carry, 0.9).unwrap()).unwrap();
        assert!((found - 0.9).abs() < 1e-6, "{found}");
    }

    #[test]
    fn negative_carry_is_refused() {
        let t = terms(100.0, 95.0, 0.5, Right::Put);
        for carry in [Carry { rate: -0.01, dividend_yield: 0.0 }, Carry { rate: 0.01, dividend_yield: -0.01 }] {
            assert_eq!(volatility(&t, carry, 5.0), None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn volatility_inverts_the_price(
            strike in 80.0..125.0_f64, years in 0.02..2.0_f64, iv in 0.1..1.0_f64,
            rate in 0.0..0.08_f64, dividend_yield in 0.0..0.05_f64, call in any::<bool>(),
        ) {
            let t = terms(100.0, strike, years, if call { Right::Call } else { Right::Put });
            let carry = Carry { rate, dividend_yield };
            let quote = price(&t, carry, iv).unwrap();
            let exercise = (f64::from(t.right.sign()) * (100.0 - strike)).max(0.0);
            prop_assume!(quote - exercise > 1e-4);
            let Some(found) = volatility(&t, carry, quote) else {
                let less = price(&t, carry, 0.99 * iv).unwrap();
                prop_assert!(quote - less <= 1e-9, "{:?} {} {}: {} {}", t, iv, rate, quote, less);
                return Ok(());
            };
            let back = price(&t, carry, found).unwrap();
            prop_assert!((back - quote).abs() <= 1e-9 * quote, "{} {} {}", found, back, quote);
        }

        #[test]
        fn any_numbers_are_taken(spot in any::<f64>(), strike in any::<f64>(), seconds in any::<f64>(), quote in any::<f64>(), right in any::<i8>()) {
            if let Some(t) = Terms::new(spot, strike, seconds, right) {
                let _ = volatility(&t, Carry { rate: 0.04, dividend_yield: 0.02 }, quote);
            }
        }
    }
}
