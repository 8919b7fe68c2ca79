//! Tests of the local view's output with fixed data.

mod crashes;
mod reading;
mod repetitions;
mod samples;

use std::sync::{Arc, Mutex};

use serde_json::json;

use self::samples::*;
use super::held::{ALONE, HELD_SPANS, LONGEST_HOLD, LONGEST_RUN, QUIET};
use super::*;
use crate::protocol::DataCategory;

#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

fn terminal(color: bool, width: usize) -> Terminal {
    Terminal::detect(Some(color), Some(width), |_| None)
}

fn view(color: bool, width: usize) -> (LocalView, Screen) {
    let screen = Screen::default();
    (LocalView::with(Box::new(screen.clone()), None, terminal(color, width)), screen)
}

fn envelope(ty: ItemType, payload: &Value) -> Envelope {
    let mut envelope = Envelope::new();
    envelope.add_item(EnvelopeItem::json(ty, serde_json::to_vec(payload).unwrap(), DataCategory::Default));
    envelope
}

/// Returns the output for these items, which all arrive before the first quiet period.
fn seen(width: usize, items: &[(ItemType, Value)]) -> String {
    let (mut view, screen) = view(false, width);
    for (ty, payload) in items {
        view.deliver(&mut envelope(*ty, payload));
    }
    view.flush();
    screen.take()
}

#[test]
fn a_trace_from_several_envelopes_is_one_tree() {
    assert_eq!(seen(100, &storefront()), include_str!("snapshots/storefront.txt"));
}

#[test]
fn what_has_no_trace_is_printed_as_it_comes() {
    let (mut view, screen) = view(false, 100);
    for (ty, payload) in notes() {
        view.deliver(&mut envelope(ty, &payload));
    }
    assert_eq!(screen.take(), include_str!("snapshots/notes.txt"));
}

#[test]
fn spans_of_version_2_are_shown_alike() {
    let spans = json!({"version": 2, "items": [
        {
            "trace_id": TRACE, "span_id": id(1), "name": "nightly", "status": "ok", "is_segment": true,
            "start_timestamp": NOON, "end_timestamp": NOON + 0.004,
            "attributes": {"sentry.op": {"type": "string", "value": "cron"}, "rows": {"type": "integer", "value": 3}},
        },
        {
            "trace_id": TRACE, "span_id": id(2), "parent_span_id": id(1), "name": "export", "status": "error",
            "start_timestamp": NOON + 0.002, "end_timestamp": NOON + 0.004, "attributes": {},
        },
    ]});
    let seen = seen(100, &[(ItemType::Span, spans)]);
    let words = |row: &str| row.split_whitespace().collect::<Vec<_>>().join(" ");
    let rows: Vec<_> = seen.lines().skip(1).map(words).collect();
    assert_eq!(rows[0], "nightly rows=3 cron 4.00 ms ━━━━━━━━━━━━━━━━━━━━━━");
    assert_eq!(rows[1], "└─ export ✗ error 2.00 ms ━━━━━━━━━━━");
}

fn streamed(number: usize, root: usize, name: &str) -> Value {
    json!({"version": 2, "items": [{
        "trace_id": TRACE, "span_id": id(number), "parent_span_id": (number != root).then(|| id(root)), "name": name,
        "status": "ok", "is_segment": number == root, "start_timestamp": NOON, "end_timestamp": NOON + 0.004,
        "attributes": {"sentry.segment.id": {"type": "string", "value": id(root)}},
    }]})
}

#[test]
fn spans_that_are_sent_one_by_one_wait_for_their_root() {
    let (mut view, screen) = view(false, 100);
    view.deliver(&mut envelope(ItemType::Span, &streamed(2, 1, "early")));
    let first = view.held[0].first;
    view.release(Some(first + LONGEST_HOLD));
    assert_eq!(screen.take(), "", "the root runs");
    view.deliver(&mut envelope(ItemType::Span, &streamed(1, 1, "root")));
    view.release(Some(first + LONGEST_HOLD));
    let seen = screen.take();
    assert!(seen.contains(" · 2 spans · 4.00 ms ──") && seen.contains("\n└─ early"), "{seen}");
    view.deliver(&mut envelope(ItemType::Span, &streamed(3, 1, "after that")));
    view.flush();
    let late = screen.take();
    assert!(late.contains(" · 1 span · 4.00 ms · late ──") && late.contains("\nafter that"), "{late}");
}

