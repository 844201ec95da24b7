//! Prices to ticks: exact on the grid, refused off it.

use proptest::prelude::*;

use super::super::scale::{TickScale, TICKS_MAX};

/// Tick size and its decimal form: `ticks` times this, as text, parsed, must be what `to_price` gives.
const TICKS_PER_DOLLAR: [(f64, i64); 8] =
    [(0.01, 100), (0.25, 4), (0.05, 20), (0.0001, 10_000), (1.0, 1), (0.015_625, 64), (1e-8, 100_000_000), (0.5, 2)];

/// `ticks / per_dollar` with ten decimals, parsed: the double that a decimal price in a file becomes.
fn decimal(ticks: i64, per_dollar: i64) -> f64 {
    let units = i128::from(ticks) * (10_000_000_000 / i128::from(per_dollar));
    let sign = if units < 0 { "-" } else { "" };
    let units = units.unsigned_abs();
    format!("{sign}{}.{:010}", units / 10_000_000_000, units % 10_000_000_000).parse().unwrap()
}

proptest! {
    #[test]
    fn decimal_prices_are_exact_both_ways(ticks in -TICKS_MAX..=TICKS_MAX, shift in 0_u32..45, which in 0_usize..8) {
        let (tick_size, per_dollar) = TICKS_PER_DOLLAR[which];
        let (scale, ticks) = (TickScale::new(tick_size).unwrap(), ticks >> shift);
        let price = decimal(ticks, per_dollar);
        prop_assert_eq!(scale.on_grid(price), Some(ticks));
        prop_assert_eq!(scale.to_ticks(price), ticks);
        prop_assert_eq!(scale.to_price(ticks), price);
        for between in [0.02, 0.3, 0.5, 0.98] {
            // Far out a double has no room between two ticks.
            if ticks.abs() < 1 << 40 {
                prop_assert_eq!(scale.on_grid((ticks as f64 + between) / per_dollar as f64), None);
            }
        }
    }

    #[test]
    fn a_block_says_what_each_price_says(
        prices in proptest::collection::vec(prop_oneof![any::<f64>(), (-100_000_i64..100_000).prop_map(|t| t as f64 / 100.0)], 0..70),
        tick_size in prop_oneof![Just(0.01), Just(2.5), Just(0.25), Just(5.0)],
    ) {
        let scale = TickScale::new(tick_size).unwrap();
        let mut ticks = vec![0; prices.len()];
        let each: Vec<Option<i64>> = prices.iter().map(|price| scale.on_grid(*price)).collect();
        prop_assert_eq!(scale.block(&prices, &mut ticks), each.iter().all(Option::is_some));
        for (each, ticks) in each.iter().zip(&ticks) {
            if let Some(each) = each {
                prop_assert_eq!(each, ticks);
            }
        }
        scale.nearest_block(&prices, &mut ticks);
        let nearest: Vec<i64> = prices.iter().map(|price| scale.to_ticks(*price)).collect();
        for ((price, ticks), nearest) in prices.iter().zip(ticks).zip(nearest) {
            prop_assert!(price.is_nan() || ticks == nearest);
        }
    }
}

#[test]
fn what_no_tick_can_be_is_refused_with_its_reason() {
    let scale = TickScale::new(0.01).unwrap();
    let wide = TickScale::new(1e-8).unwrap();
    for (scale, price, reason) in [
        (scale, f64::NAN, "finite"),
        (scale, f64::INFINITY, "finite"),
        (scale, 650.013, "between the ticks 650.01 and 650.02"),
        (scale, -0.005, "between the ticks -0.01 and 0"),
        (wide, 1e6, "told apart"),
    ] {
        assert_eq!(scale.on_grid(price), None, "{price}");
        let text = scale.refusal(price).to_string();
        assert!(text.contains(reason), "{text}");
    }
    // A price that went through a 32-bit float, and one that was summed up.
    assert_eq!(scale.on_grid(f64::from(650.01_f32)), Some(65_001));
    assert_eq!(scale.on_grid(0.1 + 0.2), Some(30));
    for tick in [0.0, -0.01, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE / 4.0] {
        assert!(TickScale::new(tick).is_err(), "{tick}");
    }
}

#[test]
fn ticks_that_are_no_part_of_a_dollar_multiply() {
    let scale = TickScale::new(2.5).unwrap();
    assert_eq!((scale.on_grid(7.5), scale.to_price(3)), (Some(3), 7.5));
    assert_eq!(scale.on_grid(8.0), None);
}
