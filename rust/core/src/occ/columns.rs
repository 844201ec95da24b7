//! The columns of a parsed batch, written a block at a time into buffers of their final size.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{new_null_array, ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema};

use crate::error::Error;
use crate::lanes::widest;
use crate::occ::kernel::{judge, Terms, Words};
use crate::occ::{explain, Fault, ROOT_MAX};

/// Rows that are held on the stack before they are appended: a check of capacity a block, not a value.
const BLOCK: usize = 64;
/// Offsets of text are 32 bits wide, and a root takes up to six bytes.
const ROWS_MAX: usize = i32::MAX as usize / ROOT_MAX;

#[derive(Debug)]
pub(super) struct Columns {
    root_ends: Vec<i32>,
    roots: Vec<u8>,
    days: Vec<i32>,
    rights: Vec<u8>,
    strikes: Vec<i64>,
    faults: Vec<(usize, Fault)>,
    /// Kept between calls: to make one costs as much as to parse a block.
    block: Option<Box<Block>>,
}

/// The kernel's input and output for a block, an array a field: its loop becomes SIMD code.
#[derive(Debug)]
struct Block {
    heads: [u64; BLOCK],
    head_lanes: [u64; BLOCK],
    dates: [u64; BLOCK],
    strikes: [u64; BLOCK],
    roots: [u64; BLOCK],
    root_ends: [u64; BLOCK],
    days: [i32; BLOCK],
    rights: [u8; BLOCK],
    strikes_milli: [i64; BLOCK],
    faults: [u64; BLOCK],
}

impl Block {
    const fn new() -> Self {
        Self {
            heads: [0; BLOCK],
            head_lanes: [0; BLOCK],
            dates: [0; BLOCK],
            strikes: [0; BLOCK],
            roots: [0; BLOCK],
            root_ends: [0; BLOCK],
            days: [0; BLOCK],
            rights: [0; BLOCK],
            strikes_milli: [0; BLOCK],
            faults: [0; BLOCK],
        }
    }

    /// Judge all rows of the block; true if one of the first `rows` is invalid.
    fn judge(&mut self, rows: usize) -> bool {
        judge_block(self);
        self.any_fault(rows)
    }

