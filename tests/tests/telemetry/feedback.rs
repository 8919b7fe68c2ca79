//! Tests of feedback.

use sentry::protocol::{Attachment, Feedback};
use sentry::{FeedbackError, Level, User};
use sentry_tests::Answer;
use sentry_tests::support::{LONG, observe, observe_server, only, options, untraced};

fn feedback() -> Feedback {
    Feedback {
        name: Some("Ada".into()),
        contact_email: Some("ada@example.com".into()),
        url: Some("http://shop/lamps".into()),
        ..Feedback::new("it broke")
    }
}

fn screenshot() -> Attachment {
    Attachment { buffer: b"pixels".to_vec(), filename: "shot.png".into(), ..Attachment::default() }
}

#[test]
fn feedback_is_an_event_of_its_own_kind_with_its_files() {
    let seen = observe(untraced(), || {
        let about = sentry::capture_message("broken", Level::Error);
        let feedback = Feedback { associated_event_id: Some(about), ..feedback() };
        (about, sentry::capture_feedback(feedback, screenshot()))
    });
    let (about, id) = seen.result;
    let event = only(seen.feedback());
    assert_eq!(event["event_id"], id.simple().to_string());
    assert_eq!((&event["type"], &event["level"]), (&"feedback".into(), &"info".into()));
    let said = &event["contexts"]["feedback"];
    assert_eq!((&said["message"], &said["name"]), (&"it broke".into(), &"Ada".into()));
    assert_eq!(said["contact_email"], "ada@example.com");
    assert_eq!(said["associated_event_id"], about.simple().to_string());
    assert_eq!(event["release"], "shop@1.4.2");
    let envelopes = seen.envelopes();
    let envelope = envelopes.iter().find(|envelope| envelope.items_of("feedback").next().is_some()).unwrap();
    let file = envelope.items_of("attachment").next().unwrap();
    assert_eq!((&*file.bytes, &file.header["content_type"]), (&b"pixels"[..], &"image/png".into()));
    assert_eq!(envelope.header["trace"]["trace_id"], event["contexts"]["trace"]["trace_id"]);
}

#[test]
fn scopes_and_processors_see_feedback_and_before_send_does_not() {
    let drop_errors = untraced().before_send(|_| None).before_send_feedback(|mut event| {
        event.tags.insert("seen".into(), "yes".into());
        Some(event)
    });
    let seen = observe(drop_errors, || {
        sentry::with_isolation_scope(|| {
            sentry::set_tag("shop", "vienna");
            sentry::set_user(Some(User { id: Some("7".into()), ..User::default() }));
            sentry::add_event_processor(|mut event| {
                event.tags.insert("processed".into(), "yes".into());
                (event.contexts.len() < 100).then_some(event)
            });
            sentry::capture_feedback(feedback(), ());
        });
    });
    let event = only(seen.feedback());
    assert_eq!(event["tags"], serde_json::json!({"shop": "vienna", "processed": "yes", "seen": "yes"}));
    assert_eq!(event["user"]["id"], "7");
}

#[sentry::span(name = "work")]
fn work() {
    sentry::capture_feedback(feedback(), ());
}

#[test]
fn feedback_belongs_to_the_active_span_and_is_never_sampled_away() {
    let seen = observe(options().sample_rate(0.0), work);
    let (event, span) = (only(seen.feedback()), seen.span("work"));
    assert_eq!(event["contexts"]["trace"]["trace_id"], span.trace);
    assert_eq!(event["contexts"]["trace"]["span_id"], span.id);
    assert_eq!(event["transaction"], "work");
}

#[test]
fn who_sends_feedback_learns_what_the_server_said() {
    let seen = observe_server(untraced(), |server| {
        let sent = sentry::send_feedback(feedback(), vec![screenshot()]);
        assert_eq!(server.feedback().len(), 1, "it arrived before the call returned");
        server.answer_next(Answer::status(400));
        let refused = sentry::send_feedback(feedback(), ());
        server.answer_next(Answer::status(429).header("Retry-After", "60"));
        let limited = sentry::send_feedback(feedback(), ());
        let not_even_sent = sentry::send_feedback(feedback(), ());
        (sent, refused, limited, not_even_sent)
    });
    let (sent, refused, limited, not_even_sent) = seen.result;
    assert_eq!(sent.unwrap().simple().to_string(), only(seen.feedback())["event_id"]);
    assert_eq!(refused, Err(FeedbackError::Refused));
    assert_eq!((limited, not_even_sent), (Err(FeedbackError::RateLimited), Err(FeedbackError::RateLimited)));
    assert_eq!(seen.requests().iter().filter(|request| !request.accepted).count(), 2);
}

#[test]
fn an_unreachable_server_is_an_error_of_its_own() {
    let seen = observe_server(untraced(), |server| {
        server.answer_all(Answer::hangup());
        let answer = sentry::send_feedback(feedback(), ());
        server.answer_all(Answer::ok());
        answer
    });
    assert_eq!(seen.result, Err(FeedbackError::Unreachable));
}

#[test]
fn feedback_dropped_before_sending_is_reported_to_the_caller_and_counted() {
    let dropping = untraced().before_send_feedback(|_| None);
    let seen = observe(dropping, || {
        (sentry::send_feedback(feedback(), ()), sentry::send_feedback(Feedback::new("  "), ()))
    });
    let (dropped, empty) = seen.result;
    assert_eq!(dropped, Err(FeedbackError::Dropped(sentry::protocol::DiscardReason::BeforeSend)));
    assert_eq!(empty, Err(FeedbackError::Empty));
    assert!(dropped.unwrap_err().to_string().contains("\"before_send\""));
    assert_eq!(seen.reported("before_send", "feedback"), 1);
    assert_eq!(seen.reported("invalid", "feedback"), 1);
}

#[test]
fn a_callback_cannot_wait_for_an_answer_and_its_feedback_is_sent() {
    let seen = observe(
        untraced().before_send(|event| {
            assert_eq!(sentry::send_feedback(feedback(), ()), Err(FeedbackError::InCallback));
            Some(event)
        }),
        || {
            sentry::capture_message("about", Level::Info);
            assert!(sentry::flush(LONG));
        },
    );
    assert_eq!((seen.feedback().len(), seen.events().len()), (1, 1));
}

#[test]
fn long_messages_of_feedback_are_cut() {
    let seen = observe(untraced(), || sentry::capture_feedback(Feedback::new("x".repeat(5_000)), ()));
    let message = only(seen.feedback())["contexts"]["feedback"]["message"].clone();
    assert_eq!(message.as_str().unwrap().len(), 4_096);
}
