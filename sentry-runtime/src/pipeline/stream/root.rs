//! The root span of a streamed segment: what a transaction carries beside its spans, as attributes.
//!
//! There is no transaction, so the event processors of the scopes see the one that it would have been. They change the
//! root span by it. They cannot drop it, because its children may have been sent already.
//!
//! [Spec, "Attribute Conventions"](https://develop.sentry.dev/sdk/telemetry/spans/#attribute-conventions)

use std::borrow::Cow;
use std::sync::Arc;

use crate::base::diagnostics;
use crate::pipeline::client_state::{self, ClientState};
use crate::pipeline::contexts;
use crate::pipeline::span::record::SpanData;
use crate::pipeline::transaction::{self, as_event};
use crate::protocol::request::cookie_pairs;
use crate::protocol::{AttributeValue, Context, Map, Request, ResponseContext, Value};
use crate::scope::Scope;
use crate::scrub::FILTERED;
use crate::trace::segment::Segment;

/// The source of a segment's name.
const NAME_SOURCE: &str = "sentry.segment.name.source";
/// The context of the cloud in which the program runs.
const CLOUD: &str = "cloud_resource";
/// Headers that hold cookies, which have attributes of their own.
const COOKIES: [&str; 2] = ["cookie", "set-cookie"];

/// Passes the root to the event processors of the scopes. The changed data of the scopes is in `scope` afterwards. If a
/// processor drops the transaction, the root loses its attributes, and all data of the scopes.
pub(crate) fn show(segment: &Segment, scope: &mut Scope, root: &mut SpanData, source: &mut &'static str) {
    if !scope.shows_events() {
        return;
    }
    let client = &segment.client;
    let shown = client_state::with(client, |state| {
        let mut transaction = transaction::build(root, source, segment, scope, state);
        transaction.sdk = Some(Cow::Owned(state.sdk.clone()));
        transaction
    });
    // No lock is held while the user's code runs.
    let Ok(mut transaction) = as_event::shown(scope, shown) else {
        diagnostics::debug(format_args!(
            "an event processor dropped `{}`: its root span is sent bare",
            root.name
        ));
        root.attributes.clear();
        root.tags.clear();
        root.links.clear();
        *scope = Scope::default();
        return;
    };
    root.name = Cow::Owned(transaction.name.take().unwrap_or_default());
    *source = transaction.transaction_info.map_or(*source, |info| info.source.as_str());
    if let Some(Context::Trace(trace)) = transaction.contexts.remove("trace") {
        root.op = Cow::Owned(trace.op.unwrap_or_default());
        root.status = trace.status.unwrap_or(root.status);
        root.origin = Cow::Owned(trace.origin.unwrap_or_default());
        let data =
            trace.data.iter().map(|(key, value)| (Cow::Owned(key.clone()), AttributeValue::from_json(value)));
        root.attributes = data.collect();
        root.links = trace.links;
    }
    // The attributes of the scopes are among those of the root, and their tags among its tags.
    root.tags = transaction.tags;
    scope.tags.clear();
    scope.rest.attributes.clear();
    scope.rest.user = transaction.user.map(Arc::new);
    scope.request = transaction.request.map(Into::into);
    scope.rest.contexts = transaction.contexts;
    let own = client.options();
    let replaced = [
        ("sentry.release", transaction.release, own.release.as_deref()),
        ("sentry.environment", transaction.environment, own.environment.as_deref()),
        ("sentry.dist", transaction.dist, own.dist.as_deref()),
        ("server.address", transaction.server_name, None),
    ];
    for (key, value, own) in replaced {
        if let Some(value) = value.filter(|value| Some(&**value) != own) {
            add(root, key, value.as_ref().into());
        }
    }
}

/// Adds the attributes that only the root span of a segment carries.
pub(crate) fn complete(
    segment: &Segment,
    state: &ClientState,
    source: &'static str,
    scope: &Scope,
    root: &mut SpanData,
) {
    say_source(source, root);
    add(root, "sentry.dist", segment.client.options().dist.as_deref().into());
    add(root, "sentry.sdk.integrations", state.sdk.integrations.clone().into());
    add(root, "server.address", state.server_name.as_deref().into());
    add_facts(root);
    if let Some(request) = &scope.request {
        let mut request = Request::clone(request);
        state.scrubber.scrub_request(&mut request);
        add_request(root, request);
    }
    for (name, context) in &scope.rest.contexts {
        match (&**name, context) {
            (_, Context::Response(response)) => add_response(root, response, state),
            (CLOUD, Context::Other(fields)) => add_fields(root, fields),
            ("culture", Context::Other(fields)) => {
                for key in ["locale", "timezone", "calendar", "display_name", "is_24_hour_format"] {
                    let value = fields.get(key).map_or(AttributeValue::Null, AttributeValue::from_json);
                    add(root, format!("culture.{key}"), value);
                }
            }
            _ => {}
        }
    }
    // Fields that the program set itself have precedence.
    if let Some(Context::Other(fields)) = state.contexts.get(CLOUD) {
        add_fields(root, fields);
    }
    for (key, value) in scope.tags.iter() {
        add(root, key.to_owned(), value.into());
    }
}

