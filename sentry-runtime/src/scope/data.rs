//! The data of one scope, and how it gets into an event.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crate::diagnostics;
use crate::protocol::limits::{MAX_BREADTH, check_tag, truncated};
use crate::protocol::nesting;
use crate::protocol::{
    Attachment, Breadcrumb, Context, Event, Level, Map, Request, Transaction, User, Value,
};

/// Looks at every event before it is sent, may change it, and may drop it by answering `None`.
///
/// Processors run on the pipeline thread. One that panics loses its event, and nothing else.
pub type EventProcessor = Arc<dyn Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync>;

/// Tags, user, contexts, breadcrumbs and the like, for everything that is captured in a piece of work.
///
/// ```
/// sentry::configure_scope(|scope| {
///     scope.set_tag("shop", "vienna");
///     scope.set_user(Some(sentry::User { id: Some("7".into()), ..Default::default() }));
/// });
/// ```
#[derive(Clone, Default)]
pub struct Scope {
    pub(crate) level: Option<Level>,
    pub(crate) fingerprint: Option<Arc<[Cow<'static, str>]>>,
    pub(crate) transaction: Option<Arc<str>>,
    pub(crate) user: Option<Arc<User>>,
    pub(crate) request: Option<Arc<Request>>,
    pub(crate) tags: Map<String, String>,
    pub(crate) extra: Map<String, Value>,
    pub(crate) contexts: Map<String, Context>,
    pub(crate) breadcrumbs: VecDeque<Arc<Breadcrumb>>,
    pub(crate) attachments: Vec<Arc<Attachment>>,
    pub(crate) processors: Vec<EventProcessor>,
}

impl Scope {
    /// Removes everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Removes the breadcrumbs.
    pub fn clear_breadcrumbs(&mut self) {
        self.breadcrumbs.clear();
    }

    /// Sets the level of events captured here, instead of their own.
    pub fn set_level(&mut self, level: impl Into<Option<Level>>) {
        self.level = level.into();
    }

    /// Sets by what events are grouped; `{{ default }}` stands for the server's own grouping.
    pub fn set_fingerprint(&mut self, fingerprint: Option<&[&str]>) {
        self.fingerprint =
            fingerprint.map(|parts| parts.iter().map(|&part| Cow::Owned(part.to_owned())).collect());
    }

    /// Names the transaction of events captured here.
    pub fn set_transaction(&mut self, transaction: Option<&str>) {
        self.transaction = transaction.map(Arc::from);
    }

    /// Sets the user, or none. What you set is sent as you set it.
    pub fn set_user(&mut self, user: Option<User>) {
        self.user = user.map(|mut user| {
            nesting::prune_map(&mut user.other);
            Arc::new(user)
        });
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_deref()
    }

    /// Sets the HTTP request that is being handled.
    pub fn set_request(&mut self, request: Option<Request>) {
        self.request = request.map(|mut request| {
            nesting::prune_request(&mut request);
            Arc::new(request)
        });
    }

    /// Sets a tag. Keys have at most 32 letters, digits, `_`, `.`, `:` or `-`, values at most 200 characters and no
    /// line break; what breaks that is cut or replaced, with a line in the debug output.
    pub fn set_tag<V: ToString>(&mut self, key: &str, value: V) {
        let value = value.to_string();
        let checked = check_tag(key, &value);
        if let Some(note) = checked.note {
            diagnostics::debug(format_args!("{note}"));
        }
        if let Some((key, value)) = checked.tag
            && has_room(&self.tags, &key, "tag")
        {
            self.tags.insert(key.into_owned(), value.into_owned());
        }
    }

    /// Removes a tag.
    pub fn remove_tag(&mut self, key: &str) {
        self.tags.remove(key);
    }

    /// Sets a context: structured data under a name. Deeper data than the option `normalize_depth` is replaced by
    /// what it is.
    pub fn set_context<C: Into<Context>>(&mut self, key: &str, value: C) {
        let mut context = value.into();
        nesting::prune_context(&mut context);
        if has_room(&self.contexts, key, "context") {
            self.contexts.insert(key.to_owned(), context);
        }
    }

    /// Removes a context.
    pub fn remove_context(&mut self, key: &str) {
        self.contexts.remove(key);
    }

    /// Sets additional data.
    pub fn set_extra(&mut self, key: &str, value: Value) {
        let value = nesting::pruned(value);
        if has_room(&self.extra, key, "extra") {
            self.extra.insert(key.to_owned(), value);
        }
    }

    /// Removes additional data.
    pub fn remove_extra(&mut self, key: &str) {
        self.extra.remove(key);
    }

    /// Adds a processor that runs for events captured here.
    pub fn add_event_processor<F>(&mut self, processor: F)
    where
        F: Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static,
    {
        self.processors.push(Arc::new(processor));
    }

    /// Sends a file along with every event captured here.
    pub fn add_attachment(&mut self, attachment: Attachment) {
        self.attachments.push(Arc::new(attachment));
    }

    /// Removes the attachments.
    pub fn clear_attachments(&mut self) {
        self.attachments.clear();
    }

    /// Adds a breadcrumb; the oldest beyond `max` are dropped.
    pub(crate) fn add_breadcrumb(&mut self, mut breadcrumb: Breadcrumb, max: usize) {
        nesting::prune_breadcrumb(&mut breadcrumb);
        if max == 0 {
            return;
        }
        while self.breadcrumbs.len() >= max {
            self.breadcrumbs.pop_front();
        }
        self.breadcrumbs.push_back(Arc::new(breadcrumb));
    }

