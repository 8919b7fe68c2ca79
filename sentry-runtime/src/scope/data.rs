//! The data of one scope, and the setters that fill it.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Processor;
use super::breadcrumbs::Trail;
use super::form::FormData;
use super::request::ScopeRequest;
use super::request_events::SharedEvents;
use super::rest::Rest;
use super::tags::Tags;
use crate::base::callback;
use crate::base::diagnostics;
use crate::client::hint::Hint;
use crate::client::session::Session;
use crate::protocol::limits::{MAX_ATTRIBUTES, MAX_BREADTH, MAX_KEY, check_tag, is_plain_tag, truncated};
use crate::protocol::nesting::{Prune as _, Shallow};
use crate::protocol::{
    Attachment, AttributeValue, Context, Event, Level, Map, Request, Transaction, User, Value,
};

/// The maximum number of attachments per scope. Each is held in memory.
const MAX_ATTACHMENTS: usize = 64;

/// Tags, user, contexts, breadcrumbs and further data of everything that is captured in a piece of work.
///
/// ```
/// sentry::configure_scope(|scope| {
///     scope.set_tag("shop", "vienna");
///     scope.set_user(Some(sentry::User { id: Some("7".into()), ..Default::default() }));
/// });
/// ```
#[derive(Clone, Default)]
pub struct Scope {
    pub(crate) tags: Tags,
    /// The request that is being handled. Every request of a server has one, so that it is not among the rest.
    pub(crate) request: Option<ScopeRequest>,
    pub(crate) breadcrumbs: Trail,
    pub(crate) rest: Rest,
    /// The form whose fields are additional data, set after that of the rest. A handler's own scope often has nothing else.
    pub(super) form: Option<Arc<FormData>>,
    /// The session of this request or job, see [`crate::capture::session`].
    pub(crate) session: Option<Arc<Session>>,
    /// In a request that a server integration handles: what was captured in it, by this scope or any fork of it.
    pub(crate) request_events: Option<SharedEvents>,
    /// The messages that wait with this snapshot.
    pub(crate) waiting: Waiting,
}

impl Scope {
    /// Removes all data except the processors. A session continues.
    pub fn clear(&mut self) {
        let mut rest = Rest::default();
        if !self.rest.processors.is_empty() {
            rest.processors = std::mem::take(&mut self.rest.processors);
        }
        *self = Self {
            rest,
            session: self.session.take(),
            request_events: self.request_events.take(),
            ..Self::default()
        };
    }

    /// Removes all breadcrumbs.
    pub fn clear_breadcrumbs(&mut self) {
        self.breadcrumbs.clear();
    }

    /// Sets the level of events captured in this scope, which overrides their own.
    pub fn set_level(&mut self, level: impl Into<Option<Level>>) {
        self.rest.level = level.into();
    }

    /// Sets the fingerprint by which events are grouped; the element `{{ default }}` means the server's own grouping.
    pub fn set_fingerprint(&mut self, fingerprint: Option<&[&str]>) {
        self.rest.fingerprint =
            fingerprint.map(|parts| parts.iter().map(|&part| Cow::Owned(part.to_owned())).collect());
    }

    /// Sets the transaction name of events captured in this scope.
    pub fn set_transaction(&mut self, transaction: Option<&str>) {
        self.rest.transaction = transaction.map(Arc::from);
    }

    /// Sets the user; `None` removes it. The option `data_collection` does not apply to it.
    pub fn set_user(&mut self, user: impl Into<Option<User>>) {
        self.rest.user = user.into().map(|user| Arc::new(Shallow::of(user).into_inner()));
    }

