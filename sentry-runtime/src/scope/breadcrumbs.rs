//! The breadcrumbs of a scope: a list of bounded length, in the order in which they were added.
//!
//! Each breadcrumb gets a number from a process-wide counter, by which the lists of several scopes are merged.
//! Timestamps do not determine the order, because a program may set any.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/state-management/scopes/breadcrumbs/)

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::order::sort_by_number;
use crate::protocol::Breadcrumb;

/// The breadcrumbs of one scope, or of several.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    crumbs: VecDeque<(u64, Arc<Breadcrumb>)>,
    /// The maximum number of breadcrumbs, from the last addition.
    max: usize,
}

impl Clone for Trail {
    fn clone(&self) -> Self {
        // Most scopes are copied before they have any, and an empty queue is cheaper to make than to copy.
        let crumbs = if self.crumbs.is_empty() { VecDeque::new() } else { self.crumbs.clone() };
        Self { crumbs, max: self.max }
    }
}

impl Trail {
    /// Adds a pruned breadcrumb; the oldest beyond `max` are dropped.
    pub(crate) fn push(&mut self, breadcrumb: Breadcrumb, max: usize) {
        self.exchange(&mut Some(breadcrumb), max);
    }

    /// Takes a pruned breadcrumb. If it replaces the oldest one, that is left in its place, so that the caller can free
    /// it after a lock is released.
    pub(crate) fn exchange(&mut self, breadcrumb: &mut Option<Breadcrumb>, max: usize) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        if max == 0 {
            return;
        }
        self.max = max;
        while self.crumbs.len() > max {
            self.crumbs.pop_front();
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let oldest = if self.crumbs.len() == max { self.crumbs.pop_front() } else { None };
        if let Some((_, mut oldest)) = oldest
            // In its memory, unless a snapshot of the scope holds it.
            && let (Some(slot), Some(new)) = (Arc::get_mut(&mut oldest), breadcrumb.as_mut())
        {
            std::mem::swap(slot, new);
            self.crumbs.push_back((number, oldest));
        } else if let Some(new) = breadcrumb.take() {
            self.crumbs.push_back((number, Arc::new(new)));
        }
    }

    /// Merges the breadcrumbs of another scope.
    pub(crate) fn merge(&mut self, other: &Self) {
        if !other.crumbs.is_empty() {
            self.crumbs.extend(other.crumbs.iter().cloned());
            sort_by_number(self.crumbs.make_contiguous(), |(number, _)| *number);
        }
    }

    /// Returns `newer` with this trail's changes since `base` applied.
    pub(crate) fn rebased(&self, base: &Self, newer: &Self) -> Self {
        // The numbers are ascending in every trail of one scope.
        let has = |trail: &Self, number: u64| {
            trail.crumbs.binary_search_by_key(&number, |(number, _)| *number).is_ok()
        };
        let kept = newer.crumbs.iter().filter(|(number, _)| has(self, *number) || !has(base, *number));
        let added = self.crumbs.iter().filter(|(number, _)| !has(base, *number));
        let mut crumbs: Vec<_> = kept.chain(added).cloned().collect();
        sort_by_number(&mut crumbs, |(number, _)| *number);
        let max = self.max.max(newer.max);
        crumbs.drain(..crumbs.len().saturating_sub(max));
        Self { crumbs: crumbs.into(), max }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Breadcrumb> {
        self.crumbs.iter().map(|(_, breadcrumb)| &**breadcrumb)
    }

    pub(crate) fn len(&self) -> usize {
        self.crumbs.len()
    }

    pub(crate) fn clear(&mut self) {
        self.crumbs.clear();
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
}
