//! The layout of a row, learned from one and tried on the next.
//!
//! A server writes all rows alike: the same keys in the same order with the same white space. So the bytes between two
//! values need no parsing but one comparison. A row that departs from the layout in any way, or whose values are not
//! what is expected of them, is not judged here: the general parser reads it again.

use crate::chain::alphavantage::row::{Field, COLUMNS};
use crate::chain::number::decimal;
use crate::occ::kernel::{read, Terms};

/// What stands before a value, from the quote that ends the value before it to the one that opens this.
#[derive(Debug)]
struct Slot {
    lead: Vec<u8>,
    field: Field,
}

#[derive(Debug)]
pub(super) struct Layout {
    slots: Vec<Slot>,
    end: Vec<u8>,
    pub(super) has_date: bool,
}

/// Every field that a contract may have, and some more.
const SLOTS_MAX: usize = 64;

impl Layout {
    /// The layout of a row that the general parser took. `None` if a value is no plain string.
    pub(super) fn learn(row: &[u8]) -> Option<Self> {
        let mut slots: Vec<Slot> = Vec::new();
        let (mut start, mut at) = (0, 1);
        loop {
            let key_start = at + row[at..].iter().position(|b| *b == b'"')? + 1;
            let key_end = key_start + plain_text(&row[key_start..])?;
            let open = key_end
                + 1
                + row[key_end + 1..].iter().position(|b| !matches!(b, b':' | b' ' | b'\n' | b'\r' | b'\t'))?;
            if row[open] != b'"' || slots.len() == SLOTS_MAX {
                return None;
            }
            let key = std::str::from_utf8(&row[key_start..key_end]).ok()?;
            slots.push(Slot { lead: row[start..=open].to_vec(), field: Field::of_key(key) });
            start = open + 1 + plain_text(&row[open + 1..])?;
            at = start + 1;
            if !row[at..].contains(&b'"') {
                break;
            }
        }
        let fields: Vec<Field> = slots.iter().map(|slot| slot.field).filter(|field| *field != Field::Other).collect();
        let twice = fields.iter().enumerate().any(|(i, field)| fields[..i].contains(field));
        (fields.contains(&Field::ContractId) && !twice).then(|| Self {
            slots,
            end: row[start..].to_vec(),
            has_date: fields.contains(&Field::Date),
        })
    }

    /// Read a sound row of this layout at a position: its contract, its numbers, and where it ends.
    #[inline]
    pub(super) fn read(&self, body: &[u8], mut at: usize) -> Option<(Terms, [f64; COLUMNS.len()], usize)> {
        let mut terms = Terms::default();
        let mut numbers = [f64::NAN; COLUMNS.len()];
        let (mut expiration, mut strike, mut sign) = (None, None, None);
        for slot in &self.slots {
            at = after(body, at, &slot.lead)?;
            let rest = &body[at..];
            match slot.field {
                Field::Number(place) => {
                    if *rest.first()? != b'"' {
                        (numbers[place], at) = decimal(body, at)?;
                    }
                }
                Field::ContractId => {
                    let length = (16..=21).find(|length| rest.get(*length) == Some(&b'"'))?;
                    terms = read(&rest[..length]);
                    at += length;
                }
                Field::Expiration => {
                    expiration = Some(rest.first_chunk::<10>()?);
                    at += 10;
                }
                Field::Strike => {
                    let (value, end) = decimal(body, at)?;
                    strike = Some(value);
                    at = end;
                }
                Field::Kind => {
                    let is_call = rest.starts_with(b"call");
                    if !is_call && !rest.starts_with(b"put") {
                        return None;
                    }
                    sign = Some(if is_call { 1 } else { -1 });
                    at += if is_call { 4 } else { 3 };
                }
                Field::Symbol if rest.starts_with(b"XXYYZZ") => return None,
                Field::Symbol | Field::Date | Field::Other => at += plain_text(rest)?,
            }
        }
        at = after(body, at, &self.end)?;
        let sound = terms.faults == 0
            && terms.root != u64::from_le_bytes(*b"XXYYZZ\0\0")
            && sign.is_none_or(|sign| sign == terms.sign())
            && strike.is_none_or(|strike| strike == terms.strike())
            && expiration.is_none_or(|text| *text == written(&terms));
        sound.then_some((terms, numbers, at))
    }
}

/// Where a text ends that stands at a position, if it stands there.
#[inline]
fn after(body: &[u8], at: usize, text: &[u8]) -> Option<usize> {
    body.get(at..)?.starts_with(text).then_some(at + text.len())
}

/// Expiry as `YYYY-MM-DD`.
#[inline]
fn written(terms: &Terms) -> [u8; 10] {
    let [[y, z], [m, n], [d, e]] =
        [1, 2, 3].map(|part| [b'0' + terms.date_part(part) / 10, b'0' + terms.date_part(part) % 10]);
    [b'2', b'0', y, z, b'-', m, n, b'-', d, e]
}

/// Length of a string without escapes, control characters and bytes past ASCII, up to its closing quote.
#[inline]
fn plain_text(text: &[u8]) -> Option<usize> {
    let end = text.iter().position(|b| !matches!(b, b' '..=b'~') || matches!(b, b'"' | b'\\'))?;
    (text[end] == b'"').then_some(end)
}
