//! The empirical distribution of the newest numbers of a series.

use std::collections::VecDeque;

/// Numbers that are kept: all so far, and past this many the newest ones.
pub const RANKED_MAX: usize = 32_768;
/// Numbers in a block. A number is put in its place by passing over whole blocks and moving at most one block's worth,
/// which stays fast where one sorted array of all numbers would not.
const BLOCK_MAX: usize = 512;

/// Numbers in sorted order, in blocks, and in order of arrival, to tell a rank and to forget the oldest.
#[derive(Debug, Clone, Default)]
pub struct RankedLevels {
    /// Ascending, and no block is empty.
    blocks: Vec<Vec<f64>>,
    arrived: VecDeque<f64>,
}

impl RankedLevels {
    /// No numbers.
    pub const fn new() -> Self {
        Self { blocks: Vec::new(), arrived: VecDeque::new() }
    }

    /// Add a number (not NaN); return the share of all kept numbers, itself included, that are not above it.
    pub fn insert(&mut self, level: f64) -> f64 {
        if self.arrived.len() == RANKED_MAX {
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
        let mut before = 0;
        let last = self.blocks.len().saturating_sub(1);
        for (i, block) in self.blocks.iter_mut().enumerate() {
            if i < last && block[block.len() - 1] <= level {
                before += block.len();
                continue;
            }
            let at = block.partition_point(|other| *other <= level);
            block.insert(at, level);
            if block.len() > BLOCK_MAX {
                let upper = block.split_off(BLOCK_MAX / 2);
                self.blocks.insert(i + 1, upper);
            }
            return before + at;
        }
        self.blocks.push(vec![level]);
        0
    }

    fn remove(&mut self, level: f64) {
        let Some(i) = self.blocks.iter().position(|block| block[block.len() - 1] >= level) else { return };
        let block = &mut self.blocks[i];
        let at = block.partition_point(|other| *other < level);
        block.remove(at);
        if block.is_empty() {
            self.blocks.remove(i);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_counting(seed in any::<u32>(), distinct in 1_u32..3_000, count in 1_usize..3_000) {
            let mut ranked = RankedLevels::new();
            let mut all = Vec::new();
            let mut state = seed;
            for i in 0..count {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let level = f64::from((state >> 8) % distinct);
                all.push(level);
                let cdf = ranked.insert(level);
                if i % 97 == 0 || i + 1 == count {
                    let not_above = all.iter().filter(|other| **other <= level).count();
                    prop_assert_eq!(cdf, not_above as f64 / all.len() as f64);
                }
            }
        }
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut ranked = RankedLevels::new();
        for i in 0..RANKED_MAX + 5_000 {
            ranked.insert((i * 7_919 % 10_007) as f64);
        }
        let kept: Vec<f64> = (5_000..RANKED_MAX + 5_000).map(|i| (i * 7_919 % 10_007) as f64).collect();
        assert_eq!(ranked.blocks.iter().map(Vec::len).sum::<usize>(), RANKED_MAX);
        assert!(ranked.blocks.iter().flatten().is_sorted());
        let not_above = kept[1..].iter().filter(|level| **level <= 5_000.0).count() + 1;
        assert_eq!(ranked.insert(5_000.0), not_above as f64 / RANKED_MAX as f64);
    }
}
