//! Option symbols by the column: text of any Arrow layout in, a record batch out.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use crate::columns::Text;
use crate::error::{Error, Result};
use crate::occ::columns::Columns;
use crate::occ::kernel::{read, Terms};
use crate::occ::{explain, Fault};

/// Parse the symbols of one or more utf8, `large_utf8`, `utf8_view` or dictionary arrays into one batch.
///
/// Columns: `root` utf8, `expiry` date32, `right` utf8 (`C`, `P`), `strike_milli` int64, all null where the row is
/// invalid, and `error` utf8, null where it is valid.
pub fn parse_arrays(chunks: &[ArrayRef]) -> Result<RecordBatch> {
    let mut parser = Parser::with_capacity(chunks.iter().map(Array::len).sum())?;
    for chunk in chunks {
        parser.append_array(chunk.as_ref())?;
    }
    parser.finish()
}

/// Parse one array.
pub fn parse_array(symbols: &dyn Array) -> Result<RecordBatch> {
    let mut parser = Parser::with_capacity(symbols.len())?;
    parser.append_array(symbols)?;
    parser.finish()
}

/// Parse symbols given as bytes; `None` is a null row.
pub fn parse_symbols<'a>(symbols: impl Iterator<Item = Option<&'a [u8]>>, rows: usize) -> Result<RecordBatch> {
    let mut parser = Parser::with_capacity(rows)?;
    parser.append(symbols);
    parser.finish()
}

/// Parses symbols as they come, into columns of a size that is known before.
#[derive(Debug)]
pub struct Parser(Columns);

impl Parser {
    /// Room for `rows` symbols; more are refused by no one, but cost a copy.
    pub fn with_capacity(rows: usize) -> Result<Self> {
        Columns::with_capacity(rows).map(Self)
    }

    /// Parse symbols given as bytes; `None` is a null row.
    pub fn append<'a>(&mut self, symbols: impl Iterator<Item = Option<&'a [u8]>>) {
        self.0.append(symbols);
    }

    /// Parse the symbols of an array. Bytes are found through checked ranges: offsets that lie give an invalid row.
    pub fn append_array(&mut self, symbols: &dyn Array) -> Result<()> {
        match symbols.data_type() {
            DataType::Utf8 => {
                let array = symbols.as_string::<i32>();
                let bytes = array.value_data();
                let rows = array.value_offsets().windows(2);
                self.append_nullable(symbols, rows.map(|at| slice(bytes, i64::from(at[0]), i64::from(at[1]))));
            }
            DataType::LargeUtf8 => {
                let array = symbols.as_string::<i64>();
                let bytes = array.value_data();
                self.append_nullable(symbols, array.value_offsets().windows(2).map(|at| slice(bytes, at[0], at[1])));
            }
            DataType::Utf8View => {
                let array = symbols.as_string_view();
                let buffers = array.data_buffers();
                let rows = array.views().iter().map(|view| {
                    // Up to 12 bytes lie in the view itself, and are too short for a symbol. Else: length, prefix,
                    // number of the buffer, offset, 32 bits each.
                    let word = |at: u32| i64::from((view >> (at * 32)) as u32);
                    let buffer = buffers.get(word(2) as usize).filter(|_| word(0) > 12);
                    buffer.map_or(&[][..], |bytes| slice(bytes, word(3), word(3) + word(0)))
                });
                self.append_nullable(symbols, rows);
            }
            DataType::Null => self.append(std::iter::repeat_n(None, symbols.len())),
            DataType::Dictionary(..) => self.append_dictionary(symbols)?,
            other => return Err(Error::Schema(format!("the symbols are of Arrow type {other}: they must be text"))),
        }
        Ok(())
    }

    fn append_nullable<'a>(&mut self, array: &dyn Array, symbols: impl Iterator<Item = &'a [u8]>) {
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => self.append(symbols.map(Some)),
            Some(nulls) => self.append(symbols.zip(nulls).map(|(symbol, valid)| valid.then_some(symbol))),
        }
    }

    /// Each distinct symbol is parsed once.
    fn append_dictionary(&mut self, symbols: &dyn Array) -> Result<()> {
        let dictionary = symbols.as_any_dictionary();
        let texts = Text::of_array(dictionary.values().as_ref()).ok_or_else(|| {
            Error::Schema(format!("the symbols are of Arrow type {}: they must be text", symbols.data_type()))
        })?;
        let distinct: Vec<_> = (0..dictionary.values().len()).map(|row| distinct(texts.get(row))).collect();
        let keys = arrow_cast::cast(dictionary.keys(), &DataType::Int64)
            .map_err(|error| Error::Schema(format!("the symbols' dictionary keys cannot be read: {error}")))?;
        let entry = |key: Option<i64>| distinct.get(usize::try_from(key?).ok()?).copied();
        self.0.append_parsed(keys.as_primitive::<Int64Type>().iter().map(|key| entry(key).unwrap_or(Err(Fault::Null))));
        Ok(())
    }

    /// The batch.
    pub fn finish(self) -> Result<RecordBatch> {
        self.0.finish()
    }
}

