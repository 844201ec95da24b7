//! The fields of a frame, read in order. Numbers are read as Python's `int` and `float` do, or not at all.

use memchr::memchr;

/// Most digits of an integer that surely fits.
const INT_DIGITS_MAX: usize = 18;
/// Most decimal digits of a `u64` that surely fit.
const MANTISSA_DIGITS_MAX: usize = 19;
/// Up to here every integer is a double.
const EXACT_MANTISSA_MAX: u64 = 1 << 53;
/// Powers of ten that are doubles exactly.
#[rustfmt::skip]
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

const NUL_BITS: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = 0x0101_0101_0101_0101;
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// A cursor over the NUL-terminated fields of a frame. `None` always means: absent, or not plain.
///
/// What stands behind the last NUL is no field.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    /// At the first field of a frame.
    #[inline]
    pub const fn new(body: &'a [u8]) -> Self {
        Self { body, at: 0 }
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.body.get(self.at..).unwrap_or_default()
    }

    /// The bytes of the next field.
    #[inline]
    pub fn raw(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest();
        let end = memchr(0, rest)?;
        self.at += end + 1;
        Some(&rest[..end])
    }

    /// Step over a field, whatever it holds.
    #[inline]
    pub fn skip(&mut self) -> Option<()> {
        // Versions, attributes: one digit, as a rule.
        if let [first, 0, ..] = self.rest() {
            if *first != 0 {
                self.at += 2;
                return Some(());
            }
        }
        self.raw().map(|_| ())
    }

    /// A field of ASCII.
    #[inline]
    pub fn text(&mut self) -> Option<&'a [u8]> {
        let length = first_zero(self.word());
        if length < 8 {
            let field = self.body.get(self.at..self.at + length)?;
            self.at += length + 1;
            return field.is_ascii().then_some(field);
        }
        self.raw().filter(|field| field.is_ascii())
    }

    /// Whether no field is left.
    #[inline]
    pub fn at_end(&self) -> bool {
        self.at == self.body.len() || memchr(0, self.rest()).is_none()
    }

    /// The next eight bytes, the first one lowest. Behind the end of the frame stand bytes that are nothing.
    #[inline]
    fn word(&self) -> u64 {
        if let Some(word) = self.body.get(self.at..).and_then(<[u8]>::first_chunk) {
            return u64::from_le_bytes(*word);
        }
        let left = self.body.len() - self.at;
        match self.body.last_chunk() {
            // The last eight bytes hold the rest of the frame at their top.
            Some(word) if left > 0 => {
                let missing = 8 * (8 - left);
                u64::from_le_bytes(*word) >> missing | u64::MAX << (64 - missing)
            }
            Some(_) => u64::MAX,
            None => {
                let mut word = [0xFF; 8];
                word[..left].copy_from_slice(&self.body[self.at..]);
                u64::from_le_bytes(word)
            }
        }
    }

    /// An integer of at most 18 digits.
    #[inline]
    pub fn int(&mut self) -> Option<i64> {
        let word = self.word();
        let length = first_zero(word);
        let negative = word & 0xFF == u64::from(b'-');
        let sign = usize::from(negative);
        let digits = length.wrapping_sub(sign);
        if length < 8 && digits > 0 {
            let value = eight_digits(right_aligned(word >> (8 * sign), digits))?.cast_signed();
            self.at += length + 1;
            return Some(if negative { -value } else { value });
        }
        self.long_int()
    }

    fn long_int(&mut self) -> Option<i64> {
        let bytes = self.rest();
        let negative = *bytes.first()? == b'-';
        let start = usize::from(negative);
        let (mut at, mut value) = (start, 0_i64);
        loop {
            let byte = *bytes.get(at)?;
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                if byte != 0 || at == start || at - start > INT_DIGITS_MAX {
                    return None;
                }
                self.at += at + 1;
                return Some(if negative { -value } else { value });
            }
            // Wraps only where there are more digits than are accepted above.
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
            at += 1;
        }
    }

    /// An integer; an empty field is 0.
    #[inline]
    pub fn int_or_zero(&mut self) -> Option<i64> {
        if self.skip_empty() {
            return Some(0);
        }
        self.int()
    }

    /// A number, correctly rounded.
    #[inline]
    pub fn float(&mut self) -> Option<f64> {
        let word = self.word();
        let length = first_zero(word);
        if length < 8 {
            if let Some(value) = short_float(word, length) {
                self.at += length + 1;
                return Some(value);
            }
        }
        let (value, used) = read_float(self.rest())?;
        self.at += used;
        Some(value)
    }

    /// A number; an empty field is 0.
    #[inline]
    pub fn float_or_zero(&mut self) -> Option<f64> {
        if self.skip_empty() {
            return Some(0.0);
        }
        self.float()
    }

    /// Step over the next field if it is empty; whether it was.
    #[inline]
    pub fn skip_empty(&mut self) -> bool {
        let empty = self.body.get(self.at) == Some(&0);
        self.at += usize::from(empty);
        empty
    }
}

