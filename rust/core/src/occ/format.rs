//! Option symbols written from columns: the way back of [`super::batch`].

use std::sync::Arc;

use arrow_array::types::{Date32Type, Float64Type, Int64Type, Int8Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use crate::civil::civil_from_days;
use crate::columns::{nullable, required_text, Text};
use crate::error::{Error, Result};
use crate::occ::columns::{error_column, text, valid_rows};
use crate::occ::{build_root, Fault, Right, ROOT_MAX, STRIKE_MILLI_MAX, TAIL};

/// The last 15 characters of a symbol. `yymmdd` holds ASCII digits, the strike is below 10^8.
pub(super) fn tail(yymmdd: [u8; 6], right: Right, strike_milli: u32) -> [u8; TAIL] {
    let mut tail = [b'0'; TAIL];
    tail[..6].copy_from_slice(&yymmdd);
    tail[6] = right.letter().as_bytes()[0];
    let mut rest = strike_milli;
    for digit in tail[7..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    tail
}

/// `yymmdd` in ASCII digits.
pub(super) fn yymmdd(year: u32, month: u32, day: u32) -> [u8; 6] {
    let [y, m, d] = [year % 100, month, day].map(|n| [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]);
    [y[0], y[1], m[0], m[1], d[0], d[1]]
}

/// Symbols of the rows of some batches, padded to 21 characters or compact.
///
/// Columns read: `root` text; `expiry` date32; `right` text (`C`, `P`) or int8 (+1 call, -1 put); `strike_milli` int64,
/// or `strike` float64 in dollars. Columns of the result: `symbol` utf8, and `error` utf8, null where there is a symbol.
pub fn format_batches(batches: &[RecordBatch], padded: bool) -> Result<RecordBatch> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    if rows > i32::MAX as usize / (ROOT_MAX + TAIL) {
        return Err(Error::invalid(format!("{rows} symbols are too many for one batch")));
    }
    let mut ends = Vec::with_capacity(rows + 1);
    ends.push(0);
    let mut bytes = Vec::with_capacity(rows * (ROOT_MAX + TAIL));
    let mut faults = Vec::new();
    for batch in batches {
        let source = Source::of(batch)?;
        let mut dates = Dates::default();
        for row in 0..batch.num_rows() {
            match source.write(row, padded, &mut dates, &mut bytes) {
                Ok(()) => {}
                Err(fault) => faults.push((ends.len() - 1, fault)),
            }
            ends.push(bytes.len() as i32);
        }
    }
    let columns: Vec<ArrayRef> =
        vec![Arc::new(text(ends, bytes, valid_rows(rows, &faults))?), error_column(rows, &faults)?];
    let fields = ["symbol", "error"].map(|name| Field::new(name, DataType::Utf8, true));
    RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), columns).map_err(|e| Error::Schema(e.to_string()))
}

/// The digits of the date that came last: rows of one expiry mostly lie together.
#[derive(Default)]
struct Dates(Option<(i32, [u8; 6])>);

impl Dates {
    fn digits(&mut self, days: i32) -> std::result::Result<[u8; 6], Fault> {
        if let Some((_, digits)) = self.0.filter(|(known, _)| *known == days) {
            return Ok(digits);
        }
        let (year, month, day) = civil_from_days(days);
        if !(2000..2100).contains(&year) {
            return Err(Fault::ExpiryYear);
        }
        let digits = yymmdd(year as u32, month, day);
        self.0 = Some((days, digits));
        Ok(digits)
    }
}

enum Rights {
    Letters(ArrayRef),
    Signs(PrimitiveArray<Int8Type>),
}

enum Strikes<'a> {
    Milli(&'a PrimitiveArray<Int64Type>),
    Dollars(&'a PrimitiveArray<Float64Type>),
}

struct Source<'a> {
    root: ArrayRef,
    expiry: &'a PrimitiveArray<Date32Type>,
    right: Rights,
    strike: Strikes<'a>,
}

impl<'a> Source<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self> {
        let right = match batch.column_by_name("right").map(Array::data_type) {
            Some(DataType::Int8) => Rights::Signs(nullable::<Int8Type>(batch, "right")?.clone()),
            _ => Rights::Letters(required_text(batch, "right")?),
        };
        let strike = if batch.column_by_name("strike_milli").is_some() {
            Strikes::Milli(nullable::<Int64Type>(batch, "strike_milli")?)
        } else {
            Strikes::Dollars(nullable::<Float64Type>(batch, "strike")?)
        };
        Ok(Self {
            root: required_text(batch, "root")?,
            expiry: nullable::<Date32Type>(batch, "expiry")?,
            right,
            strike,
        })
    }

    fn write(&self, row: usize, padded: bool, dates: &mut Dates, out: &mut Vec<u8>) -> std::result::Result<(), Fault> {
        let root = text_of(&self.root).get(row).ok_or(Fault::Null)?;
        let (stored, _) = build_root(root)?;
        let expiry = self.expiry.is_valid(row).then(|| self.expiry.value(row)).ok_or(Fault::Null)?;
        let tail = tail(dates.digits(expiry)?, self.right(row)?, self.strike_milli(row)?);
        if padded {
            out.extend_from_slice(&stored.map(|b| if b == 0 { b' ' } else { b }));
        } else {
            out.extend_from_slice(root);
        }
        out.extend_from_slice(&tail);
        Ok(())
    }

    fn right(&self, row: usize) -> std::result::Result<Right, Fault> {
        match &self.right {
            Rights::Signs(signs) if signs.is_null(row) => Err(Fault::Null),
            Rights::Signs(signs) => match signs.value(row) {
                1 => Ok(Right::Call),
                -1 => Ok(Right::Put),
                _ => Err(Fault::Right),
            },
            Rights::Letters(letters) => match text_of(letters).get(row).ok_or(Fault::Null)? {
                b"C" => Ok(Right::Call),
                b"P" => Ok(Right::Put),
                _ => Err(Fault::Right),
            },
        }
    }

    fn strike_milli(&self, row: usize) -> std::result::Result<u32, Fault> {
        let milli = match self.strike {
            Strikes::Milli(array) => array.is_valid(row).then(|| array.value(row)).ok_or(Fault::Null)?,
            Strikes::Dollars(array) => {
                let strike = array.is_valid(row).then(|| array.value(row)).ok_or(Fault::Null)?;
                // Saturates, and NaN becomes 0: both are refused below. No other double stands for this strike.
                let milli = (strike * 1000.0).round() as i64;
                if milli as f64 / 1000.0 == strike {
                    milli
                } else {
                    0
                }
            }
        };
        if (1..=STRIKE_MILLI_MAX).contains(&milli) {
            Ok(milli as u32)
        } else {
            Err(Fault::StrikeRange)
        }
    }
}

