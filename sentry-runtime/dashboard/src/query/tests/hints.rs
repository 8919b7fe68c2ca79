use serde_json::{Value, json};

use super::{Lab, NOW, TRACE, error, span, transaction};

fn hints(lab: &Lab) -> Vec<(String, String)> {
    let answer = lab.get("/api/hints");
    let hints = answer["hints"].as_array().unwrap().iter();
    hints
        .map(|hint| (hint["kind"].as_str().unwrap().to_owned(), hint["title"].as_str().unwrap().to_owned()))
        .collect()
}

fn kinds(lab: &Lab) -> Vec<String> {
    hints(lab).into_iter().map(|(kind, _)| kind).collect()
}

fn queries(count: u32, duration: f64) -> Vec<Value> {
    (0..count)
        .map(|at| {
            let text = format!("SELECT * FROM lamp WHERE sku = {at}");
            let mut query = span(
                &format!("{:016x}", 100 + at),
                "000000000000000a",
                "db.query",
                &text,
                f64::from(at),
                duration,
            );
            query["data"] = json!({ "code.file.path": "src/repository.rs", "code.line.number": 48 });
            query
        })
        .collect()
}

#[test]
fn the_same_query_again_and_again() {
    let mut lab = Lab::new();
    lab.send("transaction", &transaction("GET /", "000000000000000a", 100.0, json!(queries(4, 0.5))));
    assert_eq!(kinds(&lab), [""; 0], "four repetitions are below the threshold");
    let mut lab = Lab::new();
    lab.send("transaction", &transaction("GET /", "000000000000000a", 100.0, json!(queries(12, 0.5))));
    let answer = lab.get("/api/hints");
    let hint = &answer["hints"][0];
    assert_eq!(hint["kind"], "n_plus_one");
    assert_eq!(hint["title"], "Repeated 12× in one trace: SELECT * FROM lamp WHERE sku = ?");
    assert!(
        hint["detail"]
            .as_str()
            .unwrap()
            .starts_with("12 calls of `SELECT * FROM lamp WHERE sku = ?`, 6.0 ms in all")
    );
    assert_eq!(
        hint["code"],
        json!({ "file": "src/repository.rs", "abs_file": null, "line": 48, "function": null })
    );
    assert_eq!(
        (&hint["severity"], &hint["count"], &hint["service"]),
        (&json!("medium"), &json!(1), &json!("shop"))
    );
    assert_eq!((&hint["trace_id"], &hint["span_id"]), (&json!(TRACE), &json!("0000000000000064")));
    assert_eq!(lab.get("/api/traces")["traces"][0]["hints"], 1);
    assert_eq!(lab.get(&format!("/api/traces/{TRACE}"))["hints"][0]["kind"], "n_plus_one");
    assert_eq!(lab.get("/api/hints?kind=cancelled")["total"], 0);
    assert_eq!(lab.get("/api/hints?q=lamp%20kind:n_plus_one")["total"], 1);
}

#[test]
fn repetitions_that_a_program_marks_are_a_hint_below_the_threshold() {
    let mut lab = Lab::new();
    let page = |marked: bool| {
        let mut page = transaction("GET /", "000000000000000a", 100.0, json!(queries(3, 0.5)));
        if marked {
            page["contexts"]["trace"]["data"] = json!({ "repeated.count": 3 });
        }
        page
    };
    lab.send("transaction", &page(false));
    assert_eq!(lab.get("/api/hints")["total"], 0);
    let mut lab = Lab::new();
    lab.send("transaction", &page(true));
    assert_eq!(kinds(&lab), ["n_plus_one"]);
}

#[test]
fn a_hint_counts_traces() {
    let mut lab = Lab::new();
    for trace in 1..=3_u32 {
        let mut page = transaction("GET /", "000000000000000a", 100.0, json!(queries(12, 0.5)));
        page["contexts"]["trace"]["trace_id"] = json!(format!("{trace:032x}"));
        lab.send("transaction", &page);
    }
    assert_eq!(lab.get("/api/hints")["hints"][0]["count"], 3);
    assert_eq!(lab.get("/api/hints")["total"], 1);
}

#[test]
fn calls_that_wait_for_each_other() {
    let call = |id: &str, text: &str, start: f64, duration: f64| {
        span(id, "000000000000000a", "http.client", text, start, duration)
    };
    let sequential = json!([call("b", "GET http://a/x", 5.0, 30.0), call("c", "GET http://b/y", 36.0, 40.0)]);
    let overlapping =
        json!([call("b", "GET http://a/x", 5.0, 30.0), call("c", "GET http://b/y", 20.0, 60.0)]);
    let writes = json!([call("b", "POST http://a/x", 5.0, 30.0), call("c", "POST http://b/y", 36.0, 40.0)]);
    let short = json!([call("b", "GET http://a/x", 5.0, 3.0), call("c", "GET http://b/y", 36.0, 4.0)]);
    for (spans, expected) in [(sequential, 1), (overlapping, 0), (writes, 0), (short, 0)] {
        let mut lab = Lab::new();
        lab.send("transaction", &transaction("GET /", "000000000000000a", 100.0, spans));
        let found = hints(&lab);
        assert_eq!(found.len(), expected, "{found:?}");
        if expected == 1 {
            assert_eq!(found[0], ("sequential".to_owned(), "Calls that could run at once: GET /".to_owned()));
            assert!(
                lab.get("/api/hints")["hints"][0]["detail"].as_str().unwrap().contains("saves up to 30.0 ms")
            );
        }
    }
}

