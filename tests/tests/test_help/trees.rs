//! Tests of traces as text, and of the message if they differ.

use std::panic::catch_unwind;

use sentry::test::{with_captured, with_captured_options};
use sentry::{ClientOptions, Level, TraceLifecycle};

use super::{checkout, fetch, report};

const CHECKOUT: &str = "
    checkout (shop)
      pay [internal_error]
        ! Declined: the card was declined
    ";

#[test]
fn spans_stand_under_spans_and_errors_where_they_happened() {
    with_captured(checkout).assert_tree(CHECKOUT);
}

#[test]
fn a_streamed_trace_looks_the_same() {
    let options = ClientOptions::new().trace_lifecycle(TraceLifecycle::Stream);
    let captured = with_captured_options(options, checkout);
    assert!(captured.transactions().is_empty());
    captured.assert_tree(CHECKOUT);
}

#[test]
fn check_ins_and_messages_outside_of_traces_come_last() {
    let captured = with_captured(|| {
        report().unwrap();
        sentry::capture_message("closed", Level::Info);
    });
    let tree = captured.tree();
    assert!(
        tree.ends_with("! closed\ncheck-in nightly-report: in_progress\ncheck-in nightly-report: ok"),
        "{tree}"
    );
    let [begin, end] = captured.check_ins() else { panic!("two check-ins") };
    assert_eq!(begin.check_in_id, end.check_in_id);
    assert!(begin.monitor_config.is_some() && end.duration.is_some());
}

#[test]
fn the_message_shows_what_was_expected_and_what_came() {
    let captured = with_captured(checkout);
    let panic = catch_unwind(|| captured.assert_tree("checkout")).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    for part in ["expected:\ncheckout\n", "captured:\ncheckout (shop)\n  pay [internal_error]\n"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn events_of_futures_that_were_spawned_stand_under_their_spans() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let captured = runtime.block_on(sentry::test::with_captured_async(|| async {
        let tasks: Vec<_> = (1..=3).map(|order| tokio::spawn(fetch(order))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    }));
    let tree = captured.tree();
    for order in 1..=3 {
        assert!(tree.contains(&format!("fetch\n  ! order {order}")), "{tree}");
    }
    assert_eq!(captured.events().len(), 3);
}
