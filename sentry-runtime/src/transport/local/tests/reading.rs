//! Tests of the parts that a person reads: errors, HTTP requests, places in the source, the order of traces.

use super::*;

const COLUMNS: [usize; 5] = [40, 60, 80, 120, 200];

/// Returns the words of the output, independently of its line breaks.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_text_of_an_error_is_never_cut_for_its_ids() {
    let said =
        "the card that belongs to the customer of order 1002 was declined, so that the order is not paid";
    let mut event = card_declined(5);
    event["exception"]["values"][1]["value"] = json!(said);
    for columns in COLUMNS {
        let seen = words(&seen(columns, &[(ItemType::Event, event.clone())]));
        assert!(seen.starts_with(&format!("✗ PaymentError: {said}")), "{columns} columns: {seen}");
        for part in ["unhandled", "event fc6d8c0c", "trace 4c79f60c"] {
            assert!(seen.contains(part), "no {part} in {columns} columns: {seen}");
        }
    }
}

#[test]
fn a_frame_keeps_the_file_and_the_line() {
    let mut event = card_declined(5);
    let frame = &mut event["exception"]["values"][1]["stacktrace"]["frames"][2];
    frame["function"] = json!("PaymentService::charge_the_card_of_the_customer");
    frame["filename"] = json!("services/payment/src/payment.rs");
    for columns in COLUMNS {
        let seen = seen(columns, &[(ItemType::Event, event.clone())]);
        assert!(seen.contains("src/payment.rs:42\n"), "{columns} columns:\n{seen}");
    }
}

#[test]
fn a_frame_without_names_takes_no_line() {
    let mut event = card_declined(5);
    let named = seen(80, &[(ItemType::Event, event.clone())]);
    let frames = event["exception"]["values"][1]["stacktrace"]["frames"].as_array_mut().unwrap();
    frames.push(json!({"instruction_addr": "0x7001", "package": "/bin/storefront", "in_app": true}));
    assert_eq!(seen(80, &[(ItemType::Event, event)]), named);
}

/// Returns a transaction of a request to `GET /lamps/{sku}` with this path.
fn request(path: &str, http_status: u16, status: &str) -> Value {
    let mut request = transaction(1, None, "http.server", "GET /lamps/{sku}", 0.0, 5.0, status, vec![]);
    request["contexts"]["trace"]["data"] = json!({
        "http.request.method": "GET", "http.route": "/lamps/{sku}", "http.response.status_code": http_status,
        "url.full": format!("http://localhost:8000{path}"), "url.path": path, "url.scheme": "http",
        "server.address": "localhost", "network.protocol.version": "1.1", "shop.id": 7,
    });
    request
}

#[test]
fn a_request_says_its_path_and_the_number_of_its_status() {
    let row = |request: Value| {
        let seen = seen(120, &[(ItemType::Transaction, request)]);
        words(seen.lines().nth(1).unwrap())
    };
    let found = row(request("/lamps/lantern", 200, "ok"));
    assert!(found.starts_with("GET /lamps/{sku} 200 /lamps/lantern shop.id=7 http.server"), "{found}");
    let missing = row(request("/lamps/none", 404, "not_found"));
    assert!(missing.starts_with("GET /lamps/{sku} ✗ 404 /lamps/none shop.id=7 http.server"), "{missing}");
    // The handler failed after it had begun to answer.
    let broken = row(request("/lamps/lantern", 200, "internal_error"));
    assert!(broken.starts_with("GET /lamps/{sku} ✗ internal_error /lamps/lantern"), "{broken}");
}

#[test]
fn a_path_that_the_name_says_is_not_repeated() {
    let mut request = request("/lamps", 200, "ok");
    request["transaction"] = json!("GET /lamps");
    let seen = seen(120, &[(ItemType::Transaction, request)]);
    assert_eq!(seen.matches("/lamps").count(), 1, "{seen}");
}

#[test]
fn of_a_url_that_is_too_long_the_path_stays() {
    let name = "POST http://payments.internal.shop.example:39993/charges/of/customers";
    let spans = vec![span(2, 1, "http.client", name, 1.0, 2.0)];
    let parent = transaction(1, None, "http.server", "POST /orders", 0.0, 5.0, "ok", spans);
    let seen = seen(60, &[(ItemType::Transaction, parent)]);
    assert!(seen.contains("└─ POST …") && seen.contains("/of/customers "), "{seen}");
}

