//! Filters what must not leave the process: every value whose name says that it is a secret.
//!
//! It runs on the pipeline thread, after the user's callbacks and before anything is written, on events,
//! transactions and span attributes alike. Names stay, values become `[Filtered]`. A yes or no and nothing at all
//! are never filtered: neither holds a secret, and `is_authenticated` helps a reader.
//!
//! The parts: [`names`] decides which names are sensitive, [`text`] finds names inside URLs, cookies, forms and
//! JSON in a string, [`words`] those in prose, [`fields`] those of JSON that is only a part of a text, this module walks
//! through the payloads.
//!
//! Where the spec says that data set by the user is left alone, this toolkit is stricter: on the pipeline thread
//! nobody can tell any more who set it, and what was leaked cannot be called back.
//!
//! Spec: `foundations/client/data-collection/index.mdx`.

mod fields;
mod names;
mod text;
mod words;

use std::borrow::Cow;

use serde_json::Value;

use crate::protocol::limits::truncated;
use crate::protocol::{
    AttributeValue, Breadcrumb, Context, Event, Map, Request, Span, SpanLink, Stacktrace, TraceContext,
    Transaction, User,
};

use self::names::{Names, Verdict};

/// What stands in the place of a filtered value.
pub(crate) const FILTERED: &str = "[Filtered]";

/// How deep values are walked through; what is deeper is filtered unseen.
const MAX_DEPTH: usize = 64;

/// Filters values by their names. Made once, when the client is.
#[derive(Debug)]
pub(crate) struct Scrubber {
    names: Names,
}

impl Scrubber {
    /// A scrubber of the terms of the spec and those of the user. A user's term is taken literally: a name is
    /// sensitive when it contains it, in any case, everyday word or not.
    pub(crate) fn new(extra: &[String]) -> Self {
        Self { names: Names::new(extra) }
    }

    /// Whether a text under this name is filtered.
    pub(crate) fn is_sensitive(&self, name: &str) -> bool {
        self.names.verdict(name) != Verdict::Harmless
    }

    /// Filters a value with everything inside it. Answers whether something was changed.
    pub(crate) fn scrub_value(&self, value: &mut Value) -> bool {
        self.scrub_value_at(value, 0)
    }

    fn scrub_value_at(&self, value: &mut Value, depth: usize) -> bool {
        if depth > MAX_DEPTH && (value.is_object() || value.is_array()) {
            *value = FILTERED.into();
            return true;
        }
        match value {
            Value::String(text) => self.scrub_text_at(text, depth),
            Value::Array(items) => {
                let mut changed = false;
                // Headers and forms often come as a list of pairs; a lone pair is as likely a list of two.
                let pairs = items.len() > 1 && items.iter().all(|item| pair_name(item).is_some());
                for item in items {
                    let sensitive = pairs && pair_name(item).is_some_and(|name| self.is_sensitive(name));
                    changed |= match item.get_mut(1) {
                        Some(second) if sensitive => replace(second, FILTERED.into()),
                        _ => self.scrub_value_at(item, depth + 1),
                    };
                }
                changed
            }
            Value::Object(fields) => fields
                .iter_mut()
                .fold(false, |changed, (name, field)| self.scrub_field(name, field, depth + 1) | changed),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn scrub_field(&self, name: &str, value: &mut Value, depth: usize) -> bool {
        match (self.names.verdict(name), &mut *value) {
            (_, Value::Null | Value::Bool(_)) | (Verdict::Count, Value::Number(_)) => false,
            (Verdict::Harmless, Value::String(text)) => self.scrub_named_text(name, text, depth),
            (Verdict::Harmless, _) => self.scrub_value_at(value, depth),
            (Verdict::Count | Verdict::Sensitive, _) => replace(value, FILTERED.into()),
        }
    }

    /// Filters a text by what its name says it is.
    fn scrub_named_text(&self, name: &str, text: &mut String, depth: usize) -> bool {
        rewrite(text, |text| self.scrubbed(kind(name), text, depth))
    }

    fn scrub_text_at(&self, text: &mut String, depth: usize) -> bool {
        rewrite(text, |text| self.scrubbed(TextKind::Text, text, depth))
    }

    fn scrubbed<'a>(&self, kind: TextKind, text: &'a str, depth: usize) -> Cow<'a, str> {
        match kind {
            TextKind::Cookies => self.scrub_cookies(text),
            TextKind::Query => self.scrub_query(text),
            TextKind::Text => self.scrub_text(text, depth),
        }
    }

