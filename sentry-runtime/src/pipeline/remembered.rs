//! The segments that have ended and are remembered for spans that end later.
//!
//! The last ones are always remembered. An older one is remembered as long as the program refers to it: the task of a
//! WebSocket may record spans hours after the request that it was upgraded from. It is forgotten in the second round without a
//! reference, when all records that were written before have been read.

use std::collections::VecDeque;

use crate::trace::ids::LocalId;

/// The number of segments that are remembered in any case.
const MAX_RECENT: usize = 256;
/// The maximum number of older ones.
const MAX_OLDER: usize = 16_384;

/// The order in which segments have ended.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    recent: VecDeque<LocalId>,
    older: VecDeque<Older>,
    /// The number of older ones after they were last searched for those that can be forgotten.
    after_search: usize,
}

#[derive(Debug)]
struct Older {
    key: LocalId,
    /// The first round in which nothing referred to it.
    unused_since: Option<u64>,
}

impl Remembered {
    /// Adds a segment. Returns those that are forgotten for it. `is_used` tells whether spans of a segment may still end.
    pub(super) fn add(
        &mut self,
        key: LocalId,
        round: u64,
        is_used: impl FnMut(LocalId) -> bool,
    ) -> Vec<LocalId> {
        self.recent.push_back(key);
        if self.recent.len() > MAX_RECENT
            && let Some(key) = self.recent.pop_front()
        {
            self.older.push_back(Older { key, unused_since: None });
        }
        if self.older.len() < MAX_RECENT.max(2 * self.after_search) {
            return Vec::new();
        }
        self.forget_unused(round, is_used)
    }

    /// Treats the segments of a client that closes as older ones. Returns those that are forgotten.
    pub(super) fn close(
        &mut self,
        round: u64,
        mut is_of_client: impl FnMut(LocalId) -> bool,
        is_used: impl FnMut(LocalId) -> bool,
    ) -> Vec<LocalId> {
        self.recent.retain(|&key| {
            let closes = is_of_client(key);
            if closes {
                self.older.push_back(Older { key, unused_since: None });
            }
            !closes
        });
        self.forget_unused(round, is_used)
    }

    fn forget_unused(&mut self, round: u64, mut is_used: impl FnMut(LocalId) -> bool) -> Vec<LocalId> {
        let mut forgotten = Vec::new();
        self.older.retain_mut(|segment| {
            if is_used(segment.key) {
                segment.unused_since = None;
                return true;
            }
            let kept = *segment.unused_since.get_or_insert(round) == round;
            if !kept {
                forgotten.push(segment.key);
            }
            kept
        });
        let over = self.older.len().saturating_sub(MAX_OLDER);
        forgotten.extend(self.older.drain(..over).map(|segment| segment.key));
        self.after_search = self.older.len();
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ends segments in rounds of their own. Returns all that were forgotten.
    fn end(
        remembered: &mut Remembered,
        keys: std::ops::Range<LocalId>,
        is_used: impl Fn(LocalId) -> bool,
    ) -> Vec<LocalId> {
        keys.flat_map(|key| remembered.add(key, key, &is_used)).collect()
    }

    #[test]
    fn the_last_segments_are_remembered_and_few_more() {
        let mut remembered = Remembered::default();
        let forgotten = end(&mut remembered, 0..10_000, |_| false);
        assert!(forgotten.iter().all(|&key| key < 10_000 - MAX_RECENT as u64));
        assert!(forgotten.len() >= 10_000 - 4 * MAX_RECENT, "{}", forgotten.len());
    }

    #[test]
    fn a_segment_is_remembered_while_it_is_used() {
        let mut remembered = Remembered::default();
        assert!(!end(&mut remembered, 0..10_000, |key| key == 7).contains(&7));
        assert!(end(&mut remembered, 10_000..20_000, |_| false).contains(&7));
    }

    #[test]
    fn a_segment_is_forgotten_in_the_second_round_without_use() {
        let mut remembered = Remembered::default();
        end(&mut remembered, 0..10, |_| true);
        let mut close = |round| remembered.close(round, |key| key < 5, |_| false);
        assert!(close(20).is_empty());
        assert!(close(20).is_empty());
        assert_eq!(close(21), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn the_number_of_used_segments_is_bounded() {
        let mut remembered = Remembered::default();
        let forgotten = end(&mut remembered, 0..100_000, |_| true);
        assert!(100_000 - forgotten.len() <= 2 * MAX_OLDER + 2 * MAX_RECENT);
    }
}
