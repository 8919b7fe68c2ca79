use super::*;
use crate::integrations::url::MAX_ENTRIES;
use crate::options::FILTERED;

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

fn read(pii: bool, headers: &'static [(&'static str, &'static str)], query: Option<&str>) -> Incoming {
    let head = Head {
        method: "GET",
        scheme: None,
        authority: None,
        path: "/lamps/7",
        query,
        version: "1.1",
        route: Some("/lamps/{id}".into()),
        peer: Some([127, 0, 0, 1].into()),
        origin: "auto.http.test",
    };
    let options = ClientOptions { send_default_pii: pii, ..ClientOptions::default() };
    {
        let bytes: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        Incoming::new(head, &bytes, &headers.to_vec(), &options)
    }
}

#[test]
fn without_leave_only_what_names_nobody_is_kept() {
    let incoming = read(false, HEADERS, Some("q=ada&token=abc&lone&&"));
    let request = incoming.request.unwrap();
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
    let request = read(true, HEADERS, Some("q=ada")).request.unwrap();
    assert_eq!(request.query_string.as_deref(), Some("q=ada"));
    assert_eq!(request.cookies.as_deref(), Some("theme=dark; session=abc"));
    assert_eq!(request.env.get("REMOTE_ADDR").map(String::as_str), Some("10.1.2.3"));
    assert_eq!(request.headers.get("cookie"), None, "in a field of its own");
    assert_eq!(request.headers.get("x-forwarded-for").map(String::as_str), Some("10.1.2.3, 10.0.0.1"));
}

#[test]
fn a_host_that_is_none_is_left_out() {
    for headers in [&[("host", "a b")][..], &[("host", "user@shop")], &[]] {
        assert_eq!(
            read(false, headers, None).request.unwrap().url.as_deref(),
            Some("/lamps/7"),
            "{headers:?}"
        );
    }
}

#[test]
fn ports_are_told_from_addresses() {
    assert_eq!(split_port("shop:80"), ("shop", Some(80)));
    assert_eq!(split_port("[::1]:80"), ("[::1]", Some(80)));
    assert_eq!(split_port("[::1]"), ("[::1]", None));
    assert_eq!(split_port("shop"), ("shop", None));
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
    assert_eq!(read(true, headers, None).request.unwrap().cookies.as_deref(), Some("theme=dark; lang=de"));
    assert_eq!(read(false, headers, None).request.unwrap().cookies, None);
}

#[test]
fn a_proxy_may_name_the_port_of_the_client_too() {
    for (value, address) in
        [("10.1.2.3:4711", "10.1.2.3"), ("[2001:db8::1]:80, x", "2001:db8::1"), ("x", "127.0.0.1")]
    {
        let headers: &'static [_] = vec![("x-forwarded-for", value)].leak();
        let env = read(true, headers, None).request.unwrap().env;
        assert_eq!(env.get("REMOTE_ADDR").map(String::as_str), Some(address), "{value}");
    }
}
