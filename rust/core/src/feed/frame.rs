//! Frames: a big-endian length of four bytes, then that many bytes of NUL-terminated fields.

use std::ops::Range;

use crate::error::{Error, Result};

/// Longest frame: far above any real one (the largest are lists of contracts, some hundred kilobytes).
pub const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;
const HEADER: usize = 4;
/// What an idle buffer may keep of the room that a burst once took.
const IDLE_BYTES_MAX: usize = 1024 * 1024;

/// The body of the frame at the start of `bytes`; `None` while it is not whole.
///
/// Fails on a length of 0, or above [`FRAME_BYTES_MAX`]: no gateway sends these, so the stream is none of its kind.
#[inline]
pub fn first_frame(bytes: &[u8]) -> Result<Option<&[u8]>> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else { return Ok(None) };
    let length = u32::from_be_bytes(*header) as usize;
    // 0 wraps to the largest number, so one comparison refuses both.
    if length.wrapping_sub(1) >= FRAME_BYTES_MAX {
        return Err(impossible(length));
    }
    Ok(rest.get(..length))
}

#[cold]
fn impossible(length: usize) -> Error {
    Error::Frame(format!(
        "the gateway announced a message of {length} bytes, which no gateway sends; \
         is the port that of a TWS / IB Gateway API?"
    ))
}

/// Cuts a byte stream into frames. What is held is one unfinished frame, and what was fed and not read yet.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    start: usize,
}

impl Framer {
    /// A framer at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Take bytes as they arrived. Fails if more than a frame's worth of earlier ones was not read with [`Self::next_frame`].
    pub fn feed(&mut self, data: &[u8]) -> Result<()> {
        let unread = self.buffer.len() - self.start;
        if unread > FRAME_BYTES_MAX + HEADER {
            return Err(Error::Frame(format!("{unread} bytes wait to be read: read the frames before feeding more")));
        }
        // Moves at most the unfinished frame: everything before it was read.
        self.buffer.drain(..self.start);
        self.start = 0;
        if unread == 0 && self.buffer.capacity() > IDLE_BYTES_MAX {
            self.buffer.shrink_to(IDLE_BYTES_MAX);
        }
        self.buffer.extend_from_slice(data);
        Ok(())
    }

    /// Where the next whole frame's body lies (see [`Self::body`]); `None` if there is none yet.
    ///
    /// After an error the stream cannot be read on; [`Self::reset`] begins a new one.
    #[inline]
    pub fn next_frame(&mut self) -> Result<Option<Range<usize>>> {
        let Some(body) = first_frame(&self.buffer[self.start..])? else { return Ok(None) };
        let start = self.start + HEADER;
        self.start = start + body.len();
        Ok(Some(start..self.start))
    }

    /// The body of a frame that [`Self::next_frame`] found since the last [`Self::feed`].
    #[inline]
    pub fn body(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Bytes that wait for the rest of their frame.
    pub fn unread_bytes(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Forget everything: a new connection begins.
    pub fn reset(&mut self) {
        self.buffer.clear();
        self.start = 0;
    }
}
