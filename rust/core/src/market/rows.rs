//! The rows of an event batch in columns that share its memory, and the check that refuses a bad row before any is applied.

use std::ops::Range;

use arrow_array::types::{Float64Type, Int16Type, Int32Type, Int64Type, Int8Type};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::ScalarBuffer;

use crate::book::{DepthOp, Quote};
use crate::columns::{required_shared, required_text, Text};
use crate::error::{Error, Result};
use crate::limits::{is_price, is_size, PRICE_MAX};
use crate::market::check_time;
use crate::market::conditions::SaleConditions;
use crate::market::print::{Print, Venue};

/// A control event; never a row of a market.
pub const KIND_CONTROL: i8 = 0;
/// A print.
pub const KIND_TRADE: i8 = 1;
/// An L1 quote.
pub const KIND_QUOTE: i8 = 2;
/// A depth row operation.
pub const KIND_DEPTH: i8 = 3;
/// The depth book is void.
pub const KIND_DEPTH_RESET: i8 = 4;

/// Rows are checked in blocks: one branch a block, none a row.
const CHECK_BLOCK: usize = 64;

/// The columns of a batch that market rows use, imported once, so that any range of rows may be applied at little cost.
#[derive(Debug, Clone)]
pub struct EventRows {
    ts_ns: ScalarBuffer<i64>,
    kind: ScalarBuffer<i8>,
    instrument_id: ScalarBuffer<i32>,
    op: ScalarBuffer<i8>,
    side: ScalarBuffer<i8>,
    position: ScalarBuffer<i16>,
    price: ScalarBuffer<f64>,
    size: ScalarBuffer<f64>,
    price2: ScalarBuffer<f64>,
    size2: ScalarBuffer<f64>,
    venue: ReadColumn<Venue>,
    text: ReadColumn<SaleConditions>,
}

/// What the bytes of a text column mean.
trait ReadText: Copy {
    fn read(text: &[u8]) -> Self;
}

impl ReadText for Venue {
    #[inline]
    fn read(text: &[u8]) -> Self {
        Self::parse(text)
    }
}

impl ReadText for SaleConditions {
    #[inline]
    fn read(text: &[u8]) -> Self {
        Self::parse(text)
    }
}

/// A text column; for a dictionary also what each of its values means, so that each is read once.
#[derive(Debug, Clone)]
struct ReadColumn<T> {
    array: ArrayRef,
    meanings: Vec<T>,
}

impl<T: ReadText> ReadColumn<T> {
    fn new(batch: &RecordBatch, name: &str) -> Result<Self> {
        let array = required_text(batch, name)?;
        let meanings = match Text::of_array(array.as_ref()) {
            Some(Text::Dictionary(dictionary)) => {
                (0..dictionary.value_count()).map(|i| T::read(dictionary.value(i).unwrap_or_default())).collect()
            }
            _ => Vec::new(),
        };
        Ok(Self { array, meanings })
    }

    fn view(&self) -> ReadView<'_, T> {
        ReadView { text: Text::of_array(self.array.as_ref()).unwrap_or(Text::Null), meanings: &self.meanings }
    }
}

#[derive(Clone, Copy)]
struct ReadView<'a, T> {
    text: Text<'a>,
    meanings: &'a [T],
}

impl<T: ReadText> ReadView<'_, T> {
    #[inline]
    fn get(&self, row: usize) -> T {
        if let Text::Dictionary(dictionary) = &self.text {
            let meaning = dictionary.key(row).and_then(|number| self.meanings.get(number));
            return meaning.copied().unwrap_or_else(|| T::read(b""));
        }
        T::read(self.text.get(row).unwrap_or_default())
    }
}

impl EventRows {
    /// The columns of a batch of the event log's schema. Nothing is copied, and no row is looked at yet.
    pub fn new(batch: &RecordBatch) -> Result<Self> {
        Ok(Self {
            ts_ns: required_shared::<Int64Type>(batch, "ts_ns")?,
            kind: required_shared::<Int8Type>(batch, "kind")?,
            instrument_id: required_shared::<Int32Type>(batch, "instrument_id")?,
            op: required_shared::<Int8Type>(batch, "op")?,
            side: required_shared::<Int8Type>(batch, "side")?,
            position: required_shared::<Int16Type>(batch, "position")?,
            price: required_shared::<Float64Type>(batch, "price")?,
            size: required_shared::<Float64Type>(batch, "size")?,
            price2: required_shared::<Float64Type>(batch, "price2")?,
            size2: required_shared::<Float64Type>(batch, "size2")?,
            venue: ReadColumn::new(batch, "venue")?,
            text: ReadColumn::new(batch, "text")?,
        })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ts_ns.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ts_ns.is_empty()
    }

    /// Event times of all rows.
    pub fn ts_ns(&self) -> &[i64] {
        &self.ts_ns
    }

