//! The pruning of deep and long values, without recursion, before any other code reads them.
//!
//! Walking, copying and freeing a value need stack in proportion to its depth, and a value that was built in a loop may
//! be deeper than any stack. So all values are pruned when they arrive: levels that are too deep to be sent are
//! replaced by their kind, and freed level by level.

use std::ops::Deref;

use super::limits::{MAX_HELD, truncate, truncated};
use super::{
    AttributeValue, Breadcrumb, Context, Event, Exception, Log, Map, Mechanism, Metric, MonitorCheckIn,
    Request, Span, SpanLink, Stacktrace, Transaction, User, Value,
};

/// The maximum depth: more levels than are sent, and few enough for any stack.
pub(crate) const DEEPEST: usize = 36;

/// Types that may hold data of any depth.
pub(crate) trait Prune {
    /// Cuts and frees, without recursion, all data below the maximum depth.
    fn prune(&mut self);
}

/// A value that was pruned when it arrived. Functions that take this type instead of the bare one can neither use nor
/// drop an unpruned value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shallow<T>(T);

impl<T: Prune> Shallow<T> {
    /// Prunes a value.
    pub(crate) fn of(mut value: T) -> Self {
        value.prune();
        Self(value)
    }

    /// Returns the value, to be passed to the user's code or sent.
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Shallow<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Frees an unused value without recursion. Costs nothing for types that own no memory or only a text.
pub(crate) fn discard<V: Into<AttributeValue>>(value: V) {
    if may_nest::<V>() {
        value.into().prune();
    }
}

/// Frees unused entries without recursion.
pub(crate) fn discard_entries<K, V: Into<AttributeValue>>(entries: impl IntoIterator<Item = (K, V)>) {
    if may_nest::<V>() {
        entries.into_iter().for_each(|(_, value)| discard(value));
    }
}

/// Returns whether a value of the type may hold lists.
fn may_nest<V>() -> bool {
    // Texts are the most common values that own memory, and contain no lists.
    let texts = ["alloc::string::String", "alloc::boxed::Box<str>", "alloc::borrow::Cow<str>"];
    std::mem::needs_drop::<V>() && !texts.contains(&std::any::type_name::<V>())
}

impl Prune for Value {
    fn prune(&mut self) {
        let mut pending = Vec::new();
        look_at(self, DEEPEST, &mut pending);
        while let Some((value, left)) = pending.pop() {
            match value {
                Value::Array(items) => items.iter_mut().for_each(|item| look_at(item, left, &mut pending)),
                Value::Object(fields) => {
                    fields.values_mut().for_each(|field| look_at(field, left, &mut pending))
                }
                _ => {}
            }
        }
    }
}

/// Cuts a value that is a long text or too deep, and adds a value whose entries must be checked to `pending`.
fn look_at<'a>(value: &'a mut Value, left: usize, pending: &mut Vec<(&'a mut Value, usize)>) {
    match value {
        Value::Array(items) if left == 0 && !items.is_empty() => {
            free(std::mem::replace(value, "[Array]".into()));
        }
        Value::Object(fields) if left == 0 && !fields.is_empty() => {
            free(std::mem::replace(value, "[Object]".into()));
        }
        Value::Array(_) | Value::Object(_) => pending.push((value, left.saturating_sub(1))),
        Value::String(text) => hold(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Cuts a string to [`MAX_HELD`] characters.
#[inline]
fn hold(text: &mut String) {
    #[cold]
    fn cut(text: &mut String) {
        if truncate(text, MAX_HELD) {
            text.shrink_to_fit();
        }
    }
    // A text has at most as many characters as bytes.
    if text.len() > MAX_HELD {
        cut(text);
    }
}

/// Frees a value with its content, one level at a time.
pub(crate) fn free(value: Value) {
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(items) => rest.extend(items),
            Value::Object(fields) => rest.extend(fields.into_iter().map(|(_, field)| field)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

impl Prune for AttributeValue {
    fn prune(&mut self) {
        // Most values are neither long nor lists.
        match self {
            Self::Array(_) => {}
            Self::String(text) if text.len() > MAX_HELD => {
                *text = truncated(text, MAX_HELD).into_owned().into();
                return;
            }
            _ => return,
        }
        let mut pending = vec![(self, DEEPEST)];
        while let Some((value, left)) = pending.pop() {
            match value {
                Self::Array(_) if left == 0 => free_attribute(std::mem::replace(value, Self::Str("[Array]"))),
                Self::Array(items) => pending.extend(items.iter_mut().filter_map(|item| match item {
                    Self::Array(_) => Some((item, left - 1)),
                    Self::String(text) if text.len() > MAX_HELD => Some((item, left)),
                    _ => None,
                })),
                Self::String(text) => *text = truncated(text, MAX_HELD).into_owned().into(),
                _ => {}
            }
        }
    }
}

/// Frees an attribute with its content, one level at a time.
fn free_attribute(value: AttributeValue) {
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        if let AttributeValue::Array(items) = value {
            rest.extend(items.into_vec());
        }
    }
}

impl<K: Ord, V: Prune> Prune for Map<K, V> {
    fn prune(&mut self) {
        self.values_mut().for_each(Prune::prune);
    }
}

impl<T: Prune> Prune for Option<T> {
    fn prune(&mut self) {
        self.iter_mut().for_each(Prune::prune);
    }
}

impl<T: Prune> Prune for Vec<T> {
    fn prune(&mut self) {
        self.iter_mut().for_each(Prune::prune);
    }
}

impl Prune for Context {
    fn prune(&mut self) {
        match self {
            Self::Trace(trace) => {
                trace.data.prune();
                trace.links.prune();
            }
            Self::Device(it) => it.other.prune(),
            Self::Os(it) => it.other.prune(),
            Self::Runtime(it) => it.other.prune(),
            Self::App(it) => it.other.prune(),
            Self::Browser(it) => it.other.prune(),
            Self::Response(it) => it.data.prune(),
            Self::Other(fields) => fields.prune(),
        }
    }
}

impl Prune for Breadcrumb {
    #[inline]
    fn prune(&mut self) {
        if let Some(message) = &mut self.message {
            hold(message);
        }
        if !self.data.is_empty() {
            self.data.prune();
        }
    }
}

impl Prune for User {
    fn prune(&mut self) {
        self.other.prune();
    }
}

impl Prune for Request {
    fn prune(&mut self) {
        let texts = [&mut self.url, &mut self.data, &mut self.query_string, &mut self.cookies];
        let maps = self.headers.values_mut().chain(self.env.values_mut());
        texts.into_iter().flatten().chain(maps).for_each(hold);
    }
}

impl Prune for Mechanism {
    fn prune(&mut self) {
        self.data.prune();
    }
}

impl Prune for Stacktrace {
    fn prune(&mut self) {
        self.frames.iter_mut().for_each(|frame| frame.vars.prune());
    }
}

impl Prune for Exception {
    fn prune(&mut self) {
        self.value.iter_mut().for_each(hold);
        self.mechanism.prune();
        self.stacktrace.prune();
        self.raw_stacktrace.prune();
    }
}

impl Prune for Event<'_> {
    fn prune(&mut self) {
        let texts = [&mut self.message, &mut self.transaction, &mut self.culprit, &mut self.logger];
        texts.into_iter().flatten().for_each(hold);
        if let Some(entry) = &mut self.logentry {
            hold(&mut entry.message);
            entry.params.prune();
        }
        self.exception.values.prune();
        for thread in &mut self.threads {
            thread.stacktrace.prune();
            thread.raw_stacktrace.prune();
        }
        self.stacktrace.prune();
        self.request.prune();
        self.user.prune();
        self.contexts.prune();
        self.extra.prune();
        self.breadcrumbs.values.prune();
    }
}

impl Prune for SpanLink {
    fn prune(&mut self) {
        self.attributes.prune();
    }
}

impl Prune for Span {
    fn prune(&mut self) {
        self.data.prune();
        self.links.prune();
    }
}

impl Prune for Transaction<'_> {
    fn prune(&mut self) {
        self.user.prune();
        self.request.prune();
        self.contexts.prune();
        self.extra.prune();
        self.breadcrumbs.values.prune();
        self.spans.prune();
    }
}

impl Prune for MonitorCheckIn {
    /// It holds no values that may be nested.
    fn prune(&mut self) {}
}

impl Prune for Log {
    fn prune(&mut self) {
        self.attributes.prune();
    }
}

impl Prune for Metric {
    fn prune(&mut self) {
        self.attributes.prune();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn any_depth_is_pruned_and_freed() {
        let deep = |wrap: fn(Value) -> Value| (0..200_000).fold(json!(1), |inner, _| wrap(inner));
        let object = |inner: Value| Value::Object([("in".to_owned(), inner)].into_iter().collect());
        for value in [deep(|inner| Value::Array(vec![inner])), deep(object)] {
            let text = Shallow::of(value).to_string();
            assert!(text.contains("[Array]") || text.contains("[Object]"), "{text}");
        }
        let mut attribute =
            (0..200_000).fold(AttributeValue::from(1), |inner, _| AttributeValue::Array([inner].into()));
        attribute.prune();
        assert!(serde_json::to_string(&attribute).unwrap().contains("[Array]"));
    }

    #[test]
    fn what_is_shallow_stays() {
        let value = json!({"a": [1, {"b": null}], "c": {}});
        assert_eq!(Shallow::of(value.clone()).into_inner(), value);
    }
}
