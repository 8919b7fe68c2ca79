use super::*;
use crate::client::Destinations;
use crate::integrations::http_server::headers::{self as kept, MAX_VALUE};
use crate::integrations::http_server::received;
use crate::integrations::url::MAX_ENTRIES;
use crate::options::FILTERED;
use crate::protocol::Request;
use crate::scope::request_events::AwaitedFailures;

const HEADERS: &[(&str, &str)] = &[
    ("host", "shop.example:8443"),
    ("user-agent", "ua/1"),
    ("authorization", "Bearer abc"),
    ("cookie", "theme=dark; session=abc"),
    ("x-forwarded-for", "10.1.2.3, 10.0.0.1"),
    ("x-forwarded-proto", "https"),
    ("referer", "https://shop.example/search?q=ada"),
    ("accept", "text/html"),
    ("accept", "text/plain"),
];

/// The recorded data of a request.
struct Made {
    request: Request,
    attributes: Attributes,
}

/// Returns the head of a request with nothing but its method and path.
fn bare_head() -> Head<'static> {
    Head {
        method: "GET",
        scheme: None,
        authority: None,
        path: "/",
        query: None,
        version: "1.1",
        route: None,
        peer: None,
        origin: "auto.http.test",
        awaited: AwaitedFailures::Errors,
        further: Head::NOTHING,
    }
}

fn incoming(pii: bool, headers: &[(&str, &str)], query: Option<&str>) -> Incoming {
    let (route, peer) = (Some("/lamps/{id}".into()), Some([127, 0, 0, 1].into()));
    let head = Head { path: "/lamps/7", query, route, peer, ..bare_head() };
    let options = ClientOptions { send_default_pii: pii, ..ClientOptions::default() };
    let client = Arc::new(Client::assemble(options, |_, _, _| Ok(Destinations::default())).unwrap());
    Incoming::new(head, || headers.iter().map(|(name, value)| (*name, value.as_bytes(), false)), &client)
}

fn read(pii: bool, headers: &[(&str, &str)], query: Option<&str>) -> Made {
    let incoming = incoming(pii, headers, query);
    let request = incoming.request().unwrap();
    Made { request: Request::clone(&request), attributes: incoming.received.unwrap().attributes() }
}

#[test]
fn without_leave_only_what_names_nobody_is_kept() {
    let incoming = read(false, HEADERS, Some("q=ada&token=abc&lone&&"));
    let request = &incoming.request;
    assert_eq!(request.url.as_deref(), Some("https://shop.example:8443/lamps/7"));
    assert_eq!(request.query_string.as_deref(), Some("q=[Filtered]&token=[Filtered]&[Filtered]"));
    assert_eq!(request.cookies, None);
    assert!(request.env.is_empty());
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    assert_eq!(header("user-agent"), Some("ua/1"));
    assert_eq!(header("accept"), Some("text/html, text/plain"));
    assert_eq!(header("referer"), Some("https://shop.example/search"));
    assert_eq!(header("cookie"), None);
    for name in ["authorization", "x-forwarded-for"] {
        assert_eq!(header(name), Some(FILTERED), "{name}");
    }
    assert!(incoming.attributes.iter().all(|(key, _)| key != "client.address"));
}

#[test]
fn with_leave_the_rest_is_kept_too() {
    let request = read(true, HEADERS, Some("q=ada")).request;
    assert_eq!(request.query_string.as_deref(), Some("q=ada"));
    assert_eq!(request.cookies.as_deref(), Some("theme=dark; session=abc"));
    assert_eq!(request.env.get("REMOTE_ADDR").map(String::as_str), Some("10.1.2.3"));
    assert_eq!(request.headers.get("cookie"), None, "in a field of its own");
    assert_eq!(request.headers.get("x-forwarded-for").map(String::as_str), Some("10.1.2.3, 10.0.0.1"));
}

#[test]
fn a_host_that_is_none_is_left_out() {
    for headers in [&[("host", "a b")][..], &[("host", "user@shop")], &[]] {
        assert_eq!(read(false, headers, None).request.url.as_deref(), Some("/lamps/7"), "{headers:?}");
    }
}

