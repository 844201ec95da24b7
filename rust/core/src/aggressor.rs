//! Who took liquidity in a print: the quote rule (Lee and Ready 1991) where quotes exist, else the tick rule.

use crate::book::Quote;

/// +1 buyer, -1 seller, 0 unknown.
pub type Aggressor = i8;

/// The tick rule's memory: the last price and the side of the last price change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TickRule {
    last_price: f64,
    side: Aggressor,
}

impl TickRule {
    /// Nothing seen yet.
    pub const fn new() -> Self {
        Self { last_price: f64::NAN, side: 0 }
    }

    /// The last price (NaN before the first) and the side of the last price change.
    #[inline]
    pub(crate) const fn memory(&self) -> (f64, Aggressor) {
        (self.last_price, self.side)
    }

    /// Go on from a [`Self::memory`].
    #[inline]
    pub(crate) const fn resume(last_price: f64, side: Aggressor) -> Self {
        Self { last_price, side }
    }

    /// The side of a print by the tick rule: an uptick is a buy, a downtick a sale, no change repeats the last side.
    #[inline]
    pub fn classify(&mut self, price: f64) -> Aggressor {
        // Written without a branch on the price: on a real tape it would be guessed wrong at every other print.
        let change = i8::from(price > self.last_price) - i8::from(price < self.last_price);
        self.side = if change == 0 { self.side } else { change };
        self.last_price = price;
        self.side
    }
}

impl Default for TickRule {
    fn default() -> Self {
        Self::new()
    }
}

/// Above this times the sum of bid and ask a price is above their mid.
///
/// Prices are decimals, and their doubles are not: of bid 2.1 and ask 2.2 the mid comes out above the double of 2.15.
/// Price, quote and sum are each within half a unit of 2^-52 of their decimals, so 2^-50 tells such a print from any
/// that is off the mid by a tick.
pub(crate) const ABOVE_MID: f64 = 0.5 + 2.0 * f64::EPSILON;
/// Below this times the sum of bid and ask a price is below their mid.
pub(crate) const BELOW_MID: f64 = 0.5 - 2.0 * f64::EPSILON;

/// The side of a print by the quote rule: above the mid a buy, below a sale, `None` at the mid, or where the quote is
/// one-sided, locked or crossed and so says nothing.
#[inline]
pub fn by_quote(quote: &Quote, price: f64) -> Option<Aggressor> {
    if quote.bid < quote.ask {
        let twice_mid = quote.bid + quote.ask;
        if price > twice_mid * ABOVE_MID {
            return Some(1);
        }
        if price < twice_mid * BELOW_MID {
            return Some(-1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tick_rule_keeps_the_last_side_on_zero_ticks() {
        let mut rule = TickRule::new();
        let sides: Vec<_> = [10.0, 10.0, 10.1, 10.1, 10.0, 10.0].map(|price| rule.classify(price)).into();
        assert_eq!(sides, [0, 0, 1, 1, -1, -1]);
    }

    #[test]
    fn quote_rule_needs_a_sound_quote() {
        let quote = Quote::new(10.0, 1.0, 10.1, 1.0).unwrap();
        assert_eq!(by_quote(&quote, 10.1), Some(1));
        assert_eq!(by_quote(&quote, 10.0), Some(-1));
        assert_eq!(by_quote(&Quote::new(10.0, 1.0, 10.5, 1.0).unwrap(), 10.25), None);
        assert_eq!(by_quote(&Quote::new(10.1, 1.0, 10.1, 1.0).unwrap(), 10.2), None);
        assert_eq!(by_quote(&Quote::ABSENT, 10.2), None);
    }

    #[test]
    fn the_mid_is_that_of_the_decimals() {
        for cents in (1_u32..2_000_000).step_by(7) {
            let dollars = |cents: u32| f64::from(cents) / 100.0;
            let quote = Quote::new(dollars(cents), 1.0, dollars(cents + 6), 1.0).unwrap();
            let sides = [2, 3, 4].map(|above| by_quote(&quote, dollars(cents + above)));
            assert_eq!(sides, [Some(-1), None, Some(1)], "{quote:?}");
        }
        let dear = Quote::new(999_999_999.98, 1.0, 1e9, 1.0).unwrap();
        assert_eq!(
            [999_999_999.985, 999_999_999.99, 999_999_999.995].map(|price| by_quote(&dear, price)),
            [Some(-1), None, Some(1)]
        );
    }
}
