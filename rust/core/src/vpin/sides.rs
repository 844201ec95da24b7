//! The side of each trade by the tick rule or the quote rule (Lee and Ready 1991), 64 trades at once.
//!
//! The tick rule looks like a chain (a price that did not change repeats the last side), but the chain is that of the
//! carry in an addition: an uptick makes a carry, a downtick stops it, no change hands it on. So one 64-bit addition
//! gives the sides of 64 trades. They equal [`TickRule::classify`] and `by_quote`, trade by trade.

#![allow(clippy::inline_always, reason = "the loop over blocks becomes vector code only as a whole")]

use crate::limits::PRICE_MAX;
use crate::market::aggressor::TickRule;
use crate::vpin::blocks::BLOCK;

/// The quote in force at each trade.
#[derive(Debug, Clone, Copy)]
pub struct QuoteColumns<'a> {
    /// Best bid in dollars; NaN or 0 if absent.
    pub bid: &'a [f64],
    /// Best ask in dollars; NaN or 0 if absent.
    pub ask: &'a [f64],
}

impl<'a> QuoteColumns<'a> {
    /// Bids and asks of 64 trades.
    #[inline(always)]
    pub(crate) fn block_at(self, first: usize) -> Option<(&'a [f64; BLOCK], &'a [f64; BLOCK])> {
        self.bid.get(first..)?.first_chunk().zip(self.ask.get(first..)?.first_chunk())
    }
}

/// The side of a print by the quote rule: above the mid a buy, below a sale, 0 at the mid or where the quote is
/// one-sided, locked or crossed and so says nothing.
#[inline(always)]
pub(crate) fn quote_side(bid: f64, ask: f64, price: f64) -> i8 {
    let sound = bid > 0.0 && bid < ask && ask <= PRICE_MAX;
    let mid = (bid + ask) * 0.5;
    i8::from(sound && price > mid) - i8::from(sound && price < mid)
}

/// The side of one trade: the quote's, else the tick's. The tick rule's memory moves on either way.
#[inline(always)]
pub(crate) fn one_side(rule: &mut TickRule, quote: Option<(f64, f64)>, price: f64) -> i8 {
    let by_tick = rule.classify(price);
    match quote.map(|(bid, ask)| quote_side(bid, ask, price)) {
        None | Some(0) => by_tick,
        Some(by_quote) => by_quote,
    }
}

/// Bit sets of the bought and the sold among 64 trades.
#[derive(Debug, Clone, Copy)]
struct Sides {
    bought: u64,
    sold: u64,
}

/// Sides of a block of trades with sound prices and sizes above 0.
#[inline(always)]
pub(crate) fn block_sides(
    rule: &mut TickRule,
    price: &[f64; BLOCK],
    quote: Option<(&[f64; BLOCK], &[f64; BLOCK])>,
    out: &mut [i8; BLOCK],
) {
    let mut sides = by_tick(rule, price);
    if let Some((bid, ask)) = quote {
        let by_quote = by_quote(bid, ask, price);
        let silent = !(by_quote.bought | by_quote.sold);
        sides.bought = by_quote.bought | (silent & sides.bought);
        sides.sold = by_quote.sold | (silent & sides.sold);
    }
    for (k, eight) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let byte = |bits: u64| SPREAD[usize::from((bits >> (8 * k)) as u8)];
        // Bytes of 1 times 255 are bytes of -1.
        let bytes = byte(sides.bought) | (byte(sides.sold) * 0xFF);
        *eight = bytes.to_le_bytes().map(u8::cast_signed);
    }
}

#[inline(always)]
fn by_tick(rule: &mut TickRule, price: &[f64; BLOCK]) -> Sides {
    let (last, side) = rule.memory();
    let mut ups = [0_u8; BLOCK];
    let mut downs = [0_u8; BLOCK];
    ups[0] = u8::from(price[0] > last);
    downs[0] = u8::from(price[0] < last);
    for i in 1..BLOCK {
        ups[i] = u8::from(price[i] > price[i - 1]);
        downs[i] = u8::from(price[i] < price[i - 1]);
    }
    let (up, down) = (gather(&ups), gather(&downs));
    let (a, b) = (!down, up);
    let carried = a.wrapping_add(b).wrapping_add(u64::from(side > 0)) ^ a ^ b;
    let bought = up | (!down & carried);
    // Before the first change of all there is no side to repeat.
    let known = if side != 0 {
        !0
    } else {
        match (up | down).trailing_zeros() {
            64 => 0,
            first => !0 << first,
        }
    };
    let sides = Sides { bought: bought & known, sold: !bought & known };
    let newest = i8::from(sides.bought >> 63 != 0) - i8::from(sides.sold >> 63 != 0);
    *rule = TickRule::resume(price[BLOCK - 1], newest);
    sides
}

