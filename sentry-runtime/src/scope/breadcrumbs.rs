//! The breadcrumbs of a scope: a list of bounded length, in the order in which they were added.
//!
//! Each breadcrumb gets a number from a process-wide counter, by which the lists of several scopes are merged.
//! Timestamps do not determine the order, because a program may set any.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/state-management/scopes/breadcrumbs/)

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use crate::base::order::sort_by_number;
use crate::protocol::{Breadcrumb, Level, Map};

/// The breadcrumbs of one scope, or of several.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    /// The breadcrumbs, as a ring: the order begins at `oldest` and continues at the start of the list.
    crumbs: Vec<(u64, Arc<Breadcrumb>)>,
    /// The index of the oldest breadcrumb, which the next one replaces.
    oldest: usize,
    /// The maximum number of breadcrumbs, from the last addition.
    max: usize,
}

impl Clone for Trail {
    fn clone(&self) -> Self {
        // Most scopes are copied before they have any, and an empty list is cheaper to make than to copy.
        let crumbs = if self.crumbs.is_empty() { Vec::new() } else { self.crumbs.clone() };
        Self { crumbs, oldest: self.oldest, max: self.max }
    }
}

impl Trail {
    /// Adds a pruned breadcrumb; the oldest beyond `max` are dropped.
    pub(crate) fn push(&mut self, mut breadcrumb: Breadcrumb, max: usize) {
        self.exchange(&mut breadcrumb, max);
    }

    /// Takes a pruned breadcrumb, and leaves another value in its place: the oldest breadcrumb if that is replaced, so that
    /// the caller can free it after a lock is released, or an empty one.
    #[inline]
    pub(crate) fn exchange(&mut self, breadcrumb: &mut Breadcrumb, max: usize) {
        // As in most cases: the memory of the oldest one is used again, unless a snapshot of the scope holds it.
        if self.crumbs.len() == max
            && let Some((number, oldest)) = self.crumbs.get_mut(self.oldest)
            && let Some(oldest) = Arc::get_mut(oldest)
        {
            std::mem::swap(oldest, breadcrumb);
            *number = next_number();
            self.max = max;
            self.pass_oldest();
        } else if max > 0 {
            self.max = max;
            self.add(std::mem::replace(breadcrumb, empty()));
        }
    }

    /// Adds a breadcrumb in memory of its own.
    #[cold]
    #[inline(never)]
    fn add(&mut self, breadcrumb: Breadcrumb) {
        let new = (next_number(), Arc::new(breadcrumb));
        if self.crumbs.len() != self.max {
            self.put_in_order();
            // With the new one, they are the maximum at most.
            self.crumbs.drain(..(self.crumbs.len() + 1).saturating_sub(self.max));
            self.crumbs.push(new);
        } else if let Some(oldest) = self.crumbs.get_mut(self.oldest) {
            *oldest = new;
            self.pass_oldest();
        }
    }

    /// Goes on to the next oldest breadcrumb, because the oldest one was replaced by the newest.
    #[inline]
    fn pass_oldest(&mut self) {
        self.oldest += 1;
        if self.oldest == self.crumbs.len() {
            self.oldest = 0;
        }
    }

    /// Moves the oldest breadcrumb to the start.
    fn put_in_order(&mut self) {
        self.crumbs.rotate_left(std::mem::take(&mut self.oldest));
    }

    /// Returns the breadcrumbs with their numbers, in their order: one part, and then another.
    fn parts(&self) -> [&[(u64, Arc<Breadcrumb>)]; 2] {
        let (newer, older) = self.crumbs.split_at(self.oldest.min(self.crumbs.len()));
        [older, newer]
    }

    fn numbered(&self) -> impl Iterator<Item = &(u64, Arc<Breadcrumb>)> {
        self.parts().into_iter().flatten()
    }

    /// Merges the breadcrumbs of another scope.
    pub(crate) fn merge(&mut self, other: &Self) {
        if !other.crumbs.is_empty() {
            self.put_in_order();
            self.crumbs.extend(other.numbered().cloned());
            sort_by_number(&mut self.crumbs, |(number, _)| *number);
        }
    }