    /// Filters an attribute of a span, a log line or a metric by its name.
    pub(crate) fn scrub_attribute(&self, name: &str, value: &mut AttributeValue) {
        let number =
            matches!(value, AttributeValue::I64(_) | AttributeValue::U64(_) | AttributeValue::F64(_));
        match self.names.verdict(name) {
            _ if matches!(value, AttributeValue::Null | AttributeValue::Bool(_)) => {}
            Verdict::Count if number => {}
            Verdict::Harmless => self.scrub_attribute_value(name, value),
            Verdict::Count | Verdict::Sensitive => *value = AttributeValue::from_static(FILTERED),
        }
    }

    fn scrub_attribute_value(&self, name: &str, value: &mut AttributeValue) {
        if let AttributeValue::Array(items) = value {
            items.iter_mut().for_each(|item| self.scrub_attribute_value(name, item));
        } else if let Some(Cow::Owned(text)) = value.as_str().map(|text| self.scrubbed(kind(name), text, 0)) {
            *value = text.into();
        }
    }

    /// Filters an event: everything in it that has a name, and the URLs in its texts.
    pub(crate) fn scrub_event(&self, event: &mut Event<'_>) {
        event.request.iter_mut().for_each(|request| self.scrub_request(request));
        event.user.iter_mut().for_each(|user| self.scrub_user(user));
        self.scrub_contexts(&mut event.contexts);
        self.scrub_map(&mut event.extra);
        self.scrub_strings(&mut event.tags);
        event.breadcrumbs.iter_mut().for_each(|breadcrumb| self.scrub_breadcrumb(breadcrumb));
        for exception in &mut event.exception {
            rewrite_some(&mut exception.value, |text| self.scrub_message(text));
            let stacks = [&mut exception.stacktrace, &mut exception.raw_stacktrace];
            stacks.into_iter().flatten().for_each(|stack| self.scrub_stacktrace(stack));
            exception.mechanism.iter_mut().for_each(|mechanism| self.scrub_map(&mut mechanism.data));
        }
        let threads = event.threads.iter_mut().flat_map(|it| [&mut it.stacktrace, &mut it.raw_stacktrace]);
        threads.chain([&mut event.stacktrace]).flatten().for_each(|stack| self.scrub_stacktrace(stack));
        if let Some(entry) = &mut event.logentry {
            rewrite(&mut entry.message, |text| self.scrub_message(text));
            entry.params.iter_mut().for_each(|param| _ = self.scrub_value(param));
        }
        rewrite_some(&mut event.message, |text| self.scrub_message(text));
        self.scrub_optional(&mut event.transaction);
        self.scrub_optional(&mut event.culprit);
        for part in event
            .fingerprint
            .iter()
            .any(|part| part.contains(['?', ':', '=']))
            .then(|| event.fingerprint.to_mut())
            .into_iter()
            .flatten()
        {
            if let Cow::Owned(filtered) = self.scrub_message(part) {
                *part = Cow::Owned(filtered);
            }
        }
    }

    /// Filters a transaction: everything in it that has a name, and the URLs in its texts.
    pub(crate) fn scrub_transaction(&self, transaction: &mut Transaction<'_>) {
        transaction.request.iter_mut().for_each(|request| self.scrub_request(request));
        transaction.user.iter_mut().for_each(|user| self.scrub_user(user));
        self.scrub_contexts(&mut transaction.contexts);
        self.scrub_map(&mut transaction.extra);
        self.scrub_strings(&mut transaction.tags);
        transaction.breadcrumbs.iter_mut().for_each(|breadcrumb| self.scrub_breadcrumb(breadcrumb));
        self.scrub_optional(&mut transaction.name);
        transaction.spans.iter_mut().for_each(|span| self.scrub_span(span));
    }

    /// Filters a span of a transaction.
    pub(crate) fn scrub_span(&self, span: &mut Span) {
        self.scrub_optional(&mut span.description);
        self.scrub_map(&mut span.data);
        self.scrub_strings(&mut span.tags);
        span.links.iter_mut().for_each(|link| self.scrub_link(link));
    }

    /// Filters a breadcrumb.
    pub(crate) fn scrub_breadcrumb(&self, breadcrumb: &mut Breadcrumb) {
        rewrite_some(&mut breadcrumb.message, |text| self.scrub_message(text));
        self.scrub_map(&mut breadcrumb.data);
    }

    /// Filters a request: headers, cookies, environment, query string, URL and body.
    pub(crate) fn scrub_request(&self, request: &mut Request) {
        rewrite_some(&mut request.url, |text| self.scrub_url(text));
        rewrite_some(&mut request.query_string, |text| self.scrub_query(text));
        rewrite_some(&mut request.cookies, |text| self.scrub_cookies(text));
        rewrite_some(&mut request.data, |text| self.scrub_body(text));
        self.scrub_strings(&mut request.headers);
        self.scrub_strings(&mut request.env);
    }

