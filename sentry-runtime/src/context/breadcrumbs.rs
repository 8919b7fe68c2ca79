//! Admission of breadcrumbs to a scope: they are created, passed to `before_breadcrumb` of the active client, and kept.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/state-management/scopes/breadcrumbs/)

use std::sync::Arc;

use super::active;
use super::local::local;
use super::thread_context::Context;
use crate::base::{callback, diagnostics, epoch};
use crate::client::hint::Hint;
use crate::client::{self, Client};
use crate::protocol::Breadcrumb;
use crate::protocol::nesting::{Prune as _, Shallow};
use crate::scope::Scope;

/// The argument of [`add_breadcrumb`](crate::add_breadcrumb): a breadcrumb, an optional one, or a closure that is
/// called only if there is a client.
pub trait IntoBreadcrumb {
    /// Returns the breadcrumb.
    fn into_breadcrumb(self) -> Option<Breadcrumb>;

    /// Returns the breadcrumb; the user's code runs contained.
    #[doc(hidden)]
    fn made(self) -> Option<Breadcrumb>
    where
        Self: Sized,
    {
        callback::show(|| self.into_breadcrumb()).flatten()
    }

    /// Returns a reference to the breadcrumb, if it is ready: no code of the user's has to run to make it.
    #[doc(hidden)]
    fn ready(&mut self) -> Option<&mut Breadcrumb> {
        None
    }

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

    fn made(self) -> Option<Breadcrumb> {
        Some(self)
    }

