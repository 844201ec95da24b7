//! What holds for every decoded chain, whatever the source.

use alphatrader_core::chain::{schema, Chain};
use alphatrader_core::{Error, Result};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int8Type};
use arrow_array::Array;
use arrow_schema::DataType;

/// Longest error text: it goes into a log line, and must not carry the body with it.
const ERROR_TEXT_MAX: usize = 2_000;

/// Check a decoder's answer; returns the chain, if there is one.
pub fn check(decoded: Result<Chain>) -> Option<Chain> {
    let chain = match decoded {
        Ok(chain) => chain,
        Err(Error::ChainDecode(text) | Error::PlaceholderData(text) | Error::RateLimited(text)) => {
            assert!(text.len() <= ERROR_TEXT_MAX, "an error text of {} bytes", text.len());
            return None;
        }
        Err(other) => panic!("a decoder's error of another kind: {other:?}"),
    };
    let batch = chain.batch();
    assert_eq!(batch.schema(), schema());
    for column in batch.columns().iter().filter(|column| column.data_type() == &DataType::Float64) {
        assert!(column.as_primitive::<Float64Type>().iter().flatten().all(f64::is_finite), "a number is not finite");
    }
    for terms in ["root", "expiry", "right", "strike"] {
        assert_eq!(batch[terms].null_count(), 0, "a row without {terms}");
    }
    assert!(batch["root"].as_string::<i32>().iter().flatten().all(|root| (1..=6).contains(&root.len())));
    assert!(batch["right"].as_primitive::<Int8Type>().values().iter().all(|right| matches!(right, 1 | -1)));
    assert!(batch["strike"].as_primitive::<Float64Type>().values().iter().all(|strike| *strike > 0.0));
    assert!(chain.spot.is_none_or(|spot| spot.is_finite() && spot > 0.0));
    let expiries = chain.expiries().unwrap();
    assert!(expiries.iter().all(|day| day.len() == 8) && expiries.is_sorted());
    let days = batch["expiry"].as_primitive::<Date32Type>();
    assert!(expiries.len() <= days.len());
    Some(chain)
}
