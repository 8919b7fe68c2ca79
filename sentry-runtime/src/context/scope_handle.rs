//! Scope handles and guards: the public access to the three scopes.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use super::active;
use super::breadcrumbs::{self, IntoBreadcrumb};
use super::entered::Entered;
use crate::base::callback;
use crate::client;
use crate::client::hint::Hint;
use crate::context::entered;
use crate::protocol::{Attachment, AttributeValue, Context, Event, Level, Request, Transaction, User, Value};
use crate::scope::{Scope, ScopeCell};

/// A handle to the global scope, an isolation scope or a current scope: see
/// [`get_global_scope`](crate::get_global_scope), [`get_isolation_scope`](crate::get_isolation_scope) and
/// [`get_current_scope`](crate::get_current_scope).
///
/// Data that is set through a handle applies to everything captured in the scope from then on, on any thread. A handle
/// can be cloned, sent to other threads and kept; it does not keep the scope active.
///
/// ```
/// let scope = sentry::get_global_scope();
/// scope.set_tag("app.flavour", "salted");
/// scope.configure(|scope| scope.set_user(None));
/// # scope.clear();
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/foundations/state-management/scopes/)
#[derive(Debug, Clone)]
pub struct ScopeHandle(Arc<ScopeCell>);

impl ScopeHandle {
    pub(crate) fn new(cell: Arc<ScopeCell>) -> Self {
        Self(cell)
    }

    /// Changes the scope by a closure, atomically. Changes by other code while the closure runs (called functions,
    /// other threads) are kept; if both set the same value, the closure's value wins.
    pub fn configure<R>(&self, change: impl FnOnce(&mut Scope) -> R) -> R {
        self.0.configure(change)
    }

    /// Returns a copy of the scope's current data.
    #[must_use]
    pub fn snapshot(&self) -> Scope {
        Scope::clone(&self.0.snapshot())
    }

    /// Removes all data except the processors, see [`Scope::clear`].
    pub fn clear(&self) {
        self.0.update(Scope::clear);
    }

    /// Removes all breadcrumbs.
    pub fn clear_breadcrumbs(&self) {
        self.0.update(Scope::clear_breadcrumbs);
    }

    /// Removes all attachments.
    pub fn clear_attachments(&self) {
        self.0.update(Scope::clear_attachments);
    }

    /// Sets the level of events, see [`Scope::set_level`].
    pub fn set_level(&self, level: impl Into<Option<Level>>) {
        let level = level.into();
        self.0.update(|scope| scope.set_level(level));
    }

    /// Sets the fingerprint by which events are grouped, see [`Scope::set_fingerprint`].
    pub fn set_fingerprint(&self, fingerprint: Option<&[&str]>) {
        self.0.update(|scope| scope.set_fingerprint(fingerprint));
    }

    /// Sets the transaction name of events captured in the scope.
    pub fn set_transaction(&self, transaction: Option<&str>) {
        self.0.update(|scope| scope.set_transaction(transaction));
    }

    /// Sets the user; `None` removes it.
    pub fn set_user(&self, user: impl Into<Option<User>>) {
        let user = user.into();
        self.0.update(|scope| scope.set_user(user));
    }

    /// Sets the HTTP request that is being handled; `None` removes it.
    pub fn set_request(&self, request: Option<Request>) {
        self.0.update(|scope| scope.set_request(request));
    }

    /// Sets a tag, see [`Scope::set_tag`].
    pub fn set_tag<V: ToString>(&self, key: &str, value: V) {
        // The user's code runs before the lock is taken, here and below.
        if let Some(value) = callback::text(value) {
            self.0.update(|scope| scope.insert_tag(key, value));
        }
    }

    /// Sets several tags.
    pub fn set_tags<K: AsRef<str>, V: ToString>(&self, tags: impl IntoIterator<Item = (K, V)>) {
        for (key, value) in tags {
            self.set_tag(key.as_ref(), value);
        }
    }

    /// Removes a tag.
    pub fn remove_tag(&self, key: &str) {
        self.0.update(|scope| scope.remove_tag(key));
    }

    /// Sets a context, see [`Scope::set_context`].
    pub fn set_context<C: Into<Context>>(&self, key: &str, value: C) {
        let value = value.into();
        self.0.update(|scope| scope.set_context(key, value));
    }

