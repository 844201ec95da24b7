//! Market data of a gateway's socket, to rows and to columns.

use alphatrader_core::feed::columns::decode_ticks;
use alphatrader_core::feed::lines::StreamKind;
use alphatrader_core::feed::MarketFeed;

use super::{Numbers, Workload};

const MESSAGES: usize = 20_000;
/// What one read of a socket brings.
const CHUNK_BYTES: usize = 4_096;

pub fn workloads() -> Vec<Workload> {
    let of = |name, prepare| Workload { name, elements: MESSAGES as u64, prepare };
    vec![of("feed_rows", rows), of("feed_columns", columns)]
}

/// The mix of a busy day: prices and sizes, prints, depth rows, greeks.
fn stream() -> Vec<u8> {
    let mut numbers = Numbers::new(9);
    let mut bytes = Vec::new();
    for _ in 0..MESSAGES {
        let mut draw = |count| numbers.below(count);
        let price = format!("650.{:02}", draw(100));
        let text = match draw(10) {
            0..=2 => format!("1|6|{}|{}|{price}|{}|0|", 1 + draw(4), 1 + draw(2), draw(900)),
            3 | 4 => format!("2|6|{}|{}|{}|", 1 + draw(4), 3 * draw(2), draw(900)),
            5 | 6 => format!("99|{}|1|1772463600|{price}|{}|0|ARCA| F I|", 5 + draw(4), 1 + draw(500)),
            7 | 8 => format!("13|1|{}|{}|NSDQ|1|{}|{price}|{}|1|", 9 + draw(4), draw(10), draw(2), draw(900)),
            _ => format!(
                "21|{}|13|1|0.18432{}|0.512345|1.25|0.0|0.041234|0.1{}|-0.3|{price}|",
                1 + draw(4),
                draw(1_000_000_000),
                draw(100)
            ),
        };
        bytes.extend((text.len() as u32).to_be_bytes());
        bytes.extend(text.bytes().map(|byte| if byte == b'|' { 0 } else { byte }));
    }
    bytes
}

fn rows() -> Box<dyn FnMut() -> u64> {
    let bytes = stream();
    Box::new(move || {
        let mut feed = MarketFeed::new(false);
        for line in 0..4 {
            feed.lines.open(1 + line, line as i32, StreamKind::Quote);
            feed.lines.open(5 + line, line as i32, StreamKind::Trade);
            feed.lines.open(9 + line, line as i32, StreamKind::Depth);
        }
        let mut rows = 0;
        for chunk in bytes.chunks(CHUNK_BYTES) {
            feed.feed(chunk).unwrap();
            while feed.advance(true).unwrap().is_some() {}
            feed.flush();
            rows += feed.take().len() as u64;
        }
        rows
    })
}

fn columns() -> Box<dyn FnMut() -> u64> {
    let bytes = stream();
    Box::new(move || decode_ticks(&bytes).unwrap().0.num_rows() as u64)
}
