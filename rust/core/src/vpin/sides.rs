//! The side of each trade by the tick rule or the quote rule (Lee and Ready 1991), 64 trades at once.
//!
//! The tick rule looks like a chain (a price that did not change repeats the last side), but the chain is that of the
//! carry in an addition: an uptick makes a carry, a downtick stops it, no change hands it on. So one 64-bit addition
//! gives the sides of 64 trades. They equal [`TickRule::classify`] and `by_quote`, trade by trade.

#![allow(clippy::inline_always, reason = "the loop over blocks becomes vector code only as a whole")]

use std::ops::Range;

use crate::aggressor::{TickRule, ABOVE_MID, BELOW_MID};
use crate::limits::PRICE_MAX;

/// The quote in force at each trade.
#[derive(Debug, Clone, Copy)]
pub struct QuoteColumns<'a> {
    /// Best bid in dollars; NaN or 0 if absent.
    pub bid: &'a [f64],
    /// Best ask in dollars; NaN or 0 if absent.
    pub ask: &'a [f64],
}

impl QuoteColumns<'_> {
    /// The quotes of some of the trades.
    #[inline(always)]
    pub(crate) fn rows(self, rows: Range<usize>) -> Self {
        Self { bid: &self.bid[rows.clone()], ask: &self.ask[rows] }
    }
}

/// The side of a print by the quote rule: above the mid a buy, below a sale, 0 at the mid or where the quote is
/// one-sided, locked or crossed and so says nothing.
#[inline(always)]
pub(crate) fn quote_side(bid: f64, ask: f64, price: f64) -> i8 {
    let sound = bid > 0.0 && bid < ask && ask <= PRICE_MAX;
    let twice_mid = bid + ask;
    i8::from(sound && price > twice_mid * ABOVE_MID) - i8::from(sound && price < twice_mid * BELOW_MID)
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

/// Most trades in a block.
pub(crate) const BLOCK: usize = 256;

/// Sides of a block of at most [`BLOCK`] trades with sound prices and sizes above 0; all columns are of one length.
#[inline(always)]
pub(crate) fn block_sides(rule: &mut TickRule, price: &[f64], quotes: Option<QuoteColumns<'_>>, out: &mut [i8]) {
    let (last, _) = rule.memory();
    let mut changes = Marks::NONE;
    let first = price.first().copied().unwrap_or(f64::NAN);
    changes.up[0] = u8::from(first > last);
    changes.down[0] = u8::from(first < last);
    changes.mark(1, price.iter().skip(1).zip(price), |(price, before)| {
        (u8::from(price > before), u8::from(price < before))
    });
    let mut quoted = Marks::NONE;
    if let Some(quotes) = quotes {
        quoted.mark(0, price.iter().zip(quotes.bid).zip(quotes.ask), |((price, bid), ask)| {
            // Written without a jump, which would keep this from becoming vector code.
            let sound = u8::from(*bid > 0.0) & u8::from(bid < ask) & u8::from(*ask <= PRICE_MAX);
            let twice_mid = bid + ask;
            let (above, below) = (*price > twice_mid * ABOVE_MID, *price < twice_mid * BELOW_MID);
            (sound & u8::from(above), sound & u8::from(below))
        });
    }
    for (word, out) in out.chunks_mut(64).enumerate() {
        // Past the end of the block nothing changes.
        let mut sides = by_tick(rule, changes.word(word), price[(word * 64 + 63).min(price.len() - 1)]);
        if quotes.is_some() {
            let by_quote = quoted.word(word);
            let silent = !(by_quote.bought | by_quote.sold);
            sides.bought = by_quote.bought | (silent & sides.bought);
            sides.sold = by_quote.sold | (silent & sides.sold);
        }
        for (k, eight) in out.chunks_mut(8).enumerate() {
            let byte = |bits: u64| SPREAD[usize::from((bits >> (8 * k)) as u8)];
            // Bytes of 1 times 255 are bytes of -1.
            let bytes = (byte(sides.bought) | (byte(sides.sold) * 0xFF)).to_le_bytes().map(u8::cast_signed);
            eight.copy_from_slice(&bytes[..eight.len()]);
        }
    }
}

/// Bytes of 0 and 1 for each trade of a block.
struct Marks {
    up: [u8; BLOCK],
    down: [u8; BLOCK],
}

impl Marks {
    const NONE: Self = Self { up: [0; BLOCK], down: [0; BLOCK] };

    #[inline(always)]
    fn mark<T>(&mut self, first: usize, rows: impl Iterator<Item = T>, of: impl Fn(T) -> (u8, u8)) {
        for ((up, down), row) in self.up[first..].iter_mut().zip(&mut self.down[first..]).zip(rows) {
            (*up, *down) = of(row);
        }
    }

    #[inline(always)]
    fn word(&self, word: usize) -> Sides {
        let of = |bytes: &[u8; BLOCK]| bytes.as_chunks::<64>().0.get(word).map_or(0, gather);
        Sides { bought: of(&self.up), sold: of(&self.down) }
    }
}

/// Sides of 64 trades by the tick rule, from the trades at which the price went up and down.
#[inline(always)]
fn by_tick(rule: &mut TickRule, changes: Sides, newest_price: f64) -> Sides {
    let (_, side) = rule.memory();
    let Sides { bought: up, sold: down } = changes;
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
    *rule = TickRule::resume(newest_price, newest);
    sides
}

/// Bytes of 0 and 1 to bits.
#[inline(always)]
fn gather(bytes: &[u8; 64]) -> u64 {
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
    use crate::aggressor::by_quote;
    use crate::book::Quote;
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
            rows in 1..=BLOCK,
            bid in proptest::collection::vec(maybe_price(), BLOCK),
            ask in proptest::collection::vec(maybe_price(), BLOCK),
            still in any::<bool>(), quoted in any::<bool>(),
        ) {
            let price = if still { vec![10.0; rows] } else { price[..rows].to_vec() };
            let (bid, ask) = (&bid[..rows], &ask[..rows]);
            let mut one = TickRule::new();
            for price in before {
                one.classify(price);
            }
            let mut all = one;
            let mut sides = vec![9; rows];
            block_sides(&mut all, &price, quoted.then_some(QuoteColumns { bid, ask }), &mut sides);
            let expected: Vec<i8> = (0..rows)
                .map(|i| one_side(&mut one, quoted.then_some((bid[i], ask[i])), price[i]))
                .collect();
            prop_assert_eq!(sides, expected);
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