#[test]
fn an_event_of_a_log_record_says_where_it_was_written() {
    let contexts =
        [("Rust Tracing Location", "Rust Tracing Fields"), ("Rust Log Metadata", "Rust Log Attributes")];
    for (location, fields) in contexts {
        let event = json!({
            "event_id": "fc6d8c0c43", "level": "error", "logentry": {"message": "the payment failed"},
            "contexts": {
                location: {"file": "src/orders.rs", "line": 41, "module_path": "shop::orders"},
                fields: {"order": 1002},
            },
        });
        let seen = seen(100, &[(ItemType::Event, event)]);
        assert!(seen.contains("\n    in shop::orders  src/orders.rs:41\n       │ order=1002\n"), "{seen}");
    }
}

#[test]
fn a_log_says_where_it_was_written_and_keeps_its_text() {
    let body = "the order could not be paid, because the bank declined the card of the customer";
    let log = json!({"items": [{
        "timestamp": NOON, "level": "error", "body": body,
        "attributes": {
            "code.file.path": {"value": "src/orders.rs"}, "code.line.number": {"value": 41},
            "order.id": {"value": 7}, "server.address": {"value": "host"}, "logger.name": {"value": "shop"},
        },
    }]});
    for columns in [60, 80, 120, 200] {
        let seen = seen(columns, &[(ItemType::Log, log.clone())]);
        assert_eq!(words(&seen), format!("12:04:05Z error {body} order.id=7 src/orders.rs:41"), "{columns}");
    }
}

#[test]
fn on_a_wide_terminal_names_are_near_their_durations() {
    let seen = seen(200, &storefront());
    let row = seen.lines().find(|line| line.contains("Cart::checkout")).unwrap();
    assert!(!row.contains(&" ".repeat(60)), "{seen}");
    assert!(row.matches('━').count() > 40, "a finer time line\n{seen}");
}

/// Returns a transaction in a trace of its own.
fn of_trace(trace: char, name: &str, from_ms: f64, to_ms: f64) -> Value {
    let mut transaction = transaction(1, None, "", name, from_ms, to_ms, "ok", vec![]);
    transaction["contexts"]["trace"]["trace_id"] = json!(trace.to_string().repeat(32));
    transaction
}

#[test]
fn traces_are_printed_in_the_order_of_their_start() {
    let (mut view, screen) = view(false, 100);
    // The inner job ends first.
    view.deliver(&mut envelope(ItemType::Transaction, &of_trace('b', "second", 5.0, 6.0)));
    let began = view.held[0].first;
    view.deliver(&mut envelope(ItemType::Transaction, &of_trace('a', "first", 0.0, 50.0)));
    let later = began + Duration::from_millis(100);
    for held in &mut view.held {
        (held.first, held.last) = if held.start > NOON { (began, began) } else { (later, later) };
    }
    view.release(Some(began + QUIET));
    assert_eq!(screen.take(), "", "the first is complete soon");
    view.release(Some(later + QUIET));
    let seen = screen.take();
    assert!(seen.find("\nfirst").unwrap() < seen.find("\nsecond").unwrap(), "{seen}");
}

#[test]
fn a_trace_waits_for_an_earlier_one_no_longer_than_two_seconds() {
    let (mut view, screen) = view(false, 100);
    view.deliver(&mut envelope(ItemType::Transaction, &of_trace('b', "second", 5.0, 6.0)));
    let began = view.held[0].first;
    view.deliver(&mut envelope(ItemType::Transaction, &of_trace('a', "first", 0.0, 50.0)));
    for held in view.held.iter_mut().filter(|held| held.start <= NOON) {
        (held.first, held.last) = (began + LONGEST_HOLD, began + LONGEST_HOLD);
    }
    view.release(Some(began + LONGEST_HOLD));
    let seen = screen.take();
    assert!(seen.contains("\nsecond") && !seen.contains("\nfirst"), "{seen}");
}

