//! Tests of attachments of events and feedback that are dropped before they reach the transport.

use sentry::protocol::{Attachment, DataCategory, DiscardReason, Feedback};
use sentry::{ClientOptions, Hint};
use sentry_tests::Answer;
use sentry_tests::support::{LONG, observe_server, untraced};

use crate::{lost, message};

fn file(bytes: usize) -> Attachment {
    Attachment { buffer: vec![b'x'; bytes], filename: "order.txt".into(), ..Attachment::default() }
}

/// Captures an error, a message and an event. Each has an attachment of 100 bytes from the scope; the error has another
/// one of 100 bytes.
fn capture_all() {
    sentry::with_scope(
        |scope| scope.add_attachment(file(100)),
        || {
            let error = std::io::Error::other("ignored: disk full");
            sentry::capture_error_with_hint(&error, Hint::new().attachment(file(100)));
            message("ignored: message");
            let event = sentry::protocol::Event {
                message: Some("ignored: event".into()),
                ..sentry::protocol::Event::default()
            };
            sentry::capture_event(event);
        },
    );
}

#[track_caller]
fn assert_counted(options: ClientOptions, reason: DiscardReason, bytes: u64, run: impl Fn()) {
    let seen = observe_server(options, |_| run());
    assert_eq!(lost(&seen.stats, reason, DataCategory::Attachment), bytes, "{:?}", seen.stats.dropped);
}

#[test]
fn files_of_events_that_are_dropped_early_are_counted_by_their_bytes() {
    use DiscardReason::{BeforeSend, EventProcessor, SampleRate};
    assert_counted(untraced().before_send(|_| None), BeforeSend, 400, capture_all);
    assert_counted(untraced().before_send(|_| panic!("in before_send")), BeforeSend, 400, capture_all);
    assert_counted(untraced().sample_rate(0.0), SampleRate, 400, capture_all);
    assert_counted(untraced().ignore_errors(["ignored"]), EventProcessor, 400, capture_all);
    assert_counted(untraced(), EventProcessor, 400, || {
        sentry::with_scope(|scope| scope.add_event_processor(|_| None), capture_all);
    });
}

#[test]
fn files_of_events_that_the_server_does_not_want_now_are_counted() {
    let seen = observe_server(untraced(), |server| {
        let limits = "60:error;feedback:organization";
        server.answer_next(Answer::ok().header("X-Sentry-Rate-Limits", limits));
        message("one");
        assert!(sentry::flush(LONG));
        capture_all();
        let feedback = Feedback { message: "too slow".into(), ..Feedback::default() };
        sentry::capture_feedback(feedback, vec![file(50)]);
    });
    assert_eq!(lost(&seen.stats, DiscardReason::RatelimitBackoff, DataCategory::Attachment), 450);
    assert_eq!(lost(&seen.stats, DiscardReason::RatelimitBackoff, DataCategory::Error), 3);
    assert_eq!(lost(&seen.stats, DiscardReason::RatelimitBackoff, DataCategory::Feedback), 1);
    assert_eq!(seen.reported("ratelimit_backoff", "attachment"), 450);
}

#[test]
fn files_of_feedback_that_is_dropped_are_counted() {
    let give = |text: &str| {
        let feedback = Feedback { message: text.into(), ..Feedback::default() };
        sentry::capture_feedback(feedback, vec![file(50)]);
    };
    let options = untraced().before_send_feedback(|_| None);
    assert_counted(options, DiscardReason::BeforeSend, 50, || give("too slow"));
    assert_counted(untraced(), DiscardReason::Invalid, 50, || give(" "));
}

#[test]
fn a_file_that_a_callback_takes_away_is_the_callbacks_affair() {
    let options = untraced().before_send_with_hint(|_, hint| {
        hint.attachments.clear();
        None
    });
    assert_counted(options, DiscardReason::BeforeSend, 0, capture_all);
}

#[test]
fn the_file_of_an_error_that_was_captured_before_is_counted() {
    #[sentry::span(err)]
    fn fails() -> Result<(), std::io::Error> {
        Err(std::io::Error::other("disk full"))
    }
    assert_counted(untraced(), DiscardReason::EventProcessor, 100, || {
        let error = fails().unwrap_err();
        sentry::capture_error_with_hint(&error, Hint::new().attachment(file(100)));
    });
}
