//! The nine market-data messages, with the values that `ib_insync` and `ib_async` hand to their `Wrapper`.

use crate::feed::fields::Fields;

/// tickPrice: a price with its size.
pub const TICK_PRICE: i64 = 1;
/// tickSize.
pub const TICK_SIZE: i64 = 2;
/// mktDepth: a row operation without a market maker.
pub const MKT_DEPTH: i64 = 12;
/// mktDepthL2: a row operation.
pub const MKT_DEPTH_L2: i64 = 13;
/// tickOption: greeks.
pub const TICK_OPTION: i64 = 21;
/// tickGeneric.
pub const TICK_GENERIC: i64 = 45;
/// tickString.
pub const TICK_STRING: i64 = 46;
/// realtimeBar: five seconds.
pub const REALTIME_BAR: i64 = 50;
/// tickByTick: prints, quotes or midpoints, none conflated.
pub const TICK_BY_TICK: i64 = 99;

/// A row operation of the depth book, as sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DepthRow<'a> {
    /// Row, from 0.
    pub position: i64,
    /// Empty in mktDepth.
    pub market_maker: &'a [u8],
    /// 0 insert, 1 update, 2 delete.
    pub operation: i64,
    /// 0 ask, 1 bid.
    pub side: i64,
    /// Dollars.
    pub price: f64,
    /// Shares or contracts.
    pub size: f64,
    /// Whether the exchanges were aggregated; `None` in mktDepth, which does not say.
    pub is_smart: Option<bool>,
}

/// One market-data message. Texts are ASCII.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the fields have the names of the protocol")]
pub enum Message<'a> {
    Price {
        request_id: i64,
        tick_type: i64,
        price: f64,
        size: f64,
    },
    Size {
        request_id: i64,
        tick_type: i64,
        size: f64,
    },
    Depth {
        request_id: i64,
        row: DepthRow<'a>,
    },
    /// iv, delta, price, present value of dividends, gamma, vega, theta, price of the underlying.
    Option {
        request_id: i64,
        tick_type: i64,
        attribute: i64,
        values: [f64; 8],
    },
    Generic {
        request_id: i64,
        tick_type: i64,
        value: f64,
    },
    Text {
        request_id: i64,
        tick_type: i64,
        value: &'a [u8],
    },
    /// open, high, low, close, volume, weighted average price.
    Bar {
        request_id: i64,
        time_s: i64,
        values: [f64; 6],
        count: i64,
    },
    Print {
        request_id: i64,
        kind: i64,
        time_s: i64,
        price: f64,
        size: f64,
        mask: i64,
        exchange: &'a [u8],
        conditions: &'a [u8],
    },
    BidAsk {
        request_id: i64,
        time_s: i64,
        bid: f64,
        ask: f64,
        bid_size: f64,
        ask_size: f64,
        mask: i64,
    },
    MidPoint {
        request_id: i64,
        time_s: i64,
        mid: f64,
    },
}

/// What a frame turned out to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decoded<'a> {
    /// A market-data message.
    Message(Message<'a>),
    /// A message that says nothing, and that the libraries drop as well: a tickPrice without a price.
    Nothing,
    /// Another message, or one that is not plain: hand the frame on as it is.
    HandOn,
}

/// Decode a frame's body.
#[inline]
pub fn decode(body: &[u8]) -> Decoded<'_> {
    let mut fields = Fields::new(body);
    let decoded = match fields.int() {
        Some(TICK_PRICE) => return price(fields).unwrap_or(Decoded::HandOn),
        Some(TICK_SIZE) => size(fields),
        Some(MKT_DEPTH) => depth(fields),
        Some(MKT_DEPTH_L2) => depth_l2(fields),
        Some(TICK_OPTION) => option(fields),
        Some(TICK_GENERIC) => generic(fields),
        Some(TICK_STRING) => text(fields),
        Some(REALTIME_BAR) => bar(fields),
        Some(TICK_BY_TICK) => tick_by_tick(fields),
        _ => None,
    };
    decoded.map_or(Decoded::HandOn, Decoded::Message)
}