#[inline(always)]
fn by_quote(bid: &[f64; BLOCK], ask: &[f64; BLOCK], price: &[f64; BLOCK]) -> Sides {
    let mut above = [0_u8; BLOCK];
    let mut below = [0_u8; BLOCK];
    for i in 0..BLOCK {
        // Written without a jump, which would keep this from becoming vector code.
        let sound = u8::from(bid[i] > 0.0) & u8::from(bid[i] < ask[i]) & u8::from(ask[i] <= PRICE_MAX);
        let mid = (bid[i] + ask[i]) * 0.5;
        above[i] = sound & u8::from(price[i] > mid);
        below[i] = sound & u8::from(price[i] < mid);
    }
    Sides { bought: gather(&above), sold: gather(&below) }
}

/// Bytes of 0 and 1 to bits.
#[inline(always)]
fn gather(bytes: &[u8; BLOCK]) -> u64 {
    let mut bits = 0;
    for (k, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
        // The product brings the eight bytes' lowest bits side by side into the top byte.
        bits |= (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * k);
    }
    bits
}

/// The other way: the eight bits of an index to bytes of 0 and 1.
static SPREAD: [u64; 256] = {
    let mut table = [0; 256];
    let mut bits = 0;
    while bits < 256 {
        let mut i = 0;
        while i < 8 {
            table[bits] |= ((bits as u64 >> i) & 1) << (8 * i);
            i += 1;
        }
        bits += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Quote;
    use crate::market::aggressor::by_quote;
    use proptest::prelude::*;

    fn cents(most: u8) -> impl Strategy<Value = f64> {
        (0..most).prop_map(|c| 10.0 + f64::from(c) / 100.0)
    }

    fn maybe_price() -> impl Strategy<Value = f64> {
        prop_oneof![6 => cents(6), 1 => Just(f64::NAN), 1 => Just(0.0), 1 => Just(f64::INFINITY), 1 => Just(-5.0)]
    }

    proptest! {
        #[test]
        fn blocks_equal_trades_one_by_one(
            before in proptest::collection::vec(cents(3), 0..4),
            price in proptest::collection::vec(prop_oneof![cents(2), cents(6)], BLOCK),
            bid in proptest::collection::vec(maybe_price(), BLOCK),
            ask in proptest::collection::vec(maybe_price(), BLOCK),
            still in any::<bool>(), quoted in any::<bool>(),
        ) {
            let price: [f64; BLOCK] = if still { [10.0; BLOCK] } else { price.try_into().unwrap() };
            let (bid, ask) = (<[f64; BLOCK]>::try_from(bid).unwrap(), <[f64; BLOCK]>::try_from(ask).unwrap());
            let mut one = TickRule::new();
            for price in before {
                one.classify(price);
            }
            let mut all = one;
            let mut sides = [9; BLOCK];
            block_sides(&mut all, &price, quoted.then_some((&bid, &ask)), &mut sides);
            let expected: Vec<i8> = (0..BLOCK)
                .map(|i| one_side(&mut one, quoted.then_some((bid[i], ask[i])), price[i]))
                .collect();
            prop_assert_eq!(sides.to_vec(), expected);
            prop_assert_eq!(all, one);
        }

        #[test]
        fn the_quote_rule_is_the_live_one(bid in maybe_price(), ask in maybe_price(), price in cents(6)) {
            // The live book refuses an infinite price, here it says nothing.
            let expected = Quote::new(bid, 1.0, ask, 1.0).ok().and_then(|quote| by_quote(&quote, price)).unwrap_or(0);
            prop_assert_eq!(quote_side(bid, ask, price), expected);
        }
    }
}
