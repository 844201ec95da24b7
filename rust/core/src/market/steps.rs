//! Where a strategy looks between recorded rows: after each group of one time, or on a grid of time.

use crate::error::{Error, Result};

/// Cuts rows into the runs between two looks.
#[derive(Debug, Clone)]
pub struct Steps {
    step_ns: Option<i64>,
    /// When the strategy looks next: the time of the open group, or the next point of the grid. None before any row.
    due_ns: Option<i64>,
}

impl Steps {
    /// With a step, a look at each multiple of it (since the epoch) that follows at least one row; without, a look after
    /// each group of rows with one time.
    pub fn new(step_ns: Option<i64>) -> Result<Self> {
        match step_ns {
            Some(step) if step < 1 => Err(Error::invalid(format!("step_ns was {step}: give 1 or more, or None"))),
            _ => Ok(Self { step_ns, due_ns: None }),
        }
    }

    /// From row `start` (in range), the row before which the strategy looks, and the time it looks at; the time is `None`
    /// where the rows end first.
    ///
    /// A row that is earlier than the one before it belongs to the open group or step.
    #[inline]
    pub fn next(&mut self, ts_ns: &[i64], start: usize) -> (usize, Option<i64>) {
        let Some(due_ns) = self.due_ns else {
            self.due_ns = Some(self.due_after(ts_ns[start]));
            return (start, None);
        };
        let open = |ts: &i64| if self.step_ns.is_some() { *ts < due_ns } else { *ts <= due_ns };
        let end = ts_ns[start..].iter().position(|ts| !open(ts)).map_or(ts_ns.len(), |rows| start + rows);
        if end == ts_ns.len() {
            return (end, None);
        }
        self.due_ns = Some(self.due_after(ts_ns[end]));
        (end, Some(due_ns))
    }

    /// The look after the last row of all.
    pub const fn last(&self) -> Option<i64> {
        self.due_ns
    }

    fn due_after(&self, ts_ns: i64) -> i64 {
        self.step_ns.map_or(ts_ns, |step| (ts_ns - ts_ns.rem_euclid(step)).saturating_add(step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (time of the look, rows seen so far) for rows in chunks.
    fn looks(ts_ns: &[i64], chunk: usize, step_ns: Option<i64>) -> Vec<(i64, usize)> {
        let mut steps = Steps::new(step_ns).unwrap();
        let (mut seen, mut found) = (0, Vec::new());
        for part in ts_ns.chunks(chunk) {
            let mut start = 0;
            while start < part.len() {
                let (end, due) = steps.next(part, start);
                seen += end - start;
                found.extend(due.map(|due| (due, seen)));
                start = end;
            }
        }
        found.extend(steps.last().map(|due| (due, seen)));
        found
    }

    #[test]
    fn looks_follow_groups_or_the_grid_however_rows_are_cut() {
        let ts = [5, 5, 5, 8, 7, 9, 20, 20, 41];
        for chunk in 1..10 {
            assert_eq!(looks(&ts, chunk, None), [(5, 3), (8, 5), (9, 6), (20, 8), (41, 9)], "chunks of {chunk}");
            assert_eq!(looks(&ts, chunk, Some(10)), [(10, 6), (30, 8), (50, 9)], "chunks of {chunk}");
        }
        assert!(looks(&[], 3, None).is_empty());
        assert!(Steps::new(Some(0)).is_err());
    }
}
