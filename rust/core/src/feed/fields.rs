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

/// A cursor over the NUL-terminated fields of a frame. `None` always means: absent, or not plain.
///
/// What stands behind the last NUL is no field.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// At the first field of a frame.
    #[inline]
    pub const fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    /// The bytes of the next field.
    #[inline]
    pub fn raw(&mut self) -> Option<&'a [u8]> {
        let end = memchr(0, self.rest)?;
        let (field, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        Some(field)
    }

    /// Step over a field, whatever it holds.
    #[inline]
    pub fn skip(&mut self) -> Option<()> {
        // Versions, attributes: one digit, as a rule.
        if let [_, 0, rest @ ..] = self.rest {
            if self.rest[0] != 0 {
                self.rest = rest;
                return Some(());
            }
        }
        self.raw().map(|_| ())
    }

    /// A field of ASCII.
    #[inline]
    pub fn text(&mut self) -> Option<&'a [u8]> {
        self.raw().filter(|field| field.is_ascii())
    }

    /// Whether no field is left.
    #[inline]
    pub fn at_end(&self) -> bool {
        memchr(0, self.rest).is_none()
    }

    /// An integer of at most 18 digits.
    #[inline]
    pub fn int(&mut self) -> Option<i64> {
        let bytes = self.rest;
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
                self.rest = &bytes[at + 1..];
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
        let (value, used) = read_float(self.rest)?;
        self.rest = &self.rest[used..];
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
        if let [0, rest @ ..] = self.rest {
            self.rest = rest;
            return true;
        }
        false
    }
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
    !(has_zero_byte(first) || has_zero_byte(second))
}

#[inline]
fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|word| u64::from_le_bytes(*word))
}

/// The classic test: a borrow reaches the top bit of a byte only if that byte, or one below it, was 0.
#[inline]
const fn has_zero_byte(word: u64) -> bool {
    word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080 != 0
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
