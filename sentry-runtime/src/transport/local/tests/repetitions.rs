//! Tests of jobs that run every second, and of the view that prints failures only.

use super::*;

/// Returns the trace of the job's run with this number, which also is its duration in milliseconds.
fn run(number: u32, status: &str) -> Value {
    let length = f64::from(number);
    let mut run = transaction(1, None, "function.monitor", "heartbeat", 0.0, length, status, vec![]);
    run["contexts"]["trace"]["trace_id"] = json!(format!("{number:032x}"));
    run
}

/// Delivers a trace as if it arrived at this second.
fn take(view: &mut LocalView, payload: &Value, start: Instant, second: u64) {
    view.deliver(&mut envelope(ItemType::Transaction, payload));
    for held in &mut view.held {
        (held.first, held.last) = (start + Duration::from_secs(second), start + Duration::from_secs(second));
    }
    view.release(Some(start + Duration::from_secs(second) + QUIET));
}

#[test]
fn a_job_that_runs_every_second_is_counted() {
    let (mut view, screen) = view(false, 100);
    // No trace becomes due by the real clock while the test runs.
    let start = Instant::now() + LONGEST_RUN;
    for second in 1..=3 {
        take(&mut view, &run(second, "ok"), start, second.into());
    }
    assert_eq!(screen.take().matches("── trace ").count(), 3, "the first ones are printed");
    for second in 4..=13 {
        take(&mut view, &run(second, "ok"), start, second.into());
    }
    assert_eq!(screen.take(), "");
    assert!(view.repeats.next().is_some_and(|due| due == start + Duration::from_secs(14)));
    view.release(Some(start + Duration::from_secs(14)));
    assert_eq!(screen.take(), "✓ heartbeat × 10 · as before · 4.00 ms to 13.0 ms\n");
    view.flush();
    assert_eq!(screen.take(), "", "said once");
}

#[test]
fn a_failure_is_printed_after_the_runs_before_it() {
    let (mut view, screen) = view(false, 100);
    let start = Instant::now() + LONGEST_RUN;
    for second in 1..=5 {
        take(&mut view, &run(second, "ok"), start, second.into());
    }
    screen.take();
    take(&mut view, &run(6, "internal_error"), start, 6);
    let seen = screen.take();
    assert!(seen.starts_with("✓ heartbeat × 2 · as before · 4.00 ms to 5.00 ms\n── trace "), "{seen}");
    assert!(seen.contains("heartbeat ✗ internal_error"), "{seen}");
    take(&mut view, &run(7, "ok"), start, 7);
    assert!(screen.take().contains("── trace "), "the run that works again is printed");
}

#[test]
fn what_is_tried_out_by_hand_is_always_printed() {
    let (mut view, screen) = view(false, 100);
    let start = Instant::now() + LONGEST_RUN;
    for number in 1..=8 {
        take(&mut view, &run(number, "ok"), start, u64::from(number) * 6);
        assert!(screen.take().contains("── trace "), "run {number}");
    }
    // Requests for different resources do not count as repetitions of each other.
    for number in 1..=8_u32 {
        let mut other = run(number, "ok");
        other["contexts"]["trace"]["data"] = json!({"url.path": format!("/lamps/{number}")});
        take(&mut view, &other, start, 50);
        assert!(screen.take().contains("── trace "), "request {number}");
    }
}

#[test]
fn nothing_is_left_out_when_the_program_ends() {
    let (mut view, screen) = view(false, 100);
    let start = Instant::now() + LONGEST_RUN;
    for second in 1..=4 {
        take(&mut view, &run(second, "ok"), start, second.into());
    }
    screen.take();
    view.flush();
    assert_eq!(screen.take(), "✓ heartbeat × 1 · as before · 4.00 ms\n");
}

#[test]
fn failures_alone_can_be_shown() {
    let (mut view, screen) = view(false, 100);
    view.failures = true;
    view.deliver(&mut envelope(ItemType::Transaction, &run(1, "ok")));
    view.deliver(&mut envelope(ItemType::Transaction, &run(2, "internal_error")));
    for (ty, payload) in notes() {
        view.deliver(&mut envelope(ty, &payload));
    }
    view.flush();
    let seen = screen.take();
    for quiet in
        ["info", "∿", "session  ok", "sessions", "in_progress", " ok ", "trace 00000000 · 1 span · 1.00 ms"]
    {
        assert!(!seen.contains(quiet), "`{quiet}` in\n{seen}");
    }
    for loud in
        ["heartbeat ✗ internal_error", "✗ nightly-report", "card declined", "✉ Ada", "✗ panic", "▲ stock"]
    {
        assert!(seen.contains(loud), "no `{loud}` in\n{seen}");
    }
}
