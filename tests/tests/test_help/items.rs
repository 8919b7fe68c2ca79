//! Tests of captured items as typed values.

use sentry::protocol::{Attachment, Feedback, LogLevel, MetricType, MetricValue};
use sentry::test::{with_captured, with_captured_options, with_captured_options_async};
use sentry::{ClientOptions, Level, SessionMode, SessionStatus, User};

#[test]
fn logs_say_what_was_logged() {
    let captured = with_captured(|| {
        sentry::start_span("work", |_| sentry::logger_warn!(shop.id = 7, "{} lamps left", 3));
    });
    let [log] = captured.logs() else { panic!("one log: {captured:?}") };
    assert_eq!((log.level, &*log.body), (LogLevel::Warn, "3 lamps left"));
    assert_eq!(log.attributes["shop.id"], 7.into());
    assert_eq!(log.attributes["sentry.message.template"], "{} lamps left".into());
    let trace = &captured.transactions()[0].contexts["trace"];
    assert_eq!(serde_json::to_value(trace).unwrap()["span_id"], log.span_id.unwrap().to_string());
}

/// A failing test prints the captured items.
#[test]
fn what_was_captured_is_shown_without_the_bytes_of_its_payloads() {
    let captured = with_captured(|| sentry::capture_message("sold out", Level::Warning));
    let shown = format!("{captured:?}");
    assert!(shown.contains("sold out"), "{shown}");
    assert!(shown.contains(" bytes"), "{shown}");
    assert!(!shown.contains("123, 34, "), "{shown}");
}

#[test]
fn metrics_say_what_was_measured() {
    let captured = with_captured(|| {
        sentry::metrics::count("orders", 2).attribute("shop", "vienna").capture();
        sentry::metrics::distribution("wait", 3.5).unit("second").capture();
    });
    let [orders, wait] = captured.metrics() else { panic!("two metrics: {captured:?}") };
    assert_eq!(
        (&*orders.name, orders.ty, orders.value),
        ("orders", MetricType::Counter, MetricValue::Integer(2))
    );
    assert_eq!(orders.attributes["shop"], "vienna".into());
    assert_eq!((wait.value, &wait.unit), (MetricValue::Double(3.5), &Some("second".into())));
}

#[test]
fn a_session_tells_how_it_went() {
    let captured = with_captured_options(ClientOptions::new().release("shop@1.4.2"), || {
        sentry::with_isolation_scope(|| {
            sentry::set_user(Some(User { id: Some("u1".into()), ..User::default() }));
            sentry::start_session();
            sentry::capture_error(&super::Declined);
            sentry::end_session();
        });
    });
    let sessions = captured.sessions();
    let last = sessions.last().unwrap();
    assert!(sessions.iter().all(|session| session.id == last.id && last.id.is_some()));
    assert!(sessions[0].is_first);
    assert_eq!((last.status, last.errors, last.count), (SessionStatus::Exited, 1, 1));
}

#[test]
fn sessions_of_requests_are_counted() {
    let options = ClientOptions::new().release("shop@1.4.2").session_mode(SessionMode::Request);
    let captured = with_captured_options(options, || {
        for failing in [false, false, true] {
            sentry::with_isolation_scope(|| {
                sentry::start_session();
                if failing {
                    sentry::capture_error(&super::Declined);
                }
                sentry::end_session();
            });
        }
    });
    let count = |errored: bool| {
        let those = captured.sessions().iter().filter(|session| (session.errors > 0) == errored);
        those.map(|session| session.count).sum::<u64>()
    };
    assert_eq!((count(false), count(true)), (2, 1));
    assert!(captured.sessions().iter().all(|session| session.id.is_none()));
}

#[test]
fn feedback_and_files_are_kept() {
    let captured = with_captured(|| {
        let about = sentry::capture_message("it broke", Level::Error);
        let feedback = Feedback {
            name: Some("Ada".into()),
            associated_event_id: Some(about),
            ..Feedback::new("the lamp is lovely")
        };
        sentry::with_scope(
            |scope| {
                scope.add_attachment(Attachment {
                    buffer: b"pixels".to_vec(),
                    filename: "screen.png".into(),
                    ..Attachment::default()
                });
            },
            || sentry::capture_feedback(feedback, ()),
        );
    });
    let [feedback] = captured.feedback() else { panic!("one feedback: {captured:?}") };
    assert_eq!((&*feedback.message, feedback.name.as_deref()), ("the lamp is lovely", Some("Ada")));
    assert_eq!(feedback.associated_event_id, Some(captured.events()[0].event_id));
}

#[test]
fn options_are_those_that_are_tested() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let options = ClientOptions::new().before_send(|mut event| {
        event.server_name = Some("hidden".into());
        Some(event)
    });
    let captured = runtime.block_on(with_captured_options_async(options, || super::fetch(1)));
    assert_eq!(captured.events()[0].server_name.as_deref(), Some("hidden"));
}

#[test]
fn integrations_of_the_options_are_set_up() {
    struct Stamp;

    impl sentry::Integration for Stamp {
        fn name(&self) -> &str {
            "stamp"
        }

        fn process_event(
            &self,
            mut event: sentry::protocol::Event<'static>,
            _: &mut sentry::Hint,
        ) -> Option<sentry::protocol::Event<'static>> {
            event.tags.insert("stamped".into(), "yes".into());
            Some(event)
        }
    }

    let captured = with_captured_options(ClientOptions::new().integration(Stamp), || {
        sentry::capture_message("letter", Level::Info);
    });
    assert_eq!(captured.events()[0].tags["stamped"], "yes");
}
