//! Sale conditions of a US equity print: which prints form prices, count as volume, or say something about flow.
//!
//! The letters are those of the CTA and UTP plans. The plans differ on `B` (average price or bunched): it is left out.
//! Unknown letters are read as regular. The text is any run of letters, for example ` F I` or `@`.

/// The print must not form the last price, bars, VWAP or an aggressor (average price, derivative, late, out of
/// sequence, cash or next-day settlement, official prices).
const NO_PRICE: u8 = 1;
/// The print repeats volume that was already reported (official open and close).
const NO_VOLUME: u8 = 1 << 1;
/// An auction or cross: it has a price but no aggressor.
const AUCTION: u8 = 1 << 2;
/// Outside regular hours: not part of the session's VWAP, high and low.
const EXTENDED: u8 = 1 << 3;
/// Intermarket sweep order.
const SWEEP: u8 = 1 << 4;

const fn flags_of(letter: u8) -> u8 {
    match letter {
        // Average price, bunched, cash, bunched sold, price variation, sold last, next day, prior reference, seller's
        // option, contingent, out of sequence, derivatively priced, qualified contingent.
        b'W' | b'B' | b'C' | b'G' | b'H' | b'L' | b'N' | b'P' | b'R' | b'V' | b'Z' | b'4' | b'7' => NO_PRICE,
        b'U' => NO_PRICE | EXTENDED,
        b'T' => EXTENDED,
        // Official close, official open, corrected close.
        b'M' | b'Q' | b'9' => NO_PRICE | NO_VOLUME,
        // Opening, reopening and closing prints, crosses.
        b'O' | b'5' | b'6' | b'X' => AUCTION,
        b'F' => SWEEP,
        _ => 0,
    }
}

const TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut letter = 0;
    while letter < 256 {
        table[letter] = flags_of(letter as u8);
        letter += 1;
    }
    table
};

/// What the conditions of one print mean for the tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SaleConditions(u8);

impl SaleConditions {
    /// Read the condition letters of a print.
    #[inline]
    pub fn parse(text: &[u8]) -> Self {
        Self(text.iter().fold(0, |flags, b| flags | TABLE[usize::from(*b)]))
    }

    /// Whether the print forms prices (last, bars).
    pub const fn forms_price(self) -> bool {
        self.0 & NO_PRICE == 0
    }

    /// Whether its volume is new.
    pub const fn counts_volume(self) -> bool {
        self.0 & NO_VOLUME == 0
    }

    /// Whether someone took liquidity: it may get an aggressor and belongs into VPIN.
    pub const fn has_aggressor(self) -> bool {
        self.0 & (NO_PRICE | AUCTION) == 0
    }

    /// Whether it belongs to the regular session.
    pub const fn regular_hours(self) -> bool {
        self.0 & EXTENDED == 0
    }

    /// Whether it was an intermarket sweep.
    pub const fn intermarket_sweep(self) -> bool {
        self.0 & SWEEP != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_combine() {
        let regular = SaleConditions::parse(b"@ I");
        assert!(regular.forms_price() && regular.counts_volume() && regular.has_aggressor() && regular.regular_hours());
        let sweep = SaleConditions::parse(b" F I");
        assert!(sweep.intermarket_sweep() && sweep.has_aggressor());
        assert!(!SaleConditions::parse(b"FTW").forms_price());
        let close = SaleConditions::parse(b"6");
        assert!(close.forms_price() && close.counts_volume() && !close.has_aggressor());
        assert!(!SaleConditions::parse(b"M").counts_volume());
        assert!(!SaleConditions::parse(b"T").regular_hours());
        assert!(SaleConditions::parse("§Ω".as_bytes()).forms_price());
    }
}
