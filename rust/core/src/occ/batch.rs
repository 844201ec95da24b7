//! Option symbols by the column: an Arrow string array in, a record batch out.

use std::sync::Arc;

use arrow_array::builder::{Date32Builder, Int64Builder, StringBuilder};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use crate::columns::Text;
use crate::error::{Error, Result};
use crate::occ::parse;

/// Columns of the result: all null where the row is invalid, except `error`, which is null where it is valid.
fn schema() -> Schema {
    Schema::new(vec![
        Field::new("root", DataType::Utf8, true),
        Field::new("expiry", DataType::Date32, true),
        Field::new("right", DataType::Utf8, true),
        Field::new("strike_milli", DataType::Int64, true),
        Field::new("error", DataType::Utf8, true),
    ])
}

/// Parse every symbol of a utf8, `large_utf8`, `utf8_view` or dictionary array.
pub fn parse_array(symbols: &dyn Array) -> Result<RecordBatch> {
    let refuse = || {
        let text = format!("the symbols are of Arrow type {}: they must be text", symbols.data_type());
        Error::Schema(text)
    };
    let unpacked;
    let symbols = match symbols.data_type() {
        DataType::Dictionary(_, values) => {
            unpacked = arrow_cast::cast(symbols, values).map_err(|_| refuse())?;
            unpacked.as_ref()
        }
        _ => symbols,
    };
    let text = Text::of_array(symbols).ok_or_else(refuse)?;
    parse_symbols((0..symbols.len()).map(|row| text.get(row)), symbols.len())
}

/// Parse a chunked array into one batch.
pub fn parse_arrays(chunks: &[ArrayRef]) -> Result<RecordBatch> {
    let batches = chunks.iter().map(|chunk| parse_array(chunk)).collect::<Result<Vec<_>>>()?;
    let schema = Arc::new(schema());
    arrow_select::concat::concat_batches(&schema, &batches).map_err(|e| Error::Schema(e.to_string()))
}

/// Parse symbols given as bytes; `None` is a null row.
pub fn parse_symbols<'a>(symbols: impl Iterator<Item = Option<&'a [u8]>>, rows: usize) -> Result<RecordBatch> {
    let mut root = StringBuilder::with_capacity(rows, rows * 4);
    let mut expiry = Date32Builder::with_capacity(rows);
    let mut right = StringBuilder::with_capacity(rows, rows);
    let mut strike_milli = Int64Builder::with_capacity(rows);
    let mut error = StringBuilder::with_capacity(rows, 0);
    for symbol in symbols {
        let parsed = symbol.map_or(Err("it is null"), |bytes| parse(bytes).map_err(|fault| fault.0));
        match parsed {
            Ok(symbol) => {
                root.append_value(symbol.root());
                expiry.append_value(symbol.expiry_days());
                right.append_value(symbol.right.letter());
                strike_milli.append_value(i64::from(symbol.strike_milli));
                error.append_null();
            }
            Err(reason) => {
                root.append_null();
                expiry.append_null();
                right.append_null();
                strike_milli.append_null();
                error.append_value(reason);
            }
        }
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(root.finish()),
        Arc::new(expiry.finish()),
        Arc::new(right.finish()),
        Arc::new(strike_milli.finish()),
        Arc::new(error.finish()),
    ];
    RecordBatch::try_new(Arc::new(schema()), columns).map_err(|e| Error::Schema(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::Int8Type;
    use arrow_array::{DictionaryArray, Int32Array, LargeStringArray, StringArray, StringViewArray};

    #[test]
    fn every_text_layout_gives_the_same() {
        let symbols = vec![Some("SPY250919C00650000"), None, Some("junk"), Some("AAPL1 140621P00092500")];
        let expected = parse_array(&StringArray::from(symbols.clone())).unwrap();
        assert_eq!(expected.num_rows(), 4);
        assert_eq!(expected.column(4).null_count(), 2);
        assert_eq!(expected, parse_array(&LargeStringArray::from(symbols.clone())).unwrap());
        assert_eq!(expected, parse_array(&StringViewArray::from(symbols.clone())).unwrap());
        let dictionary: DictionaryArray<Int8Type> = symbols.into_iter().collect();
        assert_eq!(expected, parse_array(&dictionary).unwrap());
        assert!(matches!(parse_array(&Int32Array::from(vec![1])), Err(Error::Schema(_))));
    }
}
