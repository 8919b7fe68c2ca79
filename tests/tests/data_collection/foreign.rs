//! Tests of attributes of other libraries' spans and records, which arrive through `tracing`, `log` and OpenTelemetry.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, SpanKind, Tracer as _};
use sentry::integrations::opentelemetry::OpenTelemetry;
use sentry::{ClientOptions, CollectBehavior, DataCollection};
use sentry_tests::support::{Seen, observe, only, options};
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::FILTERED;

/// Calls a macro with attributes of a span, one or more per category.
macro_rules! with_attributes {
    ($call:ident!($($before:tt)*)) => {
        $call!(
            $($before)*
            gen_ai.input.messages = "ask",
            gen_ai.output.messages = "answer",
            mcp.request.argument.city = "Linz",
            mcp.tool.result.content = "rain",
            graphql.document = "query { id }",
            graphql.variables = "{}",
            db.query.parameter.id = "7",
            messaging.message.body = "hello",
            client.address = "10.11.12.13",
            http.request.header.accept = "text/html",
            http.request.header.cookie = "theme=dark",
            http.response.header.vary = "accept",
            http.request.body.data = "{}",
            url.full = "http://shop.example/?page=2&q=ada",
            url.query = "page=2&q=ada",
            gen_ai.request.model = "gpt-4o",
            db.query.text = "SELECT ?",
            order.id = 7,
        )
    };
}

macro_rules! tracing_span {
    ($($field:tt)*) => { tracing::info_span!("work", $($field)*) };
}

macro_rules! tracing_event {
    ($($field:tt)*) => { tracing::info!($($field)* "hello") };
}

macro_rules! key_values {
    ($($($name:ident).+ = $value:expr,)*) => {
        [$(KeyValue::new(stringify!($($name).+).replace(' ', ""), $value)),*]
    };
}

/// The text of an error. It is defined far from the code that logs it, because the source lines of that code are sent,
/// too.
const TEXT: &str = "no answer from https://shop.example/?q=ada";

/// The attributes that every configuration records.
const FACTS: [&str; 3] = ["db.query.text", "gen_ai.request.model", "order.id"];

/// Returns the collected attributes of a `tracing` span, an OpenTelemetry span, and a `tracing` log.
fn collected(options: ClientOptions) -> [BTreeMap<String, Value>; 3] {
    fn with_layer(run: impl FnOnce()) {
        let layer = sentry::integrations::tracing::layer();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), run);
    }
    let names: Vec<String> =
        with_attributes!(key_values!()).iter().map(|pair| pair.key.as_str().to_owned()).collect();
    let of = |attributes: &Value, is_typed: bool| {
        let value = |name: &str| if is_typed { &attributes[name]["value"] } else { &attributes[name] };
        let known = names.iter().map(|name| (name.clone(), value(name).clone()));
        let mut known: BTreeMap<_, _> = known.filter(|(_, value)| !value.is_null()).collect();
        assert!(FACTS.iter().all(|fact| known.remove(*fact).is_some()), "{attributes:#}");
        known
    };
    let root = |seen: &Seen<()>| seen.transaction()["contexts"]["trace"]["data"].clone();
    let by_tracing = observe(options.clone(), || with_layer(|| drop(with_attributes!(tracing_span!()))));
    let by_otel = observe(options.clone().integration(OpenTelemetry::new()), || {
        let tracer = sentry::get_client().unwrap().tracer();
        let start = tracer.span_builder("work").with_kind(SpanKind::Internal);
        let [first, rest @ ..] = with_attributes!(key_values!());
        let mut span = start.with_attributes([first]).start(&tracer);
        rest.into_iter().for_each(|pair| span.set_attribute(pair));
        span.end();
    });
    let in_context = &by_otel.transaction()["contexts"]["otel"]["attributes"];
    let by_log = observe(options.collect_logs(true), || with_layer(|| with_attributes!(tracing_event!())));
    let of_log = only(by_log.logs())["attributes"].clone();
    assert_eq!(of(in_context, false), of(&root(&by_otel), false));
    [of(&root(&by_tracing), false), of(&root(&by_otel), false), of(&of_log, true)]
}

fn with(collection: DataCollection) -> ClientOptions {
    options().data_collection(collection)
}

