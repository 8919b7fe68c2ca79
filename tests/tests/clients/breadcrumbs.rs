//! Tests of the breadcrumbs that requests add to later events.

use sentry_tests::support::{observe, options, untraced};
use serde_json::{Value, json};

use crate::alone;
use crate::client::ALL;
use crate::recorder::Recorder;

#[test]
fn an_error_tells_which_requests_went_before() {
    for client in ALL {
        for options in [untraced(), options()] {
            let server = Recorder::start();
            let seen = observe(options, || {
                alone(|| {
                    for path in ["/200", "/404", "/503", "/hang-up"] {
                        client.get(&server.url(path));
                    }
                    sentry::capture_error(&std::io::Error::other("no stock"));
                });
            });
            let crumbs = seen.event()["breadcrumbs"]["values"].as_array().unwrap().clone();
            let expected = [
                ("/200", Value::Null, json!(200), json!("OK")),
                ("/404", json!("warning"), json!(404), json!("Not Found")),
                ("/503", json!("error"), json!(503), json!("Service Unavailable")),
                ("/hang-up", json!("error"), Value::Null, Value::Null),
            ];
            assert_eq!(crumbs.len(), expected.len(), "{crumbs:#?}");
            for (crumb, (path, level, status, reason)) in crumbs.iter().zip(expected) {
                assert_eq!((&crumb["type"], &crumb["category"]), (&json!("http"), &json!("http")));
                assert_eq!(crumb["data"]["url"], server.url(path));
                assert_eq!(crumb["data"]["method"], "GET");
                assert_eq!(crumb["data"]["status_code"], status, "{path}");
                assert_eq!(crumb["data"]["reason"], reason, "{path}");
                assert_eq!(crumb["level"], level, "{path}");
            }
        }
    }
}

#[test]
fn before_breadcrumb_sees_the_breadcrumbs_of_requests() {
    for client in ALL {
        let server = Recorder::start();
        let options = untraced().before_breadcrumb(|crumb| (crumb.ty != "http").then_some(crumb));
        let seen = observe(options, || {
            alone(|| {
                client.get(&server.url("/200"));
                sentry::capture_message("later", sentry::Level::Info);
            });
        });
        assert!(seen.event()["breadcrumbs"].is_null());
    }
}