fn distinct(text: Option<&[u8]>) -> std::result::Result<Terms, Fault> {
    let text = text.ok_or(Fault::Null)?;
    let terms = read(text);
    if terms.faults == 0 {
        Ok(terms)
    } else {
        Err(explain(text))
    }
}

#[inline]
fn slice(bytes: &[u8], start: i64, end: i64) -> &[u8] {
    bytes.get(start as usize..end as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use arrow_array::types::Int8Type;
    use arrow_array::{DictionaryArray, Int32Array, LargeStringArray, StringArray, StringViewArray};

    const SYMBOLS: [Option<&str>; 6] = [
        Some("SPY250919C00650000"),
        None,
        Some("junk"),
        Some("AAPL1 140621P00092500"),
        Some(""),
        Some("X250919C00650000"),
    ];

    #[test]
    fn every_text_layout_gives_the_same() {
        let symbols = SYMBOLS.repeat(40);
        let expected = parse_array(&StringArray::from(symbols.clone())).unwrap();
        assert_eq!(expected.num_rows(), 240);
        assert_eq!(expected.column(4).null_count(), 120);
        assert_eq!(expected, parse_array(&LargeStringArray::from(symbols.clone())).unwrap());
        assert_eq!(expected, parse_array(&StringViewArray::from(symbols.clone())).unwrap());
        let dictionary: DictionaryArray<Int8Type> = symbols.clone().into_iter().collect();
        assert_eq!(expected, parse_array(&dictionary).unwrap());
        assert!(matches!(parse_array(&Int32Array::from(vec![1])), Err(Error::Schema(_))));
    }

    #[test]
    fn both_compilations_give_the_same() {
        let symbols = StringArray::from(SYMBOLS.repeat(40));
        let (wide, plain) = crate::lanes::both_ways(|| parse_array(&symbols).unwrap());
        assert_eq!(wide, plain);
    }

    #[test]
    fn chunks_and_slices_give_the_same() {
        let symbols = StringArray::from(SYMBOLS.repeat(40));
        let whole = parse_array(&symbols).unwrap();
        for cut in [0, 1, 63, 64, 65, 239, 240] {
            let chunks: Vec<ArrayRef> = vec![Arc::new(symbols.slice(0, cut)), Arc::new(symbols.slice(cut, 240 - cut))];
            assert_eq!(parse_arrays(&chunks).unwrap(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_column_equals_its_symbols_one_by_one() {
        let batch = parse_array(&StringArray::from(SYMBOLS.to_vec())).unwrap();
        for (row, symbol) in SYMBOLS.iter().enumerate() {
            let parsed = symbol.ok_or(Fault::Null).and_then(|text| crate::occ::parse(text.as_bytes()));
            let error = batch.column(4).as_string::<i32>();
            match parsed {
                Err(fault) => assert_eq!((error.value(row), batch.column(0).is_null(row)), (fault.text(), true)),
                Ok(symbol) => {
                    assert!(error.is_null(row));
                    assert_eq!(batch.column(0).as_string::<i32>().value(row), symbol.root());
                    assert_eq!(batch.column(2).as_string::<i32>().value(row), symbol.right.letter());
                }
            }
        }
    }
}