#[inline]
fn price(mut fields: Fields<'_>) -> Option<Decoded<'_>> {
    fields.skip()?;
    let mut ahead = fields;
    let (request_id, tick_type) = (ahead.int()?, ahead.int()?);
    let mut priced = ahead;
    let nothing = priced.skip_empty();
    let price = if nothing { 0.0 } else { priced.float()? };
    let size = priced.float_or_zero()?;
    priced.skip()?;
    // The libraries want exactly seven fields.
    if !priced.at_end() {
        return None;
    }
    if nothing {
        return Some(Decoded::Nothing);
    }
    Some(Decoded::Message(Message::Price { request_id, tick_type, price, size }))
}

#[inline]
fn size(mut fields: Fields<'_>) -> Option<Message<'_>> {
    fields.skip()?;
    let (request_id, tick_type) = (fields.int_or_zero()?, fields.int_or_zero()?);
    Some(Message::Size { request_id, tick_type, size: fields.float_or_zero()? })
}

#[inline]
fn depth(mut fields: Fields<'_>) -> Option<Message<'_>> {
    fields.skip()?;
    let request_id = fields.int_or_zero()?;
    let row = DepthRow {
        position: fields.int_or_zero()?,
        market_maker: b"",
        operation: fields.int_or_zero()?,
        side: fields.int_or_zero()?,
        price: fields.float_or_zero()?,
        size: fields.float_or_zero()?,
        is_smart: None,
    };
    Some(Message::Depth { request_id, row })
}

#[inline]
fn depth_l2(mut fields: Fields<'_>) -> Option<Message<'_>> {
    fields.skip()?;
    let request_id = fields.int_or_zero()?;
    let row = DepthRow {
        position: fields.int_or_zero()?,
        market_maker: fields.text()?,
        operation: fields.int_or_zero()?,
        side: fields.int_or_zero()?,
        price: fields.float_or_zero()?,
        size: fields.float_or_zero()?,
        is_smart: Some(fields.int_or_zero()? != 0),
    };
    Some(Message::Depth { request_id, row })
}

#[inline]
fn option(mut fields: Fields<'_>) -> Option<Message<'_>> {
    let (request_id, tick_type, attribute) = (fields.int()?, fields.int()?, fields.int()?);
    let mut values = [0.0; 8];
    for value in &mut values {
        *value = fields.float()?;
    }
    fields.at_end().then_some(Message::Option { request_id, tick_type, attribute, values })
}

#[inline]
fn generic(mut fields: Fields<'_>) -> Option<Message<'_>> {
    fields.skip()?;
    let (request_id, tick_type) = (fields.int_or_zero()?, fields.int_or_zero()?);
    Some(Message::Generic { request_id, tick_type, value: fields.float_or_zero()? })
}

#[inline]
fn text(mut fields: Fields<'_>) -> Option<Message<'_>> {
    fields.skip()?;
    let (request_id, tick_type) = (fields.int_or_zero()?, fields.int_or_zero()?);
    Some(Message::Text { request_id, tick_type, value: fields.text()? })
}

#[inline]
fn bar(mut fields: Fields<'_>) -> Option<Message<'_>> {
    fields.skip()?;
    let (request_id, time_s) = (fields.int_or_zero()?, fields.int_or_zero()?);
    let mut values = [0.0; 6];
    for value in &mut values {
        *value = fields.float_or_zero()?;
    }
    Some(Message::Bar { request_id, time_s, values, count: fields.int_or_zero()? })
}

#[inline]
fn tick_by_tick(mut fields: Fields<'_>) -> Option<Message<'_>> {
    let (request_id, kind, time_s) = (fields.int()?, fields.int()?, fields.int()?);
    let message = match kind {
        1 | 2 => Message::Print {
            request_id,
            kind,
            time_s,
            price: fields.float()?,
            size: fields.float()?,
            mask: fields.int()?,
            exchange: fields.text()?,
            conditions: fields.text()?,
        },
        3 => Message::BidAsk {
            request_id,
            time_s,
            bid: fields.float()?,
            ask: fields.float()?,
            bid_size: fields.float()?,
            ask_size: fields.float()?,
            mask: fields.int()?,
        },
        4 => Message::MidPoint { request_id, time_s, mid: fields.float()? },
        _ => return None,
    };
    fields.at_end().then_some(message)
}