#[test]
fn a_trace_whose_root_does_not_end_is_printed_in_parts() {
    let (mut view, screen) = view(false, 100);
    view.deliver(&mut envelope(ItemType::Span, &streamed(2, 1, "early")));
    let first = view.held[0].first;
    view.release(Some(first + LONGEST_RUN));
    let seen = screen.take();
    assert!(seen.contains(" · 1 span · 4.00 ms · still running ──") && seen.contains("\nearly"), "{seen}");
    assert!(view.held.is_empty());
}

/// Returns the output for a transaction of this length with these spans.
fn seen_spans(length_ms: f64, spans: Vec<Value>) -> String {
    seen(120, &[(ItemType::Transaction, transaction(1, None, "", "root", 0.0, length_ms, "ok", spans))])
}

#[test]
fn long_traces_are_cut() {
    let step =
        |n: u32| span(10 + n as usize, 1, "function", &format!("step {n}"), f64::from(n), f64::from(n) + 1.0);
    let seen = seen_spans(60.0, (0..60).map(step).collect());
    assert_eq!(seen.lines().count(), 1 + 40 + 1 + 1);
    assert!(seen.contains("\n… and 21 more spans\n"), "{seen}");
}

#[test]
fn repetitions_are_folded_with_what_is_below_them() {
    // An N+1 with a query below each step; one of the queries fails and has its own row.
    let mut spans = Vec::new();
    for n in 0..20_u32 {
        let (step, query, from) = (100 + n as usize, 200 + n as usize, f64::from(n));
        spans.push(span(step, 1, "function", "load_item", from, from + 0.5));
        let mut query = span(query, step, "db.query", "SELECT", from + 0.1, from + 0.2);
        if n == 7 {
            query["status"] = json!("deadline_exceeded");
        }
        spans.push(query);
    }
    let seen = seen_spans(20.0, spans);
    let rows: Vec<_> = seen.lines().collect();
    assert_eq!(rows.len(), 6, "{seen}");
    assert!(rows[2].starts_with("└─ load_item ×20 (total 10.0 ms)"), "{seen}");
    assert!(rows[3].starts_with("   ├─ SELECT ×19 (total 1.90 ms)"), "{seen}");
    assert!(rows[4].starts_with("   └─ SELECT ✗ deadline_exceeded"), "{seen}");
}

#[test]
fn no_depth_and_no_circle_is_too_much() {
    let deep = seen_spans(1.0, (2..3_000).map(|n| span(n, n - 1, "f", &n.to_string(), 0.0, 1.0)).collect());
    assert!(deep.contains("… and 2975 more spans"), "{deep}");
    let circle = vec![
        span(2, 3, "f", "each other's", 0.0, 1.0),
        span(3, 2, "f", "parents", 0.0, 1.0),
        span(4, 4, "f", "its own parent", 0.0, 1.0),
    ];
    let circle = seen_spans(1.0, circle);
    assert!(circle.contains("… and 2 more spans") && circle.contains("\nits own parent"), "{circle}");
}

#[test]
fn a_trace_is_held_until_it_is_quiet_and_no_longer_than_two_seconds() {
    let (mut view, screen) = view(false, 100);
    assert_eq!(view.idle(), None);
    let mut parts = storefront();
    let (ty, event) = parts.remove(0);
    view.deliver(&mut envelope(ty, &event));
    assert!(view.idle().is_some_and(|pause| pause <= ALONE));
    assert_eq!(screen.take(), "");
    let start = view.held[0].first;
    // The event waits for its span.
    view.release(Some(start + ALONE - Duration::from_millis(1)));
    assert_eq!(view.held.len(), 1);
    view.held[0].last = start + LONGEST_HOLD;
    view.release(Some(start + LONGEST_HOLD));
    assert!(screen.take().starts_with("✗ PaymentError"));
    // The span ends only now: it is marked, and the error is not printed again.
    for (ty, payload) in parts {
        view.deliver(&mut envelope(ty, &payload));
    }
    view.flush();
    let late = screen.take();
    assert!(late.contains("         │  ✗ PaymentError: card declined: insufficient funds\n"), "{late}");
    assert!(!late.contains("caused by"));
    assert!(view.remembered.is_empty());
}

/// Postpones the release of the held traces, so that the speed of the machine does not matter.
fn hold(view: &mut LocalView) {
    for held in &mut view.held {
        (held.first, held.last) = (Instant::now() + LONGEST_RUN, Instant::now() + LONGEST_RUN);
    }
}

