//! The TWS feed: any bytes, cut anywhere, give the same frames and rows; numbers are those of the standard library; and
//! no row is ever refused by the market.
//!
//! An input is text, so that a fuzzer finds messages soon: a line is a frame, `|` ends a field, `+` and `-` open and close
//! streams. The first byte says how the stream is cut, and whether the lines are taken as raw bytes instead.

use alphatrader_core::feed::columns::decode_ticks;
use alphatrader_core::feed::lines::StreamKind;
use alphatrader_core::feed::rows::record_batch;
use alphatrader_core::feed::{decode, Decoded, Framer, MarketFeed, Message, Rows};
use alphatrader_core::market::instrument::InstrumentParams;
use alphatrader_core::market::Market;

const IDS: [i32; 2] = [7, -3];
const KINDS: [StreamKind; 3] = [StreamKind::Quote, StreamKind::Trade, StreamKind::Depth];
/// 2026-03-02 15:00 UTC.
const NOW_NS: i64 = 1_772_463_600_000_000_000;

// ---------------------------------------------------------------------------------------------- numbers

/// The number that a field means; an empty one is 0.
fn number(field: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(field).ok()?;
    if text.is_empty() {
        Some(0.0)
    } else {
        text.parse().ok()
    }
}

/// The numbers of a message, as fields of the frame by position, and as decoded.
fn numbers(message: &Message<'_>) -> (Vec<usize>, Vec<f64>) {
    match *message {
        Message::Price { request_id, tick_type, price, size } => {
            (vec![2, 3, 4, 5], vec![request_id as f64, tick_type as f64, price, size])
        }
        Message::Size { request_id, tick_type, size } => {
            (vec![2, 3, 4], vec![request_id as f64, tick_type as f64, size])
        }
        Message::Depth { request_id, row } => {
            let (first, values) = if row.is_smart.is_some() { (5, 5) } else { (4, 4) };
            let mut at = vec![2, 3];
            at.extend(first..=values + 3);
            let numbers = [request_id, row.position, row.operation, row.side].map(|n| n as f64);
            (at, [&numbers[..], &[row.price, row.size]].concat())
        }
        Message::Option { request_id, tick_type, attribute, values } => {
            ((1..12).collect(), [&[request_id, tick_type, attribute].map(|n| n as f64)[..], &values].concat())
        }
        Message::Generic { request_id, tick_type, value } => {
            (vec![2, 3, 4], vec![request_id as f64, tick_type as f64, value])
        }
        Message::Text { request_id, tick_type, .. } => (vec![2, 3], vec![request_id as f64, tick_type as f64]),
        Message::Bar { request_id, time_s, values, count } => {
            ((2..11).collect(), [&[request_id as f64, time_s as f64][..], &values, &[count as f64]].concat())
        }
        Message::Print { request_id, kind, time_s, price, size, mask, .. } => {
            ((1..7).collect(), vec![request_id as f64, kind as f64, time_s as f64, price, size, mask as f64])
        }
        Message::BidAsk { request_id, time_s, bid, ask, bid_size, ask_size, mask } => {
            let whole = [request_id, 3, time_s].map(|n| n as f64);
            ((1..9).collect(), [&whole[..], &[bid, ask, bid_size, ask_size, mask as f64]].concat())
        }
        Message::MidPoint { request_id, time_s, mid } => {
            ((1..5).collect(), [&[request_id, 4, time_s].map(|n| n as f64)[..], &[mid]].concat())
        }
    }
}

fn check_numbers(body: &[u8]) {
    let Decoded::Message(message) = decode(body) else { return };
    let fields: Vec<&[u8]> = body.split(|byte| *byte == 0).collect();
    let (at, decoded) = numbers(&message);
    assert_eq!(at.len(), decoded.len());
    for (field, decoded) in at.into_iter().zip(decoded) {
        let expected = fields.get(field).and_then(|field| number(field));
        // The whole number -0 is 0; all others have the same bits.
        let told = |x: f64| (x != 0.0).then_some(x.to_bits());
        assert_eq!(expected.map(told), Some(told(decoded)), "field {field} of {message:?} in {body:?}");
    }
}

// ---------------------------------------------------------------------------------------------- streams

enum Step<'a> {
    Bytes(Vec<u8>),
    Open { request_id: i64, id: i32, kind: StreamKind },
    Close { request_id: i64 },
    Raw(&'a [u8]),
}

