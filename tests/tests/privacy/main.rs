//! Tests of data that must not leave the process: values with sensitive names at any place, the DSN's secret, and
//! personal data.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod texts;

use std::collections::BTreeMap;

use sentry::protocol::{Context, Event, Request, Value};
use sentry::{Breadcrumb, ClientOptions, Level};
use sentry_tests::support::{self, Seen, observe, only, options, untraced};
use serde_json::json;

const FILTERED: &str = "[Filtered]";

/// Returns a value that is not written as one literal, so that source lines do not contain it.
fn secret() -> String {
    ["s3cr", "et-v4lue"].concat()
}

#[track_caller]
fn assert_nowhere<R>(seen: &Seen<R>, text: &str) {
    assert!(!seen.items().is_empty());
    for request in seen.requests() {
        let body = String::from_utf8_lossy(&request.body);
        assert!(!body.contains(text), "{text:?} in\n{body}");
        for (name, value) in &request.headers {
            assert!(!value.contains(text), "{text:?} in {name}: {value}");
        }
    }
}

fn message() {
    sentry::capture_message("hello", Level::Info);
}

#[test]
fn sensitive_names_are_filtered_in_everything_of_an_event() {
    let names =
        ["password", "api_key", "Authorization", "session_token", "db-passwd", "clientSecret", "private_key"];
    let options = options().deny_names(["iban"]).normalize_depth(6);
    let seen = observe(options, || {
        sentry::with_isolation_scope(|| {
            let mut deep = BTreeMap::new();
            for name in names.iter().chain(&["customer_iban"]) {
                sentry::set_extra(name, secret());
                deep.insert((*name).to_owned(), Value::from(secret()));
            }
            sentry::set_extra("nested", json!({"list": [{"password": secret(), "city": "Linz"}]}));
            sentry::set_extra("as_text", format!("{{\"password\": \"{}\", \"city\": \"Linz\"}}", secret()));
            sentry::set_context("shop", Context::Other(deep.clone()));
            sentry::set_tag("auth_token", secret());
            sentry::add_breadcrumb(Breadcrumb { data: deep, ..Default::default() });
            sentry::start_span("work", |span| {
                for name in names {
                    span.set_attribute(name, secret());
                }
                span.set_attribute("city", "Linz");
                message();
            });
        });
    });
    assert_nowhere(&seen, &secret());
    let event = seen.event();
    for name in names {
        assert_eq!(event["extra"][name], FILTERED, "{name}");
        assert_eq!(event["contexts"]["shop"][name], FILTERED, "{name}");
        assert_eq!(event["breadcrumbs"]["values"][0]["data"][name], FILTERED, "{name}");
        assert_eq!(seen.transaction()["contexts"]["trace"]["data"][name], FILTERED, "{name}");
    }
    assert_eq!(event["extra"]["customer_iban"], FILTERED);
    assert_eq!(event["extra"]["nested"]["list"][0], json!({"password": FILTERED, "city": "Linz"}));
    assert!(event["extra"]["as_text"].as_str().unwrap().contains("Linz"));
    assert_eq!(seen.transaction()["contexts"]["trace"]["data"]["city"], "Linz");
}

