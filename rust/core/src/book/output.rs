//! A column of results that is written once, front to back.
//!
//! Writing a result of hundreds of megabytes costs more in page faults than the book costs in computing (25 ns a row
//! against 7). A large column therefore lives in a mapping of its own for which large pages are asked.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array};
use arrow_buffer::{Buffer, ScalarBuffer};
use bytes::Bytes;
use memmap2::MmapMut;

use crate::error::{Error, Result};

/// From here on a column gets large pages (2 MB each on x86-64).
const MAPPED_BYTES: usize = 4 << 20;

/// A column of doubles under way.
pub(super) struct NumberColumn {
    memory: Memory,
    written: usize,
}

enum Memory {
    Heap(Vec<f64>),
    Mapped(MmapMut),
}

impl NumberColumn {
    /// Room for `rows` values.
    pub(super) fn new(rows: usize) -> Result<Self> {
        let bytes = rows.saturating_mul(size_of::<f64>());
        let memory = if bytes < MAPPED_BYTES { Memory::Heap(vec![0.0; rows]) } else { Memory::Mapped(mapped(bytes)?) };
        Ok(Self { memory, written: 0 })
    }

    /// The next `rows` values, to be written. Shorter if there is no more room.
    #[inline]
    pub(super) fn next(&mut self, rows: usize) -> &mut [f64] {
        let values = match &mut self.memory {
            Memory::Heap(values) => values.as_mut_slice(),
            Memory::Mapped(map) => bytemuck::cast_slice_mut(map),
        };
        let from = self.written;
        self.written = values.len().min(from + rows);
        &mut values[from..self.written]
    }

    /// The values that were written, without copying.
    pub(super) fn finish(self) -> ArrayRef {
        let buffer = match self.memory {
            Memory::Heap(values) => Buffer::from_vec(values),
            Memory::Mapped(map) => Buffer::from(Bytes::from_owner(map)),
        };
        Arc::new(Float64Array::new(ScalarBuffer::new(buffer, 0, self.written), None))
    }
}

fn mapped(bytes: usize) -> Result<MmapMut> {
    let refused = |error: std::io::Error| Error::invalid(format!("no memory for a result of {bytes} bytes: {error}"));
    let map = MmapMut::map_anon(bytes).map_err(refused)?;
    // Only a wish: a kernel without large pages serves small ones.
    #[cfg(target_os = "linux")]
    let _ = map.advise(memmap2::Advice::HugePage);
    Ok(map)
}
