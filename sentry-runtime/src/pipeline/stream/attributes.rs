//! The attributes of streamed spans that are not their own: those of every span of a segment, and those of its root.
//!
//! [Spec, "Common Attribute Keys"](https://develop.sentry.dev/sdk/telemetry/spans/#common-attribute-keys)

use std::borrow::Cow;

use crate::client::Client;
use crate::pipeline::client_state::ClientState;
use crate::pipeline::contexts;
use crate::pipeline::span::record::SpanData;
use crate::pipeline::span::v2::Common;
use crate::protocol::envelope::SDK;
use crate::protocol::{AttributeValue, User};
use crate::scope::{Scope, Scopes};
use crate::trace::ids;
use crate::trace::segment::Segment;

/// Returns the current common attributes of a segment's spans.
pub(crate) fn common(segment: &Segment, name: &str, scopes: &Scopes) -> Common {
    let options = segment.client.options();
    let mut pairs = Vec::with_capacity(12);
    let mut put = |key: &'static str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            pairs.push((Cow::Borrowed(key), AttributeValue::from(value)));
        }
    };
    put("sentry.segment.name", Some(name));
    put("sentry.segment.id", Some(&ids::wire(segment.key).to_string()));
    put("sentry.release", options.release.as_deref());
    put("sentry.environment", options.environment.as_deref());
    put("sentry.sdk.name", Some(SDK.name));
    put("sentry.sdk.version", Some(SDK.version));
    put("sentry.trace_lifecycle", Some("stream"));
    put("os.name", contexts::facts().os.get("name").and_then(|name| name.as_str()));
    // What is in a scope was put there by the program, or was allowed when it was collected.
    if let Some(user) = user(scopes) {
        put("user.id", user.id.as_deref());
        put("user.email", user.email.as_deref());
        put("user.name", user.username.as_deref());
        put("user.ip_address", user.ip_address.map(|address| address.to_string()).as_deref());
    }
    Common::new(pairs)
}

/// Returns the user of the innermost scope that has one.
fn user(scopes: &Scopes) -> Option<&User> {
    [&scopes.current, &scopes.isolation, &scopes.global].into_iter().find_map(|scope| scope.user())
}

/// Returns the transaction name that the scopes set, if one of them does.
pub(crate) fn name_by_scope(scopes: &Scopes) -> Option<&str> {
    [&scopes.current, &scopes.isolation, &scopes.global]
        .into_iter()
        .find_map(|scope| scope.transaction.as_deref())
}

/// The source of a segment's name.
const NAME_SOURCE: &str = "sentry.segment.name.source";

/// Adds the attributes that only the root span of a segment carries: the fields that a transaction has beside its spans.
pub(crate) fn of_segment(
    client: &Client,
    state: &ClientState,
    source: &'static str,
    scope: &Scope,
    root: &mut SpanData,
) {
    say_source(source, root);
    let options = client.options();
    let facts = contexts::facts();
    let text = |value: Option<&serde_json::Value>| value.and_then(|value| value.as_str()).map(str::to_owned);
    let mut request = scope.request.as_deref().cloned();
    if let Some(request) = &mut request {
        state.scrubber.scrub_request(request);
    }
    let (url, method) = request.map_or((None, None), |request| (request.url, request.method));
    let facts = [
        ("sentry.platform", Some("native".to_owned())),
        ("sentry.dist", options.dist.as_deref().map(str::to_owned)),
        ("server.address", state.server_name.clone()),
        ("os.version", text(facts.os.get("version"))),
        ("process.runtime.name", text(facts.runtime.get("name"))),
        ("process.runtime.version", text(facts.runtime.get("version"))),
        ("http.request.method", method),
        ("url.full", url),
    ];
    let facts = facts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    let tags = scope.tags.iter().map(|(key, value)| (key.clone(), value.clone()));
    let tags = tags.map(|(key, value)| (Cow::Owned(key), AttributeValue::from(value)));
    let facts = facts.map(|(key, value)| (Cow::Owned(key), AttributeValue::from(value)));
    let attributes = scope.attributes.iter().map(|(key, value)| (key.clone(), value.clone()));
    for (key, value) in attributes.chain(facts).chain(tags) {
        let empty = value.is_null() || value.as_str() == Some("");
        if !empty && !root.attributes.iter().any(|(known, _)| *known == key) {
            root.attributes.push((key, value));
        }
    }
}

/// Sets the source of a segment's name, which the protocol requires, unless it is set.
pub(crate) fn say_source(source: &'static str, root: &mut SpanData) {
    if !root.attributes.iter().any(|(known, _)| known == NAME_SOURCE) {
        root.attributes.push((Cow::Borrowed(NAME_SOURCE), AttributeValue::from_static(source)));
    }
}
