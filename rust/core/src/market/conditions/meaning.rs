//! The letters of one print, read once for all plans, and what they mean for the tape. A print passes here on its way
//! into a market, so both are a byte or a word of flags that the table yields at compile time.

use super::{ConditionSet, Plan};

const NO_PRICE: u8 = 1;
const NO_VOLUME: u8 = 1 << 1;
const NO_AGGRESSOR: u8 = 1 << 2;
const EXTENDED_HOURS: u8 = 1 << 3;
const INTERMARKET_SWEEP: u8 = 1 << 4;
const NO_HIGH_LOW: u8 = 1 << 5;
const NO_LAST: u8 = 1 << 6;

/// Each flag, and the conditions of which any sets it.
const FLAGS: [(u8, ConditionSet); 7] = [
    (NO_PRICE, ConditionSet::NO_PRICE),
    (NO_VOLUME, ConditionSet::NO_VOLUME),
    (NO_AGGRESSOR, ConditionSet::NO_AGGRESSOR),
    (EXTENDED_HOURS, ConditionSet::EXTENDED_HOURS),
    (INTERMARKET_SWEEP, ConditionSet::INTERMARKET_SWEEP),
    (NO_HIGH_LOW, ConditionSet::NO_HIGH_LOW),
    (NO_LAST, ConditionSet::NO_LAST),
];

const fn flags_of(conditions: ConditionSet) -> u8 {
    let (mut flags, mut row) = (0, 0);
    while row < FLAGS.len() {
        let (flag, set) = FLAGS[row];
        if conditions.meets(set) {
            flags |= flag;
        }
        row += 1;
    }
    flags
}

/// The flags of each letter by plan, a byte each.
const BY_LETTER: [u32; 256] = {
    let mut by_letter = [0; 256];
    let mut letter = 0;
    while letter < 256 {
        let mut plan = 0;
        while plan < Plan::ALL.len() {
            let conditions = ConditionSet::of_letter(letter as u8, Plan::ALL[plan]);
            by_letter[letter] |= (flags_of(conditions) as u32) << shift(Plan::ALL[plan]);
            plan += 1;
        }
        letter += 1;
    }
    by_letter
};

/// Where the byte of a plan is.
const fn shift(plan: Plan) -> u32 {
    8 * plan as u32
}

/// The condition letters of one print, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SaleConditions(u32);

impl SaleConditions {
    /// Read the condition letters of a print.
    #[inline]
    pub fn parse(text: &[u8]) -> Self {
        Self(text.iter().fold(0, |flags, b| flags | BY_LETTER[usize::from(*b)]))
    }

    /// What they mean under a plan.
    #[inline]
    pub const fn under(self, plan: Plan) -> Meaning {
        Meaning((self.0 >> shift(plan)) as u8)
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
        self.0 & NO_AGGRESSOR == 0
    }

    /// Whether it belongs to the regular session.
    #[inline]
    pub const fn regular_hours(self) -> bool {
        self.0 & EXTENDED_HOURS == 0
    }

    /// Whether it was an intermarket sweep.
    #[inline]
    pub const fn intermarket_sweep(self) -> bool {
        self.0 & INTERMARKET_SWEEP != 0
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
