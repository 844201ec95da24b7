//! What is read from a book: imbalance, weighted mid, order flow, flags. NaN and `None` mean "not known", never 0.

use super::Quote;

/// Levels that the depth-weighted imbalance looks at unless told otherwise.
pub const OBI_LEVELS: usize = 5;

/// Best bid equal to best ask.
pub const FLAG_LOCKED: u8 = 1;
/// Best bid above best ask.
pub const FLAG_CROSSED: u8 = 2;
/// At least one side is empty.
pub const FLAG_ONE_SIDED: u8 = 4;
/// A gap in the sequence numbers lies just before this update.
pub const FLAG_SEQUENCE_GAP: u8 = 8;
/// On either side the second level is more than `hole_ticks` ticks away from the best one.
pub const FLAG_HOLE: u8 = 16;

/// Imbalance of a book.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DepthImbalance {
    /// (Qb - Qa) / (Qb + Qa) at the best level.
    pub top: Option<f64>,
    /// The same over five levels with weights 1/level.
    pub weighted: Option<f64>,
    /// Best bid above best ask.
    pub crossed: bool,
    /// Best bid equal to best ask.
    pub locked: bool,
}

/// (Qb - Qa) / (Qb + Qa): -1 (only asks) to 1 (only bids); NaN where either is NaN.
#[inline]
pub fn imbalance(bid_size: f64, ask_size: f64) -> f64 {
    (bid_size - ask_size) / (bid_size + ask_size)
}

/// Sum of sizes with weights 1, 1/2, 1/3, ..., best level first.
#[inline]
pub fn depth_weighted(sizes: impl Iterator<Item = f64>) -> f64 {
    sizes.zip(1_u32..).map(|(size, level)| size / f64::from(level)).sum()
}

/// (Pa Qb + Pb Qa) / (Qb + Qa): leans to the side that is about to give way; NaN unless both sides are present.
#[inline]
pub fn weighted_mid(quote: &Quote) -> f64 {
    (quote.ask * quote.bid_size + quote.bid * quote.ask_size) / (quote.bid_size + quote.ask_size)
}

/// Order flow of the change from one quote to the next, in shares (Cont, Kukanov, Stoikov 2014):
/// `e = 1{Pb>=Pb'} qb - 1{Pb<=Pb'} qb' - 1{Pa<=Pa'} qa + 1{Pa>=Pa'} qa'`, a prime marking the quote before.
///
/// A side that is absent in either quote adds nothing: comparisons with NaN are false.
#[inline]
pub fn order_flow(before: &Quote, after: &Quote) -> f64 {
    let counted = |condition: bool, size: f64| if condition { size } else { 0.0 };
    counted(after.bid >= before.bid, after.bid_size)
        - counted(after.bid <= before.bid, before.bid_size)
        - counted(after.ask <= before.ask, after.ask_size)
        + counted(after.ask >= before.ask, before.ask_size)
}

/// [`FLAG_LOCKED`], [`FLAG_CROSSED`] and [`FLAG_ONE_SIDED`] of a quote.
#[inline]
pub fn quote_flags(quote: &Quote) -> u8 {
    u8::from(quote.bid == quote.ask) * FLAG_LOCKED
        + u8::from(quote.bid > quote.ask) * FLAG_CROSSED
        + u8::from(quote.bid.is_nan() | quote.ask.is_nan()) * FLAG_ONE_SIDED
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(bid: f64, bid_size: f64, ask: f64, ask_size: f64) -> Quote {
        Quote::new(bid, bid_size, ask, ask_size).unwrap()
    }

    #[test]
    fn order_flow_follows_the_paper() {
        let base = quote(10.0, 100.0, 10.1, 200.0);
        // Bid size grows at an unchanged price.
        assert_eq!(order_flow(&base, &quote(10.0, 150.0, 10.1, 200.0)), 50.0);
        // Bid rises: the whole new size counts.
        assert_eq!(order_flow(&base, &quote(10.05, 70.0, 10.1, 200.0)), 70.0);
        // Bid falls: the whole old size is gone.
        assert_eq!(order_flow(&base, &quote(9.95, 70.0, 10.1, 200.0)), -100.0);
        // Ask falls: its new size is supply; ask rises: the old supply is gone.
        assert_eq!(order_flow(&base, &quote(10.0, 100.0, 10.05, 30.0)), -30.0);
        assert_eq!(order_flow(&base, &quote(10.0, 100.0, 10.15, 30.0)), 200.0);
        // An absent side says nothing.
        assert_eq!(order_flow(&base, &quote(f64::NAN, 0.0, 10.1, 200.0)), 0.0);
        assert_eq!(order_flow(&Quote::ABSENT, &base), 0.0);
    }
}
