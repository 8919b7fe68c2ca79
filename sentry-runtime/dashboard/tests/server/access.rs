//! Tests of read access: the token, the names of this machine, other sites in the same browser.

use crate::support::{Server, TOKEN, transaction};

const PATHS: [&str; 9] = [
    "/",
    "/api",
    "/api/traces",
    "/api/overview",
    "/api/live",
    "/api/wait?kind=trace&timeout=0",
    "/api/pin",
    "/api/clear",
    "/mcp",
];

#[test]
fn nothing_is_read_without_the_token() {
    let server = Server::start();
    let host = server.address().to_string();
    for path in PATHS {
        for headers in [
            vec![("host", &*host)],
            vec![("host", &*host), ("authorization", "Bearer wrong")],
            vec![("host", &*host), ("cookie", "token=token-of-the-tests")],
        ] {
            for method in ["GET", "POST"] {
                let answer = server.exactly(method, path, &headers, b"");
                assert_eq!(answer.status, 401, "{method} {path} with {headers:?}");
                assert!(!answer.text().contains(TOKEN));
            }
        }
    }
}

#[test]
fn the_printed_url_signs_a_browser_in() {
    let server = Server::start();
    let host = server.address().to_string();
    let url = server.handle.url();
    let path = url.strip_prefix(&format!("http://{host}")).unwrap();
    let answer = server.exactly("GET", path, &[("host", &host)], b"");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax") && cookie.contains("; Path=/")
    );
    let (pair, _) = cookie.split_once(';').unwrap();
    assert!(pair.contains(&server.address().port().to_string()), "browsers do not tell ports apart");
    let page = server.exactly("GET", "/", &[("host", &host), ("cookie", pair)], b"");
    assert_eq!(page.status, 200);
    assert!(page.text().starts_with("<!doctype html>"));
    let wrong = server.exactly("GET", "/?token=wrong", &[("host", &host)], b"");
    assert_eq!((wrong.status, wrong.header("set-cookie")), (401, None));
    assert!(wrong.text().contains("<form"), "a person can type the token");
}

#[test]
fn a_name_that_was_rebound_to_this_machine_reads_nothing() {
    let server = Server::start();
    let port = server.address().port();
    let bearer = format!("Bearer {TOKEN}");
    for name in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.7"] {
        let host = format!("{name}:{port}");
        for path in PATHS {
            let answer = server.exactly("GET", path, &[("host", &host), ("authorization", &bearer)], b"");
            assert_eq!(answer.status, 403, "{path} by {host}");
        }
        let sign_in = server.exactly("GET", &format!("/?token={TOKEN}"), &[("host", &host)], b"");
        assert_eq!((sign_in.status, sign_in.header("set-cookie")), (403, None));
    }
    for name in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "shop.localhost"] {
        let host = format!("{name}:{port}");
        let answer =
            server.exactly("GET", "/api/traces", &[("host", &host), ("authorization", &bearer)], b"");
        assert_eq!(answer.status, 200, "{host}");
    }
}

#[test]
fn a_page_of_another_site_reads_and_changes_nothing_even_in_a_signed_in_browser() {
    let server = Server::start();
    server.send(&transaction(1, "stays"));
    let host = server.address().to_string();
    let cookie = format!("sentry_dashboard_{}={TOKEN}", server.address().port());
    let own = format!("http://{host}");
    let ask = |method: &str, path: &str, more: &[(&str, &str)]| {
        let mut headers = vec![("host", &*host), ("cookie", &*cookie), ("content-length", "0")];
        headers.extend_from_slice(more);
        server.exactly(method, path, &headers, b"").status
    };
    for origin in ["http://evil.example", "http://localhost:3000", "http://127.0.0.1", "null", ""] {
        for path in PATHS {
            assert_eq!(ask("GET", path, &[("origin", origin)]), 403, "{path} from {origin}");
        }
        assert_eq!(ask("POST", "/api/clear", &[("origin", origin)]), 403);
        assert_eq!(ask("POST", "/mcp", &[("origin", origin)]), 403);
    }
    // A request without CORS, such as that of an image, has no `Origin` header, but a `Sec-Fetch-Site` header.
    for site in ["cross-site", "same-site"] {
        assert_eq!(
            ask("GET", "/api/traces", &[("sec-fetch-site", site), ("sec-fetch-mode", "no-cors")]),
            403
        );
        assert_eq!(
            ask("POST", "/api/clear", &[("sec-fetch-site", site), ("sec-fetch-mode", "navigate")]),
            403
        );
    }
    assert_eq!(server.trace_names(), ["stays"]);
    // A link on another page, and the page's own requests.
    assert_eq!(ask("GET", "/", &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]), 200);
    assert_eq!(ask("GET", "/api/traces", &[("sec-fetch-site", "same-origin"), ("origin", &own)]), 200);
    assert_eq!(ask("POST", "/api/clear", &[("sec-fetch-site", "same-origin"), ("origin", &own)]), 204);
    assert!(server.trace_names().is_empty());
}

#[test]
fn no_answer_may_be_kept_framed_or_read_as_something_else() {
    let server = Server::start();
    for path in PATHS.into_iter().filter(|path| !path.contains("live")).chain(["/nothing"]) {
        let answer = server.get(path);
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name} of {path}");
        }
        assert!(
            answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"),
            "{path}"
        );
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}