/// Adds the fields of a context whose names are those of attributes.
fn add_fields(root: &mut SpanData, fields: &Map<String, Value>) {
    fields.iter().for_each(|(key, value)| add(root, key.clone(), AttributeValue::from_json(value)));
}

/// Sets the source of a segment's name, which the protocol requires, unless it is set.
pub(crate) fn say_source(source: &'static str, root: &mut SpanData) {
    add(root, NAME_SOURCE, AttributeValue::from_static(source));
}

/// Adds an attribute with a value, unless the root has one of this name.
fn add(root: &mut SpanData, key: impl Into<Cow<'static, str>>, value: AttributeValue) {
    let key = key.into();
    let empty = value.is_null() || value.as_str() == Some("");
    if !empty && !root.attributes.iter().any(|(known, _)| *known == key) {
        root.attributes.push((key, value));
    }
}

/// Adds the data about the machine and the program.
fn add_facts(root: &mut SpanData) {
    let facts = contexts::facts();
    let value = |context: &contexts::Context, key: &str| {
        context.get(key).map_or(AttributeValue::Null, AttributeValue::from_json)
    };
    add(root, "os.version", value(&facts.os, "version"));
    add(root, "os.build_id", value(&facts.os, "build"));
    add(root, "os.kernel_version", value(&facts.os, "kernel_version"));
    add(root, "process.runtime.name", value(&facts.runtime, "name"));
    add(root, "process.runtime.version", value(&facts.runtime, "version"));
    add(root, "device.archs", vec![std::env::consts::ARCH].into());
    add(root, "device.processor_count", value(&facts.device, "processor_count"));
    add(root, "device.memory_size", value(&facts.device, "memory_size"));
    add(root, "device.cpu_description", value(&facts.device, "cpu_description"));
    add(root, "app.start_time", value(&facts.app, "app_start_time"));
}

fn add_request(root: &mut SpanData, request: Request) {
    let Request { url, method, data, query_string, cookies, headers, env: _ } = request;
    add(root, "http.request.method", method.into());
    add(root, "url.full", url.into());
    add(root, "url.query", query_string.into());
    add(root, "http.request.body.data", data.into());
    if let Some(cookies) = cookies {
        add(root, "http.request.header.cookie", cookie_list(&cookies));
    }
    add_headers(root, "http.request.header.", &headers);
}

fn add_response(root: &mut SpanData, response: &ResponseContext, state: &ClientState) {
    let ResponseContext { cookies, headers, status_code, body_size, data: _ } = response;
    add(root, "http.response.status_code", (*status_code).into());
    add(root, "http.response.body.size", (*body_size).into());
    if let Some(cookies) = cookies {
        add(root, "http.response.header.set-cookie", cookie_list(&state.scrubber.scrub_cookies(cookies)));
    }
    let mut headers = headers.clone();
    state.scrubber.scrub_strings(&mut headers);
    add_headers(root, "http.response.header.", &headers);
}

/// Adds headers as lists of values, by their names in lower case.
fn add_headers(root: &mut SpanData, prefix: &str, headers: &crate::protocol::Map<String, String>) {
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if !COOKIES.contains(&&*name) {
            add(root, format!("{prefix}{name}"), vec![value.clone()].into());
        }
    }
}

/// Returns cookies as a list of `name=value`. A cookie without a name may be a secret.
fn cookie_list(header: &str) -> AttributeValue {
    let one = |(name, value): (&str, &str)| match value.is_empty() || name.is_empty() {
        true => FILTERED.to_owned(),
        false => format!("{name}={value}"),
    };
    let list: Vec<_> = cookie_pairs(header).map(one).collect();
    if list.is_empty() { vec![FILTERED.to_owned()].into() } else { list.into() }
}
