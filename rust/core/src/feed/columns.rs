//! A whole capture of a socket as Arrow columns, every number of every market-data message.

use std::sync::Arc;

use arrow_array::builder::GenericByteBuilder;
use arrow_array::types::{ByteArrayType, GenericBinaryType, GenericStringType};
use arrow_array::{ArrayRef, Float64Array, Int16Array, Int64Array, ListArray, RecordBatch};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};

use crate::error::{Error, Result};
use crate::feed::frame::first_frame;
use crate::feed::message::{
    decode, Decoded, Message, MKT_DEPTH, MKT_DEPTH_L2, REALTIME_BAR, TICK_BY_TICK, TICK_GENERIC, TICK_OPTION,
    TICK_PRICE, TICK_SIZE, TICK_STRING,
};
use crate::feed::rows::{ascii, batch_of};

/// The message number of a frame that was not decoded.
const HANDED_ON: i16 = 0;

#[derive(Default)]
struct Ticks {
    message: Vec<i16>,
    request_id: Vec<i64>,
    numbers: Vec<f64>,
    ends: Vec<i32>,
    text: Sparse<StringType>,
    text2: Sparse<StringType>,
    frame: Sparse<BinaryType>,
}

/// A column of mostly nulls: these are written when a value comes, many at once.
struct Sparse<T: ByteArrayType> {
    builder: GenericByteBuilder<T>,
    rows: usize,
}

type StringType = GenericStringType<i32>;
type BinaryType = GenericBinaryType<i32>;

impl<T: ByteArrayType> Default for Sparse<T> {
    fn default() -> Self {
        Self { builder: GenericByteBuilder::new(), rows: 0 }
    }
}

impl<T: ByteArrayType> Sparse<T> {
    /// The value of `row`; every row between the last one and this is null.
    fn set(&mut self, row: usize, value: &T::Native) {
        self.builder.append_nulls(row - self.rows);
        self.builder.append_value(value);
        self.rows = row + 1;
    }

    fn finish(mut self, rows: usize) -> ArrayRef {
        self.builder.append_nulls(rows - self.rows);
        Arc::new(self.builder.finish())
    }
}

impl Ticks {
    /// Room for the messages of so many bytes; frames have 30 bytes or more, and three numbers in these.
    fn with_capacity(bytes: usize) -> Self {
        let rows = bytes / 40;
        Self {
            message: Vec::with_capacity(rows),
            request_id: Vec::with_capacity(rows),
            numbers: Vec::with_capacity(4 * rows),
            ends: Vec::with_capacity(rows),
            ..Self::default()
        }
    }

    #[inline]
    fn push(
        &mut self,
        message: i64,
        request_id: i64,
        numbers: &[f64],
        text: Option<&[u8]>,
        text2: Option<&[u8]>,
    ) -> Result<()> {
        self.message.push(message as i16);
        self.request_id.push(request_id);
        self.numbers.extend_from_slice(numbers);
        self.ends.push(i32::try_from(self.numbers.len()).map_err(|_| {
            Error::Frame("a capture of more than 2^31 numbers does not fit one batch: decode it in parts".into())
        })?);
        let row = self.message.len() - 1;
        if let Some(text) = text {
            self.text.set(row, ascii(text)?);
        }
        if let Some(text2) = text2 {
            self.text2.set(row, ascii(text2)?);
        }
        Ok(())
    }

    fn push_frame(&mut self, body: &[u8]) {
        self.message.push(HANDED_ON);
        self.request_id.push(0);
        self.ends.push(self.ends.last().copied().unwrap_or(0));
        self.frame.set(self.message.len() - 1, body);
    }

