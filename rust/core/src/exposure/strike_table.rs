//! Strikes that lie on no even grid: a place for each by a hash table.

use crate::limits::is_price;

/// Open addressing by the top bits of a product: the low bits of prices as doubles are mostly zero and would cluster.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Place + 1; 0 = empty. The length is a power of two and at least twice the number of strikes.
    entries: Vec<(u64, u32)>,
    shift: u32,
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Table {
    /// The sound strikes of some rows, ascending, and a table of their places.
    pub(crate) fn of_rows(rows: &[f64]) -> (Vec<f64>, Self) {
        let mut table = Self::with_bits(10);
        let mut strikes: Vec<f64> = Vec::new();
        for strike in rows.iter().filter(|strike| is_price(**strike)) {
            let at = table.find(strike.to_bits());
            if table.entries[at].1 > 0 {
                continue;
            }
            strikes.push(*strike);
            table.entries[at] = (strike.to_bits(), strikes.len() as u32);
            if strikes.len() * 2 > table.entries.len() {
                table = Self::of_strikes(&strikes, 65 - table.shift);
            }
        }
        strikes.sort_unstable_by(f64::total_cmp);
        let table = Self::of_strikes(&strikes, 64 - table.shift);
        (strikes, table)
    }

    fn of_strikes(strikes: &[f64], bits: u32) -> Self {
        let mut table = Self::with_bits(bits);
        for (place, strike) in (0_u32..).zip(strikes) {
            table.insert(strike.to_bits(), place);
        }
        table
    }

    fn with_bits(bits: u32) -> Self {
        Self { entries: vec![(0, 0); 1 << bits], shift: 64 - bits }
    }

    /// Where a strike stands, or the empty entry where it would.
    #[inline]
    fn find(&self, key: u64) -> usize {
        let mask = self.entries.len() - 1;
        let mut at = (key.wrapping_mul(GOLDEN) >> self.shift) as usize;
        loop {
            let (other, place) = self.entries[at];
            if other == key || place == 0 {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    #[inline]
    fn insert(&mut self, key: u64, place: u32) {
        let at = self.find(key);
        self.entries[at] = (key, place + 1);
    }

    /// The place of a strike, `absent` if it has none.
    #[inline]
    pub(crate) fn place(&self, strike: f64, absent: usize) -> usize {
        match self.entries[self.find(strike.to_bits())].1 {
            0 => absent,
            place => place as usize - 1,
        }
    }
}
