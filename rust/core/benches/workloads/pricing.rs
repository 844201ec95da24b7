//! Greeks and implied volatility, option by option.

use alphatrader_core::pricing::{implied_volatility, value, Carry, Terms};

use super::{Numbers, Workload};

const OPTIONS: usize = 5_000;

pub fn workloads() -> Vec<Workload> {
    let of = |name, prepare| Workload { name, elements: OPTIONS as u64, prepare };
    vec![of("pricing_greeks", greeks), of("pricing_implied_volatility", volatilities)]
}

fn options() -> Vec<(Terms, f64)> {
    let mut numbers = Numbers::new(5);
    let option = |i: usize| {
        let strike = 600.0 + numbers.below(100) as f64;
        let seconds = 3_600.0 * (1 + numbers.below(2_000)) as f64;
        let right = if i.is_multiple_of(2) { 1 } else { -1 };
        (Terms::new(650.25, strike, seconds, right).unwrap(), 0.05 + numbers.below(100) as f64 / 200.0)
    };
    (0..OPTIONS).map(option).collect()
}

fn greeks() -> Box<dyn FnMut() -> u64> {
    let (options, carry) = (options(), Carry::new(0.04, 0.01).unwrap());
    Box::new(move || {
        let valued = options.iter().filter_map(|(terms, volatility)| value(terms, carry, *volatility));
        valued.map(|v| v.price + v.vega + v.charm).sum::<f64>().to_bits()
    })
}

fn volatilities() -> Box<dyn FnMut() -> u64> {
    let carry = Carry::new(0.04, 0.01).unwrap();
    let quoted: Vec<(Terms, f64)> =
        options().into_iter().filter_map(|(terms, v)| Some((terms, value(&terms, carry, v)?.price))).collect();
    Box::new(move || {
        let found = quoted.iter().filter_map(|(terms, price)| implied_volatility(terms, carry, *price));
        found.sum::<f64>().to_bits()
    })
}
