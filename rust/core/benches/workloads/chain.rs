//! Chain bodies to Arrow.

use std::fmt::Write;

use alphatrader_core::chain::{alphavantage, cboe};

use super::Workload;

const ROWS: usize = 2_000;

pub fn workloads() -> Vec<Workload> {
    let of = |name, prepare| Workload { name, elements: ROWS as u64, prepare };
    vec![of("chain_alphavantage", alphavantage_body), of("chain_cboe", cboe_body)]
}

fn terms(row: usize) -> (usize, char, usize) {
    (1 + row / 400, if row.is_multiple_of(2) { 'C' } else { 'P' }, 500 + row % 400 / 2)
}

fn alphavantage_body() -> Box<dyn FnMut() -> u64> {
    let mut body = String::from(r#"{"endpoint":"Historical Options","message":"success","data":["#);
    for row in 0..ROWS {
        let (day, right, strike) = terms(row);
        let kind = if right == 'C' { "call" } else { "put" };
        let comma = if row == 0 { "" } else { "," };
        write!(
            body,
            r#"{comma}{{"contractID":"SPY2603{day:02}{right}{:08}","symbol":"SPY","expiration":"2026-03-{day:02}","strike":"{strike}.00","type":"{kind}","last":"1.{day}0","mark":"1.25","bid":"1.2{day}","bid_size":"{row}","ask":"1.30","ask_size":"12","volume":"{row}","open_interest":"{}","date":"2026-03-01","implied_volatility":"0.18{row}","delta":"0.5{row}","gamma":"0.04{row}","theta":"-0.3{row}","vega":"0.1{row}","rho":"0.01"}}"#,
            strike * 1_000,
            row * 7,
        )
        .unwrap();
    }
    body.push_str("]}");
    Box::new(move || alphavantage::decode(body.as_bytes()).unwrap().batch().num_rows() as u64)
}

fn cboe_body() -> Box<dyn FnMut() -> u64> {
    let mut body = String::from("\n\"SPDR S&P 500 ETF Trust\",\"Last: 650.25\",\"Change: 1.50\"\n");
    body.push_str("\"Date: March 1, 2026 at 10:00 AM EST\",\"Bid: 650.24\",\"Ask: 650.26\",\"Size: 1*2\"\n");
    let side = "Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest";
    writeln!(body, "Expiration Date,Calls,{side},Strike,Puts,{side}").unwrap();
    // A line holds a call and a put.
    for row in (0..ROWS).step_by(2) {
        let (day, _, strike) = terms(row);
        let numbers = format!("1.2{day},0.1,1.1,1.3,{row},0.18{row},0.5{row},0.04{row},{}", row * 7);
        let symbol = |right| format!("SPY2603{day:02}{right}{:08}", strike * 1_000);
        writeln!(body, "Mon Mar {day:02} 2026,{},{numbers},{strike}.00,{},{numbers}", symbol('C'), symbol('P'))
            .unwrap();
    }
    Box::new(move || cboe::decode(body.as_bytes()).unwrap().batch().num_rows() as u64)
}