    /// Some of the rows, which must be in range.
    pub(crate) fn view(&self, range: Range<usize>) -> RowsView<'_> {
        RowsView {
            first: range.start,
            ts_ns: &self.ts_ns[range.clone()],
            kind: &self.kind[range.clone()],
            instrument_id: &self.instrument_id[range.clone()],
            op: &self.op[range.clone()],
            side: &self.side[range.clone()],
            position: &self.position[range.clone()],
            price: &self.price[range.clone()],
            size: &self.size[range.clone()],
            price2: &self.price2[range.clone()],
            size2: &self.size2[range],
            venue: self.venue.view(),
            text: self.text.view(),
        }
    }
}

/// A run of rows. All slices have one length.
pub(crate) struct RowsView<'a> {
    /// Row of the batch at which the run begins.
    pub(crate) first: usize,
    pub(crate) ts_ns: &'a [i64],
    kind: &'a [i8],
    pub(crate) instrument_id: &'a [i32],
    op: &'a [i8],
    side: &'a [i8],
    position: &'a [i16],
    price: &'a [f64],
    size: &'a [f64],
    price2: &'a [f64],
    size2: &'a [f64],
    venue: ReadView<'a, Venue>,
    text: ReadView<'a, SaleConditions>,
}

/// One market row, validated.
pub(crate) enum Event {
    Trade(Print),
    Quote(Quote),
    Depth(DepthOp),
    DepthReset,
}

impl RowsView<'_> {
    pub(crate) const fn len(&self) -> usize {
        self.ts_ns.len()
    }

    /// The event of a row, or why it is refused.
    #[inline]
    pub(crate) fn event(&self, i: usize) -> Result<Event> {
        check_time(self.ts_ns[i])?;
        match self.kind[i] {
            KIND_TRADE => {
                let row = self.first + i;
                let (venue, conditions) = (self.venue.get(row), self.text.get(row));
                Print::of(self.ts_ns[i], self.price[i], self.size[i], venue, conditions).map(Event::Trade)
            }
            KIND_QUOTE => Quote::new(self.price[i], self.size[i], self.price2[i], self.size2[i]).map(Event::Quote),
            KIND_DEPTH => {
                let (op, side, position) = (self.op[i].into(), self.side[i].into(), self.position[i].into());
                DepthOp::new(op, side, position, self.price[i], self.size[i]).map(Event::Depth)
            }
            KIND_DEPTH_RESET => Ok(Event::DepthReset),
            other => Err(wrong_kind(other)),
        }
    }

    /// Refuse the run if one of its rows is bad, and name the row. `before` rows of other batches went ahead.
    pub(crate) fn check(&self, before: usize) -> Result<()> {
        let mut start = 0;
        while start < self.len() {
            let end = (start + CHECK_BLOCK).min(self.len());
            if !self.block_is_sound(start..end) {
                for i in start..end {
                    self.event(i).map_err(|error| match error {
                        Error::Invalid(text) => Error::Invalid(format!("row {}: {text}", before + self.first + i)),
                        other => other,
                    })?;
                }
            }
            start = end;
        }
        Ok(())
    }

    /// Whether [`event`](Self::event) would accept all rows of a block; written without branches on the data.
    #[inline]
    #[allow(
        clippy::needless_bitwise_bool,
        reason = "a lazy operator is a branch, and on mixed rows it is guessed wrong"
    )]
    fn block_is_sound(&self, block: Range<usize>) -> bool {
        let (ts_ns, kind) = (&self.ts_ns[block.clone()], &self.kind[block.clone()]);
        let (op, side) = (&self.op[block.clone()], &self.side[block.clone()]);
        let (position, price) = (&self.position[block.clone()], &self.price[block.clone()]);
        let (size, price2, size2) = (&self.size[block.clone()], &self.price2[block.clone()], &self.size2[block]);
        let n = ts_ns.len();
        // One length for all, so that the loop needs no checks of bounds.
        let same =
            [kind.len(), op.len(), side.len(), position.len(), price.len(), size.len(), price2.len(), size2.len()];
        if same.iter().any(|length| *length != n) {
            return false;
        }
        let mut sound = true;
        for i in 0..n {
            let priced = is_price(price[i]) & is_size(size[i]);
            let quoted = is_side(price[i], size[i]) & is_side(price2[i], size2[i]);
            let placed = ((op[i] as u8) < 3) & ((side[i] as u8) < 2) & (position[i] >= 0) & (priced | (op[i] == 2));
            let fits = ((kind[i] == KIND_TRADE) & priced)
                | ((kind[i] == KIND_QUOTE) & quoted)
                | ((kind[i] == KIND_DEPTH) & placed)
                | (kind[i] == KIND_DEPTH_RESET);
            sound &= fits & (ts_ns[i] >= 0);
        }
        sound
    }
}

/// Whether a side of a quote is sound: absent, or a price and a size within the limits.
#[inline]
#[allow(clippy::needless_bitwise_bool, reason = "as above")]
fn is_side(price: f64, size: f64) -> bool {
    let present = price > 0.0;
    !present | ((price <= PRICE_MAX) & is_size(size))
}

#[cold]
fn wrong_kind(kind: i8) -> Error {
    if kind == KIND_CONTROL {
        return Error::invalid("a control event (kind 0) is not for the market: give it to the engine, in its place");
    }
    Error::invalid(format!("kind {kind} is none of the event log's kinds 0..4"))
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
