//! One side of the depth book: rows in the broker's order, which is by price unless something went wrong.

use std::borrow::Cow;

/// Rank (the ticks of an ask, the negated ticks of a bid: lower is better) and size of a row or level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    pub(super) rank: i64,
    pub(super) size: f64,
}

impl Row {
    const FIRST: Self = Self { rank: i64::MIN, size: 1.0 };
    const LAST: Self = Self { rank: i64::MAX, size: 1.0 };

    #[inline(always)]
    fn is_empty(self) -> u32 {
        u32::from(self.size <= 0.0)
    }
}

/// The rows of one side, between two guards that no price reaches, so that every row has neighbours.
#[derive(Debug, Clone)]
pub(super) struct SideRows {
    guarded: Vec<Row>,
    /// Adjacent rows in the wrong order, and rows of size 0. At 0 the first row is the best, without a search.
    defects: u32,
}

impl SideRows {
    pub(super) fn new() -> Self {
        Self { guarded: vec![Row::FIRST, Row::LAST], defects: 0 }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// The rows, first position first.
    #[inline]
    pub(super) fn rows(&self) -> &[Row] {
        &self.guarded[1..self.guarded.len() - 1]
    }

    #[inline(always)]
    fn len(&self) -> usize {
        self.guarded.len() - 2
    }

    /// Defects of the pairs among these rows.
    #[inline(always)]
    fn disorder(rows: &[Row]) -> u32 {
        rows.windows(2).map(|pair| u32::from(pair[0].rank > pair[1].rank)).sum()
    }

    /// Insert a row, shifting those from `position` on; what is pushed past `rows_max` falls off.
    #[inline(always)]
    pub(super) fn insert(&mut self, position: usize, row: Row, rows_max: usize) -> bool {
        if position > self.len() || position >= rows_max {
            return false;
        }
        if self.len() == rows_max {
            self.delete(rows_max - 1);
        }
        let (before, after) = (self.guarded[position], self.guarded[position + 1]);
        self.defects =
            self.defects + Self::disorder(&[before, row, after]) + row.is_empty() - Self::disorder(&[before, after]);
        self.guarded.insert(position + 1, row);
        true
    }

    /// Replace a row.
    #[inline(always)]
    pub(super) fn update(&mut self, position: usize, row: Row) -> bool {
        if position >= self.len() {
            return false;
        }
        let Some([before, old, after]) = self.guarded.get_mut(position..position + 3) else { return false };
        let removed = Self::disorder(&[*before, *old, *after]) + old.is_empty();
        self.defects = self.defects + Self::disorder(&[*before, row, *after]) + row.is_empty() - removed;
        *old = row;
        true
    }

    /// Remove a row; those below move up.
    #[inline(always)]
    pub(super) fn delete(&mut self, position: usize) -> bool {
        if position >= self.len() {
            return false;
        }
        let Some([before, old, after]) = self.guarded.get(position..position + 3) else { return false };
        let removed = Self::disorder(&[*before, *old, *after]) + old.is_empty();
        self.defects = self.defects + Self::disorder(&[*before, *after]) - removed;
        self.guarded.remove(position + 1);
        true
    }

    /// The best level, its rows added up in their order.
    #[inline(always)]
    pub(super) fn best(&self) -> Option<Row> {
        self.best_with_rows().map(|(level, _)| level)
    }

    /// The same, and how many rows it is made of: past all of them if the rows are not sorted.
    #[inline(always)]
    pub(super) fn best_with_rows(&self) -> Option<(Row, usize)> {
        if !self.is_sorted() {
            return self.best_of_disorder().map(|level| (level, usize::MAX));
        }
        let (first, others) = self.rows().split_first()?;
        let (mut level, mut rows) = (*first, 1);
        for row in others.iter().take_while(|row| row.rank == first.rank) {
            level.size += row.size;
            rows += 1;
        }
        Some((level, rows))
    }

    /// Whether the rows stand by price, none of size 0: the best level is then the first rows.
    #[inline(always)]
    pub(super) const fn is_sorted(&self) -> bool {
        self.defects == 0
    }

    #[cold]
    #[inline(never)]
    fn best_of_disorder(&self) -> Option<Row> {
        let mut best: Option<Row> = None;
        for row in self.rows().iter().filter(|row| row.size > 0.0) {
            match &mut best {
                Some(best) if row.rank > best.rank => {}
                Some(best) if row.rank == best.rank => best.size += row.size,
                _ => best = Some(*row),
            }
        }
        best
    }

    /// Rows added up by price, best first, without empty levels. Borrowed where that is what the rows are already.
    pub(super) fn levels(&self) -> Cow<'_, [Row]> {
        let rows = self.rows();
        let distinct = self.defects == 0 && rows.windows(2).all(|pair| pair[0].rank != pair[1].rank);
        if distinct {
            Cow::Borrowed(rows)
        } else {
            Cow::Owned(aggregate(rows))
        }
    }
}

/// Rows come nearly sorted, so insertion is cheap. A stable sort: the rows of a level are added up in their order.
fn aggregate(rows: &[Row]) -> Vec<Row> {
    let mut levels: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows.iter().filter(|row| row.size > 0.0) {
        let at = levels.partition_point(|level| level.rank < row.rank);
        match levels.get_mut(at) {
            Some(level) if level.rank == row.rank => level.size += row.size,
            _ => levels.insert(at, *row),
        }
    }
    levels
}
