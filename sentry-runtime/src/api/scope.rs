//! The functions that write to the isolation scope: tags, user, breadcrumbs and more, for everything captured from now
//! on in this request or job.
//!
//! Sentry's unified API defines that they write to the isolation scope. Without a client they do nothing; set data that
//! is known before `init` on the global scope.

use std::borrow::Cow;

use crate::base::callback;
use crate::client;
use crate::client::hint::Hint;
use crate::context::active;
use crate::context::breadcrumbs::{self, IntoBreadcrumb};
use crate::instrument::flags;
use crate::protocol::nesting::{Prune as _, Shallow};
use crate::protocol::{Attachment, AttributeValue, Context, Event, Level, Transaction, User, Value};
use crate::scope::Scope;

fn update_isolation(change: impl FnOnce(&mut Scope)) {
    if client::capture_mode() != client::CaptureMode::Off {
        let isolation = active::isolation();
        isolation.update(change);
    }
}

/// Sets a tag on everything captured in this request or job from now on, see [`Scope::set_tag`].
pub fn set_tag<V: ToString>(key: &str, value: V) {
    if let Some(value) = callback::text(value) {
        update_isolation(|scope| scope.insert_tag(key, value));
    }
}

/// Sets several tags, see [`set_tag`].
pub fn set_tags<K: AsRef<str>, V: ToString>(tags: impl IntoIterator<Item = (K, V)>) {
    for (key, value) in tags {
        set_tag(key.as_ref(), value);
    }
}

/// Sets a context, see [`Scope::set_context`].
///
/// ```
/// sentry::set_context("order", sentry::protocol::Value::from_iter([("lamps", 3)]));
/// ```
pub fn set_context(name: &str, context: impl Into<Context>) {
    let mut context = context.into();
    context.prune();
    update_isolation(|scope| scope.set_context(name, context));
}

/// Removes the context of this name.
pub fn remove_context(name: &str) {
    update_isolation(|scope| scope.remove_context(name));
}

/// Sets a value of the events' additional data.
pub fn set_extra(key: &str, value: impl Into<Value>) {
    let value = Shallow::of(value.into()).into_inner();
    update_isolation(|scope| scope.set_extra(key, value));
}

/// Sets several values of the events' additional data.
pub fn set_extras<K: AsRef<str>, V: Into<Value>>(extras: impl IntoIterator<Item = (K, V)>) {
    for (key, value) in extras {
        set_extra(key.as_ref(), value);
    }
}

/// Sets the user; `None` removes it. The user is sent whatever `data_collection` selects.
///
/// ```
/// sentry::set_user(sentry::User { id: Some("7".into()), ..Default::default() });
/// sentry::set_user(None);
/// ```
pub fn set_user(user: impl Into<Option<User>>) {
    let user = user.into().map(|user| Shallow::of(user).into_inner());
    update_isolation(|scope| scope.set_user(user));
}

/// Sets a level that replaces the level of events; `None` removes it.
pub fn set_level(level: impl Into<Option<Level>>) {
    let level = level.into();
    update_isolation(|scope| scope.set_level(level));
}

/// Sets the fingerprint, by which Sentry groups events; `None` removes it.
pub fn set_fingerprint(fingerprint: Option<&[&str]>) {
    update_isolation(|scope| scope.set_fingerprint(fingerprint));
}

/// Sets the name of the active transaction, and the transaction name of events.
pub fn set_transaction_name(name: &str) {
    if let Some(segment) = active::with(|context| context.segment().cloned()) {
        segment.rename(name.to_owned(), "custom");
    }
    update_isolation(|scope| scope.set_transaction(Some(name)));
}

/// Sets an attribute on the logs, metrics and segments of this request or job, see [`Scope::set_attribute`].
///
/// ```
/// sentry::set_attribute("shop.tenant", "vienna");
/// sentry::set_attribute("shop.shelves", 12);
/// ```
pub fn set_attribute(key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) {
    let (key, value) = (key.into(), Shallow::of(value.into()).into_inner());
    update_isolation(|scope| scope.set_attribute(key, value));
}

