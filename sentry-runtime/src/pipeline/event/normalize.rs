//! Normalisation of events and transactions into the form that receivers accept unchanged: values that receivers would
//! truncate are truncated here, values that they would refuse are corrected or left out, and debug output says so.
//!
//! It runs on the pipeline thread after the user's callbacks and after scrubbing: a truncated text can no longer be
//! parsed as JSON, so the scrubber would filter more of it than necessary.

use std::borrow::Cow;

use serde_json::Value;

use crate::base::diagnostics;
use crate::protocol::limits::{
    MAX_BREADTH, MAX_EXCEPTION_VALUE, MAX_FRAME_PATH, MAX_MESSAGE, MAX_OP, MAX_SYMBOL, check_tag,
    limit_entries, limit_frames, limit_value, truncate, truncate_middle,
};
use crate::protocol::{
    Breadcrumb, Context, Event, Exception, LogEntry, Map, Request, Span, SpanStatus, Stacktrace, Transaction,
    User,
};

/// The maximum number of parts of a fingerprint.
const MAX_PARTS: usize = 32;
/// The maximum length of a transaction's name, in characters.
const MAX_TRANSACTION_NAME: usize = 200;

/// The limits on the user's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The maximum depth of lists and objects inside `extra`, contexts and breadcrumbs, including the container itself.
    pub normalize_depth: usize,
    /// The maximum length of a text, in characters.
    pub max_value_length: usize,
}

impl Default for Limits {
    /// Three levels, and 16 384 characters, to which receivers truncate one value of `extra`.
    fn default() -> Self {
        Self { normalize_depth: 3, max_value_length: 16_384 }
    }
}

impl Limits {
    /// Brings an event into the form that receivers accept.
    pub(crate) fn normalize_event(&self, event: &mut Event<'_>) {
        // Receivers know messages as `logentry` only.
        if let Some(message) = event.message.take().filter(|message| !message.is_empty())
            && event.logentry.is_none()
        {
            event.logentry = Some(LogEntry { message, params: Vec::new() });
        }
        if let Some(entry) = &mut event.logentry {
            truncate(&mut entry.message, MAX_MESSAGE);
            entry.params.iter_mut().for_each(|param| self.value(param, 0));
        }
        event.exception.iter_mut().for_each(|exception| self.exception(exception));
        let threads = event.threads.iter_mut().flat_map(|it| [&mut it.stacktrace, &mut it.raw_stacktrace]);
        threads.chain([&mut event.stacktrace]).flatten().for_each(|stack| self.stacktrace(stack));
        // An unknown platform becomes `other`, which disables the symbolication of native stacks.
        if event.platform.is_empty() || event.platform == "rust" {
            event.platform = "native".into();
        }
        event.transaction.iter_mut().for_each(|name| _ = truncate(name, MAX_TRANSACTION_NAME));
        let names = [&mut event.culprit, &mut event.logger].into_iter().flatten();
        names.for_each(|name| _ = truncate(name, MAX_TRANSACTION_NAME));
        self.fingerprint(&mut event.fingerprint);
        limit_entries(&mut event.modules);
        event.request.iter_mut().for_each(|request| self.request(request));
        event.user.iter_mut().for_each(|user| self.user(user));
        event.breadcrumbs.iter_mut().for_each(|breadcrumb| self.breadcrumb(breadcrumb));
        self.contexts(&mut event.contexts);
        self.map(&mut event.extra, 1);
        normalize_tags(&mut event.tags);
    }

    /// Brings a transaction into the form that receivers accept. A transaction without an end ends now; one without a
    /// name gets the server's default name.
    pub(crate) fn normalize_transaction(&self, transaction: &mut Transaction<'_>) {
        if transaction.timestamp.is_none() {
            transaction.finish();
        }
        let name = transaction.name.get_or_insert_default();
        if name.is_empty() {
            "<unlabeled transaction>".clone_into(name);
        }
        truncate(name, MAX_TRANSACTION_NAME);
        if transaction.platform.is_empty() || transaction.platform == "rust" {
            transaction.platform = "native".into();
        }
        transaction.request.iter_mut().for_each(|request| self.request(request));
        transaction.user.iter_mut().for_each(|user| self.user(user));
        transaction.breadcrumbs.iter_mut().for_each(|breadcrumb| self.breadcrumb(breadcrumb));
        self.contexts(&mut transaction.contexts);
        if let Some(Context::Trace(trace)) = transaction.contexts.get_mut("trace") {
            trace.status = trace.status.map(SpanStatus::sent);
        }
        self.map(&mut transaction.extra, 1);
        normalize_tags(&mut transaction.tags);
        transaction.spans.iter_mut().for_each(|span| self.span(span));
    }

