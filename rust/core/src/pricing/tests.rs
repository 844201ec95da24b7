//! Prices against published values, greeks against finite differences, implied volatility against the price.

use super::*;
use proptest::prelude::*;

const NO_CARRY: Carry = Carry { rate: 0.0, dividend_yield: 0.0 };

fn terms(spot: f64, strike: f64, years: f64, right: Right) -> Terms {
    Terms { spot, strike, years, right }
}

fn close(actual: f64, expected: f64, tolerance: f64) -> bool {
    (actual - expected).abs() <= tolerance * expected.abs().max(1.0)
}

#[test]
fn matches_published_values() {
    // Hull, Options, Futures and Other Derivatives: S=42, K=40, r=10%, v=20%, T=0.5: call 4.76, put 0.81.
    let carry = Carry { rate: 0.1, dividend_yield: 0.0 };
    let call = value(&terms(42.0, 40.0, 0.5, Right::Call), carry, 0.2).unwrap();
    let put = value(&terms(42.0, 40.0, 0.5, Right::Put), carry, 0.2).unwrap();
    assert!(close(call.price, 4.759_422, 1e-6) && close(put.price, 0.808_599, 1e-6), "{call:?} {put:?}");
    // Hull: S=49, K=50, r=5%, v=20%, T=0.3846: delta 0.522, gamma 0.066, theta -4.31 a year, vega 12.1.
    let carry = Carry { rate: 0.05, dividend_yield: 0.0 };
    let v = value(&terms(49.0, 50.0, 0.3846, Right::Call), carry, 0.2).unwrap();
    assert!(close(v.delta, 0.522, 1e-3) && close(v.gamma, 0.0655, 1e-3));
    assert!(close(v.theta, -4.31, 2e-3) && close(v.vega, 12.1, 2e-3), "{v:?}");
}

#[test]
fn the_tails_of_the_normal_distribution_are_exact() {
    assert!(close(normal_cdf(0.0), 0.5, 1e-16));
    assert!((normal_cdf(-10.0) / 7.619_853_024_160_527e-24 - 1.0).abs() < 1e-12);
    assert!((normal_cdf(1.96) - 0.975_002_104_851_779_5).abs() < 1e-15);
}

#[test]
fn unsound_inputs_have_no_value() {
    for (spot, strike, seconds, right) in
        [(0.0, 1.0, 1.0, 1), (1.0, f64::NAN, 1.0, 1), (1.0, 1.0, 0.0, 1), (1.0, 1.0, -5.0, 1), (1.0, 1.0, 1.0, 0)]
    {
        assert!(Terms::new(spot, strike, seconds, right).is_none());
    }
    assert!(value(&terms(1.0, 1.0, 1.0, Right::Call), NO_CARRY, 0.0).is_none());
    assert!(Carry::new(f64::NAN, 0.0).is_err());
}

#[test]
fn no_volatility_outside_the_bounds() {
    let call = terms(100.0, 90.0, 0.1, Right::Call);
    for price in [f64::NAN, -1.0, 0.0, 9.9, 10.0, 100.0, 200.0] {
        assert_eq!(implied_volatility(&call, NO_CARRY, price), None, "{price}");
    }
}