#[test]
fn a_run_of_a_job_is_one_line_with_its_trace_and_its_error() {
    let in_trace = |(ty, mut payload): (ItemType, Value)| {
        payload["contexts"] = json!({"trace": {"trace_id": TRACE, "span_id": id(1)}});
        (ty, payload)
    };
    let schedule = json!({"schedule": {"type": "crontab", "value": "0 3 * * *"}});
    let job = transaction(1, None, "function.monitor", "report", 0.0, 5.0, "internal_error", vec![]);
    let seen = seen(
        100,
        &[
            in_trace(check_in("in_progress", None, schedule)),
            in_trace(check_in("error", Some(0.005), Value::Null)),
            (ItemType::Event, card_declined(1)),
            (ItemType::Transaction, job),
        ],
    );
    let lines: Vec<_> = seen.lines().collect();
    assert!(lines[0].starts_with("── trace 4c79f60c · 1 span"), "{seen}");
    assert!(lines[1].starts_with("report ✗ internal_error"), "{seen}");
    assert!(lines[2].contains("✗ PaymentError"), "{seen}");
    assert_eq!(lines[3], "✗ nightly-report  check-in  error  5.00 ms  0 3 * * *", "{seen}");
    assert_eq!(lines[4], "", "{seen}");
    assert!(lines[5].starts_with("✗ PaymentError"), "{seen}");
    assert!(!seen.contains("in_progress"), "{seen}");
}

#[test]
fn a_long_job_is_shown_when_it_has_begun() {
    let (mut view, screen) = view(false, 100);
    let (ty, mut began) = check_in("in_progress", None, Value::Null);
    began["contexts"] = json!({"trace": {"trace_id": TRACE}});
    view.deliver(&mut envelope(ty, &began));
    let first = view.held[0].first;
    view.release(Some(first + QUIET));
    assert_eq!(screen.take(), "", "it may end at once");
    view.release(Some(first + ALONE));
    assert_eq!(screen.take(), "◷ nightly-report  check-in  in_progress\n");
}

#[test]
fn the_check_in_of_a_job_that_has_ended_waits_for_its_trace() {
    let (mut view, screen) = view(false, 100);
    let deliver = |view: &mut LocalView, (ty, mut payload): (ItemType, Value)| {
        payload["contexts"]["trace"] = json!({"trace_id": TRACE, "span_id": id(1)});
        view.deliver(&mut envelope(ty, &payload));
    };
    deliver(&mut view, check_in("in_progress", None, Value::Null));
    deliver(&mut view, check_in("ok", Some(0.005), Value::Null));
    view.release(Some(view.held[0].last + QUIET));
    assert_eq!(screen.take(), "", "the pipeline may be busy with an error");
    let job = transaction(1, None, "function.monitor", "report", 0.0, 5.0, "ok", vec![]);
    deliver(&mut view, (ItemType::Transaction, job));
    view.release(Some(view.held[0].last + QUIET));
    let seen = screen.take();
    let lines: Vec<_> = seen.lines().collect();
    assert!(lines[0].starts_with("── trace 4c79f60c · 1 span"), "{seen}");
    assert!(lines[2].starts_with("✓ nightly-report  check-in  ok"), "{seen}");
}

#[test]
fn the_arguments_of_a_function_that_failed_are_shown_with_it() {
    let mut event = card_declined(5);
    let frames = event["exception"]["values"][1]["stacktrace"]["frames"].as_array_mut().unwrap();
    let frame = frames.iter_mut().rev().find(|frame| frame["in_app"] == true).unwrap();
    frame["vars"] = json!({"order_id": "7", "card_number": "[Filtered]"});
    let shown = seen(80, &[(ItemType::Event, event)]);
    assert!(shown.lines().any(|line| line.contains("order_id=7") && line.contains("[Filtered]")), "{shown}");
}

#[test]
fn a_narrow_terminal_shows_the_names_of_deep_spans_instead_of_bars() {
    let names = ["place_order", "orders::place", "charge", "POST /charges", "take_payment", "authorize"];
    let spans = names.iter().enumerate().skip(1);
    let spans = spans.map(|(depth, name)| span(depth + 1, depth, "function", name, 1.0, 9.0)).collect();
    let trace = transaction(1, None, "function", names[0], 0.0, 10.0, "ok", spans);
    let seen = seen(40, &[(ItemType::Transaction, trace)]);
    for name in names {
        assert!(seen.contains(&format!("{name} ")), "{name}:\n{seen}");
    }
    assert!(!seen.contains('━'), "{seen}");
    assert!(seen.lines().all(|line| style::width(line) <= 40 && !line.ends_with(' ')), "{seen}");
}