    /// Returns the user.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.rest.user.as_deref()
    }

    /// Sets the HTTP request that is being handled; `None` removes it.
    pub fn set_request(&mut self, request: Option<Request>) {
        self.request = request.map(|request| Shallow::of(request).into_inner().into());
    }

    /// Sets a tag. A key has at most 32 characters: letters, digits, `_`, `.`, `:` and `-`. A value has at most 200
    /// characters and no line break. Invalid keys and values are shortened or replaced, with a line in the debug
    /// output.
    pub fn set_tag<V: ToString>(&mut self, key: &str, value: V) {
        let Some(value) = callback::text(value) else { return };
        self.insert_tag(key, value);
    }

    /// Sets a tag whose value is a text already.
    pub(crate) fn insert_tag(&mut self, key: &str, value: String) {
        let has_room = if is_plain_tag(key, &value) {
            self.tags.set(key, value, MAX_BREADTH)
        } else {
            let checked = check_tag(key, &value);
            if let Some(note) = checked.note {
                diagnostics::debug(format_args!("{note}"));
            }
            checked.tag.is_none_or(|(key, value)| self.tags.set(&key, value.into_owned(), MAX_BREADTH))
        };
        if !has_room {
            note_full("tag", key, MAX_BREADTH);
        }
    }

    /// Sets several tags.
    pub fn set_tags<K: AsRef<str>, V: ToString>(&mut self, tags: impl IntoIterator<Item = (K, V)>) {
        for (key, value) in tags {
            self.set_tag(key.as_ref(), value);
        }
    }

    /// Removes a tag.
    pub fn remove_tag(&mut self, key: &str) {
        self.tags.remove(key);
    }

    /// Sets a context: structured data under a name. Data that is nested deeper than the option `normalize_depth` is
    /// replaced by its type.
    pub fn set_context<C: Into<Context>>(&mut self, key: &str, value: C) {
        let mut context = value.into();
        context.prune();
        if has_room(&self.rest.contexts, key, "context", MAX_BREADTH) {
            self.rest.contexts.insert(key.to_owned(), context);
        }
    }

    /// Removes a context.
    pub fn remove_context(&mut self, key: &str) {
        self.rest.contexts.remove(key);
    }

    /// Returns the form whose fields are additional data.
    pub(crate) fn form(&self) -> Option<&FormData> {
        self.form.as_deref()
    }

    /// Sets additional data.
    pub fn set_extra(&mut self, key: &str, value: Value) {
        self.unfold_form_before(key);
        self.insert_extra(key.to_owned(), value);
    }

    /// Sets additional data, below that of a form.
    pub(super) fn insert_extra(&mut self, key: String, value: Value) {
        let value = Shallow::of(value).into_inner();
        if has_room(&self.rest.extra, &key, "extra", MAX_BREADTH) {
            self.rest.extra.insert(key, value);
        }
    }

    /// Removes additional data.
    pub fn remove_extra(&mut self, key: &str) {
        self.unfold_form_before(key);
        self.rest.extra.remove(key);
    }

    /// Sets an attribute of logs, metrics and segments in this scope: a number, a string, a boolean, or a list of
    /// these. Attributes of the log or span itself take precedence. Error events have no attributes; use tags for them.
    ///
    /// A scope keeps 128 attributes.
    ///
    /// ```
    /// sentry::configure_scope(|scope| {
    ///     scope.set_attribute("shop.tenant", "vienna");
    ///     scope.set_attribute("shop.shelves", 12);
    /// });
    /// ```
    ///
    /// [Spec](https://develop.sentry.dev/sdk/foundations/state-management/scopes/attributes/)
    pub fn set_attribute(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) {
        let (mut key, mut value) = (key.into(), value.into());
        value.prune();
        if let Cow::Owned(cut) = truncated(&key, MAX_KEY) {
            key = Cow::Owned(cut);
        }
        if value.is_null() {
            self.rest.attributes.remove(&key);
        } else if has_room(&self.rest.attributes, &key, "attribute", MAX_ATTRIBUTES) {
            self.rest.attributes.insert(key, value);
        }
    }

    /// Sets several attributes.
    pub fn set_attributes<K, V>(&mut self, attributes: impl IntoIterator<Item = (K, V)>)
    where
        K: Into<Cow<'static, str>>,
        V: Into<AttributeValue>,
    {
        for (key, value) in attributes {
            self.set_attribute(key, value);
        }
    }

    /// Removes an attribute.
    pub fn remove_attribute(&mut self, key: &str) {
        self.rest.attributes.remove(key);
    }

    /// Records the evaluation of a feature flag and its result. The last 100 evaluated flags are sent with events.
    ///
    /// [Spec](https://develop.sentry.dev/sdk/foundations/client/integrations/feature-flags/)
    pub fn add_feature_flag(&mut self, name: &str, result: impl Into<Value>) {
        self.rest.flags.add(name, Shallow::of(result.into()));
    }

    /// Adds an event processor for everything that is captured in this scope; see
    /// [`EventProcessor`](crate::EventProcessor).
    ///
    /// ```
    /// sentry::configure_scope(|scope| {
    ///     scope.add_event_processor(|mut event| {
    ///         event.tags.insert("shelf".into(), "7".into());
    ///         Some(event)
    ///     });
    /// });
    /// ```
    pub fn add_event_processor<F>(&mut self, processor: F)
    where
        F: Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static,
    {
        self.rest.processors.push(Processor::Event(Arc::new(processor)));
    }

    /// Adds an event processor that also receives the [`Hint`], and may change it.
    pub fn add_event_processor_with_hint<F>(&mut self, processor: F)
    where
        F: Fn(Event<'static>, &mut Hint) -> Option<Event<'static>> + Send + Sync + 'static,
    {
        self.rest.processors.push(Processor::Hinted(Arc::new(processor)));
    }

    /// Adds a transaction processor for transactions that end in this scope; it receives them with all their spans.
    pub fn add_transaction_processor<F>(&mut self, processor: F)
    where
        F: Fn(Transaction<'static>) -> Option<Transaction<'static>> + Send + Sync + 'static,
    {
        self.rest.processors.push(Processor::Transaction(Arc::new(processor)));
    }

    /// Sets the conversation of AI spans that are started in this scope from now on, see
    /// [`set_conversation_id`](crate::set_conversation_id).
    pub fn set_conversation_id(&mut self, id: Option<&str>) {
        self.rest.conversation_id = id.map(Arc::from);
    }

    /// Attaches a file to every event captured in this scope; at most 64 files are kept. Files larger than the option
    /// `max_attachment_size` are not sent.
    pub fn add_attachment(&mut self, attachment: Attachment) {
        if self.rest.attachments.len() < MAX_ATTACHMENTS {
            self.rest.attachments.push(Arc::new(attachment));
        } else {
            diagnostics::error(format_args!(
                "dropped the attachment `{}`: a scope has at most {MAX_ATTACHMENTS}; use clear_attachments",
                attachment.filename
            ));
        }
    }

    /// Removes all attachments.
    pub fn clear_attachments(&mut self) {
        self.rest.attachments.clear();
    }
}

/// The number of messages that wait with a snapshot of a scope, and the bytes that the snapshot counts for meanwhile. A
/// changed copy is another snapshot.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    messages: AtomicUsize,
    bytes: AtomicUsize,
}

