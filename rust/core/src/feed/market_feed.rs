//! A connection's bytes to market rows, and to the frames that are for somebody else.

use std::ops::Range;

use crate::error::Result;
use crate::feed::fields::Fields;
use crate::feed::frame::Framer;
use crate::feed::lines::{Lines, RT_VOLUME};
use crate::feed::message::{decode, Decoded, Message};
use crate::feed::rows::Rows;

/// Framing, decoding and joining of one connection at a time; the open streams outlive it.
#[derive(Debug, Default)]
pub struct MarketFeed {
    framer: Framer,
    /// Open streams and counters.
    pub lines: Lines,
    /// Rows since the last [`Self::take`].
    pub rows: Rows,
    /// Messages that were decoded here.
    pub messages: u64,
}

impl MarketFeed {
    /// Without streams.
    pub fn new(accepts_delayed: bool) -> Self {
        Self { lines: Lines::new(accepts_delayed), ..Self::default() }
    }

    /// Take bytes as they arrived; then call [`Self::advance`] until it returns `None`.
    pub fn feed(&mut self, data: &[u8]) -> Result<()> {
        self.framer.feed(data)
    }

    /// Decode up to the next frame that is not ours and return where it lies; `None` when all whole frames were read.
    ///
    /// It stops there, because what that message does (a refused subscription) may change the meaning of the next.
    /// Without `market_data` every frame is returned.
    pub fn advance(&mut self, market_data: bool) -> Result<Option<Range<usize>>> {
        while let Some(range) = self.framer.next_frame()? {
            if !market_data || take(self.framer.body(range.clone()), &mut self.lines, &mut self.rows).is_none() {
                return Ok(Some(range));
            }
            self.messages += 1;
        }
        Ok(None)
    }

    /// The body of the frame that [`Self::advance`] returned.
    pub fn body(&self, range: Range<usize>) -> &[u8] {
        self.framer.body(range)
    }

    /// The rows so far.
    pub fn take(&mut self) -> Rows {
        std::mem::take(&mut self.rows)
    }

    /// A chunk ends: the quotes that changed become rows.
    pub fn flush(&mut self) {
        self.lines.flush(&mut self.rows);
    }

    /// A new connection begins: forget an unfinished frame.
    pub fn reset(&mut self) {
        self.framer.reset();
    }
}

/// Take a frame if it is ours; `None` = hand it on.
#[inline]
fn take(body: &[u8], lines: &mut Lines, rows: &mut Rows) -> Option<()> {
    // Greeks are most of an option feed's bytes, and no row needs their numbers.
    if let [b'2', b'1', 0, rest @ ..] = body {
        let mut fields = Fields::new(rest);
        let (request_id, tick_type) = (fields.int()?, fields.int()?);
        lines.option(request_id, tick_type);
        return Some(());
    }
    match decode(body) {
        Decoded::Nothing => {}
        Decoded::HandOn => return None,
        Decoded::Message(message) => match message {
            Message::Price { request_id, tick_type, price, size } => {
                lines.price(request_id, tick_type, price, size, rows);
            }
            Message::Size { request_id, tick_type, size } => lines.size(request_id, tick_type, size, rows),
            Message::Depth { request_id, row } => lines.depth(request_id, &row, rows),
            Message::Option { request_id, tick_type, .. } => lines.option(request_id, tick_type),
            Message::Text { request_id, tick_type: RT_VOLUME, value } => lines.rt_volume(request_id, value, rows)?,
            Message::Print { request_id, price, size, exchange, conditions, .. } => {
                lines.print(request_id, price, size, exchange, conditions, rows);
            }
            // Nobody subscribes to quotes by tick-by-tick: should they come, let the library say so.
            Message::BidAsk { .. } | Message::MidPoint { .. } => return None,
            // No row has a place for these.
            Message::Generic { .. } | Message::Text { .. } | Message::Bar { .. } => {}
        },
    }
    Some(())
}
