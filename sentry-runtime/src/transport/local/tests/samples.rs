//! Sample payloads in their wire form.

use serde_json::{Value, json};

use crate::protocol::ItemType;

pub(super) const TRACE: &str = "4c79f60c11214eb38604f4ae0781bfb2";
/// 2026-11-21 12:04:05 UTC
pub(super) const NOON: f64 = 1_795_262_645.0;

pub(super) fn id(number: usize) -> String {
    format!("{number:016x}")
}

pub(super) fn span(number: usize, parent: usize, op: &str, name: &str, from_ms: f64, to_ms: f64) -> Value {
    json!({
        "trace_id": TRACE, "span_id": id(number), "parent_span_id": id(parent), "op": op, "description": name,
        "status": "ok", "start_timestamp": NOON + from_ms / 1e3, "timestamp": NOON + to_ms / 1e3,
    })
}

#[expect(clippy::too_many_arguments, reason = "one row of a table")]
pub(super) fn transaction(
    number: usize,
    parent: Option<usize>,
    op: &str,
    name: &str,
    from_ms: f64,
    to_ms: f64,
    status: &str,
    spans: Vec<Value>,
) -> Value {
    json!({
        "type": "transaction", "transaction": name,
        "start_timestamp": NOON + from_ms / 1e3, "timestamp": NOON + to_ms / 1e3,
        "contexts": {"trace": {
            "trace_id": TRACE, "span_id": id(number), "parent_span_id": parent.map(id), "op": op, "status": status,
            "data": {"http.request.method": "POST", "sentry.origin": "auto"},
        }},
        "spans": spans,
    })
}

pub(super) fn card_declined(span: usize) -> Value {
    json!({
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "level": "error", "timestamp": NOON,
        "contexts": {"trace": {"trace_id": TRACE, "span_id": id(span)}},
        "exception": {"values": [
            {"type": "io::Error", "value": "connection reset by peer"},
            {
                "type": "PaymentError", "value": "card declined: insufficient funds",
                "mechanism": {"type": "server_action", "handled": false},
                "stacktrace": {"frames": [
                    {"function": "std::rt::lang_start", "filename": "rt.rs", "lineno": 1, "in_app": false},
                    {"function": "storefront::main", "filename": "src/main.rs", "lineno": 17, "in_app": true},
                    {
                        "function": "PaymentService::charge", "filename": "src/payment.rs", "lineno": 42,
                        "in_app": true, "context_line": "        let receipt = self.client.charge(card)?;",
                    },
                ]},
            },
        ]},
    })
}

/// Returns a page, an order and a payment service, each with its own transaction; the last part arrives first.
pub(super) fn storefront() -> Vec<(ItemType, Value)> {
    let mut charge = span(5, 4, "function", "PaymentService::charge", 21.0, 44.2);
    charge["status"] = json!("internal_error");
    let mut get = span(6, 5, "http.client", "POST /charge", 21.4, 43.9);
    get["data"] = json!({"http.response.status_code": 402, "server.address": "127.0.0.1"});
    let mut order = vec![span(4, 2, "function", "Cart::checkout", 3.1, 45.0), charge, get];
    for number in 0..57_u32 {
        let from = 3.4 + f64::from(number) * 0.3;
        order.push(span(
            100 + number as usize,
            4,
            "db.query",
            "SELECT * FROM stock WHERE item = ?",
            from,
            from + 0.21,
        ));
    }
    vec![
        (ItemType::Event, card_declined(5)),
        (
            ItemType::Transaction,
            transaction(7, Some(6), "http.server", "POST /charge", 22.0, 43.0, "invalid_argument", vec![]),
        ),
        (
            ItemType::Transaction,
            transaction(2, Some(1), "http.server", "POST /order", 2.0, 48.2, "internal_error", order),
        ),
        (ItemType::Transaction, transaction(1, None, "test", "buy the blue lamp", 0.0, 50.0, "ok", vec![])),
    ]
}

pub(super) fn check_in(status: &str, duration: Option<f64>, config: Value) -> (ItemType, Value) {
    let payload = json!({
        "check_in_id": "6483f54d1b37469386303c2606326fc9", "monitor_slug": "nightly-report", "status": status,
        "duration": duration, "monitor_config": config,
    });
    (ItemType::CheckIn, payload)
}

/// Returns one of each item that is printed on one line or has no trace.
pub(super) fn notes() -> Vec<(ItemType, Value)> {
    let crontab = json!({"schedule": {"type": "crontab", "value": "0 3 * * *"}, "timezone": "Europe/Vienna"});
    let interval = json!({"schedule": {"type": "interval", "value": 10, "unit": "minute"}});
    let steps: Vec<_> = (0..11)
        .map(|n| json!({"function": format!("step_{n}"), "filename": "src/lib.rs", "lineno": n, "in_app": true}))
        .collect();
    let logs = json!({"items": [
        {
            "timestamp": NOON, "level": "info", "body": "order placed",
            "attributes": {"order.id": {"value": 7}, "sentry.origin": {"value": "manual"}},
        },
        {"timestamp": NOON + 61.0, "level": "error", "body": "card declined"},
    ]});
    let metrics = json!({"items": [
        {"name": "orders", "value": 1}, {"name": "latency", "value": 12.5, "unit": "millisecond"},
    ]});
    let message =
        json!({"event_id": "0b1c2d3e4f", "level": "warning", "logentry": {"formatted": "stock is low"}});
    let panic = json!({"event_id": "fc6d8c0c43", "exception": {"values": [{
        "type": "panic", "value": "assertion `left == right` failed\n  left: 1\n right: 2",
        "mechanism": {"handled": false}, "stacktrace": {"frames": steps},
    }]}});
    vec![
        check_in("in_progress", None, crontab),
        check_in("ok", Some(1.25), Value::Null),
        check_in("in_progress", None, interval),
        check_in("error", Some(0.0123), Value::Null),
        (ItemType::Log, logs),
        (ItemType::TraceMetric, metrics),
        (ItemType::Feedback, json!({"contexts": {"feedback": {"name": "Ada", "message": "lovely lamp"}}})),
        (ItemType::Session, json!({"sid": "1", "status": "ok", "errors": 1})),
        (ItemType::Session, json!({"sid": "1", "status": "crashed", "errors": 2, "duration": 1.5})),
        (ItemType::Sessions, json!({"aggregates": [{"exited": 3}, {"exited": 1, "errored": 2}]})),
        (ItemType::Event, message),
        (ItemType::Event, panic),
    ]
}
