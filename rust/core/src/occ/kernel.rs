//! The symbol parser without branches: three 8-byte loads, then arithmetic on all their bytes at once.
//!
//! A byte loop with an exit at every character costs more than twice as much: roots of changing length and changing
//! dates leave the branch predictor nothing to learn. [`judge`] uses shifts, additions and bit operations only, no
//! comparison and no table, so that a loop over a block of symbols becomes SIMD code. Whoever needs the reason of a
//! refusal asks [`super::explain`] afterwards.

#![allow(clippy::inline_always, reason = "the kernel is compiled for the features of its caller")]

use std::num::Wrapping;

use crate::occ::{ROOT_MAX, TAIL};

type Word = Wrapping<u64>;

/// `byte` in each of the eight lanes.
const fn lanes(byte: u8) -> Word {
    Wrapping(u64::from_le_bytes([byte; 8]))
}

/// The first six lanes.
const SIX: Word = Wrapping(0x0000_ffff_ffff_ffff);
const ONE: Word = Wrapping(1);

/// The lanes of a head of so many characters.
const HEADS: [u64; 8] = [0, 0xff, 0xffff, 0x00ff_ffff, 0xffff_ffff, 0x00ff_ffff_ffff, SIX.0, 0];

/// The bytes of one symbol, as three words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Words {
    /// What stands before the last 15 characters, zeros after it, and the lanes that it fills.
    pub(crate) head: u64,
    pub(crate) head_lanes: u64,
    /// `yymmdd`, the right, the first digit of the strike.
    pub(crate) date: u64,
    /// The eight digits of the strike.
    pub(crate) strike: u64,
}

impl Words {
    /// The words of a symbol. One of an impossible length becomes zeros, which no symbol is.
    #[inline(always)]
    pub(crate) fn of(symbol: &[u8]) -> Self {
        let head_len = symbol.len().wrapping_sub(TAIL);
        if head_len.wrapping_sub(1) >= ROOT_MAX {
            return Self::default();
        }
        let head_lanes = HEADS[head_len & 7];
        Self {
            head: load(symbol, 0) & head_lanes,
            head_lanes,
            date: load(symbol, head_len),
            strike: load(symbol, head_len + TAIL - 8),
        }
    }
}

/// Eight bytes from a position, the first one lowest; all callers know that they are there.
#[inline(always)]
fn load(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// What the words say. All but `faults` is meaningless unless `faults` is zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The root's bytes, the first one lowest, zeros after the last.
    pub(crate) root: u64,
    /// The only bit set is the highest one of the lane after the root.
    pub(crate) root_end: u64,
    /// Expiry in days since 1970-01-01.
    pub(crate) days: u64,
    /// The pairs `00`, yy, mm, dd, 16 bits each.
    pub(crate) date: u64,
    /// `b'C'` or `b'P'`.
    pub(crate) right: u64,
    pub(crate) strike_milli: u64,
    pub(crate) faults: u64,
}

impl Terms {
    /// Length of the root.
    #[inline(always)]
    pub(crate) const fn root_len(&self) -> u32 {
        self.root_end.trailing_zeros() >> 3
    }

    /// +1 for a call, -1 for a put.
    #[inline]
    pub(crate) const fn sign(&self) -> i8 {
        if self.right == b'C' as u64 {
            1
        } else {
            -1
        }
    }

    /// Strike in dollars.
    #[inline]
    pub(crate) fn strike(&self) -> f64 {
        self.strike_milli as f64 / 1000.0
    }

    /// yy, mm or dd, for `part` 1, 2, 3.
    pub(crate) const fn date_part(&self, part: u32) -> u8 {
        (self.date >> (part * 16)) as u8
    }
}

/// The terms of a symbol in either spelling.
#[inline(always)]
pub(crate) fn read(symbol: &[u8]) -> Terms {
    judge(Words::of(symbol))
}

/// Nonzero if a lane is no ASCII digit.
#[inline(always)]
const fn not_digits(word: Word) -> Word {
    let nibble = word.0 ^ lanes(b'0').0;
    // A lane above 9 carries into its high nibble when 6 is added. One of 0xfa and more carries into the next lane
    // too, but has its own high nibble set already.
    Wrapping((nibble | nibble.wrapping_add(lanes(6).0)) & lanes(0xf0).0)
}

/// The numbers of the four pairs of digits, 16 bits each.
#[inline(always)]
fn pairs_of(word: Word) -> Word {
    let digits = word & lanes(0x0f);
    ((digits << 3) + (digits << 1) + (digits >> 8)) & Wrapping(0x00ff_00ff_00ff_00ff)
}

/// The number that eight ASCII digits spell, the first one in the lowest lane.
#[inline(always)]
pub(crate) fn eight_digits(word: Word) -> Word {
    let pairs = pairs_of(word);
    let fours = (pairs << 6) + (pairs << 5) + (pairs << 2) + (pairs >> 16);
    (fours & Wrapping(0xffff)) * Wrapping(10_000) + ((fours >> 32) & Wrapping(0xffff))
}

/// 0x80 in each lane that holds a byte in `first..=last`. Lanes must be below 0x80.
#[inline(always)]
fn within(word: Word, first: u8, last: u8) -> Word {
    (word + lanes(0x80 - first)) & !(word + lanes(0x7f - last)) & lanes(0x80)
}

