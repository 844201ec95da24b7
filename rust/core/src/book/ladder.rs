//! One side of a price-keyed book: a window of ticks with a bitset, and a sorted map for whatever lies outside.
//!
//! ```text
//! summary   1 bit a word      0100...            lowest set bit = word of the best level
//! words     64 x 64 bits      ...0010 1100...    lowest set bit = the best level in it
//! sizes     4,096 doubles     one a tick, from rank `base` on
//! far       sorted map        levels outside of the window, better or worse
//! ```
//!
//! Levels are keyed by **rank**: the ticks of an ask, the negated ticks of a bid, so that lower is better on both sides
//! and one instruction (count trailing zeros) finds the best. An update inside the window has no branch that depends
//! on the data, and the best level is read from the bits rather than kept, so that nothing has to be repaired when it
//! goes. The window is small (33 KB, of which only the lines near the best price are touched) to stay in the cache
//! over many symbols. It moves only when updates have kept missing it; until then the map answers, at any distance.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

const WORDS: usize = 64;
/// Ticks in the window.
pub const WINDOW_TICKS: usize = WORDS * 64;
const WINDOW: i64 = WINDOW_TICKS as i64;
/// Misses before the window may move, beside one for each level that a move may have to carry.
const MISSES_BEFORE_MOVE: usize = 64;

/// A level: (rank, size).
pub type RankedLevel = (i64, f64);

/// One side of a book.
#[derive(Debug, Clone)]
pub struct Ladder {
    base: i64,
    summary: u64,
    /// Whether `far` holds a level better than the whole window.
    better_outside: bool,
    misses: usize,
    words: [u64; WORDS],
    sizes: Box<[f64; WINDOW_TICKS]>,
    far: BTreeMap<i64, f64>,
}

impl Ladder {
    /// An empty side.
    #[allow(
        clippy::large_stack_arrays,
        reason = "goes straight to the heap; the length in its type spares bounds checks"
    )]
    pub fn new() -> Self {
        Self {
            base: 0,
            summary: 0,
            better_outside: false,
            misses: 0,
            words: [0; WORDS],
            sizes: Box::new([0.0; WINDOW_TICKS]),
            far: BTreeMap::new(),
        }
    }

    /// Set the size at a rank; 0 removes the level. Whether there was a level before.
    #[inline(always)]
    pub fn set(&mut self, rank: i64, size: f64) -> bool {
        let slot = rank.wrapping_sub(self.base) as u64;
        if slot >= WINDOW_TICKS as u64 {
            return self.set_far(rank, size);
        }
        self.set_slot(slot as usize, size)
    }

    #[inline(always)]
    fn set_slot(&mut self, slot: usize, size: f64) -> bool {
        // The masks repeat what the caller checked: they cost nothing and spare the bounds checks.
        self.sizes[slot % WINDOW_TICKS] = size;
        let (index, bit) = (slot / 64 % WORDS, slot % 64);
        let before = self.words[index];
        let after = (before & !(1 << bit)) | (u64::from(size > 0.0) << bit);
        self.words[index] = after;
        self.summary = (self.summary & !(1 << index)) | (u64::from(after != 0) << index);
        before >> bit & 1 != 0
    }

    /// The best level.
    #[inline(always)]
    pub fn best(&self) -> Option<RankedLevel> {
        match NonZeroU64::new(self.summary) {
            Some(summary) if !self.better_outside => {
                let index = summary.trailing_zeros() as usize;
                let slot = index * 64 + self.words[index % WORDS].trailing_zeros() as usize;
                Some((self.base + slot as i64, self.sizes[slot % WINDOW_TICKS]))
            }
            _ => self.best_far(),
        }
    }

    #[cold]
    fn best_far(&self) -> Option<RankedLevel> {
        // Reached when the map holds a better level, or the window none at all: either way the map's first is the best.
        self.far.first_key_value().map(|(rank, size)| (*rank, *size))
    }

    /// All levels, best first.
    pub fn levels(&self) -> impl Iterator<Item = RankedLevel> + '_ {
        let far = |(rank, size): (&i64, &f64)| (*rank, *size);
        let better = self.far.range(..self.base).map(far);
        let worse = self.far.range(self.base..).map(far);
        better.chain(self.window_levels()).chain(worse)
    }

    fn window_levels(&self) -> impl Iterator<Item = RankedLevel> + '_ {
        Bits(self.summary).flat_map(move |index| {
            Bits(self.words[index]).map(move |bit| {
                let slot = index * 64 + bit;
                (self.base + slot as i64, self.sizes[slot])
            })
        })
    }

    /// The size at a rank, 0 if there is no level.
    pub fn size_at(&self, rank: i64) -> f64 {
        let slot = rank.wrapping_sub(self.base) as u64;
        if slot >= WINDOW_TICKS as u64 {
            return self.far.get(&rank).copied().unwrap_or(0.0);
        }
        let slot = slot as usize;
        // A removed level left its last size, 0 (or -0), behind; an untouched slot holds whatever it held before a move.
        if self.words[slot / 64] >> (slot % 64) & 1 == 0 {
            0.0
        } else {
            self.sizes[slot]
        }
    }

    /// Number of levels.
    pub fn len(&self) -> usize {
        self.far.len() + self.words.iter().map(|word| word.count_ones() as usize).sum::<usize>()
    }

    /// Whether there is no level.
    pub fn is_empty(&self) -> bool {
        self.summary == 0 && self.far.is_empty()
    }

    /// Remove all levels.
    pub fn clear(&mut self) {
        self.words = [0; WORDS];
        self.summary = 0;
        self.better_outside = false;
        self.misses = 0;
        self.far.clear();
    }

    #[cold]
    #[inline(never)]
    fn set_far(&mut self, rank: i64, size: f64) -> bool {
        if self.is_empty() {
            if size > 0.0 {
                self.base = base_around(rank);
                self.set(rank, size);
            }
            return false;
        }
        let known = if size > 0.0 { self.far.insert(rank, size) } else { self.far.remove(&rank) }.is_some();
        self.better_outside = self.far.first_key_value().is_some_and(|(first, _)| *first < self.base);
        self.misses += 1;
        self.follow();
        known
    }

    /// Move the window back under the best price, once enough updates have missed it to pay for the move.
    fn follow(&mut self) {
        if self.misses < MISSES_BEFORE_MOVE || self.misses < self.len() {
            return;
        }
        self.misses = 0;
        let Some((best, _)) = self.best() else { return };
        let base = base_around(best);
        // A window that is only slightly off would gain nothing: these misses were far from the best price.
        if (base - self.base).abs() > WINDOW / 8 {
            self.move_to(base);
        }
    }

    fn move_to(&mut self, base: i64) {
        let levels: Vec<RankedLevel> = self.levels().collect();
        self.clear();
        self.base = base;
        for (rank, size) in levels {
            let slot = rank.wrapping_sub(base) as u64;
            if slot < WINDOW_TICKS as u64 {
                self.set_slot(slot as usize, size);
            } else {
                self.better_outside |= rank < base;
                self.far.insert(rank, size);
            }
        }
    }
}

impl Default for Ladder {
    fn default() -> Self {
        Self::new()
    }
}

/// A quarter of the window for prices to improve, the rest for depth. Ranks stay within 2^45 of 0: nothing overflows.
const fn base_around(best: i64) -> i64 {
    best.saturating_sub(WINDOW / 4)
}

/// The positions of the set bits, lowest first.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let bit = NonZeroU64::new(self.0)?.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}