    fn scrub_user(&self, user: &mut User) {
        self.scrub_map(&mut user.other);
    }

    pub(crate) fn scrub_contexts(&self, contexts: &mut Map<String, Context>) {
        for (name, context) in contexts {
            match context {
                Context::Trace(trace) => self.scrub_trace(trace),
                Context::Device(it) => self.scrub_map(&mut it.other),
                Context::Os(it) => self.scrub_map(&mut it.other),
                Context::Runtime(it) => self.scrub_map(&mut it.other),
                Context::App(it) => self.scrub_map(&mut it.other),
                Context::Browser(it) => self.scrub_map(&mut it.other),
                Context::Response(response) => {
                    self.scrub_strings(&mut response.headers);
                    rewrite_some(&mut response.cookies, |text| self.scrub_cookies(text));
                    response.data.iter_mut().for_each(|data| _ = self.scrub_value(data));
                }
                Context::Other(fields) if self.is_sensitive(name) => {
                    fields.values_mut().for_each(|field| *field = FILTERED.into());
                }
                Context::Other(fields) => self.scrub_map(fields),
            }
        }
    }

    fn scrub_trace(&self, trace: &mut TraceContext) {
        self.scrub_optional(&mut trace.description);
        self.scrub_map(&mut trace.data);
        trace.links.iter_mut().for_each(|link| self.scrub_link(link));
    }

    fn scrub_stacktrace(&self, stacktrace: &mut Stacktrace) {
        stacktrace.frames.iter_mut().for_each(|frame| self.scrub_map(&mut frame.vars));
    }

    /// Filters values by their names.
    pub(crate) fn scrub_map(&self, fields: &mut Map<String, Value>) {
        for (name, field) in fields {
            self.scrub_field(name, field, 0);
        }
    }

    /// Filters texts by their names.
    pub(crate) fn scrub_strings(&self, fields: &mut Map<String, String>) {
        for (name, text) in fields {
            self.scrub_string(name, text);
        }
    }

    /// Filters a text by its name, or whatever in it has one.
    pub(crate) fn scrub_string(&self, name: &str, text: &mut String) {
        if text.is_empty() {
            // Nothing to hide, and an empty header is worth knowing.
        } else if self.is_sensitive(name) {
            FILTERED.clone_into(text);
        } else {
            self.scrub_named_text(name, text, 0);
        }
    }

    /// Filters the attributes of a link.
    pub(crate) fn scrub_link(&self, link: &mut SpanLink) {
        self.scrub_map(&mut link.attributes);
    }

    fn scrub_optional(&self, text: &mut Option<String>) {
        text.iter_mut().for_each(|text| _ = self.scrub_text_at(text, 0));
    }
}

/// What a text is, by its name.
enum TextKind {
    Cookies,
    Query,
    Text,
}

fn kind(name: &str) -> TextKind {
    let last = name.rsplit('.').next().unwrap_or(name);
    if ["cookie", "cookies", "set-cookie", "set_cookie", "http_cookie"]
        .iter()
        .any(|it| last.eq_ignore_ascii_case(it))
    {
        TextKind::Cookies
    } else if matches!(name, "http.query" | "url.query" | "url.fragment" | "http.fragment")
        || name.eq_ignore_ascii_case("query_string")
    {
        TextKind::Query
    } else {
        TextKind::Text
    }
}

/// The name of a pair of name and text.
fn pair_name(item: &Value) -> Option<&str> {
    match item.as_array()?.as_slice() {
        [Value::String(name), Value::String(_)] => Some(name),
        _ => None,
    }
}

/// Puts the filtered text in the place of the text. Answers whether there was something to filter.
fn rewrite(text: &mut String, scrub: impl FnOnce(&str) -> Cow<'_, str>) -> bool {
    match scrub(text) {
        Cow::Borrowed(_) => false,
        Cow::Owned(scrubbed) => replace(text, scrubbed),
    }
}

fn rewrite_some(text: &mut Option<String>, scrub: impl FnOnce(&str) -> Cow<'_, str>) {
    if let Some(text) = text {
        rewrite(text, scrub);
    }
}

fn replace<T: PartialEq>(slot: &mut T, with: T) -> bool {
    let changed = *slot != with;
    *slot = with;
    changed
}

/// A short text that leaves the process on another way than through this thread: what it says of secrets is filtered,
/// and it is cut. Nearly always there is nothing to do.
pub(crate) fn without_secrets(text: &str, deny_names: &[String]) -> String {
    const MAX: usize = 200;
    let text = truncated(text, MAX);
    if text.contains(['?', '#', '=', '@', '"']) {
        let scrubber = Scrubber::new(deny_names);
        scrubber.scrub_message(&text).into_owned()
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests;