proptest! {
    #[test]
    fn greeks_are_the_derivatives(
        strike in 70.0..130.0_f64, years in 0.02..1.5_f64, volatility in 0.1..0.8_f64,
        rate in -0.02..0.08_f64, dividend_yield in 0.0..0.05_f64, call in any::<bool>(),
    ) {
        let right = if call { Right::Call } else { Right::Put };
        let carry = Carry { rate, dividend_yield };
        let at = |spot: f64, years: f64, volatility: f64| value(&terms(spot, strike, years, right), carry, volatility).unwrap();
        let v = at(100.0, years, volatility);
        let (ds, dv, dt) = (1e-3, 1e-5, 1e-6);
        let difference = |f: &dyn Fn(f64) -> f64, h: f64| (f(h) - f(-h)) / (2.0 * h);
        prop_assert!(close(v.delta, difference(&|h| at(100.0 + h, years, volatility).price, ds), 1e-6));
        prop_assert!(close(v.gamma, difference(&|h| at(100.0 + h, years, volatility).delta, ds), 1e-6));
        prop_assert!(close(v.vega, difference(&|h| at(100.0, years, volatility + h).price, dv), 1e-5));
        prop_assert!(close(v.theta, -difference(&|h| at(100.0, years + h, volatility).price, dt), 1e-4));
        prop_assert!(close(v.vanna, difference(&|h| at(100.0, years, volatility + h).delta, dv), 1e-5));
        prop_assert!(close(v.charm, -difference(&|h| at(100.0, years + h, volatility).delta, dt), 1e-4));
    }

    #[test]
    fn put_call_parity(strike in 50.0..200.0_f64, years in 1e-6..2.0_f64, volatility in 0.01..3.0_f64, rate in -0.02..0.08_f64) {
        let carry = Carry { rate, dividend_yield: 0.013 };
        let price = |right| value(&terms(100.0, strike, years, right), carry, volatility).unwrap().price;
        let forward = 100.0 * (-0.013 * years).exp() - strike * (-rate * years).exp();
        prop_assert!(close(price(Right::Call) - price(Right::Put), forward, 1e-12));
    }

    #[test]
    fn implied_volatility_inverts_the_price(
        log_moneyness in -0.5..0.5_f64, years in 1e-5..2.0_f64, volatility in 0.02..4.0_f64, call in any::<bool>(),
    ) {
        let right = if call { Right::Call } else { Right::Put };
        let t = terms(100.0, 100.0 * log_moneyness.exp(), years, right);
        let carry = Carry { rate: 0.04, dividend_yield: 0.013 };
        let price = value(&t, carry, volatility).unwrap().price;
        let out = if log_moneyness > 0.0 { Right::Call } else { Right::Put };
        let time_value = value(&Terms { right: out, ..t }, carry, volatility).unwrap().price;
        // Below this the price itself no longer holds the digits of the volatility.
        prop_assume!(time_value > 1e-6 && time_value < 99.0);
        let implied = implied_volatility(&t, carry, price).unwrap();
        prop_assert!((implied / volatility - 1.0).abs() < 1e-6, "{} for {}", implied, volatility);
    }

    #[test]
    fn any_numbers_are_taken(spot in any::<f64>(), strike in any::<f64>(), seconds in any::<f64>(), iv in any::<f64>(), right in any::<i8>()) {
        if let Some(t) = Terms::new(spot, strike, seconds, right) {
            let _ = value(&t, NO_CARRY, iv);
            let _ = implied_volatility(&t, NO_CARRY, iv);
        }
    }

    #[test]
    fn blocks_give_the_bits_of_single_calls(
        rows in proptest::collection::vec(
            (prop_oneof![9 => 50.0..200.0_f64, 1 => any::<f64>()], 50.0..200.0_f64, 60.0..5e7_f64, prop_oneof![9 => 0.01..3.0_f64, 1 => any::<f64>()],
             prop_oneof![Just(1_i8), Just(-1), Just(0)], prop_oneof![0.0..120.0_f64, any::<f64>()]),
            black_scholes::BLOCK,
        ),
    ) {
        let carry = Carry { rate: 0.04, dividend_yield: 0.013 };
        let (mut options, mut quotes) = (black_scholes::Options::EMPTY, implied::Quotes::EMPTY);
        for (i, (spot, strike, seconds, volatility, right, price)) in rows.iter().copied().enumerate() {
            let right = f64::from(right);
            (options.spot[i], options.strike[i], options.seconds[i], options.right[i]) = (spot, strike, seconds, right);
            options.volatility[i] = volatility;
            (quotes.spot[i], quotes.strike[i], quotes.seconds[i], quotes.right[i]) = (spot, strike, seconds, right);
            quotes.price[i] = price;
        }
        let mut values = black_scholes::Values::EMPTY;
        black_scholes::value_block(&options, carry, &mut values);
        let mut volatilities = [0.0; implied::BLOCK];
        implied::imply_block(&quotes, carry, &mut volatilities);
        for (i, (spot, strike, seconds, volatility, right, price)) in rows.iter().copied().enumerate() {
            let one = Terms::new(spot, strike, seconds, right).and_then(|terms| value(&terms, carry, volatility));
            let bits = |v: Option<f64>| v.filter(|v| !v.is_nan()).map_or(0, f64::to_bits);
            let of_block = |column: &[f64]| if column[i].is_nan() { 0 } else { column[i].to_bits() };
            prop_assert_eq!(bits(one.map(|v| v.price)), of_block(&values.price));
            prop_assert_eq!(bits(one.map(|v| v.charm)), of_block(&values.charm));
            prop_assert_eq!(bits(one.map(|v| v.vomma)), of_block(&values.vomma));
            let single = Terms::new(spot, strike, seconds, right)
                .map(|t| implied::imply_one(price, t.spot, t.strike, t.years, f64::from(right), carry))
                .filter(|v| !v.is_nan());
            prop_assert_eq!(bits(single), of_block(&volatilities));
        }
    }

    #[test]
    fn the_quick_volatility_is_that_of_the_search(
        log_moneyness in -1.5..1.5_f64, years in 1e-5..3.0_f64, volatility in 0.02..2.0_f64, call in any::<bool>(),
    ) {
        let t = terms(100.0, 100.0 * log_moneyness.exp(), years, if call { Right::Call } else { Right::Put });
        let carry = Carry { rate: 0.04, dividend_yield: 0.013 };
        let price = value(&t, carry, volatility).unwrap().price;
        let quick = implied::imply_one(price, t.spot, t.strike, t.years, f64::from(t.right.sign()), carry);
        match search_volatility(&t, carry, price) {
            Some(searched) => prop_assert!((quick / searched - 1.0).abs() < 1e-9, "{} {}", quick, searched),
            None => prop_assert!(quick.is_nan() || quick > 0.99 * VOLATILITY_MAX, "{}", quick),
        }
    }
}
