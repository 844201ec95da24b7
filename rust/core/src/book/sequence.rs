//! Gaps in the numbering of updates.

/// Watches the sequence numbers of one book's updates.
///
/// Several updates may carry one number (a packet). A number that is more than one above the last is a **gap**: the
/// numbers between are counted as missing, and the book may be wrong until it is rebuilt. A number below the last is
/// **late**: counted; the update is applied all the same, and the last number stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SequenceWatch {
    last: Option<i64>,
    gaps: u64,
    missing: u64,
    late: u64,
}

impl SequenceWatch {
    /// Take the number of the next update; whether a gap lies before it.
    #[inline]
    pub fn see(&mut self, number: i64) -> bool {
        let Some(last) = self.last else {
            self.last = Some(number);
            return false;
        };
        if number < last {
            self.late += 1;
            return false;
        }
        self.last = Some(number);
        // Neither subtraction can wrap as an unsigned number: `number >= last`.
        let step = number.wrapping_sub(last) as u64;
        if step <= 1 {
            return false;
        }
        self.gaps += 1;
        self.missing = self.missing.saturating_add(step - 1);
        true
    }

    /// The highest number so far.
    pub const fn last(&self) -> Option<i64> {
        self.last
    }

    /// Places where at least one number is missing.
    pub const fn gaps(&self) -> u64 {
        self.gaps
    }

    /// Numbers that never came in their place.
    pub const fn missing(&self) -> u64 {
        self.missing
    }

    /// Numbers below one that came before.
    pub const fn late(&self) -> u64 {
        self.late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_gaps_missing_and_late_numbers() {
        let mut watch = SequenceWatch::default();
        let gaps: Vec<bool> = [10, 10, 11, 14, 13, 15, 14].map(|number| watch.see(number)).to_vec();
        assert_eq!(gaps, [false, false, false, true, false, false, false]);
        assert_eq!((watch.last(), watch.gaps(), watch.missing(), watch.late()), (Some(15), 1, 2, 2));
    }

    #[test]
    fn the_ends_of_the_numbers_do_no_harm() {
        let mut watch = SequenceWatch::default();
        for number in [i64::MIN, i64::MAX, i64::MIN, i64::MAX] {
            watch.see(number);
        }
        assert_eq!((watch.gaps(), watch.missing(), watch.late()), (1, u64::MAX - 1, 1));
    }
}
