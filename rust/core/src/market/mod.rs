//! Market state of many instruments, fed one event at a time or by Arrow batches through the same functions.

pub mod bars;
pub mod batch;
pub mod conditions;
pub mod instrument;
pub mod ofi;
pub mod path;
pub mod print;
pub mod rows;
pub mod session;
mod slots;
pub mod snapshot;
pub mod steps;
pub mod sweep;
pub mod tape;
pub mod window;

use crate::book::{DepthOp, Quote};
use crate::error::{Error, Result};
use crate::market::instrument::{Instrument, InstrumentParams};
use crate::market::print::Print;
use crate::market::slots::Slots;

/// Most instruments in one market.
pub const INSTRUMENTS_MAX: usize = 65_536;

/// All instruments by id.
#[derive(Debug, Clone, Default)]
pub struct Market {
    instruments: Vec<Instrument>,
    slots: Slots,
}

/// Times are ns since the epoch; before 1970 is refused as corrupt.
#[inline]
pub fn check_time(ts_ns: i64) -> Result<()> {
    if ts_ns >= 0 {
        return Ok(());
    }
    Err(Error::invalid(format!("ts_ns was {ts_ns}: give nanoseconds since the Unix epoch, 0 or more")))
}

impl Market {
    /// A market without instruments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Register an instrument. A known id with the same parameters is a no-op, with others an error.
    pub fn add_instrument(&mut self, id: i64, params: InstrumentParams) -> Result<()> {
        let Ok(narrow_id) = i32::try_from(id) else {
            return Err(Error::invalid(format!("instrument_id was {id}: ids are 32-bit integers")));
        };
        if let Some(slot) = self.slots.get(narrow_id) {
            if *self.instruments[slot].params() == params {
                return Ok(());
            }
            return Err(Error::invalid(format!(
                "instrument {id} exists with other parameters: use the same ones, or another id"
            )));
        }
        if self.instruments.len() == INSTRUMENTS_MAX {
            return Err(Error::invalid(format!("a market holds at most {INSTRUMENTS_MAX} instruments")));
        }
        self.slots.insert(narrow_id, self.instruments.len());
        self.instruments.push(Instrument::new(params));
        Ok(())
    }

    /// The place of an instrument, which never changes: for [`at`](Self::at), without looking the id up each time.
    #[inline]
    pub fn slot(&self, id: i64) -> Result<usize> {
        i32::try_from(id).ok().and_then(|id| self.slots.get(id)).ok_or(Error::UnknownInstrument(id))
    }

    /// The instrument at a place that [`slot`](Self::slot) named.
    #[inline]
    pub fn at(&mut self, slot: usize) -> Result<&mut Instrument> {
        self.instruments.get_mut(slot).ok_or(Error::UnknownInstrument(slot as i64))
    }

    /// An instrument by id.
    pub fn instrument(&self, id: i64) -> Result<&Instrument> {
        self.slot(id).map(|slot| &self.instruments[slot])
    }

    #[inline]
    fn instrument_at(&mut self, id: i64, ts_ns: i64) -> Result<&mut Instrument> {
        check_time(ts_ns)?;
        self.instrument_mut(id)
    }

    /// An instrument by id, to be changed or looked at.
    #[inline]
    pub fn instrument_mut(&mut self, id: i64) -> Result<&mut Instrument> {
        let slot = self.slot(id)?;
        self.at(slot)
    }

    /// How many instruments there are.
    pub fn len(&self) -> usize {
        self.instruments.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.instruments.is_empty()
    }

    /// Apply a print.
    pub fn trade(&mut self, ts_ns: i64, id: i64, price: f64, size: f64, venue: &[u8], conditions: &[u8]) -> Result<()> {
        let instrument = self.instrument_at(id, ts_ns)?;
        instrument.trade(&Print::new(ts_ns, price, size, venue, conditions)?);
        Ok(())
    }

    /// Apply an L1 quote.
    pub fn quote(&mut self, ts_ns: i64, id: i64, bid: f64, bid_size: f64, ask: f64, ask_size: f64) -> Result<()> {
        let instrument = self.instrument_at(id, ts_ns)?;
        instrument.quote(ts_ns, Quote::new(bid, bid_size, ask, ask_size)?);
        Ok(())
    }

    /// Apply a row operation of the depth book.
    pub fn depth(&mut self, ts_ns: i64, id: i64, op: DepthOp) -> Result<()> {
        self.instrument_at(id, ts_ns)?.depth(ts_ns, op);
        Ok(())
    }

    /// Forget the depth book of an instrument.
    pub fn depth_reset(&mut self, ts_ns: i64, id: i64) -> Result<()> {
        self.instrument_at(id, ts_ns)?.depth_reset(ts_ns);
        Ok(())
    }
}