    /// Returns `newer` with this trail's changes since `base` applied.
    pub(crate) fn rebased(&self, base: &Self, newer: &Self) -> Self {
        // The numbers are ascending in every trail of one scope.
        let has = |trail: &Self, number: u64| {
            let within =
                |part: &[(u64, _)]| part.binary_search_by_key(&number, |(number, _)| *number).is_ok();
            trail.parts().into_iter().any(within)
        };
        let kept = newer.numbered().filter(|(number, _)| has(self, *number) || !has(base, *number));
        let added = self.numbered().filter(|(number, _)| !has(base, *number));
        let mut crumbs: Vec<_> = kept.chain(added).cloned().collect();
        sort_by_number(&mut crumbs, |(number, _)| *number);
        let max = self.max.max(newer.max);
        crumbs.drain(..crumbs.len().saturating_sub(max));
        Self { crumbs, oldest: 0, max }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Breadcrumb> {
        self.numbered().map(|(_, breadcrumb)| &**breadcrumb)
    }

    pub(crate) fn len(&self) -> usize {
        self.crumbs.len()
    }

    pub(crate) fn clear(&mut self) {
        self.crumbs.clear();
        self.oldest = 0;
    }
}

/// Returns the number of a new breadcrumb.
#[inline]
fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Returns a breadcrumb without contents or memory.
fn empty() -> Breadcrumb {
    Breadcrumb {
        timestamp: UNIX_EPOCH,
        ty: String::new(),
        category: None,
        level: Level::Info,
        message: None,
        data: Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breadcrumbs_are_bounded() {
        let mut trail = Trail::default();
        for number in 0..5 {
            trail.push(Breadcrumb { message: Some(number.to_string()), ..Breadcrumb::default() }, 2);
        }
        let kept: Vec<_> = trail.iter().filter_map(|crumb| crumb.message.as_deref()).collect();
        assert_eq!(kept, ["3", "4"]);
        trail.push(Breadcrumb::default(), 0);
        assert_eq!(trail.len(), 2, "none is wanted, none is added");
    }

    fn add(trail: &mut Trail, numbers: impl IntoIterator<Item = u8>, max: usize) {
        for number in numbers {
            trail.push(Breadcrumb { message: Some(number.to_string()), ..Breadcrumb::default() }, max);
        }
    }

    fn numbers(trail: &Trail) -> Vec<u8> {
        trail.iter().map(|crumb| crumb.message.as_deref().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn the_order_is_that_of_additions_wherever_the_oldest_is() {
        for first in 0..9 {
            for (max, expected) in [(3, vec![9, 10, 11]), (4, vec![8, 9, 10, 11]), (2, vec![10, 11])] {
                let mut trail = Trail::default();
                add(&mut trail, 0..first, 3);
                add(&mut trail, first..9, 4);
                add(&mut trail, 9..12, max);
                assert_eq!(numbers(&trail), expected, "{first} at first");
                let copy = trail.clone();
                add(&mut trail, [12], max);
                assert_eq!(numbers(&copy), expected, "a copy does not change");
                assert_eq!(*numbers(&trail).last().unwrap(), 12);
                trail.clear();
                add(&mut trail, [13], max);
                assert_eq!(numbers(&trail), [13]);
            }
        }
    }

    #[test]
    fn lists_are_merged_and_rebased_in_order_wherever_the_oldest_is() {
        let (mut one, mut other) = (Trail::default(), Trail::default());
        add(&mut one, 0..4, 3);
        add(&mut other, 4..9, 3);
        add(&mut one, 9..10, 3);
        let mut merged = one.clone();
        merged.merge(&other);
        assert_eq!(numbers(&merged), [2, 3, 6, 7, 8, 9]);
        let base = one.clone();
        let mut newer = base.clone();
        add(&mut newer, 10..11, 3);
        add(&mut one, 11..12, 3);
        assert_eq!(numbers(&one.rebased(&base, &newer)), [9, 10, 11]);
    }

    #[test]
    fn a_replaced_breadcrumb_is_left_to_the_caller_unless_a_copy_holds_it() {
        let mut trail = Trail::default();
        add(&mut trail, 0..2, 2);
        let mut next = Breadcrumb { message: Some("2".into()), ..Breadcrumb::default() };
        trail.exchange(&mut next, 2);
        assert_eq!(next.message.as_deref(), Some("0"));
        let copy = trail.clone();
        trail.exchange(&mut next, 2);
        assert_eq!((next.message, next.ty), (None, String::new()));
        assert_eq!((numbers(&copy), numbers(&trail)), (vec![1, 2], vec![2, 0]));
    }
}