/// How many bytes stand before the first NUL; 8 if there is none.
///
/// The classic test: a borrow reaches the top bit of a byte only if that byte, or one below it, was 0.
#[inline]
const fn first_zero(word: u64) -> usize {
    ((word.wrapping_sub(ONES) & !word & NUL_BITS).trailing_zeros() / 8) as usize
}

/// The first `count` bytes (1 to 8) at the end of a word, with `0` characters before them.
#[inline]
const fn right_aligned(word: u64, count: usize) -> u64 {
    let shift = 64 - 8 * count;
    word << shift | ZEROS & !(u64::MAX << shift)
}

/// The number of eight decimal digits, `None` if a byte is no digit. Pairs, then fours, then all are added up at once.
#[inline]
const fn eight_digits(word: u64) -> Option<u64> {
    // A digit is 0x30 to 0x39: its upper half is 3, and still is after 6 is added.
    let upper = 0xF0F0_F0F0_F0F0_F0F0;
    if word & upper != ZEROS || word.wrapping_add(0x0606_0606_0606_0606) & upper != ZEROS {
        return None;
    }
    let ones = word & 0x0F0F_0F0F_0F0F_0F0F;
    let pairs = (ones.wrapping_mul(10 * 256 + 1) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(100 * 65_536 + 1) >> 16) & 0x0000_FFFF_0000_FFFF;
    Some(fours.wrapping_mul(10_000 * 4_294_967_296 + 1) >> 32)
}

/// A decimal of `length` bytes (at most 7) at the start of a word: digits, and maybe a sign and a point.
#[inline]
fn short_float(word: u64, length: usize) -> Option<f64> {
    let negative = word & 0xFF == u64::from(b'-');
    let sign = usize::from(negative);
    let (word, length) = (word >> (8 * sign), length.checked_sub(sign)?);
    let point = first_zero(word ^ (ONES * u64::from(b'.')));
    let (word, digits, decimals) = if point < length {
        // The digits behind the point move up to those before it.
        let before = word & !(u64::MAX << (8 * point));
        let behind = (word >> (8 * point)) >> 8;
        (before | behind << (8 * point), length - 1, length - 1 - point)
    } else {
        (word, length, 0)
    };
    if digits == 0 {
        return None;
    }
    let value = eight_digits(right_aligned(word, digits))? as f64 / POWERS[decimals];
    Some(if negative { -value } else { value })
}

/// A number and the bytes it took, its NUL included.
///
/// With at most 2^53 as digits and at most 22 of them after the point, digits / power of ten is one rounding of the
/// true value, hence the nearest double (Clinger's fast path). All others go to the general algorithm.
#[inline]
fn read_float(bytes: &[u8]) -> Option<(f64, usize)> {
    if is_long(bytes) {
        return general_float(bytes);
    }
    let negative = *bytes.first()? == b'-';
    let start = usize::from(negative);
    let (mut at, mut mantissa) = (start, 0_u64);
    while let Some(digit) = digit_at(bytes, at) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
        at += 1;
    }
    let mut digits = at - start;
    let mut decimals = 0;
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        let point = at;
        while let Some(digit) = digit_at(bytes, at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
            at += 1;
        }
        decimals = at - point;
        digits += decimals;
    }
    let plain = bytes.get(at) == Some(&0) && digits > 0 && digits <= MANTISSA_DIGITS_MAX;
    if plain && mantissa <= EXACT_MANTISSA_MAX {
        let value = mantissa as f64 / POWERS[decimals];
        return Some((if negative { -value } else { value }, at + 1));
    }
    general_float(bytes)
}

/// Whether the field has 16 bytes or more (the greeks, as a rule): these rarely have at most 2^53 as digits.
#[inline]
fn is_long(bytes: &[u8]) -> bool {
    let (Some(first), Some(second)) = (word_at(bytes, 0), word_at(bytes, 8)) else { return false };
    first_zero(first) == 8 && first_zero(second) == 8
}

#[inline]
fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|word| u64::from_le_bytes(*word))
}

#[inline]
fn digit_at(bytes: &[u8], at: usize) -> Option<u64> {
    let digit = bytes.get(at)?.wrapping_sub(b'0');
    (digit <= 9).then_some(u64::from(digit))
}

fn general_float(bytes: &[u8]) -> Option<(f64, usize)> {
    let (value, used) = fast_float2::parse_partial::<f64, _>(bytes).ok()?;
    (bytes.get(used) == Some(&0)).then_some((value, used + 1))
}

/// A number that fills all of `text`, as one item of a list inside a field.
pub(crate) fn float_of(text: &[u8]) -> Option<f64> {
    fast_float2::parse(text).ok()
}