fn text_of(array: &ArrayRef) -> Text<'_> {
    Text::of_array(array.as_ref()).unwrap_or(Text::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::occ::batch::parse_array;
    use arrow_array::cast::AsArray;
    use arrow_array::{Date32Array, Float64Array, Int64Array, Int8Array, StringArray, StringViewArray};

    const PADDED: [&str; 4] =
        ["SPY   250919C00650000", "AAPL1 140621P00092857", "NDXP99240229C99999999", "1SPY  991231P00000001"];

    fn symbols(batch: &RecordBatch) -> Vec<Option<&str>> {
        batch.column(0).as_string::<i32>().iter().collect()
    }

    #[test]
    fn what_is_parsed_is_written_back() {
        let parsed = parse_array(&StringArray::from(PADDED.to_vec())).unwrap();
        let padded = format_batches(std::slice::from_ref(&parsed), true).unwrap();
        assert_eq!(symbols(&padded), PADDED.map(Some));
        assert_eq!(padded.column(1).null_count(), 4);
        let compact = format_batches(std::slice::from_ref(&parsed), false).unwrap();
        assert_eq!(
            symbols(&compact),
            PADDED.map(|s| s.replace(' ', "")).iter().map(|s| Some(s.as_str())).collect::<Vec<_>>()
        );
        assert_eq!(parse_array(compact.column(0)).unwrap(), parsed);
    }

    #[test]
    fn the_columns_of_a_chain_are_taken() {
        let batch = RecordBatch::try_from_iter(vec![
            ("root", Arc::new(StringViewArray::from(vec!["SPX", "SPX"])) as ArrayRef),
            ("expiry", Arc::new(Date32Array::from(vec![20_350, 20_350]))),
            ("right", Arc::new(Int8Array::from(vec![1, -1]))),
            ("strike", Arc::new(Float64Array::from(vec![4505.1, 0.29]))),
        ])
        .unwrap();
        let written = format_batches(&[batch], false).unwrap();
        assert_eq!(symbols(&written), [Some("SPX250919C04505100"), Some("SPX250919P00000290")]);
    }

    #[test]
    fn rows_that_cannot_be_written_say_why() {
        let rows = [
            ("spy", 20_350, 1, 1.0, "A-Z"),
            ("", 20_350, 1, 1.0, "empty"),
            ("SEVENCH", 20_350, 1, 1.0, "longer than 6"),
            ("123", 20_350, 1, 1.0, "no letter"),
            ("SPY", 10_956, 1, 1.0, "2000-2099"),
            ("SPY", i32::MIN, 1, 1.0, "2000-2099"),
            ("SPY", 20_350, 0, 1.0, "neither C nor P"),
            ("SPY", 20_350, 1, 0.0, "thousandths"),
            ("SPY", 20_350, 1, 1.000_4, "thousandths"),
            ("SPY", 20_350, 1, 100_000.0, "thousandths"),
            ("SPY", 20_350, 1, f64::NAN, "thousandths"),
            ("SPY", 20_350, 1, f64::INFINITY, "thousandths"),
        ];
        let batch = RecordBatch::try_from_iter(vec![
            ("root", Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.0))) as ArrayRef),
            ("expiry", Arc::new(Date32Array::from_iter_values(rows.iter().map(|r| r.1)))),
            ("right", Arc::new(Int8Array::from_iter_values(rows.iter().map(|r| r.2)))),
            ("strike", Arc::new(Float64Array::from_iter_values(rows.iter().map(|r| r.3)))),
        ])
        .unwrap();
        let written = format_batches(std::slice::from_ref(&batch), true).unwrap();
        assert_eq!(written.column(0).null_count(), rows.len());
        for (row, (_, _, _, _, reason)) in rows.iter().enumerate() {
            let error = written.column(1).as_string::<i32>().value(row);
            assert!(error.contains(reason), "{row}: {error}");
        }
        let without = batch.project(&[0, 1, 2]).unwrap();
        assert!(matches!(format_batches(&[without], true), Err(Error::Schema(text)) if text.contains("strike")));
        let nulls = RecordBatch::try_from_iter(vec![
            ("root", Arc::new(StringArray::from(vec![Some("A"), None])) as ArrayRef),
            ("expiry", Arc::new(Date32Array::from(vec![None, Some(20_350)]))),
            ("right", Arc::new(StringArray::from(vec!["C", "C"]))),
            ("strike_milli", Arc::new(Int64Array::from(vec![1, 1]))),
        ])
        .unwrap();
        assert_eq!(format_batches(&[nulls], true).unwrap().column(1).null_count(), 0);
    }
}
