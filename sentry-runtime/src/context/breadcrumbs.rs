//! Admission of breadcrumbs to a scope: they are created, passed to `before_breadcrumb` of the active client, and kept.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/state-management/scopes/breadcrumbs/)

use super::active;
use crate::base::{callback, diagnostics};
use crate::client::hint::Hint;
use crate::protocol::Breadcrumb;
use crate::protocol::nesting::{Prune as _, Shallow};
use crate::scope::Scope;

/// The argument of [`add_breadcrumb`](crate::add_breadcrumb): a breadcrumb, an optional one, or a closure that is
/// called only if there is a client.
pub trait IntoBreadcrumb {
    /// Returns the breadcrumb.
    fn into_breadcrumb(self) -> Option<Breadcrumb>;

    /// Drops the value, because breadcrumbs are not kept. A closure is not called.
    #[doc(hidden)]
    fn discard(self)
    where
        Self: Sized,
    {
    }
}

impl IntoBreadcrumb for Breadcrumb {
    fn into_breadcrumb(self) -> Option<Breadcrumb> {
        Some(self)
    }

    fn discard(self) {
        drop(Shallow::of(self));
    }
}

impl IntoBreadcrumb for Option<Breadcrumb> {
    fn into_breadcrumb(self) -> Option<Breadcrumb> {
        self
    }

    fn discard(self) {
        drop(self.map(Shallow::of));
    }
}

impl<F: FnOnce() -> B, B: IntoBreadcrumb> IntoBreadcrumb for F {
    fn into_breadcrumb(self) -> Option<Breadcrumb> {
        self().into_breadcrumb()
    }
}

/// Creates a breadcrumb and passes it to `before_breadcrumb`. Returns the result and the maximum number of breadcrumbs
/// to keep; `None` without a client.
pub(crate) fn admit(breadcrumb: impl IntoBreadcrumb, hint: &mut Hint) -> Option<(Breadcrumb, usize)> {
    let client = active::with(|context| context.client());
    let Some(client) = client.filter(|client| client.is_enabled() && !callback::is_too_deep()) else {
        breadcrumb.discard();
        return None;
    };
    let options = client.options();
    let mut look = |breadcrumb| {
        let breadcrumb = match &options.before_breadcrumb {
            Some(callback) => Shallow::of(callback(breadcrumb)?).into_inner(),
            None => breadcrumb,
        };
        match &options.before_breadcrumb_with_hint {
            Some(callback) => callback(breadcrumb, hint),
            None => Some(breadcrumb),
        }
    };
    let mut breadcrumb = callback::show(|| breadcrumb.into_breadcrumb()).flatten()?;
    breadcrumb.prune();
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

impl Scope {
    /// Adds a breadcrumb to this scope only; [`add_breadcrumb`](crate::add_breadcrumb) adds it to the whole request or
    /// job. Does nothing without a client.
    pub fn add_breadcrumb(&mut self, breadcrumb: impl IntoBreadcrumb) {
        if let Some((breadcrumb, max)) = admit(breadcrumb, &mut Hint::new()) {
            self.breadcrumbs.push(breadcrumb, max);
        }
    }
}