#[test]
fn slower_than_usual_is_said_where_it_is_slow() {
    let mut lab = Lab::new();
    for call in 0..16_u32 {
        let duration = if call == 15 { 400.0 } else { 10.0 };
        let (id, child) = (format!("{:016x}", 2 * call + 1), format!("{:016x}", 2 * call + 2));
        let mut page = transaction("GET /", &id, duration, json!([]));
        page["contexts"]["trace"]["trace_id"] = json!(format!("{:032x}", call + 1));
        page["spans"] = json!([span(&child, &id, "function", "work", 0.0, duration - 1.0)]);
        lab.send("transaction", &page);
    }
    let found = hints(&lab);
    assert_eq!(found, [("slower_than_usual".to_owned(), "44× slower than usual: work".to_owned())]);
}

#[test]
fn cancelled_work_is_named_once() {
    let mut lab = Lab::new();
    let mut page = transaction(
        "GET /",
        "000000000000000a",
        100.0,
        json!([
            span("000000000000000b", "000000000000000a", "task", "outer", 10.0, 50.0),
            span("000000000000000c", "000000000000000b", "task", "inner", 10.0, 50.0)
        ]),
    );
    page["spans"][0]["status"] = json!("cancelled");
    page["spans"][1]["status"] = json!("cancelled");
    lab.send("transaction", &page);
    assert_eq!(hints(&lab), [("cancelled".to_owned(), "Cancelled: outer".to_owned())]);
}

#[test]
fn an_error_that_nobody_hears_of_is_swallowed_until_its_event_comes() {
    let mut lab = Lab::new();
    let mut page = transaction(
        "GET /",
        "000000000000000a",
        100.0,
        json!([span("000000000000000b", "000000000000000a", "function", "load", 10.0, 50.0)]),
    );
    page["spans"][0]["status"] = json!("internal_error");
    lab.send("transaction", &page);
    assert_eq!(hints(&lab), [("swallowed_error".to_owned(), "Swallowed error: load".to_owned())]);
    lab.send("event", &error("1", "E", "v"));
    assert_eq!(kinds(&lab), [""; 0], "the event reports the error");

    let mut lab = Lab::new();
    page["contexts"]["trace"]["status"] = json!("internal_error");
    lab.send("transaction", &page);
    assert_eq!(kinds(&lab), [""; 0], "the root says it");
}

#[test]
fn a_span_whose_children_come_and_that_does_not_is_open() {
    let mut lab = Lab::new();
    let child = json!({ "items": [{ "trace_id": TRACE, "span_id": "000000000000000b", "name": "child",
        "parent_span_id": "000000000000000a", "start_timestamp": NOW, "end_timestamp": NOW + 1.0, "attributes": {
        "sentry.segment.id": { "value": "000000000000000a", "type": "string" },
        "sentry.segment.name": { "value": "import", "type": "string" },
        "service.name": { "value": "shop", "type": "string" } } }] });
    lab.send("span", &child);
    lab.now = NOW + 59.0;
    assert_eq!(kinds(&lab), [""; 0]);
    assert_eq!(lab.get("/api/traces")["traces"][0]["complete"], false);
    lab.now = NOW + 90.0;
    assert_eq!(hints(&lab), [("open_span".to_owned(), "Open for 1.5 min: import".to_owned())]);
    assert_eq!(lab.get("/api/overview")["counts"]["hints"], 1);
    lab.send(
        "span",
        &json!({ "items": [{ "trace_id": TRACE, "span_id": "000000000000000a", "name": "import",
        "is_segment": true, "start_timestamp": NOW, "end_timestamp": NOW + 91.0 }] }),
    );
    assert_eq!(kinds(&lab), [""; 0]);
    assert_eq!(lab.get("/api/traces")["traces"][0]["complete"], true);
}

#[test]
fn hints_follow_a_trace_that_grows_span_by_span() {
    let mut lab = Lab::new();
    for (at, query) in queries(300, 0.1).into_iter().enumerate() {
        lab.send("span", &json!({ "items": [query] }));
        let expected: &[&str] = if at >= 4 { &["n_plus_one"] } else { &[] };
        assert_eq!(kinds(&lab), expected, "{at}");
    }
    lab.send("transaction", &transaction("GET /", "000000000000000a", 400.0, json!([])));
    let detail = lab.get("/api/hints")["hints"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("300 calls"), "the root completes the trace: {detail}");
    let functions = lab.get("/api/functions?tab=handlers");
    let self_ms = functions["rows"][0]["self_ms"].as_f64().unwrap();
    assert!((self_ms - 370.0).abs() < 0.1, "{functions}");
}