    #[inline]
    fn take(&mut self, message: &Message<'_>) -> Result<()> {
        match *message {
            Message::Price { request_id, tick_type, price, size } => {
                self.push(TICK_PRICE, request_id, &[tick_type as f64, price, size], None, None)
            }
            Message::Size { request_id, tick_type, size } => {
                self.push(TICK_SIZE, request_id, &[tick_type as f64, size], None, None)
            }
            Message::Depth { request_id, row } => {
                let numbers = [row.position as f64, row.operation as f64, row.side as f64, row.price, row.size];
                match row.is_smart {
                    None => self.push(MKT_DEPTH, request_id, &numbers, None, None),
                    Some(smart) => {
                        let [position, operation, side, price, size] = numbers;
                        let numbers = [position, operation, side, price, size, f64::from(u8::from(smart))];
                        self.push(MKT_DEPTH_L2, request_id, &numbers, Some(row.market_maker), None)
                    }
                }
            }
            Message::Option {
                request_id,
                tick_type,
                attribute,
                values: [iv, delta, price, dividend, gamma, vega, theta, underlying],
            } => {
                let numbers =
                    [tick_type as f64, attribute as f64, iv, delta, price, dividend, gamma, vega, theta, underlying];
                self.push(TICK_OPTION, request_id, &numbers, None, None)
            }
            Message::Generic { request_id, tick_type, value } => {
                self.push(TICK_GENERIC, request_id, &[tick_type as f64, value], None, None)
            }
            Message::Text { request_id, tick_type, value } => {
                self.push(TICK_STRING, request_id, &[tick_type as f64], Some(value), None)
            }
            Message::Bar { request_id, time_s, values: [open, high, low, close, volume, wap], count } => {
                let numbers = [time_s as f64, open, high, low, close, volume, wap, count as f64];
                self.push(REALTIME_BAR, request_id, &numbers, None, None)
            }
            Message::Print { request_id, kind, time_s, price, size, mask, exchange, conditions } => {
                let numbers = [kind as f64, time_s as f64, price, size, mask as f64];
                self.push(TICK_BY_TICK, request_id, &numbers, Some(exchange), Some(conditions))
            }
            Message::BidAsk { request_id, time_s, bid, ask, bid_size, ask_size, mask } => {
                let numbers = [3.0, time_s as f64, bid, ask, bid_size, ask_size, mask as f64];
                self.push(TICK_BY_TICK, request_id, &numbers, None, None)
            }
            Message::MidPoint { request_id, time_s, mid } => {
                self.push(TICK_BY_TICK, request_id, &[4.0, time_s as f64, mid], None, None)
            }
        }
    }

    fn finish(mut self) -> Result<RecordBatch> {
        let item = Arc::new(Field::new("item", DataType::Float64, false));
        let mut offsets = Vec::with_capacity(self.ends.len() + 1);
        offsets.push(0);
        offsets.append(&mut self.ends);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let numbers = ListArray::try_new(item, offsets, Arc::new(Float64Array::from(self.numbers)), None)
            .map_err(|error| Error::Schema(error.to_string()))?;
        let rows = self.message.len();
        let columns: Vec<(&str, ArrayRef, bool)> = vec![
            ("message", Arc::new(Int16Array::from(self.message)), false),
            ("request_id", Arc::new(Int64Array::from(self.request_id)), false),
            ("numbers", Arc::new(numbers), false),
            ("text", self.text.finish(rows), true),
            ("text2", self.text2.finish(rows), true),
            ("frame", self.frame.finish(rows), true),
        ];
        batch_of(columns)
    }
}

/// Decode the whole frames at the start of `data`; returns one row for each, and the bytes that they take.
///
/// `numbers` holds the numbers of the message in the order in which the libraries hand them to their `Wrapper`, after
/// the request id. `text` is the market maker, the exchange or the value of a tickString, `text2` the conditions of a
/// print. Message 0 is a frame that was not decoded: its body is in `frame`.
pub fn decode_ticks(data: &[u8]) -> Result<(RecordBatch, usize)> {
    let mut ticks = Ticks::with_capacity(data.len());
    let mut rest = data;
    while let Some(body) = first_frame(rest)? {
        match decode(body) {
            Decoded::Message(message) => ticks.take(&message)?,
            Decoded::Nothing => {}
            Decoded::HandOn => ticks.push_frame(body),
        }
        rest = &rest[4 + body.len()..];
    }
    Ok((ticks.finish()?, data.len() - rest.len()))
}
