//! Tests of sessions.

use sentry::protocol::Event;
use sentry::{ClientOptions, Level, SessionMode, SessionStatus, User};
use sentry_tests::Answer;
use sentry_tests::support::{LONG, observe, observe_server, only, untraced};
use serde_json::{Value, json};

fn tracked() -> ClientOptions {
    untraced().auto_session_tracking(true)
}

fn requests() -> ClientOptions {
    untraced().session_mode(SessionMode::Request)
}

fn fail() {
    sentry::capture_error(&std::io::Error::other("disk full"));
}

/// Runs a request with a session of its own.
fn request(work: impl FnOnce()) {
    sentry::with_isolation_scope(|| {
        sentry::start_session();
        work();
        sentry::end_session();
    });
}

fn states(sessions: &[Value]) -> Vec<(Value, Value, Value)> {
    let state = |update: &Value| (update["status"].clone(), update["errors"].clone(), update["init"].clone());
    sessions.iter().map(state).collect()
}

fn panicking() {
    std::thread::Builder::new().spawn(|| panic!("thrown")).unwrap().join().unwrap_err();
}

#[test]
fn a_run_without_errors_is_one_update() {
    let seen = observe(tracked(), || {});
    let session = only(seen.sessions());
    assert_eq!(states(&seen.sessions()), [(json!("exited"), json!(0), json!(true))]);
    assert!(session["duration"].as_f64().unwrap() >= 0.0);
    assert_eq!(session["attrs"], json!({"release": "shop@1.4.2", "environment": "testing"}));
}

#[test]
fn a_long_run_sends_an_update_before_it_ends() {
    let seen = observe_server(tracked(), |server| {
        assert!(server.wait_for_type("session", 1, LONG), "nobody flushed");
    });
    assert_eq!(
        states(&seen.sessions()),
        [(json!("ok"), json!(0), json!(true)), (json!("exited"), json!(0), json!(false))]
    );
}

#[test]
fn sessions_are_off_unless_wanted_and_need_a_release() {
    assert_eq!(observe(untraced(), fail).sessions().len(), 0);
    let mut unreleased = tracked();
    unreleased.release = None;
    if std::env::var_os("SENTRY_RELEASE").is_none() {
        assert_eq!(observe(unreleased, fail).sessions().len(), 0);
    }
}

#[test]
fn the_first_error_is_in_an_update_with_its_event_and_the_rest_in_the_last_update() {
    let seen = observe(tracked(), || {
        fail();
        sentry::capture_error(&std::fmt::Error);
        sentry::capture_message("no error, however bad", Level::Fatal);
        sentry::capture_event(Event { level: Level::Warning, ..Event::default() });
    });
    assert_eq!(
        states(&seen.sessions()),
        [(json!("ok"), json!(1), json!(true)), (json!("exited"), json!(2), json!(false))]
    );
    let first = &seen.envelopes()[0];
    assert_eq!(first.items.iter().map(|item| item.ty()).collect::<Vec<_>>(), ["event", "session"]);
    assert_eq!(seen.sessions()[0]["sid"], seen.sessions()[1]["sid"]);
}

#[test]
fn a_panic_crashes_the_session_and_nothing_follows() {
    let seen = observe(tracked(), || {
        panicking();
        fail();
    });
    assert_eq!(states(&seen.sessions()), [(json!("crashed"), json!(1), json!(true))]);
    assert_eq!(seen.events().len(), 2);
}

#[test]
fn events_that_are_sampled_out_or_limited_count_and_those_dropped_by_a_callback_do_not() {
    let seen = observe(tracked().sample_rate(0.0), fail);
    assert_eq!(seen.events().len(), 0);
    assert_eq!(states(&seen.sessions())[1], (json!("exited"), json!(1), json!(false)));

    let seen = observe(tracked().before_send(|_| None), fail);
    assert_eq!(states(&seen.sessions()), [(json!("exited"), json!(0), json!(true))]);

    let seen = observe_server(tracked(), |server| {
        server.answer_next(Answer::ok().header("X-Sentry-Rate-Limits", "60:error:organization"));
        sentry::capture_message("to learn of the limit", Level::Info);
        assert!(sentry::flush(LONG));
        fail();
    });
    assert_eq!(states(&seen.sessions()).last().unwrap(), &(json!("exited"), json!(1), json!(false)));
}

#[test]
fn a_session_can_be_started_shown_and_ended_by_hand() {
    let seen = observe(untraced(), || {
        sentry::start_session();
        sentry::capture_session(false);
        sentry::end_session_with_status(SessionStatus::Abnormal);
        sentry::end_session();
        sentry::start_session();
        sentry::capture_session(true);
    });
    let (ok, init) = (json!(0), json!(true));
    assert_eq!(
        states(&seen.sessions()),
        [
            (json!("ok"), ok.clone(), init.clone()),
            (json!("abnormal"), ok.clone(), json!(false)),
            (json!("exited"), ok, init)
        ]
    );
}