    #[inline]
    fn ready(&mut self) -> Option<&mut Breadcrumb> {
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

    fn made(self) -> Option<Breadcrumb> {
        self
    }

    #[inline]
    fn ready(&mut self) -> Option<&mut Breadcrumb> {
        self.as_mut()
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

/// The decision of a client about a breadcrumb before it is made.
enum Admission {
    /// It is kept as it is, with this many in total.
    Unseen(usize),
    /// The callbacks of the client see it.
    Seen(Arc<Client>),
}

impl Admission {
    /// Returns the decision of the active client; `None` without one.
    fn ask() -> Option<Self> {
        if callback::is_too_deep() { None } else { active::with(Self::of) }
    }

    /// Returns the decision of the client of a context.
    #[inline]
    fn of(context: &Context) -> Option<Self> {
        match &context.client {
            Some(client) => Self::by(client),
            None => Self::of_process(),
        }
    }

    /// Returns the decision of the client of the process. Every change of that client begins an epoch, so each thread reads
    /// the client's options once per epoch.
    #[inline]
    fn of_process() -> Option<Self> {
        let known = &local().breadcrumbs;
        // Read first, so that a later change is noticed the next time.
        let epoch = epoch::current();
        if known.epoch.get() == epoch { Some(Self::Unseen(known.max.get())) } else { Self::find_out(epoch) }
    }

    #[cold]
    #[inline(never)]
    fn find_out(epoch: u64) -> Option<Self> {
        let admission = client::with_global(Self::by).flatten();
        if let Some(Self::Unseen(max)) = admission {
            let known = &local().breadcrumbs;
            known.max.set(max);
            known.epoch.set(epoch);
        }
        admission
    }

    #[inline]
    fn by(client: &Arc<Client>) -> Option<Self> {
        let options = client.options();
        let is_seen = options.before_breadcrumb.is_some() || options.before_breadcrumb_with_hint.is_some();
        client.is_enabled().then(|| match is_seen {
            true => Self::Seen(Arc::clone(client)),
            false => Self::Unseen(options.max_breadcrumbs),
        })
    }

    /// Prunes a breadcrumb and passes it to `before_breadcrumb`. Returns the maximum number of breadcrumbs to keep.
    #[inline]
    fn admit(self, breadcrumb: &mut Option<Breadcrumb>, hint: impl FnOnce() -> Hint) -> usize {
        if let Some(breadcrumb) = breadcrumb {
            breadcrumb.prune();
        }
        match self {
            Self::Unseen(max) => max,
            Self::Seen(client) => {
                *breadcrumb = breadcrumb.take().and_then(|made| show(&client, made, hint()));
                client.options().max_breadcrumbs
            }
        }
    }
}

/// Creates a breadcrumb and passes it to `before_breadcrumb`. Returns the result, pruned, and the maximum number of
/// breadcrumbs to keep; `None` without a client. The hint is large, and made only for a callback.
pub(crate) fn admit(
    breadcrumb: impl IntoBreadcrumb,
    hint: impl FnOnce() -> Hint,
) -> Option<(Breadcrumb, usize)> {
    let Some(admission) = Admission::ask() else {
        breadcrumb.discard();
        return None;
    };
    let mut breadcrumb = breadcrumb.made();
    let max = admission.admit(&mut breadcrumb, hint);
    Some((breadcrumb?, max))
}

/// Passes a breadcrumb to the callbacks of a client.
#[cold]
fn show(client: &Client, breadcrumb: Breadcrumb, mut hint: Hint) -> Option<Breadcrumb> {
    let options = client.options();
    let look = || {
        let breadcrumb = match &options.before_breadcrumb {
            Some(callback) => Shallow::of(callback(breadcrumb)?).into_inner(),
            None => breadcrumb,
        };
        match &options.before_breadcrumb_with_hint {
            Some(callback) => callback(breadcrumb, &mut hint),
            None => Some(breadcrumb),
        }
    };
    let shown = callback::run(callback::depth(), look).unwrap_or_else(|_| {
        diagnostics::error(format_args!("before_breadcrumb panicked; the breadcrumb is dropped"));
        None
    });
    // A callback may have added data.
    Some(Shallow::of(shown?).into_inner())
}

/// Adds a breadcrumb to the isolation scope, see [`admit`].
pub(crate) fn add(mut breadcrumb: impl IntoBreadcrumb, hint: impl FnOnce() -> Hint) {
    if !breadcrumb.ready().is_some_and(keep) {
        add_with_callbacks(breadcrumb, hint);
    }
}

/// Adds a breadcrumb to the isolation scope, unless callbacks see it before. What it replaces is left in its place, and
/// freed after the lock is released. Returns whether it was kept.
#[inline(never)]
fn keep(breadcrumb: &mut Breadcrumb) -> bool {
    if callback::is_too_deep() {
        return false;
    }
    breadcrumb.prune();
    active::with(|context| match Admission::of(context) {
        Some(Admission::Unseen(max)) => {
            context.isolation.update(|scope| scope.breadcrumbs.exchange(breadcrumb, max));
            true
        }
        _ => false,
    })
}

/// Like [`add`], for a breadcrumb that code of the user's makes or sees.
fn add_with_callbacks(breadcrumb: impl IntoBreadcrumb, hint: impl FnOnce() -> Hint) {
    let ask = |context: &Context| Some((Admission::of(context)?, Arc::clone(&context.isolation)));
    let asked = if callback::is_too_deep() { None } else { active::with(ask) };
    let Some((admission, isolation)) = asked else { return breadcrumb.discard() };
    let mut breadcrumb = breadcrumb.made();
    let max = admission.admit(&mut breadcrumb, hint);
    if let Some(breadcrumb) = &mut breadcrumb {
        // What it replaces is freed after the lock is released.
        isolation.update(|scope| scope.breadcrumbs.exchange(breadcrumb, max));
    }
}

impl Scope {
    /// Adds a breadcrumb to this scope only; [`add_breadcrumb`](crate::add_breadcrumb) adds it to the whole request or
    /// job. Does nothing without a client.
    pub fn add_breadcrumb(&mut self, breadcrumb: impl IntoBreadcrumb) {
        if let Some((breadcrumb, max)) = admit(breadcrumb, Hint::default) {
            self.breadcrumbs.push(breadcrumb, max);
        }
    }
}
