//! Breadcrumbs of a scope: a trail of bounded length, in the order in which they were dropped.
//!
//! Each gets a number from one counter of the process, by which the trails of several scopes are merged. Times do not
//! order them: a program may give any.
//!
//! Spec: `foundations/state-management/scopes/breadcrumbs.mdx`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::callback;
use crate::base::diagnostics;
use crate::client::hint::Hint;
use crate::context::active;
use crate::protocol::{Breadcrumb, nesting};

/// What [`add_breadcrumb`](crate::add_breadcrumb) takes: a breadcrumb, perhaps one, or a closure that makes it when
/// there is a client.
pub trait IntoBreadcrumb {
    /// The breadcrumb.
    fn into_breadcrumb(self) -> Option<Breadcrumb>;

    /// Drops it, as nobody wants it. A closure is not called.
    #[doc(hidden)]
    fn give_up(self)
    where
        Self: Sized,
    {
    }
}

impl IntoBreadcrumb for Breadcrumb {
    fn into_breadcrumb(self) -> Option<Breadcrumb> {
        Some(self)
    }

    fn give_up(mut self) {
        nesting::prune_breadcrumb(&mut self);
    }
}

impl IntoBreadcrumb for Option<Breadcrumb> {
    fn into_breadcrumb(self) -> Option<Breadcrumb> {
        self
    }
}

impl<F: FnOnce() -> B, B: IntoBreadcrumb> IntoBreadcrumb for F {
    fn into_breadcrumb(self) -> Option<Breadcrumb> {
        self().into_breadcrumb()
    }
}

/// Makes a breadcrumb and shows it to `before_breadcrumb`. Answers with what is left of it, and with how many are to
/// be kept. Nothing without a client.
pub(crate) fn admit(breadcrumb: impl IntoBreadcrumb, hint: &mut Hint) -> Option<(Breadcrumb, usize)> {
    let client = active::with(|context| context.client());
    let Some(client) = client.filter(|client| client.is_enabled() && !callback::is_too_deep()) else {
        breadcrumb.give_up();
        return None;
    };
    let options = client.options();
    let mut look = |breadcrumb| {
        let breadcrumb = match &options.before_breadcrumb {
            Some(callback) => callback(breadcrumb)?,
            None => breadcrumb,
        };
        match &options.before_breadcrumb_with_hint {
            Some(callback) => callback(breadcrumb, hint),
            None => Some(breadcrumb),
        }
    };
    let mut breadcrumb = breadcrumb.into_breadcrumb()?;
    nesting::prune_breadcrumb(&mut breadcrumb);
    let is_shown = options.before_breadcrumb.is_some() || options.before_breadcrumb_with_hint.is_some();
    let breadcrumb = match is_shown {
        false => Some(breadcrumb),
        true => callback::run(callback::depth(), || look(breadcrumb)).unwrap_or_else(|_| {
            diagnostics::error(format_args!("before_breadcrumb panicked; the breadcrumb is dropped"));
            None
        }),
    };
    Some((breadcrumb?, options.max_breadcrumbs))
}

/// The breadcrumbs of one scope, or of several.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail(VecDeque<(u64, Arc<Breadcrumb>)>);

impl Trail {
    /// Adds a breadcrumb; the oldest beyond `max` are dropped.
    pub(crate) fn push(&mut self, mut breadcrumb: Breadcrumb, max: usize) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // A callback may have put something in.
        nesting::prune_breadcrumb(&mut breadcrumb);
        if max == 0 {
            return;
        }
        while self.0.len() >= max {
            self.0.pop_front();
        }
        self.0.push_back((NEXT.fetch_add(1, Ordering::Relaxed), Arc::new(breadcrumb)));
    }

    /// Adds those of another scope, each in its place.
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