    fn span(&self, span: &mut Span) {
        span.status = span.status.map(SpanStatus::sent);
        span.description.iter_mut().for_each(|text| _ = truncate(text, self.max_value_length));
        self.map(&mut span.data, 0);
        normalize_tags(&mut span.tags);
    }

    fn exception(&self, exception: &mut Exception) {
        exception.value.iter_mut().for_each(|value| _ = truncate(value, MAX_EXCEPTION_VALUE));
        if exception.ty.is_empty() && exception.value.as_ref().is_none_or(String::is_empty) {
            "Error".clone_into(&mut exception.ty);
        }
        let stacks = [&mut exception.stacktrace, &mut exception.raw_stacktrace];
        stacks.into_iter().flatten().for_each(|stack| self.stacktrace(stack));
        exception.mechanism.iter_mut().for_each(|mechanism| self.map(&mut mechanism.data, 1));
    }

    fn stacktrace(&self, stacktrace: &mut Stacktrace) {
        limit_frames(stacktrace);
        for frame in &mut stacktrace.frames {
            self.map(&mut frame.vars, 1);
            let names = [&mut frame.function, &mut frame.symbol];
            names.into_iter().flatten().for_each(|name| truncate_middle(name, MAX_SYMBOL));
            let paths = [&mut frame.filename, &mut frame.abs_path];
            paths.into_iter().flatten().for_each(|path| truncate_middle(path, MAX_FRAME_PATH));
        }
    }

    fn fingerprint(&self, parts: &mut Cow<'_, [Cow<'_, str>]>) {
        if parts.len() > MAX_PARTS || parts.iter().any(|part| part.len() > self.max_value_length) {
            let parts = parts.to_mut();
            parts.truncate(MAX_PARTS);
            parts.iter_mut().for_each(|part| _ = truncate(part.to_mut(), self.max_value_length));
        }
    }

    fn request(&self, request: &mut Request) {
        let texts = [
            &mut request.url,
            &mut request.method,
            &mut request.data,
            &mut request.query_string,
            &mut request.cookies,
        ];
        let texts = texts.into_iter().flatten();
        let maps = [&mut request.headers, &mut request.env].into_iter();
        let values = maps.flat_map(|fields| {
            limit_entries(fields);
            fields.values_mut()
        });
        texts.chain(values).for_each(|text| _ = truncate(text, self.max_value_length));
    }

    fn user(&self, user: &mut User) {
        let texts = [&mut user.id, &mut user.email, &mut user.username].into_iter().flatten();
        texts.for_each(|text| _ = truncate(text, self.max_value_length));
        self.map(&mut user.other, 1);
    }

    fn breadcrumb(&self, breadcrumb: &mut Breadcrumb) {
        let texts = [&mut breadcrumb.message, &mut breadcrumb.category];
        texts.into_iter().flatten().for_each(|text| _ = truncate(text, self.max_value_length));
        self.map(&mut breadcrumb.data, 1);
    }

    fn contexts(&self, contexts: &mut Map<String, Context>) {
        if contexts.len() > MAX_BREADTH {
            let own = contexts.values().filter(|context| matches!(context, Context::Other(_))).count();
            // Contexts that the toolkit and the receiver know by name stay, `trace` among them.
            let mut left = (MAX_BREADTH + own).saturating_sub(contexts.len());
            contexts.retain(|_, context| {
                if !matches!(context, Context::Other(_)) {
                    return true;
                }
                let stays = left > 0;
                left = left.saturating_sub(1);
                stays
            });
        }
        limit_entries(contexts);
        for (name, context) in contexts {
            match context {
                // A list of objects by definition, and bounded.
                Context::Other(fields) if name == "flags" => self.map(fields, 0),
                // Attributes are not nested data: they may use all levels.
                Context::Trace(trace) => {
                    trace.op.iter_mut().for_each(|op| _ = truncate(op, MAX_OP));
                    trace.description.iter_mut().for_each(|text| _ = truncate(text, self.max_value_length));
                    self.map(&mut trace.data, 0);
                }
                Context::Device(it) => self.map(&mut it.other, 2),
                Context::Os(it) => self.map(&mut it.other, 2),
                Context::Runtime(it) => self.map(&mut it.other, 2),
                Context::App(it) => self.map(&mut it.other, 2),
                Context::Browser(it) => self.map(&mut it.other, 2),
                Context::Response(it) => it.data.iter_mut().for_each(|data| self.value(data, 1)),
                Context::Other(fields) => self.map(fields, 2),
            }
        }
    }

    /// Truncates the values of a container that lies at the given depth.
    fn map(&self, fields: &mut Map<String, Value>, level: usize) {
        let left_out = limit_entries(fields);
        if left_out > 0 {
            fields.insert("...".to_owned(), format!("[{left_out} more]").into());
        }
        fields.values_mut().for_each(|field| self.value(field, level));
    }

    fn value(&self, value: &mut Value, level: usize) {
        limit_value(value, self.normalize_depth.saturating_sub(level), self.max_value_length);
    }
}

