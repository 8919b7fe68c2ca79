use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanKind, Status};

use super::describe;
use crate::protocol::SpanStatus;

#[test]
fn operations_and_names_follow_from_attributes() {
    let pair = |key: &'static str, value: &'static str| KeyValue::new(key, value);
    let method = || pair("http.request.method", "GET");
    for (name, kind, attributes, expected) in [
        ("work", SpanKind::Internal, vec![], ("work", "", "custom")),
        (
            "GET",
            SpanKind::Server,
            vec![method(), pair("http.route", "/orders/{id}")],
            ("GET /orders/{id}", "http.server", "route"),
        ),
        (
            "GET",
            SpanKind::Client,
            vec![method(), pair("url.full", "https://me:secret@shop.example/a?key=1")],
            ("GET https://shop.example/a", "http.client", "url"),
        ),
        (
            "GET /a?b=1",
            SpanKind::Server,
            vec![method(), pair("http.target", "/a?b=1")],
            ("GET /a", "http.server", "url"),
        ),
        ("list", SpanKind::Internal, vec![method()], ("list", "http", "custom")),
        (
            "db",
            SpanKind::Client,
            vec![pair("db.system", "sqlite"), pair("db.statement", "SELECT 1")],
            ("SELECT 1", "db", "task"),
        ),
        ("Shop/Buy", SpanKind::Client, vec![pair("rpc.service", "Shop")], ("Shop/Buy", "rpc", "route")),
        (
            "orders send",
            SpanKind::Producer,
            vec![pair("messaging.system", "kafka")],
            ("orders send", "message", "route"),
        ),
        ("f", SpanKind::Server, vec![pair("faas.trigger", "pubsub")], ("f", "pubsub", "route")),
    ] {
        let described = describe::of(name, &kind, &attributes);
        assert_eq!((&*described.name, &*described.op, described.source), expected);
    }
}

#[test]
fn only_errors_are_and_codes_say_which() {
    let error = || Status::error("it broke");
    for (status, attributes, expected) in [
        (Status::Unset, vec![KeyValue::new("http.status_code", 500)], SpanStatus::Ok),
        (Status::Ok, vec![], SpanStatus::Ok),
        (error(), vec![], SpanStatus::InternalError),
        (error(), vec![KeyValue::new("rpc.grpc.status_code", 2)], SpanStatus::InternalError),
        (error(), vec![KeyValue::new("http.status_code", 700)], SpanStatus::InternalError),
        (Status::error("unknown_error"), vec![], SpanStatus::InternalError),
        (error(), vec![KeyValue::new("http.response.status_code", 404)], SpanStatus::NotFound),
        (error(), vec![KeyValue::new("rpc.grpc.status_code", 4)], SpanStatus::DeadlineExceeded),
        (error(), vec![KeyValue::new("http.status_code", "429")], SpanStatus::ResourceExhausted),
        (Status::error("cancelled"), vec![], SpanStatus::Cancelled),
    ] {
        assert_eq!(describe::status(&status, &attributes), expected);
    }
}
