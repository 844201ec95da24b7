//! The empirical distribution of the newest numbers of a series.

use std::collections::VecDeque;

/// Most numbers that can be kept.
pub const RANKED_MAX: usize = 1 << 20;
/// Numbers in a block. A number is put in its place by passing over whole blocks and moving at most one block's worth,
/// which stays fast where one sorted array of all numbers would not.
const BLOCK_MAX: usize = 512;

/// Numbers in sorted order, in blocks, and in order of arrival, to tell a rank and to forget the oldest.
#[derive(Debug, Clone)]
pub struct RankedLevels {
    /// Ascending, and no block is empty.
    blocks: Vec<Vec<f64>>,
    /// The last number of each block, and how many it holds: side by side they are quick to pass over.
    lasts: Vec<f64>,
    lengths: Vec<u32>,
    arrived: VecDeque<f64>,
    capacity: usize,
}

impl RankedLevels {
    /// No numbers yet; of more than `capacity` (at least 1) the newest are kept.
    pub const fn new(capacity: usize) -> Self {
        Self { blocks: Vec::new(), lasts: Vec::new(), lengths: Vec::new(), arrived: VecDeque::new(), capacity }
    }

    /// Add a number (not NaN); return the share of all kept numbers, itself included, that are not above it.
    pub fn insert(&mut self, level: f64) -> f64 {
        if self.arrived.len() >= self.capacity {
            if let Some(oldest) = self.arrived.pop_front() {
                self.remove(oldest);
            }
        }
        self.arrived.push_back(level);
        let not_above = self.place(level) + 1;
        not_above as f64 / self.arrived.len() as f64
    }

    /// Put a number in its place, after its equals; return how many stand before it.
    fn place(&mut self, level: f64) -> usize {
        if self.blocks.is_empty() {
            self.blocks.push(vec![level]);
            self.lasts.push(level);
            self.lengths.push(1);
            return 0;
        }
        // In the first block that ends above it; behind all of them, in the last.
        let i = self.lasts.partition_point(|last| *last <= level).min(self.blocks.len() - 1);
        let before = self.lengths[..i].iter().sum::<u32>() as usize;
        let block = &mut self.blocks[i];
        let at = block.partition_point(|other| *other <= level);
        block.insert(at, level);
        if block.len() > BLOCK_MAX {
            let upper = block.split_off(BLOCK_MAX / 2);
            self.blocks.insert(i + 1, upper);
            self.lasts.insert(i + 1, 0.0);
            self.lengths.insert(i + 1, 0);
            self.note(i + 1);
        }
        self.note(i);
        before + at
    }

    fn note(&mut self, i: usize) {
        let block = &self.blocks[i];
        self.lasts[i] = block[block.len() - 1];
        self.lengths[i] = block.len() as u32;
    }

    fn remove(&mut self, level: f64) {
        let i = self.lasts.partition_point(|last| *last < level);
        let Some(block) = self.blocks.get_mut(i) else { return };
        let at = block.partition_point(|other| *other < level);
        block.remove(at);
        if block.is_empty() {
            self.blocks.remove(i);
            self.lasts.remove(i);
            self.lengths.remove(i);
        } else {
            self.note(i);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn equals_counting(
            seed in any::<u32>(), distinct in 1_u32..3_000, count in 1_usize..3_000, capacity in 1_usize..4_000,
        ) {
            let mut ranked = RankedLevels::new(capacity);
            let mut all = Vec::new();
            let mut state = seed;
            for i in 0..count {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let level = f64::from((state >> 8) % distinct);
                all.push(level);
                let cdf = ranked.insert(level);
                if i % 97 == 0 || i + 1 == count {
                    let kept = &all[all.len().saturating_sub(capacity)..];
                    let not_above = kept.iter().filter(|other| **other <= level).count();
                    prop_assert_eq!(cdf, not_above as f64 / kept.len() as f64);
                }
            }
        }
    }

    #[test]
    fn the_oldest_are_forgotten() {
        const CAPACITY: usize = 32_768;
        let mut ranked = RankedLevels::new(CAPACITY);
        for i in 0..CAPACITY + 5_000 {
            ranked.insert((i * 7_919 % 10_007) as f64);
        }
        let kept: Vec<f64> = (5_000..CAPACITY + 5_000).map(|i| (i * 7_919 % 10_007) as f64).collect();
        assert_eq!(ranked.lengths.iter().sum::<u32>() as usize, CAPACITY);
        assert!(ranked.blocks.iter().flatten().is_sorted());
        let not_above = kept[1..].iter().filter(|level| **level <= 5_000.0).count() + 1;
        assert_eq!(ranked.insert(5_000.0), not_above as f64 / CAPACITY as f64);
    }
}