#[track_caller]
fn assert_collected(options: ClientOptions, expected: &[(&str, &str)]) {
    let expected: BTreeMap<_, _> =
        expected.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    for known in collected(options) {
        assert_eq!(known, expected);
    }
}

#[test]
fn without_the_option_contents_are_left_out_and_facts_stay() {
    assert_collected(
        options(),
        &[
            ("http.request.header.accept", "text/html"),
            ("url.full", "http://shop.example/?page=[Filtered]&q=[Filtered]"),
            ("url.query", "page=[Filtered]&q=[Filtered]"),
        ],
    );
    assert_collected(with(DataCollection::none()), &[("url.full", "http://shop.example/")]);
}

#[test]
fn everything_is_collected_with_an_empty_selection() {
    for options in [with(DataCollection::new()), options().send_default_pii(true)] {
        for known in collected(options) {
            assert_eq!(known.len(), 15, "{known:#?}");
            assert_eq!(known["url.full"], "http://shop.example/?page=2&q=ada");
        }
    }
}

#[test]
fn each_category_opens_its_attributes_only() {
    let page = ("url.full", "http://shop.example/");
    let none = DataCollection::none;
    for (collection, opened) in [
        (none().gen_ai_inputs(true), ("gen_ai.input.messages", "ask")),
        (none().gen_ai_outputs(true), ("gen_ai.output.messages", "answer")),
        (none().database_query_data(true), ("db.query.parameter.id", "7")),
        (none().queues(true), ("messaging.message.body", "hello")),
        (none().user_info(true), ("client.address", "10.11.12.13")),
        (none().cookies(true), ("http.request.header.cookie", "theme=dark")),
        (none().cookies(CollectBehavior::Harmless), ("http.request.header.cookie", "theme=[Filtered]")),
        (none().http_bodies(sentry::HttpBodyType::ALL), ("http.request.body.data", "{}")),
    ] {
        assert_collected(with(collection), &[opened, page]);
    }
    let two = [("mcp.request.argument.city", "Linz"), ("mcp.tool.result.content", "rain"), page];
    assert_collected(with(none().mcp(true)), &two);
    let two = [("graphql.document", "query { id }"), ("graphql.variables", "{}"), page];
    assert_collected(with(none().graphql(true)), &two);
}

#[test]
fn lists_choose_headers_and_query_parameters() {
    let collection = DataCollection::none()
        .http_headers(CollectBehavior::allow(["accept"]))
        .url_query_params(CollectBehavior::deny(["q"]));
    assert_collected(
        with(collection),
        &[
            ("http.request.header.accept", "text/html"),
            ("http.response.header.vary", FILTERED),
            ("url.full", "http://shop.example/?page=2&q=[Filtered]"),
            ("url.query", "page=2&q=[Filtered]"),
        ],
    );
}

/// Returns the recorded attributes of an OpenTelemetry span that is started with these attributes.
fn of_span(options: ClientOptions, given: &[(&'static str, &'static str)]) -> Vec<(String, String)> {
    let seen = observe(options.integration(OpenTelemetry::new()), || {
        let tracer = sentry::get_client().unwrap().tracer();
        let pairs = given.iter().map(|(key, value)| KeyValue::new(*key, *value));
        drop(tracer.span_builder("work").with_attributes(pairs).start(&tracer));
    });
    let data = &seen.transaction()["contexts"]["trace"]["data"];
    let known = given.iter().filter_map(|(key, _)| Some(((*key).to_owned(), data[key].as_str()?.to_owned())));
    known.collect()
}

#[test]
fn cookies_are_recognised_in_every_spelling() {
    let given = [
        ("http.request.header.Cookie", "theme=dark"),
        ("http.request.header.cookie.theme", "dark"),
        ("http.response.header.Set-Cookie", "theme=dark; Path=/"),
        ("http.response.header.set_cookie.theme", "dark"),
    ];
    let headers = || DataCollection::none().http_headers(true);
    assert_eq!(of_span(with(headers()), &given), []);
    let values = |options| of_span(options, &given).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
    let shown = values(with(headers().cookies(CollectBehavior::allow(["theme"]))));
    assert_eq!(shown, ["theme=dark", "dark", "theme=dark", "dark"]);
    let names = values(with(headers().cookies(CollectBehavior::Harmless)));
    assert_eq!(names, ["theme=[Filtered]", FILTERED, "theme=[Filtered]", FILTERED]);
}

