//! Tests of errors that are responses: with a status below 500 they cause no event, with any attribute.

#![allow(clippy::result_large_err, reason = "the sizes are those of the frameworks' types")]

use actix_web::error::InternalError;
use axum::extract::rejection::PathRejection;
use axum::response::{ErrorResponse, Redirect};
use http::{HeaderName, StatusCode};
use sentry_tests::support::{block_on, observe, options};
use serde_json::Value;

#[derive(Debug)]
struct NoLamps;

impl std::fmt::Display for NoLamps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no lamps")
    }
}

impl std::error::Error for NoLamps {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&std::fmt::Error)
    }
}

/// An error that tells actix-web its status.
#[derive(Debug)]
struct Closed(u16);

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed")
    }
}

impl actix_web::ResponseError for Closed {
    fn status_code(&self) -> actix_web::http::StatusCode {
        actix_web::http::StatusCode::from_u16(self.0).unwrap()
    }
}

/// Calls a handler with each attribute, and returns the exceptions of its events.
macro_rules! of_all_attributes {
    ($error:ty, $value:expr) => {{
        #[sentry::server_action]
        async fn action() -> Result<(), $error> {
            Err($value)
        }
        #[sentry::api_handler("/lamps")]
        fn handler() -> Result<(), $error> {
            Err($value)
        }
        #[sentry::data_fetcher(get_static_props, "/lamps")]
        fn fetcher() -> Result<(), $error> {
            Err($value)
        }
        let runs: [(&str, fn()); 3] = [
            ("action", || assert!(block_on(action()).is_err())),
            ("handler", || assert!(handler().is_err())),
            ("fetcher", || assert!(fetcher().is_err())),
        ];
        runs.map(|(name, run)| {
            let events = observe(options(), run).events();
            let texts = |event: &Value| -> Vec<String> {
                let values = event["exception"]["values"].as_array().unwrap();
                values
                    .iter()
                    .map(|value| {
                        format!("{}: {}", value["type"].as_str().unwrap(), value["value"].as_str().unwrap())
                    })
                    .collect()
            };
            (name, events.iter().map(texts).collect::<Vec<_>>())
        })
    }};
}

macro_rules! assert_silent {
    ($($error:ty: $value:expr;)*) => {$(
        for (attribute, events) in of_all_attributes!($error, $value) {
            assert!(events.is_empty(), "{} in {attribute}: {events:?}", stringify!($value));
        }
    )*};
}

macro_rules! assert_told {
    ($($error:ty: $value:expr => [$($text:literal),+];)*) => {$(
        for (attribute, events) in of_all_attributes!($error, $value) {
            assert_eq!(events, [[$($text),+]], "{} in {attribute}", stringify!($value));
        }
    )*};
}