/// The sign bit if a word is zero (its own sign bit must be clear).
#[inline(always)]
fn zero(word: Word) -> Word {
    word - ONE
}

/// 1 if a value below 256 is not zero.
#[inline(always)]
fn one_if_any(byte: Word) -> Word {
    ((byte + Wrapping(255)) >> 8) & ONE
}

/// Read the words of a symbol and judge whether it is one.
#[inline(always)]
pub(crate) fn judge(words: Words) -> Terms {
    const SIGN: Word = Wrapping(1 << 63);
    let (head, head_lanes, date, strike) =
        (Wrapping(words.head), Wrapping(words.head_lanes), Wrapping(words.date), Wrapping(words.strike));

    // The root: letters and digits from the first lane on, a letter among them, and after it spaces up to six lanes.
    let plain = head & lanes(0x7f);
    let upper = within(plain, b'A', b'Z');
    let others = !(upper | within(plain, b'0', b'9')) & lanes(0x80);
    let root_end = others & (Wrapping(0) - others);
    let kept = (root_end >> 7) - ONE;
    let after = head_lanes & !kept;
    let short_head = (head_lanes >> 47) ^ ONE;
    let root_faults = (head & lanes(0x80))
        | ((head & !kept) ^ (lanes(b' ') & after))
        | (((after | (Wrapping(0) - after)) >> 63) & short_head & ONE)
        | (zero(upper & kept) & SIGN);

    let yymmdd = ((date & SIX) << 16) | (lanes(b'0') & Wrapping(0xffff));
    let pairs = pairs_of(yymmdd);
    let (days, date_faults) = days_of(pairs);
    let right = (date >> 48) & Wrapping(0xff);
    let strike_milli = eight_digits(strike);
    let faults = root_faults
        | not_digits(yymmdd)
        | date_faults
        | (one_if_any(right ^ Wrapping(b'C'.into())) & one_if_any(right ^ Wrapping(b'P'.into())))
        | not_digits(strike)
        | (zero(strike_milli) & SIGN);
    Terms {
        root: (head & kept).0,
        root_end: root_end.0,
        days: days.0,
        date: pairs.0,
        right: right.0,
        strike_milli: strike_milli.0,
        faults: faults.0,
    }
}

/// Days since the epoch of yy, mm, dd in 2000-2099, and nonzero if there is no such date.
///
/// In these years each fourth is a leap year. Years are counted from March, so that the leap day comes last.
#[inline(always)]
fn days_of(pairs: Word) -> (Word, Word) {
    const SIGN: Word = Wrapping(1 << 63);
    /// 1996-03-01.
    const EPOCH: Word = Wrapping(9_556);
    let part = |shift: usize| (pairs >> shift) & Wrapping(0xff);
    let (year, month, day) = (part(16), part(32), part(48));
    let early = (month - Wrapping(3)) >> 63;
    let year_from_march = (year + Wrapping(4) - early) & Wrapping(0xff);
    let month_from_march = (month + (early << 3) + (early << 2) - Wrapping(3)) & Wrapping(0xff);
    let day_of_year = (month_from_march * Wrapping(979) + Wrapping(16)) >> 5;
    let days = year_from_march * Wrapping(365) + (year_from_march >> 2) + day_of_year + day - ONE + EPOCH;

    let february = one_if_any(month ^ Wrapping(2)) ^ ONE;
    let common_year = one_if_any(year & Wrapping(3));
    let month_length = Wrapping(30) + ((month ^ (month >> 3)) & ONE) - february - (february & common_year);
    let faults = ((month - ONE) | (Wrapping(12) - month) | (day - ONE) | (month_length - day)) & SIGN;
    (days, faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::civil::{days_from_civil, is_date};

    #[test]
    fn every_pair_of_digits_is_a_date_as_in_the_calendar() {
        for yymmdd in 0..1_000_000_u32 {
            let (year, month, day) = (yymmdd / 10_000, yymmdd / 100 % 100, yymmdd % 100);
            let pairs = Wrapping(u64::from(year) << 16 | u64::from(month) << 32 | u64::from(day) << 48);
            let (days, faults) = days_of(pairs);
            let exists = is_date(2000 + year as i32, month, day);
            assert_eq!(faults.0 == 0, exists, "{yymmdd:06}");
            if exists {
                assert_eq!(days.0 as i32, days_from_civil(2000 + year as i32, month, day), "{yymmdd:06}");
            }
        }
    }

    #[test]
    fn digits_are_told_from_every_other_byte_in_every_lane() {
        for lane in 0..8 {
            for byte in 0..=255_u8 {
                for others in [b'0', b'9'] {
                    let mut text = [others; 8];
                    text[lane] = byte;
                    let word = Wrapping(u64::from_le_bytes(text));
                    assert_eq!(not_digits(word).0 == 0, byte.is_ascii_digit(), "{text:?}");
                    if byte.is_ascii_digit() {
                        let expected: u64 = std::str::from_utf8(&text).unwrap().parse().unwrap();
                        assert_eq!(eight_digits(word).0, expected);
                    }
                }
            }
        }
    }
}