#[test]
fn what_is_held_is_bounded() {
    let (mut view, screen) = view(false, 100);
    for number in 0..=HELD_TRACES {
        let mut payload = card_declined(1);
        payload["contexts"]["trace"]["trace_id"] = json!(format!("{number:032x}"));
        view.deliver(&mut envelope(ItemType::Event, &payload));
        hold(&mut view);
    }
    assert_eq!(view.held.len(), HELD_TRACES);
    assert_eq!(screen.take().matches("caused by").count(), 1);
    for _ in 0..=HELD_ERRORS {
        view.deliver(&mut envelope(ItemType::Event, &card_declined(1)));
        hold(&mut view);
    }
    assert!(view.held.iter().all(|held| held.errors.len() <= HELD_ERRORS));
    let spans = (2..HELD_SPANS + 10).map(|n| span(n, 1, "f", "f", 0.0, 1.0)).collect();
    let many = transaction(1, None, "", "many", 0.0, 1.0, "ok", spans);
    view.deliver(&mut envelope(ItemType::Transaction, &many));
    assert!(view.held.iter().all(|held| held.spans.len() <= HELD_SPANS));
    screen.take();
    view.flush();
    assert!(screen.take().contains("… and 9 more spans"));
}

#[test]
fn nothing_is_wider_than_the_terminal_or_breaks_out_of_its_line() {
    let hostile = "evil\u{1b}[31m\r\nname\u{202e} 注文を送る 🦀 ".repeat(9);
    let mut items = storefront();
    let mut bad = span(8, 2, &hostile, &hostile, 1.0, f64::MAX);
    bad["status"] = json!(hostile);
    bad["data"] = json!({ hostile.clone(): hostile });
    let other = transaction(9, Some(1), &hostile, &hostile, 2.0, 1.0, &hostile, vec![bad]);
    items.push((ItemType::Transaction, other));
    let mut event = card_declined(8);
    event["exception"]["values"][1]["value"] = json!(hostile);
    event["exception"]["values"][1]["stacktrace"]["frames"][2]["function"] = json!(hostile);
    items.push((ItemType::Event, event));
    items.extend(notes());
    for columns in [40, 60, 80, 100, 120, 200] {
        let seen = seen(columns, &items);
        for line in seen.lines() {
            assert!(style::width(line) <= columns, "{} columns: {line}", style::width(line));
            assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
    }
}

#[test]
fn colour_is_the_only_difference_that_colour_makes() {
    let (mut colored, screen) = view(true, 100);
    for (ty, payload) in storefront() {
        colored.deliver(&mut envelope(ty, &payload));
    }
    colored.flush();
    let text = screen.take();
    assert!(text.contains("\u{1b}[1;31mPaymentError"));
    let mut plain = String::new();
    for (number, part) in text.split('\u{1b}').enumerate() {
        plain.push_str(if number == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(plain, include_str!("snapshots/storefront.txt"));
}

#[test]
fn a_closed_terminal_and_strange_payloads_do_not_matter() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let mut view = LocalView::with(Box::new(Closed), None, terminal(false, 100));
    let odd = json!({"items": 1, "spans": {}, "contexts": {"trace": {"trace_id": "é-no-hex"}}});
    let strange = [json!(null), json!([]), odd];
    for (ty, payload) in storefront().into_iter().chain(notes()) {
        assert!(matches!(view.deliver(&mut envelope(ty, &payload)), Delivery::Sent { .. }));
        for payload in &strange {
            assert!(matches!(view.deliver(&mut envelope(ty, payload)), Delivery::Sent { .. }));
        }
    }
    view.flush();
}

#[test]
fn a_message_is_no_failure_of_its_span() {
    let mut message = card_declined(5);
    message["level"] = json!("info");
    message["logentry"] = json!({"formatted": "card looked at"});
    message.as_object_mut().unwrap().remove("exception");
    let mut parts = storefront();
    // Replaces the storefront's event, which is an error.
    parts[0].1 = message;
    let seen = seen(100, &parts);
    assert!(seen.contains("│  ● card looked at\n"), "{seen}");
    assert!(!seen.contains("✗ card looked at"), "{seen}");
}

#[test]
fn the_raw_file_has_what_would_go_over_the_wire() {
    let path = std::env::temp_dir().join(format!("sentry-local-view-{}", std::process::id()));
    for _ in 0..2 {
        let options = LocalOptions { raw_file: Some(path.clone()), ..LocalOptions::default() };
        let mut view = LocalView { out: Box::new(io::sink()), ..LocalView::new(options) };
        view.deliver(&mut envelope(ItemType::Session, &json!({"sid": "1"})));
    }
    let text = std::fs::read_to_string(&path).unwrap();
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777,
        0o600
    );
    std::fs::remove_file(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 6);
    assert!(lines[0].contains("sent_at") && lines[3].contains("sent_at"));
    assert_eq!(lines[5], r#"{"sid":"1"}"#);
}