#[test]
fn responses_below_500_are_no_events() {
    assert_silent! {
        (u16, &'static str): (401, "wrong password");
        StatusCode: StatusCode::NOT_FOUND;
        (StatusCode, &'static str): (StatusCode::UNAUTHORIZED, "wrong password");
        (StatusCode, [(HeaderName, &'static str); 1], String): (StatusCode::CONFLICT, [(http::header::ETAG, "7")], "taken".into());
        (StatusCode, (), (), (), (), NoLamps): (StatusCode::IM_A_TEAPOT, (), (), (), (), NoLamps);
        http::Response<&'static str>: http::Response::builder().status(404).body("no").unwrap();
    }
}

#[test]
fn responses_of_axum_below_500_are_no_events() {
    assert_silent! {
        Redirect: Redirect::to("/login");
        ErrorResponse: (StatusCode::FORBIDDEN, "not yours").into();
        axum::response::Response: axum::response::IntoResponse::into_response(StatusCode::GONE);
    }
}

#[test]
fn errors_of_actix_below_500_are_no_events() {
    assert_silent! {
        actix_web::Error: actix_web::error::ErrorNotFound("no such lamp");
        InternalError<&'static str>: InternalError::new("no such lamp", actix_web::http::StatusCode::NOT_FOUND);
        actix_web::HttpResponse: actix_web::HttpResponse::BadRequest().finish();
        Closed: Closed(403);
        actix_web::error::UrlencodedError: actix_web::error::UrlencodedError::ContentType;
    }
}

#[test]
fn a_server_error_is_one_event_of_the_error_in_the_response() {
    assert_told! {
        (u16, &'static str): (500, "no stock") => ["Error: no stock"];
        (StatusCode, String): (StatusCode::BAD_GATEWAY, "no stock".into()) => ["Error: no stock"];
        (StatusCode, (), NoLamps): (StatusCode::INTERNAL_SERVER_ERROR, (), NoLamps) =>
            ["Error: an error occurred when formatting an argument", "NoLamps: no lamps"];
        StatusCode: StatusCode::SERVICE_UNAVAILABLE => ["StatusCode: 503 Service Unavailable"];
        InternalError<NoLamps>: InternalError::new(NoLamps, actix_web::http::StatusCode::BAD_GATEWAY) =>
            ["NoLamps: no lamps"];
        actix_web::Error: actix_web::error::ErrorInternalServerError(NoLamps) => ["NoLamps: no lamps"];
        Closed: Closed(503) => ["Closed: closed"];
    }
}

#[test]
fn a_rejection_is_judged_by_its_status() {
    use axum::extract::{FromRequestParts as _, Path};
    fn rejected() -> PathRejection {
        let (mut parts, ()) = http::Request::builder().uri("/lamps").body(()).unwrap().into_parts();
        // Without a router there are no parameters, which is an error of the server.
        block_on(Path::<u32>::from_request_parts(&mut parts, &())).unwrap_err()
    }
    for (attribute, events) in of_all_attributes!(PathRejection, rejected()) {
        assert_eq!(events.len(), 1, "{attribute}");
    }
}

/// A rejection like those of axum.
#[derive(Debug)]
struct LampRejection;

impl LampRejection {
    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

#[test]
fn a_rejection_tells_its_status_by_a_method() {
    assert_eq!(LampRejection.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_silent! { LampRejection: LampRejection; }
}

#[test]
fn other_errors_are_captured_as_before() {
    assert_told! {
        NoLamps: NoLamps => ["Error: an error occurred when formatting an argument", "NoLamps: no lamps"];
        // actix-web answers this error with 404, other frameworks do not.
        std::io::Error: std::io::ErrorKind::NotFound.into() => ["io::Error: entity not found"];
    }
}

#[sentry::server_action(ignore = |error: &std::num::ParseIntError| *error.kind() == std::num::IntErrorKind::Empty)]
fn ignoring_action(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

#[sentry::api_handler("/lamps", ignore = |error| matches!(error.kind(), std::num::IntErrorKind::Empty))]
async fn ignoring_handler(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

fn is_empty(error: &std::num::ParseIntError) -> bool {
    *error.kind() == std::num::IntErrorKind::Empty
}

#[sentry::data_fetcher(get_static_props, "/lamps", ignore = is_empty)]
fn ignoring_fetcher(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

#[test]
fn the_program_decides_about_errors_of_other_crates() {
    let by_hand = |text: &str| {
        let options = sentry::ServerActionOptions::new().ignore(is_empty);
        drop(sentry::try_with_server_action("by hand", options, || text.parse::<u8>()));
    };
    for (text, expected) in [("", 0), ("x", 4)] {
        let seen = observe(options(), || {
            drop(ignoring_action(text));
            drop(block_on(ignoring_handler(text)));
            drop(ignoring_fetcher(text));
            by_hand(text);
        });
        assert_eq!(seen.events().len(), expected, "{text:?}");
        let status = if expected == 0 { "ok" } else { "internal_error" };
        assert!(seen.spans().iter().all(|span| span.status == status), "{:?}", seen.spans());
    }
}
