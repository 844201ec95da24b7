//! Sale conditions of a US equity print: which prints form prices, count as volume, or say something about flow.
//!
//! The letters are those of the CTA plan (CTS, tapes A and B) and of the UTP plan (tape C). They agree but for `B`, which
//! is an average price on CTS and an ordinary bunched trade on UTP, and `1 2 3` (stopped stock), which only UTP has.
//! Unknown letters are read as regular. The text is any run of letters, for example ` F I` or `@`.

use crate::error::{Error, Result};

/// The print must not form the last price, bars, VWAP or an aggressor (average price, derivative, late, out of
/// sequence, cash or next-day settlement, official prices).
const NO_PRICE: u8 = 1;
/// The print repeats volume that was already reported (official open and close).
const NO_VOLUME: u8 = 1 << 1;
/// An auction or cross: it has a price but no aggressor.
const AUCTION: u8 = 1 << 2;
/// Outside regular hours: not part of the session's VWAP.
const EXTENDED: u8 = 1 << 3;
/// Intermarket sweep order.
const SWEEP: u8 = 1 << 4;
/// Does not move the consolidated high and low.
const NO_HIGH_LOW: u8 = 1 << 5;
/// Does not move the consolidated last price.
const NO_LAST: u8 = 1 << 6;

/// Whose letters a print carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plan {
    /// Not known: what either plan excludes is excluded.
    #[default]
    Either,
    /// CTS: stocks and funds listed at NYSE, Arca, American, Cboe, IEX.
    Cta,
    /// UTP: stocks and funds listed at Nasdaq.
    Utp,
}

impl Plan {
    /// From its name: `either`, `cta` or `utp`.
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "either" => Ok(Self::Either),
            "cta" => Ok(Self::Cta),
            "utp" => Ok(Self::Utp),
            other => Err(Error::invalid(format!("the plan was {other:?}: give \"either\", \"cta\" or \"utp\""))),
        }
    }

    const fn shift(self) -> u32 {
        match self {
            Self::Either => 0,
            Self::Cta => 8,
            Self::Utp => 16,
        }
    }
}

const fn flags_of(letter: u8, cta: bool, utp: bool) -> u8 {
    match letter {
        // Average price, cash, price variation, next day, seller's option, contingent, qualified contingent.
        b'W' | b'C' | b'H' | b'N' | b'R' | b'V' | b'7' => NO_PRICE | NO_HIGH_LOW | NO_LAST,
        b'B' if cta => NO_PRICE | NO_HIGH_LOW | NO_LAST,
        // Bunched sold, sold last, prior reference, out of sequence, derivatively priced: late, but true prices.
        b'G' | b'L' | b'P' | b'Z' | b'4' => NO_PRICE | NO_LAST,
        // Stopped stock, sold last or sold.
        b'2' | b'3' if utp => NO_PRICE | NO_LAST,
        b'U' => NO_PRICE | EXTENDED | NO_HIGH_LOW | NO_LAST,
        b'T' => EXTENDED | NO_HIGH_LOW | NO_LAST,
        // Odd lot.
        b'I' => NO_HIGH_LOW | NO_LAST,
        // Official close, official open.
        b'M' | b'Q' => NO_PRICE | NO_VOLUME | NO_HIGH_LOW | NO_LAST,
        // Corrected consolidated close.
        b'9' => NO_PRICE | NO_VOLUME,
        // Opening, reopening and closing prints, crosses.
        b'O' | b'5' | b'6' | b'X' => AUCTION,
        b'F' => SWEEP,
        _ => 0,
    }
}

/// The flags of each letter by plan, a byte each.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut letter = 0;
    while letter < 256 {
        let byte = letter as u8;
        let either = flags_of(byte, true, true) as u32;
        let (cta, utp) = (flags_of(byte, true, false) as u32, flags_of(byte, false, true) as u32);
        table[letter] = either << Plan::Either.shift() | cta << Plan::Cta.shift() | utp << Plan::Utp.shift();
        letter += 1;
    }
    table
};

