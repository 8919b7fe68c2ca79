//! Tests of the types that attributes and functions read headers from; `server_action.rs` has the common ones.

use std::collections::HashMap;

use sentry::{HeaderLookup, HeaderPairs, ServerActionOptions};
use sentry_tests::support::{Seen, block_on, observe, options};

use crate::{SPAN, TRACE, root, sentry_trace};

/// A header map with types of its own for names and values, like those of some servers; the values are bytes.
#[derive(Default)]
struct ForeignMap(Vec<(ForeignName, ForeignValue)>);
struct ForeignName(&'static str);
struct ForeignValue(Vec<u8>);

impl AsRef<str> for ForeignName {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl AsRef<[u8]> for ForeignValue {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<'a> IntoIterator for &'a ForeignMap {
    type Item = (&'a ForeignName, &'a ForeignValue);
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn foreign() -> ForeignMap {
    let value = |text: &str| ForeignValue(text.as_bytes().to_vec());
    ForeignMap(vec![
        (ForeignName("Sentry-Trace"), ForeignValue(vec![0xff, 0xfe])),
        (ForeignName("x-other"), value("other")),
        (ForeignName("Sentry-Trace"), value(&sentry_trace())),
    ])
}

#[sentry::server_action(headers = headers)]
fn of_foreign(headers: &ForeignMap) {
    let _ = headers;
}

#[sentry::server_action(headers = request.headers)]
async fn of_a_field(request: http::request::Parts) {
    drop(request);
}

#[sentry::server_action(headers = |name: &str| metadata.get(name).cloned())]
async fn of_a_closure(metadata: HashMap<String, String>) {
    drop(metadata);
}

#[sentry::server_action(headers = request)]
fn of_parts(request: &http::request::Parts) {
    let _ = request;
}

#[sentry::server_action(headers = [("sentry-trace", text)])]
fn of_an_array(text: &str) {
    let _ = text;
}

fn parts() -> http::request::Parts {
    http::Request::builder().header("sentry-trace", sentry_trace()).body(()).unwrap().into_parts().0
}

#[track_caller]
fn assert_continued<R>(seen: &Seen<R>) {
    let root = root(seen);
    assert_eq!(root["trace_id"], TRACE);
    assert_eq!(root["parent_span_id"], SPAN);
}

#[test]
fn an_attribute_takes_header_maps_of_any_type() {
    assert_continued(&observe(options(), || of_foreign(&foreign())));
    assert_continued(&observe(options(), || block_on(of_a_field(parts()))));
    assert_continued(&observe(options(), || of_parts(&parts())));
    assert_continued(&observe(options(), || of_an_array(&sentry_trace())));
    let metadata = HashMap::from([("sentry-trace".to_owned(), sentry_trace())]);
    assert_continued(&observe(options(), || block_on(of_a_closure(metadata))));
}

#[test]
fn a_function_takes_header_maps_of_any_type_in_a_wrapper() {
    let map = foreign();
    let lookup = |name: &str| (name == "sentry-trace").then(sentry_trace);
    let run = |options| sentry::with_server_action("action", options, || ());
    assert_continued(&observe(options(), || run(ServerActionOptions::new().headers(HeaderPairs(&map)))));
    assert_continued(&observe(options(), || run(ServerActionOptions::new().headers(HeaderLookup(&lookup)))));
    assert_continued(&observe(options(), || {
        sentry::continue_trace(&HeaderPairs(&map), || sentry::start_span("request", |_| ()));
    }));
    assert_continued(&observe(options(), || {
        sentry::continue_trace(&HeaderLookup(lookup), || sentry::start_span("request", |_| ()));
    }));
}
