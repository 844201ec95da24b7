//! The table of sale conditions: which there are, what follows from each, and how feeds and files write them.
//!
//! Sources: the sale conditions of the CTS and UTP output specifications, as the broker shows them (one letter each);
//! what updates the consolidated prices, by the plans' processing guidelines; Lean's `TradeConditionFlags`.

use super::Plan;

/// Sale conditions of a print: a bit each, whatever letter a plan gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConditionSet(u32);

macro_rules! conditions {
    ($($(#[$about:meta])* $name:ident = $set:expr;)*) => {
        impl ConditionSet {
            $($(#[$about])* pub const $name: Self = $set;)*

            /// All sets that have a name, by it.
            pub const NAMED: &'static [(&'static str, Self)] = &[$((stringify!($name), Self::$name)),*];
        }
    };
}

conditions! {
    /// The price is an average of several.
    AVERAGE_PRICE = bit(0);
    /// Trades at one price within a minute, reported as one: an ordinary price.
    BUNCHED = bit(1);
    /// Priced by something else than the quote.
    DERIVATIVELY_PRICED = bit(2);
    /// Sold last: in sequence, but reported late.
    LATE = bit(3);
    /// Sold, out of sequence: reported after later trades.
    OUT_OF_SEQUENCE = bit(4);
    /// At a price of an earlier moment.
    PRIOR_REFERENCE_PRICE = bit(5);
    /// Settles the same day.
    CASH = bit(6);
    /// Settles the day after.
    NEXT_DAY = bit(7);
    /// Settles at the seller's option.
    SELLER = bit(8);
    /// Contingent on another trade, formerly a stock-option trade: the stock leg of a combination.
    CONTINGENT = bit(9);
    /// Qualified contingent trade.
    QUALIFIED_CONTINGENT = bit(10);
    /// Far from the market's price.
    PRICE_VARIATION = bit(11);
    /// A market center's official opening price, after the trades that made it.
    OFFICIAL_OPEN = bit(12);
    /// A market center's official closing price, after the trades that made it.
    OFFICIAL_CLOSE = bit(13);
    /// The consolidated close, corrected by the listing market.
    CORRECTED_CLOSE = bit(14);
    /// The opening print.
    OPENING = bit(15);
    /// The print that ends a halt.
    REOPENING = bit(16);
    /// The closing print.
    CLOSING = bit(17);
    /// A crossing session's print.
    CROSS = bit(18);
    /// Intermarket sweep order.
    INTERMARKET_SWEEP = bit(19);
    /// Below the round lot.
    ODD_LOT = bit(20);
    /// Outside regular hours.
    EXTENDED_HOURS = bit(21);
    /// Made by the acquisition of an exchange.
    ACQUISITION = bit(22);
    /// Of a block that is sold in parts.
    DISTRIBUTION = bit(23);
    /// Executed in two markets.
    SPLIT = bit(24);
    /// Regular, during events out of the ordinary.
    YELLOW_FLAG = bit(25);
    /// Rule 155 (American) or 127 (NYSE).
    RULE_155 = bit(26);
    /// Executed automatically.
    AUTOMATIC = bit(27);
    /// At a price that was guaranteed to a stopped order.
    STOPPED = bit(28);

    /// What must not form bars, the last price, VWAP or an aggressor: it tells no price of the moment.
    NO_PRICE = Self::SPECIAL_TERMS
        .or(Self::DERIVATIVELY_PRICED)
        .or(Self::LATE)
        .or(Self::OUT_OF_SEQUENCE)
        .or(Self::PRIOR_REFERENCE_PRICE)
        .or(Self::NO_VOLUME);
    /// What repeats volume that was reported before.
    NO_VOLUME = Self::OFFICIAL_OPEN.or(Self::OFFICIAL_CLOSE).or(Self::CORRECTED_CLOSE);
    /// What nobody took liquidity for: it has no aggressor and is no part of VPIN. Auctions have a price.
    NO_AGGRESSOR = Self::NO_PRICE.or(Self::OPENING).or(Self::REOPENING).or(Self::CLOSING).or(Self::CROSS);
    /// What does not move the consolidated high and low.
    NO_HIGH_LOW = Self::SPECIAL_TERMS
        .or(Self::OFFICIAL_OPEN)
        .or(Self::OFFICIAL_CLOSE)
        .or(Self::EXTENDED_HOURS)
        .or(Self::ODD_LOT);
    /// What does not move the consolidated last price. That some do so as the first print of the day is left out.
    NO_LAST = Self::NO_HIGH_LOW
        .or(Self::DERIVATIVELY_PRICED)
        .or(Self::LATE)
        .or(Self::OUT_OF_SEQUENCE)
        .or(Self::PRIOR_REFERENCE_PRICE);
    /// What the broker calls unreportable: in its `AllLast` and `RTVolume`, not in `Last` and `RTTrdVolume`.
    UNREPORTABLE = Self::AVERAGE_PRICE
        .or(Self::DERIVATIVELY_PRICED)
        .or(Self::CONTINGENT)
        .or(Self::QUALIFIED_CONTINGENT)
        .or(Self::OUT_OF_SEQUENCE);
}

const fn bit(number: u32) -> ConditionSet {
    ConditionSet(1 << number)
}

/// For the tables below.
type Set = ConditionSet;

/// Letter, whose it is, and what it says. In the order in which letters are written: settlement, kind of order or
/// auction, hours and sequence, detail. Where several letters say the same under a plan, the first is written.
const LETTERS: &[(u8, Plan, Set)] = &[
    (b'C', Plan::Either, Set::CASH),
    (b'N', Plan::Either, Set::NEXT_DAY),
    (b'R', Plan::Either, Set::SELLER),
    (b'F', Plan::Either, Set::INTERMARKET_SWEEP),
    (b'O', Plan::Either, Set::OPENING),
    (b'5', Plan::Either, Set::REOPENING),
    (b'6', Plan::Either, Set::CLOSING),
    (b'4', Plan::Either, Set::DERIVATIVELY_PRICED),
    (b'7', Plan::Either, Set::QUALIFIED_CONTINGENT),
    (b'9', Plan::Either, Set::CORRECTED_CLOSE),
    (b'U', Plan::Either, Set::EXTENDED_HOURS.or(Set::OUT_OF_SEQUENCE)),
    (b'T', Plan::Either, Set::EXTENDED_HOURS),
    (b'Z', Plan::Either, Set::OUT_OF_SEQUENCE),
    (b'L', Plan::Either, Set::LATE),
    (b'G', Plan::Either, Set::BUNCHED.or(Set::OUT_OF_SEQUENCE)),
    (b'A', Plan::Utp, Set::ACQUISITION),
    // The one letter that says two things: an average on CTS, where nothing is bunched; UTP writes averages as W.
    (b'W', Plan::Utp, Set::AVERAGE_PRICE),
    (b'B', Plan::Cta, Set::AVERAGE_PRICE),
    (b'W', Plan::Cta, Set::AVERAGE_PRICE),
    (b'B', Plan::Utp, Set::BUNCHED),
    (b'D', Plan::Either, Set::DISTRIBUTION),
    (b'E', Plan::Either, Set::AUTOMATIC),
    (b'H', Plan::Either, Set::PRICE_VARIATION),
    (b'I', Plan::Either, Set::ODD_LOT),
    (b'K', Plan::Either, Set::RULE_155),
    (b'M', Plan::Either, Set::OFFICIAL_CLOSE),
    (b'P', Plan::Either, Set::PRIOR_REFERENCE_PRICE),
    (b'Q', Plan::Either, Set::OFFICIAL_OPEN),
    (b'S', Plan::Utp, Set::SPLIT),
    (b'V', Plan::Either, Set::CONTINGENT),
    (b'X', Plan::Either, Set::CROSS),
    (b'Y', Plan::Utp, Set::YELLOW_FLAG),
    (b'1', Plan::Utp, Set::STOPPED),
    (b'2', Plan::Utp, Set::STOPPED.or(Set::LATE)),
    (b'3', Plan::Utp, Set::STOPPED.or(Set::OUT_OF_SEQUENCE)),
];

/// Flags of Lean's tick files (`AlgoSeek`'s), by the number of their bit. Not here: 0 regular; 27 CAP election, long gone;
/// 29 exempt from the trade-through rule, a mark of its own beside the conditions, which nearly every sweep carries; 30,
/// which nobody has described.
const LEAN: &[(u32, Set)] = &[
    (1, Set::CASH),
    (2, Set::NEXT_DAY),
    (3, Set::SELLER),
    (4, Set::YELLOW_FLAG),
    (5, Set::INTERMARKET_SWEEP),
    (6, Set::OPENING),
    (7, Set::CLOSING),
    (8, Set::REOPENING),
    (9, Set::DERIVATIVELY_PRICED),
    (10, Set::EXTENDED_HOURS),
    (LEAN_SOLD, Set::LATE),
    (12, Set::STOPPED),
    (13, Set::EXTENDED_HOURS),
    (LEAN_OUT_OF_SEQUENCE, Set::OUT_OF_SEQUENCE),
    (15, Set::SPLIT),
    (16, Set::ACQUISITION),
    (17, Set::BUNCHED),
    (18, Set::CONTINGENT),
    (19, Set::DISTRIBUTION),
    (20, Set::AVERAGE_PRICE),
    (21, Set::CROSS),
    (22, Set::PRICE_VARIATION),
    (23, Set::RULE_155),
    (24, Set::OFFICIAL_CLOSE),
    (25, Set::PRIOR_REFERENCE_PRICE),
    (26, Set::OFFICIAL_OPEN),
    (28, Set::AUTOMATIC),
    (31, Set::ODD_LOT),
];
const LEAN_SOLD: u32 = 11;
const LEAN_OUT_OF_SEQUENCE: u32 = 14;

/// What each byte says under each plan.
const BY_LETTER: [[Set; 256]; Plan::ALL.len()] = {
    let mut by_letter = [[ConditionSet(0); 256]; Plan::ALL.len()];
    let mut row = 0;
    while row < LETTERS.len() {
        let (letter, owner, set) = LETTERS[row];
        let mut plan = 0;
        while plan < Plan::ALL.len() {
            if Plan::ALL[plan].has(owner) {
                let said = &mut by_letter[plan][letter as usize];
                *said = said.or(set);
            }
            plan += 1;
        }
        row += 1;
    }
    by_letter
};

impl ConditionSet {
    /// Terms of a trade that keep its price out of every consolidated price.
    const SPECIAL_TERMS: Self = Self::AVERAGE_PRICE
        .or(Self::CASH)
        .or(Self::NEXT_DAY)
        .or(Self::SELLER)
        .or(Self::CONTINGENT)
        .or(Self::QUALIFIED_CONTINGENT)
        .or(Self::PRICE_VARIATION);

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set with these bits.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether it has one of the conditions of `other`.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What one letter says under a plan; nothing if it is none.
    pub(super) const fn of_letter(letter: u8, plan: Plan) -> Self {
        BY_LETTER[plan as usize][letter as usize]
    }

    /// Read any run of letters, for example ` F I` or `@`. What is no letter under the plan says nothing.
    pub fn parse(text: &[u8], plan: Plan) -> Self {
        let table = &BY_LETTER[plan as usize];
        text.iter().fold(Self(0), |set, letter| set.or(table[usize::from(*letter)]))
    }

    /// Read the flags of Lean's tick files.
    ///
    /// `Sold` beside `OutOfSequence` is the letter Z (sold, out of sequence), alone it is L (sold last).
    pub fn of_lean(flags: u32) -> Self {
        let sequence = 1 << LEAN_OUT_OF_SEQUENCE;
        let flags = if flags & sequence == 0 { flags } else { flags & !(1 << LEAN_SOLD) };
        let said = LEAN.iter().filter(|(number, _)| flags & (1 << number) != 0);
        said.fold(Self(0), |set, (_, condition)| set.or(*condition))
    }

    /// The letters that a plan's tape would show, with a space between them; what it has no letter for is left out.
    pub fn letters(self, plan: Plan) -> String {
        let (mut text, mut left) = (String::new(), self.0);
        for (letter, owner, set) in LETTERS {
            if plan.has(*owner) && left & set.0 == set.0 {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push(char::from(*letter));
                left &= !set.0;
            }
        }
        text
    }
}