/// The condition letters of one print, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SaleConditions(u32);

impl SaleConditions {
    /// Read the condition letters of a print.
    #[inline]
    pub fn parse(text: &[u8]) -> Self {
        Self(text.iter().fold(0, |flags, b| flags | TABLE[usize::from(*b)]))
    }

    /// What they mean under a plan.
    #[inline]
    pub const fn under(self, plan: Plan) -> Meaning {
        Meaning((self.0 >> plan.shift()) as u8)
    }
}

/// What the conditions of one print mean for the tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meaning(u8);

impl Meaning {
    /// Whether the print forms prices: bars, returns, the state's last price, and VWAP if in regular hours.
    ///
    /// Odd lots and prints outside regular hours do: they tell where the market is, although the plans keep them out of
    /// the consolidated last ([`updates_last`](Self::updates_last)).
    #[inline]
    pub const fn forms_price(self) -> bool {
        self.0 & NO_PRICE == 0
    }

    /// Whether its volume is new.
    #[inline]
    pub const fn counts_volume(self) -> bool {
        self.0 & NO_VOLUME == 0
    }

    /// Whether someone took liquidity: it may get an aggressor and belongs into VPIN.
    #[inline]
    pub const fn has_aggressor(self) -> bool {
        self.0 & (NO_PRICE | AUCTION) == 0
    }

    /// Whether it belongs to the regular session.
    #[inline]
    pub const fn regular_hours(self) -> bool {
        self.0 & EXTENDED == 0
    }

    /// Whether it was an intermarket sweep.
    #[inline]
    pub const fn intermarket_sweep(self) -> bool {
        self.0 & SWEEP != 0
    }

    /// Whether the plan lets it move the consolidated high and low.
    #[inline]
    pub const fn updates_high_low(self) -> bool {
        self.0 & NO_HIGH_LOW == 0
    }

    /// Whether the plan lets it move the consolidated last price. Prints that do so only if they are the first of the day
    /// (sold last, prior reference, out of sequence, derivatively priced) count as not.
    #[inline]
    pub const fn updates_last(self) -> bool {
        self.0 & NO_LAST == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Meaning {
        SaleConditions::parse(text.as_bytes()).under(Plan::Either)
    }

    #[test]
    fn conditions_combine() {
        let regular = read("@");
        assert!(regular.forms_price() && regular.counts_volume() && regular.has_aggressor() && regular.regular_hours());
        assert!(regular.updates_last() && regular.updates_high_low());
        let sweep = read(" F I");
        assert!(sweep.intermarket_sweep() && sweep.has_aggressor() && sweep.forms_price());
        assert!(!sweep.updates_last() && !sweep.updates_high_low(), "odd lots are off the consolidated tape's prices");
        assert!(!read("FTW").forms_price());
        let close = read("6");
        assert!(close.forms_price() && close.counts_volume() && !close.has_aggressor() && close.updates_last());
        assert!(!read("M").counts_volume());
        assert!(!read("T").regular_hours());
        assert!(read("Z").updates_high_low() && !read("Z").updates_last() && !read("Z").forms_price());
        assert!(read("§Ω").forms_price());
    }

    #[test]
    fn the_plans_differ_on_bunched_and_stopped_stock() {
        let forms = |letter: &str, plan| SaleConditions::parse(letter.as_bytes()).under(plan).forms_price();
        assert_eq!([Plan::Either, Plan::Cta, Plan::Utp].map(|plan| forms("B", plan)), [false, false, true]);
        assert_eq!([Plan::Either, Plan::Cta, Plan::Utp].map(|plan| forms("2", plan)), [false, true, false]);
        for plan in ["either", "cta", "utp"] {
            assert!(forms("@", Plan::from_name(plan).unwrap()));
        }
        assert!(Plan::from_name("CTS").is_err());
    }
}