fn steps(raw: bool, text: &[u8]) -> Vec<Step<'_>> {
    let step = |line: &'_ [u8]| match *line {
        [b'+', request, id, kind, ..] => Step::Open {
            request_id: i64::from(request % 4) + 1,
            id: IDS[usize::from(id % 2)],
            kind: KINDS[usize::from(kind % 3)],
        },
        [b'-', request, ..] => Step::Close { request_id: i64::from(request % 4) + 1 },
        _ => {
            let body: Vec<u8> = line.iter().map(|byte| if *byte == b'|' { 0 } else { *byte }).collect();
            let mut frame = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
            frame.extend(body);
            Step::Bytes(frame)
        }
    };
    if raw {
        return vec![Step::Raw(text)];
    }
    // An empty line would be a frame of length 0, which ends the stream.
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(step).collect()
}

/// Everything that a feed tells: the rows, the frames that were handed on, and how it ended.
#[derive(Debug, Default)]
struct Told {
    rows: Rows,
    handed_on: Vec<Vec<u8>>,
    error: Option<String>,
}

fn run(steps: &[Step<'_>], chunk: usize, market_data: bool) -> (Told, MarketFeed) {
    let mut feed = MarketFeed::new(true);
    feed.lines.open(1, IDS[0], StreamKind::Quote);
    feed.lines.open(2, IDS[0], StreamKind::Trade);
    feed.lines.open(3, IDS[0], StreamKind::Depth);
    let mut told = Told::default();
    'steps: for step in steps {
        let bytes = match step {
            Step::Open { request_id, id, kind } => {
                feed.lines.open(*request_id, *id, *kind);
                continue;
            }
            Step::Close { request_id } => {
                feed.lines.close(*request_id);
                continue;
            }
            Step::Bytes(frame) => frame.as_slice(),
            Step::Raw(bytes) => bytes,
        };
        for piece in bytes.chunks(chunk) {
            if let Err(error) = feed.feed(piece) {
                told.error = Some(error.to_string());
                break 'steps;
            }
            loop {
                match feed.advance(market_data) {
                    Ok(None) => break,
                    Ok(Some(range)) => told.handed_on.push(feed.body(range).to_vec()),
                    Err(error) => {
                        told.error = Some(error.to_string());
                        break 'steps;
                    }
                }
            }
        }
    }
    feed.flush();
    told.rows = feed.take();
    (told, feed)
}

fn state(rows: &Rows, by_batch: bool) -> String {
    let mut market = Market::new();
    for id in IDS {
        market.add_instrument(id.into(), InstrumentParams::new(0.01, 20, 500, 5).unwrap()).unwrap();
    }
    if by_batch {
        let batch = record_batch(&[(1, NOW_NS, rows)]).unwrap();
        assert_eq!(market.apply_batches(&[batch]), Ok(rows.len()));
    } else {
        rows.apply(&mut market, NOW_NS).expect("the feed made a row that the market refuses");
    }
    IDS.map(|id| format!("{:?}", market.instrument_mut(id.into()).unwrap().snapshot())).join("\n")
}

fn check_ticks(bytes: &[u8]) {
    let mut framer = Framer::new();
    framer.feed(bytes).unwrap();
    let (mut frames, mut silent, mut broken) = (0, 0, false);
    loop {
        match framer.next_frame() {
            Ok(Some(range)) => {
                let body = framer.body(range);
                check_numbers(body);
                frames += 1;
                silent += usize::from(decode(body) == Decoded::Nothing);
            }
            Ok(None) => break,
            Err(_) => {
                broken = true;
                break;
            }
        }
    }
    match decode_ticks(bytes) {
        Ok((ticks, used)) => {
            assert!(!broken);
            assert_eq!((ticks.num_rows(), used), (frames - silent, bytes.len() - framer.unread_bytes()));
        }
        Err(_) => assert!(broken),
    }
}

/// A byte of options, then lines.
pub fn check(data: &[u8]) {
    let (options, text) = data.split_first().map_or((0, data), |(first, rest)| (*first, rest));
    let steps = steps(options & 128 != 0, text);
    for step in &steps {
        match step {
            Step::Bytes(frame) => check_ticks(frame),
            Step::Raw(bytes) => check_ticks(bytes),
            Step::Open { .. } | Step::Close { .. } => {}
        }
    }
    let (whole, feed) = run(&steps, usize::MAX, true);
    let (cut, _) = run(&steps, 1 + usize::from(options & 63), true);
    assert_eq!(format!("{whole:?}"), format!("{cut:?}"), "cut otherwise, the stream said something else");
    let rows_told = whole.rows.len() as u64;
    assert!(feed.messages >= rows_told / 2, "{rows_told} rows out of {} messages", feed.messages);
    assert_eq!(state(&whole.rows, false), state(&whole.rows, true));
    let (off, _) = run(&steps, usize::MAX, false);
    assert!(off.rows.is_empty() && off.handed_on.len() as u64 == feed.messages + whole.handed_on.len() as u64);
}