#[test]
fn everything_is_bounded() {
    let long = "a".repeat(100_000);
    let headers: Vec<_> = (0..500).map(|number| (format!("accept-{number}"), long.clone())).collect();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let options = ClientOptions { send_default_pii: true, ..ClientOptions::default() };
    let kept = kept::of_request(&headers, options.collected());
    assert_eq!(kept.len(), MAX_ENTRIES);
    assert!(kept.values().all(|value| value.chars().count() <= MAX_VALUE));
}

#[test]
fn cookies_of_several_headers_are_all_kept() {
    let headers = &[("cookie", "theme=dark"), ("accept", "*/*"), ("cookie", "lang=de")];
    assert_eq!(read(true, headers, None).request.cookies.as_deref(), Some("theme=dark; lang=de"));
    assert_eq!(read(false, headers, None).request.cookies, None);
}

#[test]
fn a_proxy_may_name_the_port_of_the_client_too() {
    for (value, address) in
        [("10.1.2.3:4711", "10.1.2.3"), ("[2001:db8::1]:80, x", "2001:db8::1"), ("x", "127.0.0.1")]
    {
        let headers = &[("x-forwarded-for", value)];
        let env = read(true, headers, None).request.env;
        assert_eq!(env.get("REMOTE_ADDR").map(String::as_str), Some(address), "{value}");
    }
}

#[test]
fn a_large_request_is_kept_as_it_leaves() {
    let long = "a".repeat(received::MAX_KEPT);
    for (value, is_large) in [("a", false), (&long, true)] {
        let headers = [("accept", value), ("cookie", value)];
        let incoming = incoming(true, &headers, None);
        assert_eq!(matches!(incoming.request(), Some(ScopeRequest::Given(_))), is_large);
        let (name, attributes) = incoming.into_span(&ClientOptions::default());
        assert_eq!(matches!(name, RootName::Given { .. }), is_large);
        assert_eq!(name.name(), "GET /lamps/{id}");
        assert_eq!(name.source(), "route");
        let later = matches!(name, RootName::Request(_));
        assert_eq!((attributes.is_empty(), later), (!is_large, !is_large));
    }
}

#[test]
fn a_filter_and_the_sampler_see_all_attributes() {
    let all = read(false, HEADERS, None).attributes;
    let sampler = ClientOptions::new().traces_sampler(|_| 1.0);
    let filter = ClientOptions::new().ignore_spans(["health"]);
    for options in [sampler, filter] {
        let (_, attributes) = incoming(false, HEADERS, None).into_span(&options);
        assert_eq!(attributes, all);
    }
}

#[test]
fn events_are_a_part_of_a_request_that_is_kept() {
    let long = "a".repeat(received::MAX_KEPT);
    for (value, is_kept) in [("a", true), (&long, false)] {
        let incoming = incoming(false, &[("accept", value)], None);
        let received = Arc::downgrade(incoming.received.as_ref().unwrap());
        let (events, again) = (incoming.events(), incoming.events());
        assert_eq!(events.awaited, AwaitedFailures::Errors);
        assert_eq!(events.is(&again), is_kept);
        drop((incoming, again));
        assert_eq!(received.upgrade().is_some(), is_kept, "a large request is not kept by its events");
        drop(events);
        assert!(received.upgrade().is_none());
    }
}

#[test]
fn sensitive_values_and_broken_texts_do_not_leave() {
    let options = ClientOptions { send_default_pii: true, ..ClientOptions::default() };
    let client = Arc::new(Client::assemble(options, |_, _, _| Ok(Destinations::default())).unwrap());
    let headers: [RawHeader<'_>; 4] = [
        ("accept", b"secret", true),
        ("accept", b"text/html", false),
        ("baggage", b"a=\xff", false),
        ("baggage", b"b=2", true),
    ];
    let received = Received::new(bare_head(), || headers.into_iter(), client);
    assert_eq!(received.request().headers["accept"], FILTERED);
    assert!(!format!("{received:?}").contains("secret"));
    // A trace is continued even from headers that are marked as sensitive.
    let mut values = Vec::new();
    crate::trace::headers::HeaderSource::visit(&*received, "Baggage", &mut |value| {
        values.push(value.to_owned())
    });
    assert_eq!(values, ["b=2"]);
}