    /// Lays a more special scope over this one.
    pub(crate) fn merge(&mut self, over: &Self) {
        fn replace<T: Clone>(slot: &mut Option<T>, over: &Option<T>) {
            if over.is_some() {
                slot.clone_from(over);
            }
        }
        replace(&mut self.level, &over.level);
        replace(&mut self.fingerprint, &over.fingerprint);
        replace(&mut self.transaction, &over.transaction);
        replace(&mut self.user, &over.user);
        replace(&mut self.request, &over.request);
        self.tags.extend(over.tags.clone());
        self.extra.extend(over.extra.clone());
        self.contexts.extend(over.contexts.clone());
        self.breadcrumbs.extend(over.breadcrumbs.iter().cloned());
        self.attachments.extend(over.attachments.iter().cloned());
        self.processors.extend(over.processors.iter().cloned());
    }

    /// Fills in what the event does not say itself. A level of the scope wins over the event's.
    pub(crate) fn apply_to_event(&self, event: &mut Event<'static>) {
        if let Some(level) = self.level {
            event.level = level;
        }
        if let Some(fingerprint) = &self.fingerprint
            && matches!(&*event.fingerprint, [only] if only.contains("default"))
        {
            event.fingerprint = Cow::Owned(fingerprint.to_vec());
        }
        if let Some(transaction) = &self.transaction {
            event.transaction = Some(transaction.to_string());
        }
        fill(&mut event.user, self.user.as_deref());
        fill(&mut event.request, self.request.as_deref());
        fill_map(&mut event.tags, &self.tags);
        fill_map(&mut event.extra, &self.extra);
        fill_map(&mut event.contexts, &self.contexts);
        let mut breadcrumbs: Vec<_> = self.breadcrumbs.iter().map(|crumb| Breadcrumb::clone(crumb)).collect();
        breadcrumbs.append(&mut event.breadcrumbs.values);
        breadcrumbs.sort_by_key(|crumb| crumb.timestamp);
        event.breadcrumbs = breadcrumbs.into();
    }

    /// Fills in what the transaction does not say itself.
    pub(crate) fn apply_to_transaction(&self, transaction: &mut Transaction<'static>) {
        if let Some(name) = &self.transaction {
            transaction.name = Some(name.to_string());
        }
        fill(&mut transaction.user, self.user.as_deref());
        fill(&mut transaction.request, self.request.as_deref());
        fill_map(&mut transaction.tags, &self.tags);
        fill_map(&mut transaction.extra, &self.extra);
        fill_map(&mut transaction.contexts, &self.contexts);
    }
}

/// Whether a scope may get another entry. What is set again and again under new names would grow without end.
fn has_room<V>(map: &Map<String, V>, key: &str, kind: &str) -> bool {
    let has_room = map.len() < MAX_BREADTH || map.contains_key(key);
    if !has_room {
        diagnostics::debug(format_args!(
            "{kind} `{}` is not kept: the scope has {MAX_BREADTH} already",
            truncated(key, 64)
        ));
    }
    has_room
}

fn fill<T: Clone>(slot: &mut Option<T>, value: Option<&T>) {
    if slot.is_none() {
        *slot = value.cloned();
    }
}

fn fill_map<V: Clone>(map: &mut Map<String, V>, from: &Map<String, V>) {
    for (key, value) in from {
        if !map.contains_key(key) {
            map.insert(key.clone(), value.clone());
        }
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("level", &self.level)
            .field("fingerprint", &self.fingerprint)
            .field("transaction", &self.transaction)
            .field("tags", &self.tags)
            .field("extra", &self.extra)
            .field("contexts", &self.contexts)
            .field("breadcrumbs", &self.breadcrumbs.len())
            .field("attachments", &self.attachments.len())
            .field("processors", &self.processors.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_special_scope_wins_and_lists_add_up() {
        let (mut outer, mut inner) = (Scope::default(), Scope::default());
        outer.set_tag("a", 1);
        outer.set_tag("b", 1);
        inner.set_tag("b", 2);
        outer.add_breadcrumb(Breadcrumb::default(), 10);
        inner.add_breadcrumb(Breadcrumb::default(), 10);
        outer.merge(&inner);
        assert_eq!(outer.tags, Map::from([("a".into(), "1".into()), ("b".into(), "2".into())]));
        assert_eq!(outer.breadcrumbs.len(), 2);
    }

    #[test]
    fn an_event_keeps_what_it_says_itself() {
        let mut scope = Scope::default();
        scope.set_tag("a", "scope");
        scope.set_tag("b", "scope");
        let mut event = Event::default();
        event.tags.insert("a".into(), "event".into());
        scope.apply_to_event(&mut event);
        assert_eq!(event.tags, Map::from([("a".into(), "event".into()), ("b".into(), "scope".into())]));
    }

    #[test]
    fn breadcrumbs_are_bounded() {
        let mut scope = Scope::default();
        for number in 0..5 {
            let message = Some(number.to_string());
            scope.add_breadcrumb(Breadcrumb { message, ..Breadcrumb::default() }, 2);
        }
        let kept: Vec<_> = scope.breadcrumbs.iter().filter_map(|crumb| crumb.message.as_deref()).collect();
        assert_eq!(kept, ["3", "4"]);
    }
}