#[test]
fn a_denied_header_is_denied_in_every_spelling() {
    let options = || with(DataCollection::none().http_headers(CollectBehavior::deny(["x-shop"])));
    for key in ["http.request.header.x_shop", "http.response.header.x_shop", "http.response.header.X-Shop"] {
        assert_eq!(of_span(options(), &[(key, "7")]), [(key.to_owned(), FILTERED.to_owned())]);
    }
}

#[test]
fn urls_have_their_query_as_its_category_says_wherever_they_are() {
    let url = "https://shop.example/?page=2#part";
    let keys = ["url", "uri", "url.full", "http.request.header.referer", "http.response.header.location"];
    for key in keys {
        for (query, kept) in [(false, "https://shop.example/"), (true, url)] {
            let options = with(DataCollection::none().http_headers(true).url_query_params(query));
            assert_eq!(of_span(options, &[(key, url)]), [(key.to_owned(), kept.to_owned())]);
        }
    }
    for (key, fragment) in [("url.fragment", "token"), ("http.fragment", "#part")] {
        assert_eq!(of_span(with(DataCollection::none()), &[(key, fragment)]), []);
        assert_eq!(of_span(options(), &[(key, "part")]), [(key.to_owned(), FILTERED.to_owned())]);
    }
}

#[test]
fn the_peer_of_a_connection_is_the_client_of_a_server() {
    let given = [("network.peer.address", "10.11.12.13"), ("net.sock.peer.addr", "10.11.12.13")];
    assert_eq!(of_span(options(), &given), []);
    assert_eq!(of_span(with(DataCollection::none().user_info(true)), &given).len(), 2);
}

#[test]
fn an_event_that_is_a_message_to_a_model_is_left_out() {
    let breadcrumbs = |options: ClientOptions| {
        let chat = || {
            sentry::configure_scope(|scope| scope.clear_breadcrumbs());
            let mut span = sentry::get_client().unwrap().tracer().start("chat");
            for name in ["gen_ai.user.message", "gen_ai.choice", "cache.miss", "exception"] {
                span.add_event(name, vec![KeyValue::new("content", "Will it rain?")]);
            }
            span.end();
        };
        let seen = observe(options.integration(OpenTelemetry::new()), || sentry::with_isolation_scope(chat));
        let all = only(seen.events())["breadcrumbs"]["values"].as_array().unwrap().clone();
        all.into_iter().map(|one| one["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(breadcrumbs(options()), ["cache.miss"]);
    let inputs = with(DataCollection::none().gen_ai_inputs(true));
    assert_eq!(breadcrumbs(inputs), ["gen_ai.user.message", "cache.miss"]);
}

#[test]
fn urls_in_the_texts_of_errors_have_their_query_as_its_category_says() {
    let said = |options: ClientOptions| {
        let layer = sentry::integrations::tracing::layer();
        let subscriber = tracing_subscriber::registry().with(layer);
        let work = || {
            // Removes breadcrumbs of other tests in this process.
            sentry::configure_scope(|scope| scope.clear_breadcrumbs());
            tracing::subscriber::with_default(subscriber, || {
                let error = std::io::Error::other(TEXT);
                let _span = tracing::info_span!("work", error = &error as &dyn std::error::Error).entered();
                // The first is the form of `#[instrument(err)]`, the second is an error with its causes.
                tracing::error!(error = %error);
                tracing::error!(cause = &error as &dyn std::error::Error, "the order waits");
            });
        };
        observe(options.collect_logs(true), || sentry::with_isolation_scope(work))
    };
    let envelopes = |seen: Seen<()>| {
        let [events, logs] = [seen.events(), seen.logs()].map(|items| serde_json::to_string(&items).unwrap());
        [events, logs, seen.transaction().to_string()]
    };
    for known in envelopes(said(options())) {
        assert!(!known.contains(TEXT) && known.contains("https://shop.example/?q=[Filtered]"), "{known}");
    }
    for known in envelopes(said(with(DataCollection::new()))) {
        assert!(known.contains(TEXT), "{known}");
    }
    let first = &said(options()).events()[0];
    assert!(first["exception"].is_null() && first["logentry"]["message"].is_string(), "{first:#}");
}
