//! From instrument id to its place in the market.

use rustc_hash::FxHashMap;

/// Ids below this stand in a plain array: one load instead of a hash look-up, and the ids in use are small.
const DENSE_IDS: usize = 65_536;
const NONE: u32 = u32::MAX;

/// Places by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots {
    dense: Vec<u32>,
    /// Only looked up, never iterated: the order of a hash map must not reach any result.
    sparse: FxHashMap<i32, u32>,
}

impl Slots {
    #[inline]
    pub(crate) fn get(&self, id: i32) -> Option<usize> {
        // A negative id becomes a number beyond the array.
        match self.dense.get(id as u32 as usize) {
            Some(slot) => (*slot != NONE).then_some(*slot as usize),
            None => self.get_sparse(id),
        }
    }

    #[inline(never)]
    fn get_sparse(&self, id: i32) -> Option<usize> {
        self.sparse.get(&id).map(|slot| *slot as usize)
    }

    /// Remember the place of an id. Places are below 65,536.
    pub(crate) fn insert(&mut self, id: i32, slot: usize) {
        let slot = slot as u32;
        match usize::try_from(id) {
            Ok(id) if id < DENSE_IDS => {
                if self.dense.len() <= id {
                    self.dense.resize(id + 1, NONE);
                }
                self.dense[id] = slot;
            }
            _ => {
                self.sparse.insert(id, slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_has_its_own_place() {
        let ids = [0, 1, 7, 65_535, 65_536, -1, i32::MIN, i32::MAX];
        let mut slots = Slots::default();
        for (slot, id) in ids.iter().enumerate() {
            assert_eq!(slots.get(*id), None);
            slots.insert(*id, slot);
        }
        for (slot, id) in ids.iter().enumerate() {
            assert_eq!(slots.get(*id), Some(slot));
        }
        assert_eq!(slots.get(2), None);
        assert_eq!(slots.get(-2), None);
    }
}
