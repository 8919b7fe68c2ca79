//! The breadcrumbs of a scope: a list of bounded length, in the order in which they were added.
//!
//! Each breadcrumb gets a number from a process-wide counter, by which the lists of several scopes are merged.
//! Timestamps do not determine the order, because a program may set any.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/state-management/scopes/breadcrumbs/)

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::protocol::{Breadcrumb, nesting};

/// The breadcrumbs of one scope, or of several.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail(VecDeque<(u64, Arc<Breadcrumb>)>);

impl Trail {
    /// Adds a breadcrumb; the oldest beyond `max` are dropped.
    pub(crate) fn push(&mut self, mut breadcrumb: Breadcrumb, max: usize) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // A callback may have added data.
        nesting::prune_breadcrumb(&mut breadcrumb);
        if max == 0 {
            return;
        }
        while self.0.len() >= max {
            self.0.pop_front();
        }
        self.0.push_back((NEXT.fetch_add(1, Ordering::Relaxed), Arc::new(breadcrumb)));
    }

    /// Merges the breadcrumbs of another scope.
    pub(crate) fn merge(&mut self, other: &Self) {
        if !other.0.is_empty() {
            self.0.extend(other.0.iter().cloned());
            self.0.make_contiguous().sort_by_key(|(number, _)| *number);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Breadcrumb> {
        self.0.iter().map(|(_, breadcrumb)| &**breadcrumb)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
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
