//! Numbers as the sources write them, read exactly: the double nearest to the decimal text, as by any sound parser.

use std::num::Wrapping;

use crate::occ::kernel::eight_digits;

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
/// Up to here doubles hold every integer exactly, and the quotient of two exact numbers is rounded once: correctly.
const EXACT_MAX: u64 = 1 << 53;

const fn lanes(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// A plain decimal number (`-12.5`, no exponent) at a position, and where it ends. `None` where the text is no such
/// number, or one that this cannot read exactly, or nearer than nine bytes to the end: ask [`parse_number`] then.
#[inline]
pub(crate) fn decimal(text: &[u8], at: usize) -> Option<(f64, usize)> {
    let minus = *text.get(at)? == b'-';
    let start = at + usize::from(minus);
    let word = u64::from_le_bytes(*text.get(start..)?.first_chunk()?);
    let digits = word ^ lanes(b'0');
    // 0x80 in each lane that is no digit. A lane of 0x8a and more carries into those after it, which don't count.
    let others = (digits.wrapping_add(lanes(0x76)) | digits) & lanes(0x80);
    let whole = others.trailing_zeros() >> 3;
    let has_point = whole < 8 && (word >> (whole * 8)) as u8 == b'.';
    let (packed, length, decimals) = if has_point {
        let after = others & (others - 1);
        if after == 0 {
            return long_decimal(text, start, minus);
        }
        let end = after.trailing_zeros() >> 3;
        let before = (1_u64 << (whole * 8)) - 1;
        ((digits & before) | ((digits >> 8) & !before), end.wrapping_sub(1), end.wrapping_sub(1 + whole))
    } else {
        (digits, whole, 0)
    };
    if length.wrapping_sub(1) >= 7 {
        return long_decimal(text, start, minus);
    }
    let mantissa = eight_digits(Wrapping(packed << (64 - length * 8))).0;
    let value = mantissa as f64 / POWERS[decimals as usize & 7];
    let end = start + length as usize + usize::from(has_point);
    Some((if minus { -value } else { value }, end))
}

/// The same digit by digit, for numbers of eight characters and more.
fn long_decimal(text: &[u8], start: usize, minus: bool) -> Option<(f64, usize)> {
    let (mut mantissa, mut digits, mut decimals, mut point) = (0_u64, 0, 0, false);
    let mut end = start;
    loop {
        match *text.get(end)? {
            digit @ b'0'..=b'9' if digits < 18 => {
                mantissa = mantissa * 10 + u64::from(digit - b'0');
                digits += 1;
                decimals += usize::from(point);
            }
            b'.' if !point => point = true,
            b'0'..=b'9' => return None,
            _ => break,
        }
        end += 1;
    }
    if digits == 0 || mantissa > EXACT_MAX {
        return None;
    }
    let value = mantissa as f64 / POWERS[decimals];
    Some((if minus { -value } else { value }, end))
}

/// A number as sources write it: spaces around it and thousands separators are passed over. NaN if it is none.
pub(crate) fn parse_number(text: &[u8]) -> f64 {
    let text = text.trim_ascii();
    let parsed = if text.contains(&b',') {
        let plain: Vec<u8> = text.iter().copied().filter(|b| *b != b',').collect();
        fast_float2::parse(plain)
    } else {
        fast_float2::parse(text)
    };
    parsed.unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_may_have_separators() {
        assert_eq!(parse_number(b" 1,234.5 "), 1234.5);
        for junk in [&b""[..], b"-", b"None", b"1.2.3", b"0x10", b"\xff"] {
            assert!(parse_number(junk).is_nan(), "{junk:?}");
        }
    }

    #[test]
    fn decimals_end_where_their_text_ends() {
        for (text, value, end) in [
            ("0", 0.0, 1),
            ("-0", 0.0, 2),
            ("7", 7.0, 1),
            ("36.98", 36.98, 5),
            (".5", 0.5, 2),
            ("5.", 5.0, 2),
            ("1234567", 1_234_567.0, 7),
            ("12345678", 12_345_678.0, 8),
            ("123456.7", 123_456.7, 8),
            ("-0.13473", -0.134_73, 8),
            ("4479.0898", 4479.0898, 9),
            ("9007199254740992", 9_007_199_254_740_992.0, 16),
            ("0.00000000000000001", 1e-17, 19),
        ] {
            let padded = format!("{text}\",\"12345678");
            assert_eq!(decimal(padded.as_bytes(), 0), Some((value, end)), "{text}");
        }
        for text in ["", ".", "-", "--1", "x", "\u{e9}1", "9007199254740993", "0.0000000000000000001", "inf", "NaN"] {
            assert_eq!(decimal(format!("{text}\",\"12345678").as_bytes(), 0), None, "{text}");
        }
        assert_eq!(decimal(b"1.2.3456,", 0), Some((1.2, 3)), "the caller looks at what follows");
    }

    proptest! {
        #[test]
        fn decimals_are_the_nearest_doubles(text in "-?[0-9]{0,12}(\\.[0-9]{0,9})?", after in "[\",eE.x \\x80]") {
            let padded = format!("{text}{after}________");
            if let Some((value, end)) = decimal(padded.as_bytes(), 0) {
                prop_assert_eq!(value.to_bits(), padded[..end].parse::<f64>().unwrap().to_bits());
                prop_assert_eq!(value.to_bits(), parse_number(&padded.as_bytes()[..end]).to_bits());
            }
        }

        #[test]
        fn any_bytes_are_read_or_not(text in proptest::collection::vec(any::<u8>(), 0..30), at in 0_usize..32) {
            if let Some((_, end)) = decimal(&text, at) {
                prop_assert!(end > at && end < text.len());
            }
        }
    }
}
