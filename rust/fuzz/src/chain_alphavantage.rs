//! Bodies of Alpha Vantage: any bytes are decoded or refused, and no refusal shows an API key.

use alphatrader_core::chain::alphavantage::decode;

use crate::chain_rules;

/// Any bytes.
pub fn check(data: &[u8]) {
    chain_rules::check(decode(data));
    let text: String =
        String::from_utf8_lossy(data).chars().filter(|c| !c.is_control() && !"\"\\".contains(*c)).collect();
    // A key of the provider's shape in the middle of any text, separated as in every notice that was seen.
    let key = "Q7W8E9R0T1Y2U3I4";
    let body = format!("{{\"Information\": \"{text} key as {key} and more\"}}");
    let shown = decode(body.as_bytes()).expect_err("a notice is no chain").to_string();
    assert!(!shown.contains(key), "{shown}");
}