impl Clone for Waiting {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Waiting {
    /// Counts a message. Returns the bytes to add: those of the scope for its first message.
    pub(crate) fn add(&self, bytes: impl FnOnce() -> usize) -> usize {
        if self.messages.fetch_add(1, Ordering::AcqRel) > 0 {
            return 0;
        }
        let bytes = bytes();
        self.bytes.store(bytes, Ordering::Release);
        bytes
    }

    /// Counts a message that waits no longer. Returns the bytes to take off.
    pub(crate) fn remove(&self) -> usize {
        // Read last: the first message may store the bytes after a second one was counted. A snapshot does not change
        // while a message holds it, so a message that begins to wait meanwhile stores the same bytes.
        if self.messages.fetch_sub(1, Ordering::AcqRel) == 1 { self.bytes.load(Ordering::Acquire) } else { 0 }
    }
}

/// Returns whether a scope may get another entry. What is set again and again under new names would grow without end.
pub(super) fn has_room<K: Borrow<str> + Ord, V>(map: &Map<K, V>, key: &str, kind: &str, most: usize) -> bool {
    let has_room = map.len() < most || map.contains_key(key);
    if !has_room {
        note_full(kind, key, most);
    }
    has_room
}

/// Writes to the debug output that a scope has no room for an entry.
#[cold]
fn note_full(kind: &str, key: &str, most: usize) {
    diagnostics::debug(format_args!("dropped {kind} `{}`: a scope has at most {most}", truncated(key, 64)));
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("level", &self.rest.level)
            .field("fingerprint", &self.rest.fingerprint)
            .field("transaction", &self.rest.transaction)
            .field("tags", &self.tags)
            .field("extra", &self.extra_with_form())
            .field("contexts", &self.rest.contexts)
            .field("attributes", &self.rest.attributes)
            .field("flags", &self.rest.flags)
            .field("breadcrumbs", &self.breadcrumbs.len())
            .field("attachments", &self.rest.attachments.len())
            .field("processors", &self.rest.processors.len())
            .finish_non_exhaustive()
    }
}
