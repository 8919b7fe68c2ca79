//! Tests of the query parameters of outgoing requests, and of URLs in the texts of errors.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use sentry::integrations::{reqwest as of_reqwest, ureq as of_ureq};
use sentry::{ClientOptions, CollectBehavior, DataCollection};
use sentry_tests::support::{LONG, observe, options, untraced};
use serde_json::{Value, json};

/// Returns `url.query` of the span and `http.query` of the breadcrumb for a request of each client.
fn queries(options: &ClientOptions) -> [Value; 4] {
    let of = |call: fn(&str)| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/stock?page=2&q=novel&token=hidden", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _head = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        });
        let seen = observe(options.clone(), || {
            sentry::with_isolation_scope(|| {
                sentry::start_span("checkout", |_| call(&url));
                sentry::capture_message("later", sentry::Level::Info);
            });
        });
        server.join().unwrap();
        let span = seen.spans().into_iter().find(|span| span.op == "http.client").unwrap();
        let breadcrumb = &seen.event()["breadcrumbs"]["values"][0]["data"];
        [span.data["url.query"].clone(), breadcrumb["http.query"].clone()]
    };
    let [[first, second], [third, fourth]] = [of(by_reqwest), of(by_ureq)];
    [first, second, third, fourth]
}

fn by_reqwest(url: &str) {
    let client = reqwest::Client::builder().no_proxy().timeout(LONG).build().unwrap();
    let client =
        reqwest_middleware::ClientBuilder::new(client).with(of_reqwest::SentryMiddleware::new()).build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(client.get(url).send()).unwrap();
}

fn by_ureq(url: &str) {
    let config = ureq::Agent::config_builder().proxy(None).middleware(of_ureq::SentryMiddleware::new());
    ureq::Agent::from(config.build()).get(url).call().unwrap();
}

#[test]
fn the_query_of_an_outgoing_request_is_that_of_the_selection() {
    for (options, query) in [
        (options(), Some("page=[Filtered]&q=[Filtered]&token=[Filtered]")),
        (options().send_default_pii(true), Some("page=2&q=novel&token=[Filtered]")),
        (with(true), Some("page=2&q=novel&token=[Filtered]")),
        (with(false).send_default_pii(true), None),
        (with(CollectBehavior::allow(["page"])), Some("page=2&q=[Filtered]&token=[Filtered]")),
        (with(CollectBehavior::deny(["Q"])), Some("page=2&q=[Filtered]&token=[Filtered]")),
    ] {
        let with_mark = query.map(|query| format!("?{query}"));
        assert_eq!(queries(&options), [json!(query), json!(with_mark), json!(query), json!(with_mark)]);
    }
}

fn with(behavior: impl Into<CollectBehavior>) -> ClientOptions {
    options().data_collection(DataCollection::none().url_query_params(behavior))
}

#[test]
fn urls_in_the_texts_of_errors_follow_the_same_rule() {
    let text = |options: ClientOptions| {
        let seen = observe(options, || {
            let url = "https://shop.example/search?page=2&q=novel";
            sentry::capture_error(&std::io::Error::other(format!("GET {url}: timed out")));
        });
        seen.event()["exception"]["values"][0]["value"].as_str().unwrap().to_owned()
    };
    let expected = |query: &str| format!("GET https://shop.example/search?{query}: timed out");
    let selected = |behavior: CollectBehavior| {
        untraced().data_collection(DataCollection::none().url_query_params(behavior))
    };
    assert_eq!(text(untraced()), expected("page=[Filtered]&q=[Filtered]"));
    assert_eq!(text(untraced().send_default_pii(true)), expected("page=2&q=novel"));
    assert_eq!(text(selected(CollectBehavior::Off)), expected("page=[Filtered]&q=[Filtered]"));
    assert_eq!(text(selected(true.into())), expected("page=2&q=novel"));
    assert_eq!(text(selected(CollectBehavior::allow(["page"]))), expected("page=2&q=[Filtered]"));
    assert_eq!(text(selected(CollectBehavior::deny(["pag"]))), expected("page=[Filtered]&q=novel"));
}
