//! A ring of the newest entries with sums over trailing time windows of it, bounded in memory.

/// Most entries a ring keeps. Where more events fall into a window, the window is the newest this many of them.
pub const WINDOW_ENTRIES_MAX: u64 = 65_536;
const SLOTS_FIRST: usize = 64;

/// The newest entries, by the number of their arrival. Memory grows as windows need it and is never more than the limit.
#[derive(Debug, Clone, Default)]
pub struct Ring<T> {
    /// A power of two of slots, or none yet.
    slots: Vec<T>,
    pushed: u64,
}

impl<T: Copy + Default> Ring<T> {
    /// No entries.
    pub const fn new() -> Self {
        Self { slots: Vec::new(), pushed: 0 }
    }

    /// How many entries have ever been added: the number of the next.
    #[inline]
    pub const fn pushed(&self) -> u64 {
        self.pushed
    }

    #[inline]
    const fn slot_of(&self, number: u64) -> usize {
        number as usize & self.slots.len().wrapping_sub(1)
    }

    /// The entry of a number, which must be one of those kept.
    #[inline]
    pub fn get(&self, number: u64) -> &T {
        &self.slots[self.slot_of(number)]
    }

    /// Add an entry, keeping those from number `needed` on: at most [`WINDOW_ENTRIES_MAX`] - 1 of them.
    #[inline]
    pub fn push(&mut self, entry: T, needed: u64) {
        if self.pushed - needed >= self.slots.len() as u64 {
            self.grow();
        }
        let slot = self.slot_of(self.pushed);
        self.slots[slot] = entry;
        self.pushed += 1;
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let (old, size) = (self.slots.len() as u64, (self.slots.len() * 2).max(SLOTS_FIRST));
        let mut slots = vec![T::default(); size];
        for number in self.pushed.saturating_sub(old)..self.pushed {
            slots[number as usize & (size - 1)] = *self.get(number);
        }
        self.slots = slots;
    }
}

/// An entry that a window adds up.
pub trait Windowed: Copy + Default {
    /// What a window sums.
    type Sums: Copy + Default;

    /// When it happened.
    fn ts_ns(&self) -> i64;
    /// Add it to the sums.
    fn add_to(&self, sums: &mut Self::Sums);
    /// Take it out of them. Where nothing is left, the sums become exactly 0: rounding must not outlive its causes.
    fn take_from(&self, sums: &mut Self::Sums);
}

/// The sums over the entries of a ring that are younger than a span.
///
/// Entries leave in the order of their arrival: a late one stays until those before it have left. They leave when the
/// window is next added to or read; since nothing else touches the sums, it makes no difference to any bit when that is.
#[derive(Debug, Clone)]
pub struct Window<E: Windowed> {
    span_ns: i64,
    first: u64,
    sums: E::Sums,
}

impl<E: Windowed> Window<E> {
    /// An empty window at the start of a ring.
    pub fn new(span_ns: i64) -> Self {
        Self { span_ns, first: 0, sums: E::Sums::default() }
    }

    /// Number of the oldest entry inside.
    #[inline]
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// Whether an entry of this time would still be inside at `newest_ns`.
    #[inline]
    pub const fn covers(&self, ts_ns: i64, newest_ns: i64) -> bool {
        ts_ns > newest_ns.saturating_sub(self.span_ns)
    }

    /// Drop what `newest_ns` has made too old.
    #[inline]
    pub fn advance(&mut self, ring: &Ring<E>, newest_ns: i64) {
        while self.first < ring.pushed() {
            let entry = ring.get(self.first);
            if self.covers(entry.ts_ns(), newest_ns) {
                break;
            }
            entry.take_from(&mut self.sums);
            self.first += 1;
        }
    }

    /// Take the entry that is about to be pushed to the ring (after [`advance`](Self::advance)).
    #[inline]
    pub fn add(&mut self, ring: &Ring<E>, entry: &E) {
        if ring.pushed() - self.first == WINDOW_ENTRIES_MAX {
            ring.get(self.first).take_from(&mut self.sums);
            self.first += 1;
        }
        entry.add_to(&mut self.sums);
    }

    /// The sums at the last [`advance`](Self::advance).
    #[inline]
    pub const fn sums(&self) -> &E::Sums {
        &self.sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, Copy, Default)]
    struct Entry {
        ts_ns: i64,
        value: f64,
    }

    #[derive(Debug, Clone, Copy, Default, PartialEq)]
    struct Sums {
        value: f64,
        count: u64,
    }

    impl Windowed for Entry {
        type Sums = Sums;

        fn ts_ns(&self) -> i64 {
            self.ts_ns
        }

        fn add_to(&self, sums: &mut Sums) {
            sums.value += self.value;
            sums.count += 1;
        }

        fn take_from(&self, sums: &mut Sums) {
            sums.value -= self.value;
            sums.count -= 1;
        }
    }

    proptest! {
        #[test]
        fn equals_a_filter_over_all_events(
            steps in proptest::collection::vec((0_i64..50, -100_i32..100, any::<bool>()), 0..300), kept in 0_u64..200,
        ) {
            let mut ring = Ring::new();
            let mut windows = [Window::new(60), Window::new(500)];
            let mut all: Vec<Entry> = Vec::new();
            let mut now = 0;
            for (step, value, look) in steps {
                now += step;
                let entry = Entry { ts_ns: now, value: f64::from(value) };
                for window in &mut windows {
                    window.advance(&ring, now);
                    window.add(&ring, &entry);
                }
                let needed = windows[1].first().min(ring.pushed().saturating_sub(kept));
                ring.push(entry, needed);
                all.push(entry);
                for number in needed..ring.pushed() {
                    prop_assert_eq!(ring.get(number).value, all[number as usize].value);
                }
                if look {
                    now += 7;
                }
                for (window, span) in windows.iter_mut().zip([60, 500]) {
                    window.advance(&ring, now);
                    let inside: Vec<f64> = all.iter().filter(|e| e.ts_ns > now - span).map(|e| e.value).collect();
                    let sums = Sums { value: inside.iter().sum(), count: inside.len() as u64 };
                    prop_assert_eq!(*window.sums(), sums);
                }
            }
        }
    }

    #[test]
    fn is_bounded() {
        let mut ring = Ring::new();
        let mut window = Window::new(60);
        for _ in 0..WINDOW_ENTRIES_MAX + 10 {
            let entry = Entry { ts_ns: 100, value: 1.0 };
            window.advance(&ring, 100);
            window.add(&ring, &entry);
            ring.push(entry, window.first());
        }
        assert_eq!(window.sums().count, WINDOW_ENTRIES_MAX);
        assert_eq!(window.sums().value, WINDOW_ENTRIES_MAX as f64);
        assert_eq!(ring.slots.len() as u64, WINDOW_ENTRIES_MAX);
        window.advance(&ring, i64::MAX);
        assert_eq!(*window.sums(), Sums::default());
    }
}