/// Sets several attributes, see [`set_attribute`].
pub fn set_attributes<K, V>(attributes: impl IntoIterator<Item = (K, V)>)
where
    K: Into<Cow<'static, str>>,
    V: Into<AttributeValue>,
{
    for (key, value) in attributes {
        set_attribute(key, value);
    }
}

/// Removes the attribute of this name.
pub fn remove_attribute(key: &str) {
    update_isolation(|scope| scope.remove_attribute(key));
}

/// Records the evaluation of a feature flag and its result. Events of this request or job carry the last 100 flags; the
/// active span carries the first 10, as `flag.evaluation.<name>`. Sentry shows flags that are `true` or `false`.
///
/// ```
/// let new_checkout = true; // the result of your flag provider
/// sentry::add_feature_flag("new-checkout", new_checkout);
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/foundations/client/integrations/feature-flags/).
pub fn add_feature_flag(name: &str, result: impl Into<Value>) {
    let result = Shallow::of(result.into()).into_inner();
    if client::capture_mode() == client::CaptureMode::Off {
        return;
    }
    flags::add_to_active_span(name, &result);
    update_isolation(|scope| scope.add_feature_flag(name, result));
}

/// Attaches a file to every event of this request or job. Its media type is `content_type`, or is derived from the
/// file extension.
///
/// ```
/// use sentry::protocol::Attachment;
///
/// sentry::add_attachment(Attachment {
///     buffer: b"shelf = 7".to_vec(),
///     filename: "settings.toml".into(),
///     ..Attachment::default()
/// });
/// ```
pub fn add_attachment(attachment: Attachment) {
    update_isolation(|scope| scope.add_attachment(attachment));
}

/// Adds a function that receives the events of this request or job before they are sent, and can change or drop them;
/// see [`EventProcessor`](crate::EventProcessor). To process events of the whole process, add the function to the
/// [global scope](crate::get_global_scope).
///
/// ```
/// sentry::add_event_processor(|mut event| {
///     event.tags.insert("shelf".into(), "7".into());
///     Some(event)
/// });
/// ```
pub fn add_event_processor<F>(processor: F)
where
    F: Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static,
{
    update_isolation(|scope| scope.add_event_processor(processor));
}

/// Adds a function that receives every transaction of this request or job, with all its spans, before it is sent, and
/// can change or drop it.
pub fn add_transaction_processor<F>(processor: F)
where
    F: Fn(Transaction<'static>) -> Option<Transaction<'static>> + Send + Sync + 'static,
{
    update_isolation(|scope| scope.add_transaction_processor(processor));
}

/// Adds a breadcrumb: a record of something that happened, sent with events that are captured later. Takes a
/// breadcrumb, or a closure that returns one.
///
/// ```
/// sentry::add_breadcrumb(sentry::Breadcrumb {
///     category: Some("cart".into()),
///     message: Some("three items added".into()),
///     ..Default::default()
/// });
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/foundations/state-management/scopes/breadcrumbs/).
pub fn add_breadcrumb(breadcrumb: impl IntoBreadcrumb) {
    breadcrumbs::add(breadcrumb, Hint::default);
}

/// Adds a breadcrumb with a hint, which the callback `before_breadcrumb_with_hint` receives.
///
/// ```
/// struct Answer { status: u16 }
///
/// let breadcrumb = sentry::Breadcrumb { message: Some("asked the till".into()), ..Default::default() };
/// sentry::add_breadcrumb_with_hint(breadcrumb, sentry::Hint::new().with(Answer { status: 503 }));
/// ```
pub fn add_breadcrumb_with_hint(breadcrumb: impl IntoBreadcrumb, hint: Hint) {
    breadcrumbs::add(breadcrumb, || hint);
}