#[test]
fn starting_a_session_ends_the_one_before() {
    let seen = observe(tracked(), sentry::start_session);
    let sessions = seen.sessions();
    assert_eq!(sessions.len(), 2);
    assert_ne!(sessions[0]["sid"], sessions[1]["sid"]);
}

#[test]
fn requests_are_counted_by_the_minute() {
    let seen = observe(requests(), || {
        request(|| {});
        request(|| {});
        request(|| {
            fail();
            sentry::capture_error(&std::fmt::Error);
        });
        request(panicked_here);
        sentry::with_isolation_scope(|| {
            sentry::start_session();
            sentry::end_session_with_status(SessionStatus::Abnormal);
        });
    });
    let sum = |name: &str| seen.session_groups().iter().filter_map(|group| group[name].as_u64()).sum::<u64>();
    assert_eq!([sum("exited"), sum("errored"), sum("crashed"), sum("abnormal")], [2, 1, 1, 1]);
    assert_eq!(seen.sessions().len(), 0);
    assert_eq!(seen.payloads("sessions")[0]["attrs"]["release"], "shop@1.4.2");
}

fn panicked_here() {
    let caught = std::panic::catch_unwind(|| panic!("thrown"));
    assert!(caught.is_err());
}

#[test]
fn users_are_told_apart_by_id_and_do_not_mix_between_requests() {
    let user = |id: &str| sentry::set_user(Some(User { id: Some(id.into()), ..User::default() }));
    let seen = observe(requests(), || {
        // The two requests overlap on one thread.
        sentry::with_isolation_scope(|| {
            user("ada");
            sentry::start_session();
            sentry::with_isolation_scope(|| {
                sentry::configure_scope(|scope| scope.clear());
                user("bob");
                sentry::start_session();
                sentry::end_session();
            });
            // The session that has already ended is not affected by the error.
            assert!(sentry::flush(LONG));
            fail();
            sentry::end_session();
        });
    });
    // A new minute may have begun between the two sessions.
    let groups = seen.session_groups();
    let sum = |did: &str, name: &str| {
        let own = groups.iter().filter(|group| group["did"] == did);
        own.filter_map(|group| group[name].as_u64()).sum::<u64>()
    };
    assert_eq!((sum("ada", "errored"), sum("ada", "exited")), (1, 0));
    assert_eq!((sum("bob", "errored"), sum("bob", "exited")), (0, 1));
}

#[test]
fn sessions_of_a_server_that_is_limited_are_counted_as_lost() {
    let seen = observe_server(tracked(), |server| {
        server.answer_next(Answer::ok().header("X-Sentry-Rate-Limits", "60:session:organization"));
        sentry::capture_message("to learn of the limit", Level::Info);
        assert!(sentry::flush(LONG));
    });
    assert_eq!(seen.sessions().len(), 0);
    assert_eq!(seen.reported("ratelimit_backoff", "session"), 1);
}

#[test]
fn a_session_is_introduced_by_the_first_update_that_arrives() {
    for status in [400, 429, 503] {
        let seen = observe_server(untraced(), |server| {
            server.answer_next(Answer::status(status).header("X-Sentry-Rate-Limits", "60:poem:organization"));
            sentry::start_session();
            sentry::capture_session(false);
            assert!(sentry::flush(LONG));
            sentry::capture_session(false);
            sentry::end_session();
        });
        let inits: Vec<_> = seen.sessions().iter().map(|update| update["init"].clone()).collect();
        assert_eq!(inits, [true, false], "{status}");
    }
}

#[test]
fn the_last_update_of_a_session_never_overtakes_the_update_of_an_error() {
    let seen = observe_server(untraced(), |server| {
        server.answer_all(Answer::ok().delay(std::time::Duration::from_millis(2)));
        sentry::start_session();
        for _ in 0..20 {
            sentry::capture_message("more", Level::Info);
        }
        fail();
        sentry::end_session();
    });
    assert_eq!(
        states(&seen.sessions()),
        [(json!("ok"), json!(1), json!(true)), (json!("exited"), json!(1), json!(false))]
    );
}

#[test]
fn a_session_that_starts_just_after_a_check_of_the_sessions_is_sent_too() {
    // The first client makes the pipeline check the sessions; the second session starts a moment later.
    observe(tracked(), || {});
    let seen = observe_server(tracked(), |server| server.wait_for_type("session", 1, LONG));
    assert!(seen.result, "nobody looked");
}