/// Applies the rules for tags, and reports changes in debug output.
pub(crate) fn normalize_tags(tags: &mut Map<String, String>) {
    limit_entries(tags);
    // Tags are nearly always valid, so they are checked first and rebuilt only if needed.
    if tags.iter().all(|(key, value)| check_tag(key, value).note.is_none()) {
        return;
    }
    for (key, value) in std::mem::take(tags) {
        let checked = check_tag(&key, &value);
        if let Some(note) = checked.note {
            diagnostics::debug(format_args!("{note}"));
        }
        if let Some((key, value)) = checked.tag {
            // Two keys may have become one. The first is kept: either of the two may be the one that was valid.
            tags.entry(key.into_owned()).or_insert_with(|| value.into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Frame;
    use serde_json::json;

    #[test]
    fn an_event_is_put_right() {
        let frames = vec![Frame::default(); 300];
        let mut event = Event {
            message: Some("m".repeat(9_000)),
            platform: "rust".into(),
            exception: vec![
                Exception {
                    value: Some("v".repeat(9_000)),
                    stacktrace: Some(Stacktrace { frames, ..Stacktrace::default() }),
                    ..Exception::default()
                },
                Exception::default(),
            ]
            .into(),
            ..Event::default()
        };
        event.tags = [("release", "1"), ("a b", "x\ny"), ("empty", ""), ("fine", "yes")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        event.extra.insert("deep".into(), json!({"a": {"b": {"c": 1}}}));
        event
            .contexts
            .insert("mine".into(), Map::from([("deep".to_owned(), json!({"a": {"b": 1}, "c": 2}))]).into());
        Limits::default().normalize_event(&mut event);
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json.get("message"), None);
        assert_eq!(json["logentry"]["message"].as_str().unwrap().len(), MAX_MESSAGE);
        assert_eq!(json["platform"], "native");
        let exceptions = &json["exception"]["values"];
        assert_eq!(exceptions[0]["value"].as_str().unwrap().len(), MAX_EXCEPTION_VALUE);
        assert_eq!(exceptions[0]["stacktrace"]["frames"].as_array().unwrap().len(), 250);
        assert_eq!(exceptions[1], json!({"type": "Error"}));
        assert_eq!(json["tags"], json!({"a_b": "x y", "fine": "yes"}));
        assert_eq!(json["extra"], json!({"deep": {"a": {"b": "[Object]"}}}));
        assert_eq!(json["contexts"]["mine"], json!({"deep": {"a": "[Object]", "c": 2}}));
    }

    #[test]
    fn a_transaction_gets_a_name_and_an_end() {
        let mut transaction = Transaction::new();
        Limits::default().normalize_transaction(&mut transaction);
        assert_eq!(transaction.name.as_deref(), Some("<unlabeled transaction>"));
        assert!(transaction.timestamp.is_some());
    }
}