#[test]
fn urls_queries_headers_and_cookies_are_filtered_by_their_names() {
    let url = format!("https://user:{0}@shop.example/cart?page=2&token={0}#access_token={0}", secret());
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_extra("link", &*url);
            sentry::add_breadcrumb(Breadcrumb {
                message: Some(format!("GET {url}")),
                data: BTreeMap::from([("url".to_owned(), Value::from(&*url))]),
                ..Default::default()
            });
            sentry::start_span("call", |span| {
                span.set_attribute("url.full", &*url);
                span.set_attribute("http.query", format!("page=2&token={}", secret()));
            });
            sentry::capture_event(Event {
                request: Some(Request {
                    url: Some(url.clone()),
                    query_string: Some(format!("page=2&token={}", secret())),
                    cookies: Some(format!("theme=dark; sessionid={}", secret())),
                    headers: BTreeMap::from([
                        ("Authorization".to_owned(), format!("Bearer {}", secret())),
                        ("Cookie".to_owned(), format!("theme=dark; sessionid={}", secret())),
                        ("X-Api-Key".to_owned(), secret()),
                        ("Accept".to_owned(), "text/html".to_owned()),
                    ]),
                    data: Some(format!("article=lamp&password={}", secret())),
                    ..Default::default()
                }),
                ..Default::default()
            });
        });
    });
    assert_nowhere(&seen, &secret());
    let event = seen.event();
    assert!(
        event["extra"]["link"].as_str().unwrap().contains("shop.example/cart?page=2"),
        "{}",
        event["extra"]
    );
    let request = &event["request"];
    assert_eq!(request["headers"]["Accept"], "text/html");
    assert_eq!(request["headers"]["X-Api-Key"], FILTERED);
    assert!(request["query_string"].to_string().contains("page"), "{request}");
}

#[test]
fn sensitive_names_are_filtered_with_send_default_pii_too() {
    let options = options().send_default_pii(true).normalize_depth(8);
    let seen = observe(options, || {
        sentry::with_isolation_scope(|| {
            sentry::set_extra("deep", json!({"a": [{"b": {"c": [{"client_secret": secret()}]}}]}));
            sentry::set_extra(
                "json in json",
                json!({"body": format!("{{\"inner\": \"{{\\\"password\\\": \\\"{}\\\"}}\"}}", secret())}),
            );
            sentry::set_extra("pairs", json!([["Authorization", secret()], ["Accept", "text/html"]]));
            sentry::set_fingerprint(Some(&["login", &format!("password={}", secret())]));
            sentry::set_user(Some(sentry::User {
                id: Some("7".into()),
                other: BTreeMap::from([("session_token".to_owned(), secret().into())]),
                ..Default::default()
            }));
            sentry::start_span(format!("GET https://shop.example/?token={}", secret()), |span| {
                span.set_tag("api_key", secret());
                span.set_attribute("card_number", secret());
                span.set_attribute("urls", vec![format!("https://a:{}@b/", secret())]);
                sentry::start_span(format!("GET https://a:{}@shop.example/", secret()), |child| {
                    child.set_tag("api_key", secret());
                    child.set_tag("url", format!("/?jwt={}", secret()));
                    child
                        .set_attribute("http.request.header.cookie", format!("sid={}; theme=dark", secret()));
                    child.set_attribute("db.statement", format!("{{\"password\": \"{}\"}}", secret()));
                    sentry::capture_message(
                        &format!(
                            "login failed: password={0}, pwd='{0} {0}' Authorization: Bearer {0}",
                            secret()
                        ),
                        Level::Info,
                    );
                });
                sentry::capture_error(&std::io::Error::other(format!(
                    "refused {{\"token\": \"{}\"}}",
                    secret()
                )));
            });
        });
    });
    assert_eq!((seen.events().len(), seen.transactions().len()), (2, 1));
    let text =
        seen.events().iter().find_map(|event| event["logentry"]["message"].as_str().map(str::to_owned));
    assert_eq!(
        text.unwrap(),
        "login failed: password=[Filtered], pwd='[Filtered]' Authorization: Bearer [Filtered]"
    );
    for request in seen.requests() {
        let body = String::from_utf8_lossy(&request.body);
        // This text of an error looks like JSON only in its middle, and is not filtered.
        let body = body.replace(&format!("refused {{\\\"token\\\": \\\"{}", secret()), "");
        assert!(!body.contains(&secret()), "{body}");
    }
}

#[test]
fn values_added_by_callbacks_are_filtered_too() {
    let options = untraced().before_send(|mut event| {
        event.extra.insert("password".into(), secret().into());
        Some(event)
    });
    let seen = observe(options, message);
    assert_eq!(seen.event()["extra"]["password"], FILTERED);
}