/// Returns the trace of a request with these headers, and the trace that is read directly from the same headers.
fn traces(headers: &[RawHeader<'_>]) -> [Option<Propagation>; 2] {
    let client = Client::assemble(ClientOptions::default(), |_, _, _| Ok(Destinations::default()));
    let incoming = Incoming::new(bare_head(), || headers.iter().copied(), &Arc::new(client.unwrap()));
    let readable = headers.iter().filter(|(_, value, _)| value.is_ascii());
    let pairs =
        readable.map(|(name, value, _)| (*name, std::str::from_utf8(value).unwrap())).collect::<Vec<_>>();
    [incoming.propagation, Propagation::from_headers(&pairs, None)]
}

#[test]
fn the_trace_of_a_kept_request_is_that_of_its_headers() {
    let trace = b"771a43a4192642f0b136d5159a501700-1234567890abcdef-1";
    let upper = trace.to_ascii_uppercase();
    let (deferred, joined) = (&trace[..49], [b" , ", &trace[..], b", x"].concat());
    let known =
        b"sentry-sample_rand=0.25,sentry-sample_rate=0.5,sentry-release=1%402,sentry.span_group.a_id=1";
    let large = [&known[..], b",vendor=", &vec![b'v'; 8192 - known.len() - 8]].concat();
    let traceparent = b"00-771a43a4192642f0b136d5159a501700-1234567890abcdef-01";
    let baggage: [&[(&str, &[u8], bool)]; 9] = [
        &[],
        &[("baggage", known, false)],
        &[("baggage", known, true)],
        &[("baggage", b"", false)],
        &[("baggage", &large, false)],
        &[("baggage", b"sentry-sample_rand=0.5,a=\xff", false), ("baggage", known, false)],
        &[("baggage", b"tenant=7", false), ("baggage", known, false)],
        &[
            ("baggage", known, false),
            ("baggage", b"sentry-sample_rand=0.75", false),
            ("baggage", b"\xc3", false),
        ],
        &[("baggage", b"sentry-release=1,\xe2\x82\xac=1", false), ("package", known, false)],
    ];
    for value in [&trace[..], deferred, &upper, &joined, b"", b"\xff", &trace[..50]] {
        for own in baggage {
            for with_traceparent in [false, true] {
                let mut headers = vec![("host", &b"shop.example"[..], false), ("sentry-trace", value, false)];
                headers.extend(with_traceparent.then_some(("traceparent", &traceparent[..], false)));
                headers.extend(own);
                let [kept, read] = traces(&headers);
                let facts = |trace: &Propagation| {
                    let dsc = trace.dsc.as_ref().map(|dsc| dsc.get());
                    let entries: Option<Vec<_>> = dsc.map(|dsc| {
                        let all = dsc.iter().filter(|(key, _)| *key != "sample_rand");
                        all.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
                    });
                    let given = names_sample_rand(own).then(|| trace.sample_rand());
                    let groups = trace.groups().map(|groups| groups.iter().count());
                    let Propagation { trace_id, parent, sampled, .. } = *trace;
                    (trace_id, parent, sampled, trace.parent_sample_rate(), given, groups, entries)
                };
                assert_eq!(kept.as_ref().map(facts), read.as_ref().map(facts), "{headers:?}");
            }
        }
    }
}

/// Returns whether a readable header `baggage` names a random number.
fn names_sample_rand(headers: &[RawHeader<'_>]) -> bool {
    let mut readable = headers.iter().filter(|(name, value, _)| *name == "baggage" && value.is_ascii());
    readable.any(|(_, value, _)| value.windows(11).any(|part| part == b"sample_rand"))
}
