//! What belongs to everything captured from now on: tags, user, breadcrumbs, scopes.

use std::sync::Arc;

use super::get_client;
use crate::callback;
use crate::client;
use crate::diagnostics;
use crate::protocol::nesting;
use crate::protocol::{Attachment, Breadcrumb, Context, Event, Level, User, Value};
use crate::scope::{Scope, active};

fn update_isolation(change: impl FnOnce(&mut Scope)) {
    if client::level() != client::Level::Off {
        let isolation = active::with(|context| Arc::clone(&context.isolation));
        isolation.update(change);
    }
}

/// Sets a tag of everything captured in this request or job from now on, see [`Scope::set_tag`].
pub fn set_tag<V: ToString>(key: &str, value: V) {
    let value = value.to_string();
    update_isolation(|scope| scope.set_tag(key, value));
}

/// Sets several tags.
pub fn set_tags<K: AsRef<str>, V: ToString>(tags: impl IntoIterator<Item = (K, V)>) {
    for (key, value) in tags {
        set_tag(key.as_ref(), value);
    }
}

/// Sets a context, see [`Scope::set_context`].
pub fn set_context(name: &str, context: impl Into<Context>) {
    let mut context = context.into();
    nesting::prune_context(&mut context);
    update_isolation(|scope| scope.set_context(name, context));
}

/// Removes a context.
pub fn remove_context(name: &str) {
    update_isolation(|scope| scope.remove_context(name));
}

/// Sets additional data.
pub fn set_extra(key: &str, value: impl Into<Value>) {
    let value = nesting::pruned(value.into());
    update_isolation(|scope| scope.set_extra(key, value));
}

/// Sets several additional data.
pub fn set_extras<K: AsRef<str>, V: Into<Value>>(extras: impl IntoIterator<Item = (K, V)>) {
    for (key, value) in extras {
        set_extra(key.as_ref(), value);
    }
}

/// Sets the user, or none. What you set is sent as you set it.
pub fn set_user(user: Option<User>) {
    update_isolation(|scope| scope.set_user(user));
}

/// Sets the level of events instead of their own.
pub fn set_level(level: impl Into<Option<Level>>) {
    let level = level.into();
    update_isolation(|scope| scope.set_level(level));
}

/// Sets by what events are grouped.
pub fn set_fingerprint(fingerprint: Option<&[&str]>) {
    update_isolation(|scope| scope.set_fingerprint(fingerprint));
}

/// Names the transaction, of the active trace and of events.
pub fn set_transaction_name(name: &str) {
    if let Some(segment) = active::with(|context| context.segment().cloned()) {
        segment.rename(name.to_owned(), "custom");
    }
    update_isolation(|scope| scope.set_transaction(Some(name)));
}

/// Sends a file along with every event.
pub fn add_attachment(attachment: Attachment) {
    update_isolation(|scope| scope.add_attachment(attachment));
}

/// Lets a function look at every event of this request or job before it is sent.
pub fn add_event_processor<F>(processor: F)
where
    F: Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static,
{
    update_isolation(|scope| scope.add_event_processor(processor));
}

/// Adds a breadcrumb: something that happened before, and may explain what is captured later.
///
/// ```
/// sentry::add_breadcrumb(sentry::Breadcrumb {
///     category: Some("cart".into()),
///     message: Some("three items added".into()),
///     ..Default::default()
/// });
/// ```
pub fn add_breadcrumb(breadcrumb: impl IntoBreadcrumb) {
    let Some(client) = get_client().filter(|client| client.is_enabled() && !callback::is_too_deep()) else {
        return breadcrumb.give_up();
    };
    let Some(mut breadcrumb) = breadcrumb.into_breadcrumb() else { return };
    nesting::prune_breadcrumb(&mut breadcrumb);
    let breadcrumb = match &client.options().before_breadcrumb {
        None => Some(breadcrumb),
        Some(callback) => callback::run(callback::depth(), || callback(breadcrumb)).unwrap_or_else(|_| {
            diagnostics::error(format_args!("before_breadcrumb panicked; the breadcrumb is dropped"));
            None
        }),
    };
    if let Some(breadcrumb) = breadcrumb {
        let max = client.options().max_breadcrumbs;
        update_isolation(|scope| scope.add_breadcrumb(breadcrumb, max));
    }
}

/// What [`add_breadcrumb`] takes: a breadcrumb, perhaps one, or a closure that makes it when there is a client.
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

/// Changes the isolation scope: what it says belongs to everything captured in this request or job.
pub fn configure_scope<R>(configure: impl FnOnce(&mut Scope) -> R) -> R {
    let isolation = active::with(|context| Arc::clone(&context.isolation));
    isolation.configure(configure)
}

/// Runs a closure with a current scope of its own, which `configure` prepares.
///
/// ```
/// sentry::with_scope(
///     |scope| scope.set_tag("step", "payment"),
///     || sentry::capture_message("card declined", sentry::Level::Warning),
/// );
/// ```
pub fn with_scope<C, F, R>(configure: C, run: F) -> R
where
    C: FnOnce(&mut Scope),
    F: FnOnce() -> R,
{
    if client::level() == client::Level::Off {
        return run();
    }
    let context = active::context().with_own_scope();
    context.current.configure(configure);
    let _entered = active::enter(Arc::new(context), active::position().1);
    run()
}

/// Runs a closure with an isolation scope of its own, as every web handler and monitored job has it.
pub fn with_isolation_scope<R>(run: impl FnOnce() -> R) -> R {
    if client::level() == client::Level::Off {
        return run();
    }
    let context = active::context().isolated();
    let _entered = active::enter(Arc::new(context), active::position().1);
    run()
}
