//! Chain files of Cboe: any bytes are decoded or refused, and the line ends of another system change nothing.

use alphatrader_core::chain::cboe::decode;

use crate::chain_rules;

/// Any bytes.
pub fn check(data: &[u8]) {
    let Some(chain) = chain_rules::check(decode(data)) else { return };
    if data.contains(&b'\r') {
        return;
    }
    let with_returns: Vec<u8> = data.split(|b| *b == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
    assert_eq!(decode(&with_returns).as_ref().map(|other| &other.dropped), Ok(&chain.dropped));
    assert_eq!(decode(&with_returns).unwrap().batch(), chain.batch());
}
