//! Recorded events: rows of the event log's Arrow schema, applied through the same functions as live events.

use std::ops::Range;

use arrow_array::RecordBatch;

use crate::error::{Error, Result};
use crate::market::rows::{Event, EventRows, RowsView};
use crate::market::Market;

/// Where the instruments of rows are: the proof that the rows have been checked against a market.
#[derive(Debug, Clone)]
pub struct CheckedRows(RowSlots);

#[derive(Debug, Clone)]
enum RowSlots {
    /// All rows are of one instrument.
    One(usize),
    /// The place of each row's instrument.
    Each(Vec<u32>),
}

impl RowSlots {
    #[inline]
    fn get(&self, row: usize) -> usize {
        match self {
            Self::One(slot) => *slot,
            Self::Each(slots) => slots[row] as usize,
        }
    }
}

impl Market {
    /// Apply all rows of some batches, in order; returns how many.
    ///
    /// Nothing is applied if any row is refused: all rows are validated first, and the error names the row.
    pub fn apply_batches(&mut self, batches: &[RecordBatch]) -> Result<usize> {
        let all = batches.iter().map(EventRows::new).collect::<Result<Vec<_>>>()?;
        let views: Vec<RowsView<'_>> = all.iter().map(|rows| rows.view(0..rows.len())).collect();
        let mut before = 0;
        let mut checked = Vec::with_capacity(views.len());
        for view in &views {
            checked.push(self.check_rows(view, before)?);
            before += view.len();
        }
        for (view, slots) in views.iter().zip(&checked) {
            self.apply_view(view, slots, 0..view.len())?;
        }
        Ok(before)
    }

    /// Apply a range of rows, in order; nothing is applied if one of them is refused. Returns how many.
    pub fn apply_rows(&mut self, rows: &EventRows, range: Range<usize>) -> Result<usize> {
        if range.start > range.end || range.end > rows.len() {
            let (start, end, count) = (range.start, range.end, rows.len());
            return Err(Error::invalid(format!("rows {start} to {end} are not within the {count} rows of the batch")));
        }
        let view = rows.view(range);
        let slots = self.check_rows(&view, 0)?;
        self.apply_view(&view, &slots, 0..view.len())?;
        Ok(view.len())
    }

    /// Refuse all rows if one is bad or of an unknown instrument; else they may be applied run by run.
    pub fn check(&self, rows: &EventRows) -> Result<CheckedRows> {
        self.check_rows(&rows.view(0..rows.len()), 0).map(CheckedRows)
    }

    /// Apply a range of rows that this market has checked.
    pub fn apply_checked(&mut self, rows: &EventRows, checked: &CheckedRows, range: Range<usize>) -> Result<()> {
        let range = range.start..range.end.min(rows.len());
        self.apply_view(&rows.view(0..rows.len()), &checked.0, range)
    }

    fn check_rows(&self, view: &RowsView<'_>, before: usize) -> Result<RowSlots> {
        view.check(before)?;
        let ids = view.instrument_id;
        let Some(first) = ids.first() else { return Ok(RowSlots::One(0)) };
        if ids.iter().all(|id| id == first) {
            return self.slot((*first).into()).map(RowSlots::One);
        }
        let slot_of = |id: &i32| self.slot((*id).into()).map(|slot| slot as u32);
        ids.iter().map(slot_of).collect::<Result<_>>().map(RowSlots::Each)
    }

    /// Apply checked rows.
    fn apply_view(&mut self, view: &RowsView<'_>, slots: &RowSlots, range: Range<usize>) -> Result<()> {
        for i in range {
            let event = view.event(i)?;
            let instrument = self.at(slots.get(i))?;
            let ts_ns = view.ts_ns[i];
            match event {
                Event::Trade(print) => instrument.trade(&print),
                Event::Quote(quote) => instrument.quote(ts_ns, quote),
                Event::Depth(op) => instrument.depth(ts_ns, op),
                Event::DepthReset => instrument.depth_reset(ts_ns),
            }
        }
        Ok(())
    }
}