    /// Removes a context.
    pub fn remove_context(&self, key: &str) {
        self.0.update(|scope| scope.remove_context(key));
    }

    /// Sets additional data.
    pub fn set_extra(&self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        self.0.update(|scope| scope.set_extra(key, value));
    }

    /// Removes additional data.
    pub fn remove_extra(&self, key: &str) {
        self.0.update(|scope| scope.remove_extra(key));
    }

    /// Sets an attribute, see [`Scope::set_attribute`].
    pub fn set_attribute(&self, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) {
        let (key, value) = (key.into(), value.into());
        self.0.update(|scope| scope.set_attribute(key, value));
    }

    /// Sets several attributes.
    pub fn set_attributes<K, V>(&self, attributes: impl IntoIterator<Item = (K, V)>)
    where
        K: Into<Cow<'static, str>>,
        V: Into<AttributeValue>,
    {
        for (key, value) in attributes {
            self.set_attribute(key, value);
        }
    }

    /// Removes an attribute.
    pub fn remove_attribute(&self, key: &str) {
        self.0.update(|scope| scope.remove_attribute(key));
    }

    /// Records the evaluation of a feature flag, see [`Scope::add_feature_flag`].
    pub fn add_feature_flag(&self, name: &str, result: impl Into<Value>) {
        let result = result.into();
        self.0.update(|scope| scope.add_feature_flag(name, result));
    }

    /// Adds a breadcrumb, see [`Scope::add_breadcrumb`].
    pub fn add_breadcrumb(&self, breadcrumb: impl IntoBreadcrumb) {
        self.leave(breadcrumb, Hint::default);
    }

    /// Adds a breadcrumb with a hint for `before_breadcrumb_with_hint`.
    pub fn add_breadcrumb_with_hint(&self, breadcrumb: impl IntoBreadcrumb, hint: Hint) {
        self.leave(breadcrumb, || hint);
    }

    fn leave(&self, breadcrumb: impl IntoBreadcrumb, hint: impl FnOnce() -> Hint) {
        if let Some((breadcrumb, max)) = breadcrumbs::admit(breadcrumb, hint) {
            self.0.update(|scope| scope.breadcrumbs.push(breadcrumb, max));
        }
    }

    /// Attaches a file to every event captured in the scope, see [`Scope::add_attachment`].
    pub fn add_attachment(&self, attachment: Attachment) {
        self.0.update(|scope| scope.add_attachment(attachment));
    }

    /// Adds an event processor, see [`EventProcessor`](crate::EventProcessor).
    pub fn add_event_processor<F>(&self, processor: F)
    where
        F: Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static,
    {
        self.0.update(|scope| scope.add_event_processor(processor));
    }

    /// Adds an event processor that also receives the hint.
    pub fn add_event_processor_with_hint<F>(&self, processor: F)
    where
        F: Fn(Event<'static>, &mut Hint) -> Option<Event<'static>> + Send + Sync + 'static,
    {
        self.0.update(|scope| scope.add_event_processor_with_hint(processor));
    }

    /// Adds a transaction processor, see [`TransactionProcessor`](crate::TransactionProcessor).
    pub fn add_transaction_processor<F>(&self, processor: F)
    where
        F: Fn(Transaction<'static>) -> Option<Transaction<'static>> + Send + Sync + 'static,
    {
        self.0.update(|scope| scope.add_transaction_processor(processor));
    }
}

/// The guard of a current scope that is active until it is dropped, see [`new_scope`](crate::new_scope). The guard is
/// bound to the thread on which it was created.
#[derive(Debug)]
#[must_use = "the scope is active only as long as the guard lives, as in `let scope = sentry::new_scope();`"]
pub struct ScopeGuard {
    scope: ScopeHandle,
    _entered: Option<Entered>,
}

impl ScopeGuard {
    /// Activates a fork of the current scope.
    pub(crate) fn enter() -> Self {
        if client::capture_mode() == client::CaptureMode::Off {
            return Self { scope: ScopeHandle::new(Arc::default()), _entered: None };
        }
        let context = active::context().with_own_scope();
        let scope = ScopeHandle::new(Arc::clone(&context.current));
        Self { scope, _entered: Some(entered::enter(Arc::new(context), active::lineage())) }
    }
}

impl Deref for ScopeGuard {
    type Target = ScopeHandle;

    fn deref(&self) -> &ScopeHandle {
        &self.scope
    }
}
