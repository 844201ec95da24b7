//! A column of results that is written once, front to back.
//!
//! Writing a result of hundreds of megabytes costs more in page faults than the book costs in computing (25 ns a row
//! against 7). A large column therefore lives in a mapping of its own for which large pages are asked, and which is used again once its arrays are gone.

use std::sync::{Mutex, PoisonError};

use arrow_buffer::{ArrowNativeType, Buffer, ScalarBuffer};
use bytemuck::Pod;
use bytes::Bytes;
use memmap2::MmapMut;

use crate::error::{Error, Result};

/// Values that are written at once.
pub(super) const BLOCK: usize = 256;

/// From here on a column gets large pages (2 MB each on x86-64).
const MAPPED_BYTES: usize = 4 << 20;

/// A column under way.
pub(super) struct Column<T> {
    memory: Memory<T>,
    written: usize,
}

enum Memory<T> {
    Absent,
    /// One block that is written again and again.
    Scratch(Vec<T>),
    Heap(Vec<T>),
    Mapped(MmapMut),
}

impl<T: Pod + ArrowNativeType> Column<T> {
    /// Room for `rows` values.
    pub(super) fn new(rows: usize) -> Result<Self> {
        let bytes = rows.saturating_mul(size_of::<T>());
        let memory =
            if bytes < MAPPED_BYTES { Memory::Heap(Vec::with_capacity(rows)) } else { Memory::Mapped(mapped(bytes)?) };
        Ok(Self { memory, written: 0 })
    }

    /// A column that nobody asked for.
    pub(super) const fn absent() -> Self {
        Self { memory: Memory::Absent, written: 0 }
    }

    /// A column that other columns are computed from, block by block.
    pub(super) fn scratch() -> Self {
        Self { memory: Memory::Scratch(vec![T::zeroed(); BLOCK]), written: 0 }
    }

    /// The next `rows` values (a block at most), to be written; none if the column is absent.
    #[inline]
    pub(super) fn next(&mut self, rows: usize) -> &mut [T] {
        let from = self.written;
        self.written += rows;
        match &mut self.memory {
            Memory::Absent => &mut [],
            Memory::Scratch(values) => &mut values[..rows],
            Memory::Heap(values) => {
                // Block by block: these zeros never leave the first cache.
                values.resize(self.written, T::zeroed());
                &mut values[from..]
            }
            Memory::Mapped(map) => &mut bytemuck::cast_slice_mut(map)[from..from + rows],
        }
    }

    /// The values that were written, without copying.
    pub(super) fn finish(self) -> ScalarBuffer<T> {
        let buffer = match self.memory {
            Memory::Absent => return ScalarBuffer::default(),
            Memory::Scratch(values) | Memory::Heap(values) => return ScalarBuffer::from(values),
            Memory::Mapped(map) => Buffer::from(Bytes::from_owner(Owner(Some(map)))),
        };
        ScalarBuffer::new(buffer, 0, self.written)
    }
}

/// Mappings of results that were dropped. Pages that were written once cost nothing to write again.
static SPARE: Mutex<Vec<MmapMut>> = Mutex::new(Vec::new());
/// At most this much memory is kept there.
const SPARE_BYTES: usize = 64 << 20;

fn mapped(bytes: usize) -> Result<MmapMut> {
    if let Some(map) = take_spare(bytes) {
        return Ok(map);
    }
    let refused = |error: std::io::Error| Error::invalid(format!("no memory for a result of {bytes} bytes: {error}"));
    let map = MmapMut::map_anon(bytes).map_err(refused)?;
    // Only a wish: a kernel without large pages serves small ones.
    #[cfg(target_os = "linux")]
    let _ = map.advise(memmap2::Advice::HugePage);
    Ok(map)
}

/// A spare mapping that is large enough and not twice as large.
fn take_spare(bytes: usize) -> Option<MmapMut> {
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    let at = spare.iter().position(|map| (bytes..bytes.saturating_mul(2)).contains(&map.len()))?;
    Some(spare.swap_remove(at))
}

/// A finished column's memory; becomes spare when the last array over it is dropped.
struct Owner(Option<MmapMut>);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = spare.iter().map(|map| map.len()).sum();
        spare.extend(self.0.take().filter(|map| kept + map.len() <= SPARE_BYTES));
    }
}