    fn any_fault(&self, rows: usize) -> bool {
        self.faults[..rows].iter().fold(0, |any, faults| any | faults) != 0
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it must be compiled for the features of its caller")]
    fn set(&mut self, i: usize, terms: &Terms) {
        self.roots[i] = terms.root;
        self.root_ends[i] = terms.root_end;
        self.days[i] = terms.days as i32;
        self.rights[i] = terms.right as u8;
        self.strikes_milli[i] = terms.strike_milli as i64;
        self.faults[i] = terms.faults;
    }
}

widest! {
    fn judge_block(block: &mut Block) = judge_words
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled twice by `widest`")]
fn judge_words(block: &mut Block) {
    for i in 0..BLOCK {
        let terms = judge(Words {
            head: block.heads[i],
            head_lanes: block.head_lanes[i],
            date: block.dates[i],
            strike: block.strikes[i],
        });
        block.set(i, &terms);
    }
}

impl Columns {
    pub(super) fn with_capacity(rows: usize) -> Result<Self, Error> {
        if rows > ROWS_MAX {
            return Err(Error::invalid(format!("{rows} symbols are too many for one batch: give {ROWS_MAX} at most")));
        }
        let mut root_ends = Vec::with_capacity(rows + 1);
        root_ends.push(0);
        Ok(Self {
            root_ends,
            roots: Vec::with_capacity(rows * ROOT_MAX),
            days: Vec::with_capacity(rows),
            rights: Vec::with_capacity(rows),
            strikes: Vec::with_capacity(rows),
            faults: Vec::new(),
            block: Some(Box::new(Block::new())),
        })
    }

    /// Append a row for each symbol; `None` is a null row.
    pub(super) fn append<'a>(&mut self, mut symbols: impl Iterator<Item = Option<&'a [u8]>>) {
        let mut block = self.block.take().unwrap_or_else(|| Box::new(Block::new()));
        let mut texts = [None; BLOCK];
        loop {
            let mut rows = 0;
            while rows < BLOCK {
                let Some(symbol) = symbols.next() else { break };
                let words = symbol.map_or_else(Words::default, Words::of);
                texts[rows] = symbol;
                block.heads[rows] = words.head;
                block.head_lanes[rows] = words.head_lanes;
                block.dates[rows] = words.date;
                block.strikes[rows] = words.strike;
                rows += 1;
            }
            if rows == 0 {
                break;
            }
            if block.judge(rows) {
                self.note_faults(&mut block, rows, |i| texts[i].map_or(Fault::Null, explain));
            }
            self.take(&block, rows);
            if rows < BLOCK {
                break;
            }
        }
        self.block = Some(block);
    }

    /// Append a row for each entry of symbols that are parsed already.
    pub(super) fn append_parsed(&mut self, mut entries: impl Iterator<Item = Result<Terms, Fault>>) {
        let mut block = Block::new();
        loop {
            let (mut rows, mut faults) = (0, [Fault::Null; BLOCK]);
            while rows < BLOCK {
                let Some(entry) = entries.next() else { break };
                match entry {
                    Ok(terms) => block.set(rows, &terms),
                    Err(fault) => {
                        block.faults[rows] = 1;
                        faults[rows] = fault;
                    }
                }
                rows += 1;
            }
            if block.faults[..rows].iter().any(|faults| *faults != 0) {
                self.note_faults(&mut block, rows, |i| faults[i]);
            }
            self.take(&block, rows);
            if rows < BLOCK {
                return;
            }
        }
    }

    /// Make the invalid rows of a block empty and remember why they are.
    #[cold]
    fn note_faults(&mut self, block: &mut Block, rows: usize, reason: impl Fn(usize) -> Fault) {
        for i in 0..rows {
            if block.faults[i] != 0 {
                self.faults.push((self.days.len() + i, reason(i)));
                block.faults[i] = 0;
                block.root_ends[i] = 1;
                block.days[i] = 0;
                block.strikes_milli[i] = 0;
            }
        }
    }

    /// Append the rows of a judged block.
    fn take(&mut self, block: &Block, rows: usize) {
        let base = self.roots.len();
        // Each root is written as eight bytes, of which the next root overwrites those past its end.
        let mut roots = [0; BLOCK * ROOT_MAX + 8];
        let mut ends = [0; BLOCK];
        let mut cursor = 0;
        for ((end, root), root_end) in ends[..rows].iter_mut().zip(&block.roots).zip(&block.root_ends) {
            if let Some(room) = roots.get_mut(cursor..).and_then(|rest| rest.first_chunk_mut()) {
                *room = root.to_le_bytes();
            }
            cursor += root_end.trailing_zeros() as usize >> 3;
            *end = (base + cursor) as i32;
        }
        self.root_ends.extend_from_slice(&ends[..rows]);
        self.roots.extend_from_slice(&roots[..cursor.min(roots.len())]);
        self.days.extend_from_slice(&block.days[..rows]);
        self.rights.extend_from_slice(&block.rights[..rows]);
        self.strikes.extend_from_slice(&block.strikes_milli[..rows]);
    }

    pub(super) fn finish(self) -> Result<RecordBatch, Error> {
        let rows = self.days.len();
        let nulls = valid_rows(rows, &self.faults);
        let error = error_column(rows, &self.faults)?;
        let (right_ends, rights) = match &nulls {
            None => ((0..=rows as i32).collect(), self.rights),
            Some(valid) => {
                let kept = self.rights.iter().zip(valid).filter_map(|(right, valid)| valid.then_some(*right)).collect();
                let mut end = 0;
                let ends = valid.iter().map(|valid| {
                    end += i32::from(valid);
                    end
                });
                (std::iter::once(0).chain(ends).collect(), kept)
            }
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(text(self.root_ends, self.roots, nulls.clone())?),
            Arc::new(Date32Array::new(self.days.into(), nulls.clone())),
            Arc::new(text(right_ends, rights, nulls.clone())?),
            Arc::new(Int64Array::new(self.strikes.into(), nulls)),
            error,
        ];
        RecordBatch::try_new(Arc::new(schema()), columns).map_err(|e| Error::Schema(e.to_string()))
    }
}

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("root", DataType::Utf8, true),
        Field::new("expiry", DataType::Date32, true),
        Field::new("right", DataType::Utf8, true),
        Field::new("strike_milli", DataType::Int64, true),
        Field::new("error", DataType::Utf8, true),
    ])
}

pub(super) fn text(ends: Vec<i32>, bytes: Vec<u8>, nulls: Option<NullBuffer>) -> Result<StringArray, Error> {
    let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
    StringArray::try_new(ends, Buffer::from_vec(bytes), nulls).map_err(|e| Error::Schema(e.to_string()))
}

/// Which rows are valid, or `None` if all are.
pub(super) fn valid_rows(rows: usize, faults: &[(usize, Fault)]) -> Option<NullBuffer> {
    if faults.is_empty() {
        return None;
    }
    let mut valid = BooleanBufferBuilder::new(rows);
    valid.append_n(rows, true);
    for (row, _) in faults {
        valid.set_bit(*row, false);
    }
    Some(NullBuffer::new(valid.finish()))
}

/// The reasons of the invalid rows, null elsewhere.
pub(super) fn error_column(rows: usize, faults: &[(usize, Fault)]) -> Result<ArrayRef, Error> {
    if faults.is_empty() {
        return Ok(new_null_array(&DataType::Utf8, rows));
    }
    let bytes: usize = faults.iter().map(|(_, fault)| fault.text().len()).sum();
    if bytes > i32::MAX as usize {
        return Err(Error::invalid(format!(
            "{} of {rows} symbols are invalid, and their reasons do not fit one batch: is this a column of symbols?",
            faults.len()
        )));
    }
    let mut error = StringBuilder::with_capacity(rows, bytes);
    let mut filled = 0;
    for (row, fault) in faults {
        error.append_nulls(row - filled);
        error.append_value(fault.text());
        filled = row + 1;
    }
    error.append_nulls(rows - filled);
    Ok(Arc::new(error.finish()))
}