#[sentry::span(args(password, city), ret)]
fn login(password: &str, city: &str) -> String {
    let _ = password;
    city.to_owned()
}

#[test]
fn arguments_and_returned_values_are_filtered() {
    let seen = observe(options(), || login(&secret(), "Linz"));
    assert_nowhere(&seen, &secret());
    let data = &seen.span("login").data;
    assert_eq!((&data["password"], &data["city"]), (&FILTERED.into(), &"Linz".into()));
}

#[test]
fn values_without_secrets_are_kept() {
    let seen = observe(untraced(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_extra("is_authenticated", true);
            sentry::set_extra("author", "Ada");
            sentry::set_extra("passengers", 3);
            sentry::set_extra("password", Value::Null);
            message();
        });
    });
    let extra = &seen.event()["extra"];
    assert_eq!(extra["is_authenticated"], true);
    assert_eq!(extra["author"], "Ada");
    assert_eq!(extra["passengers"], 3);
    assert_eq!(extra["password"], Value::Null);
}

#[test]
fn the_secret_key_of_a_dsn_is_never_sent() {
    let server = sentry_tests::FakeSentry::start();
    let dsn = server.dsn().replacen('@', &format!(":{}@", secret()), 1);
    let shown = support::without_client(|| {
        let guard = sentry::try_init(untraced().dsn(&dsn).traces_sample_rate(1.0)).unwrap();
        message();
        sentry::start_span("one", |_| ());
        let shown = format!("{:?} {:?} {}", guard.options(), guard.dsn(), guard.dsn().unwrap());
        drop(guard);
        shown
    });
    server.assert_valid();
    assert_eq!(server.requests().len(), 2);
    for request in server.requests() {
        let body = String::from_utf8_lossy(&request.body);
        let headers = format!("{} {:?}", request.path, request.headers);
        assert!(!body.contains(&secret()) && !headers.contains(&secret()), "{headers}\n{body}");
    }
    assert!(!shown.contains(&secret()), "{shown}");
    let error =
        sentry::try_init(ClientOptions::new().dsn(&format!("http://key:{}@/1", secret()))).unwrap_err();
    assert!(!error.to_string().contains(&secret()), "{error}");
}

#[test]
fn personal_data_is_not_sent_unless_switched_on() {
    #[sentry::server_action(headers = headers)]
    fn handler(headers: &http::HeaderMap) {
        let _ = headers;
        message();
    }
    let mut headers = http::HeaderMap::new();
    for (name, value) in [
        ("cookie", &*format!("sessionid={}", secret())),
        ("authorization", &*format!("Bearer {}", secret())),
        ("x-forwarded-for", "203.0.113.7"),
        ("user-agent", "Browser/7"),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    let seen = observe(options(), || handler(&headers));
    assert_nowhere(&seen, &secret());
    assert_nowhere(&seen, "203.0.113.7");
    for payload in [seen.event(), seen.transaction()] {
        assert_eq!(payload["user"].get("ip_address"), None, "{payload}");
        assert_eq!(payload["request"].get("cookies"), None, "{payload}");
        assert_eq!(payload["request"].get("env"), None, "{payload}");
    }
    let home = std::env::var("USER").unwrap_or_default();
    let event = seen.event();
    assert_eq!(event.get("user"), None, "the name of the user who runs the program is not sent ({home})");
}

#[test]
fn a_user_that_the_program_names_is_sent() {
    let seen = observe(untraced(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_user(Some(sentry::User {
                id: Some("7".into()),
                email: Some("ada@example.com".into()),
                ..Default::default()
            }));
            message();
        });
    });
    let user = only(vec![seen.event()])["user"].clone();
    assert_eq!((&user["id"], &user["email"]), (&"7".into(), &"ada@example.com".into()));
}
