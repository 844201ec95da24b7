//! The fields of frames against the standard library's parsers, and framing against a list of frames.

use proptest::prelude::*;

use crate::feed::fields::Fields;
use crate::feed::frame::{first_frame, Framer};
use crate::feed::message::{decode, Decoded, Message};

fn terminated(text: &str, after: &str) -> Vec<u8> {
    [text.as_bytes(), b"\0", after.as_bytes()].concat()
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<f64>().prop_map(|value| value.to_string()),
        any::<f64>().prop_map(|value| format!("{value:e}")),
        (0.0..1e4_f64).prop_map(|value| format!("{value:.2}")),
        "-?[0-9]{1,25}",
        "-?[0-9]{0,12}\\.[0-9]{0,22}",
        "[-+.0-9eE_ infaINFAty]{0,12}",
    ]
}

proptest! {
    #[test]
    fn floats_are_those_of_the_standard_library(text in number(), after in "[0-9.\0]{0,12}") {
        let body = terminated(&text, &after);
        let mut fields = Fields::new(&body);
        match fields.float() {
            Some(value) => {
                let expected: f64 = text.parse().expect("what is read is a number");
                prop_assert!(value.to_bits() == expected.to_bits() || value.is_nan() && expected.is_nan());
                // The next field begins where this one ended.
                prop_assert_eq!(fields.raw(), terminated_head(&after));
            }
            None => prop_assert!(text.parse::<f64>().is_err(), "{text} is plain"),
        }
    }

    #[test]
    fn ints_are_those_of_the_standard_library(text in "-?[0-9]{0,20}|[-+0-9 x]{0,9}", after in "[0-9\0]{0,9}") {
        let body = terminated(&text, &after);
        let mut fields = Fields::new(&body);
        match fields.int() {
            Some(value) => {
                prop_assert_eq!(Ok(value), text.parse());
                prop_assert_eq!(fields.raw(), terminated_head(&after));
            }
            None => prop_assert!(text.parse::<i64>().is_err() || text.starts_with('+') || text.len() > 18),
        }
    }

    #[test]
    fn nothing_is_a_field_without_its_end(text in "[0-9.a]{0,12}") {
        let mut fields = Fields::new(text.as_bytes());
        prop_assert_eq!(fields.int(), None);
        prop_assert_eq!(fields.float(), None);
        prop_assert_eq!(fields.text(), None);
        prop_assert!(fields.at_end());
    }

    #[test]
    fn any_cut_gives_the_same_frames(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..12),
        cut in 1_usize..60,
    ) {
        let stream: Vec<u8> =
            bodies.iter().flat_map(|body| [&(body.len() as u32).to_be_bytes(), body.as_slice()].concat()).collect();
        let (mut framer, mut found) = (Framer::new(), Vec::new());
        for chunk in stream.chunks(cut) {
            framer.feed(chunk).unwrap();
            while let Some(range) = framer.next_frame().unwrap() {
                found.push(framer.body(range).to_vec());
            }
        }
        prop_assert_eq!(found, bodies);
        prop_assert_eq!(framer.unread_bytes(), 0);
    }

    #[test]
    fn arbitrary_bodies_never_panic(body in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = decode(&body);
        let _ = first_frame(&body);
    }
}

fn terminated_head(after: &str) -> Option<&[u8]> {
    after.split_once('\0').map(|(head, _)| head.as_bytes())
}

#[test]
fn lengths_that_no_gateway_sends_are_refused() {
    for length in [0_u32, 16 * 1024 * 1024 + 1, 1 << 31, u32::MAX] {
        let error = first_frame(&length.to_be_bytes()).unwrap_err();
        assert!(error.to_string().contains(&format!("a message of {length} bytes")), "{error}");
    }
    assert_eq!(first_frame(&(16_u32 * 1024 * 1024).to_be_bytes()), Ok(None));
}

#[test]
fn a_price_without_a_price_says_nothing() {
    assert_eq!(decode(b"1\x006\x007\x001\0\x00300\x000\0"), Decoded::Nothing);
    let priced = Message::Price { request_id: 7, tick_type: 1, price: 650.01, size: 300.0 };
    assert_eq!(decode(b"1\x006\x007\x001\x00650.01\x00300\x000\0"), Decoded::Message(priced));
    assert_eq!(decode(b"1\x006\x007\x001\x00650.01\x00300\x000\x000\0"), Decoded::HandOn);
}
