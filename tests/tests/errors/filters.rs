//! Tests of filters: ignored errors, repetitions, sampling, and texts that are cut.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sentry::protocol::{Event, Exception};
use sentry::{ErrorPattern, Level};
use sentry_tests::support::{Seen, observe, only, options, untraced};
use serde_json::Value;

#[derive(Debug, Clone)]
struct Failed(&'static str);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Failed {}

/// Returns the texts of the events, sorted.
fn texts<R>(seen: &Seen<R>) -> Vec<String> {
    let text = |event: &Value| {
        let exceptions = event["exception"]["values"].as_array();
        let outermost = exceptions.and_then(|values| values.last()).map(|exception| &exception["value"]);
        outermost.unwrap_or(&event["logentry"]["message"]).as_str().unwrap_or_default().to_owned()
    };
    let mut texts: Vec<_> = seen.events().iter().map(text).collect();
    texts.sort();
    texts
}

#[test]
fn errors_are_ignored_by_type_and_by_text() {
    let patterns = [
        ErrorPattern::from("connection reset"),
        "Failed: exactly".into(),
        ErrorPattern::of_type::<std::fmt::Error>(),
        ErrorPattern::matching(|text| text.starts_with("till ") && text.ends_with(" is closed")),
    ];
    let seen = observe(untraced().ignore_errors(patterns).ignore_error::<std::num::ParseIntError>(), || {
        for text in ["the connection reset itself", "exactly so", "not exactly so", "till 7 is closed"] {
            assert_eq!(sentry::capture_error(&Failed(text)).is_nil(), text != "not exactly so", "{text}");
        }
        sentry::capture_error(&std::fmt::Error);
        sentry::capture_error(&"x".parse::<u8>().unwrap_err());
        let hidden: Box<dyn Error> = Box::new(std::fmt::Error);
        // The type behind `dyn Error` is known only by its short name, which is not that of `fmt::Error`.
        sentry::capture_error(&*hidden);
        sentry::capture_message("connection reset by peer", Level::Info);
        sentry::capture_message("all is well", Level::Info);
        let exception =
            Exception { ty: "Failed".into(), value: Some("exactly".into()), ..Exception::default() };
        sentry::capture_event(Event { exception: vec![exception].into(), ..Event::default() });
    });
    let sent = ["all is well", "an error occurred when formatting an argument", "not exactly so"];
    assert_eq!(texts(&seen), sent);
    assert_eq!(seen.reported("event_processor", "error"), 7);
}

#[test]
fn an_ignored_error_is_counted_once_on_its_way_up() {
    #[sentry::span(err)]
    fn inner() -> Result<(), Failed> {
        Err(Failed("not worth it"))
    }
    #[sentry::span(err)]
    fn middle() -> Result<(), Box<dyn Error>> {
        Ok(inner()?)
    }
    #[sentry::server_action]
    fn outer() -> Result<(), Box<dyn Error>> {
        middle()
    }
    let seen = observe(options().ignore_errors(["not worth it"]), || drop(outer()));
    assert_eq!(seen.events().len(), 0);
    assert_eq!(seen.reported("event_processor", "error"), 1);
    assert_eq!(seen.span("serverAction/outer").status, "internal_error", "it failed all the same");
}

#[test]
fn panics_are_ignored_by_their_text() {
    let seen = observe(untraced().ignore_errors(["out of paper"]), || {
        std::panic::catch_unwind(|| panic!("the printer is out of paper")).unwrap_err();
        std::panic::catch_unwind(|| panic!("the printer is on fire")).unwrap_err();
    });
    assert_eq!(texts(&seen), ["the printer is on fire"]);
}

/// Captures its error, and returns it.
#[inline(never)]
fn deep(text: &'static str) -> Result<(), Failed> {
    let error = Failed(text);
    sentry::capture_error(&error);
    Err(error)
}

/// Passes the error on without capturing it.
#[inline(never)]
fn between(text: &'static str) -> Result<(), Failed> {
    deep(text)?;
    Ok(())
}

/// Captures an error that a called function has captured already.
#[inline(never)]
fn top(text: &'static str) -> sentry::protocol::Uuid {
    match between(text) {
        Ok(()) => sentry::protocol::Uuid::nil(),
        Err(error) => sentry::capture_error(&error),
    }
}

#[test]
fn an_error_that_the_caller_captures_again_is_one_event() {
    let seen = observe(untraced(), || {
        let id = top("refused");
        assert_eq!(sentry::last_event_id(), Some(id), "the id of the only event");
    });
    assert_eq!(texts(&seen), ["refused"]);
    assert_eq!(seen.reported("event_processor", "error"), 1);
    let twice = observe(untraced().dedupe(false), || _ = top("refused"));
    assert_eq!(texts(&twice), ["refused", "refused"]);
}

#[test]
fn errors_that_look_alike_are_several() {
    let seen = observe(untraced(), || {
        for _ in 0..3 {
            sentry::capture_error(&Failed("in a loop"));
        }
        sentry::capture_error(&Failed("in a row"));
        sentry::capture_error(&Failed("in a row"));
        for _ in 0..2 {
            let _handled = deep("by a called function");
        }
    });
    assert_eq!(seen.events().len(), 7, "{:?}", texts(&seen));
}

#[test]
fn a_repetition_is_one_in_a_row_and_within_a_request() {
    #[inline(never)]
    fn interrupted() {
        if let Err(error) = deep("refused") {
            sentry::capture_message("something else", Level::Info);
            sentry::capture_error(&error);
        }
    }
    #[inline(never)]
    fn elsewhere() {
        if let Err(error) = sentry::with_isolation_scope(|| deep("refused")) {
            sentry::capture_error(&error);
        }
    }
    assert_eq!(observe(untraced(), interrupted).events().len(), 3);
    assert_eq!(observe(untraced(), elsewhere).events().len(), 2);
}

#[test]
fn callbacks_see_events_before_sampling_leaves_them_out() {
    let seen_by_callback = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen_by_callback);
    let look = move |event: Event<'static>| {
        counter.fetch_add(1, Ordering::Relaxed);
        let keep = event.logentry.as_ref().is_some_and(|entry| entry.message != "dropped");
        keep.then_some(event)
    };
    let seen = observe(untraced().sample_rate(0.0).before_send(look), || {
        sentry::capture_message("sampled out", Level::Info);
        sentry::capture_message("dropped", Level::Info);
    });
    assert_eq!((seen.events().len(), seen_by_callback.load(Ordering::Relaxed)), (0, 2));
    assert_eq!(seen.reported("sample_rate", "error"), 1);
    assert_eq!(seen.reported("before_send", "error"), 1);
}

#[test]
fn a_share_of_errors_is_about_as_large_as_asked_for() {
    let seen = observe(untraced().sample_rate(0.5), || {
        (0..400).for_each(|_| _ = sentry::capture_message("sampled", Level::Info));
    });
    let sent = seen.events().len() as u64;
    assert_eq!(sent + seen.reported("sample_rate", "error"), 400);
    assert!((120..280).contains(&sent), "{sent}");
}

#[test]
fn texts_are_as_long_as_allowed() {
    let seen = observe(untraced().max_value_length(20), || {
        sentry::with_isolation_scope(|| {
            sentry::set_extra("long", "x".repeat(100));
            sentry::add_breadcrumb(sentry::Breadcrumb {
                message: Some("y".repeat(100)),
                ..sentry::Breadcrumb::default()
            });
            sentry::capture_message("cut", Level::Info);
        });
    });
    let event = seen.event();
    assert_eq!(event["extra"]["long"], format!("{}...", "x".repeat(17)));
    assert_eq!(event["breadcrumbs"]["values"][0]["message"], format!("{}...", "y".repeat(17)));
}

mod shelf {
    #[inline(never)]
    pub fn capture() {
        sentry::capture_error(&std::fmt::Error);
    }
}

/// Returns whether the innermost frame and whether its caller belong to the program.
fn in_app(event: &Value) -> (bool, bool) {
    let exceptions = event["exception"]["values"].as_array().unwrap().clone();
    let frames = only(exceptions)["stacktrace"]["frames"].as_array().unwrap().clone();
    let is_own = |back: usize| frames[frames.len() - back]["in_app"].as_bool().unwrap();
    (is_own(1), is_own(2))
}

#[inline(never)]
fn calls_shelf() {
    shelf::capture();
    std::hint::black_box(());
}

#[test]
fn the_program_says_which_frames_are_its_own() {
    assert_eq!(in_app(&observe(untraced(), calls_shelf).event()), (true, true));
    let exclude = untraced().in_app_exclude(["errors::filters::shelf"]);
    assert_eq!(in_app(&observe(exclude, calls_shelf).event()), (false, true));
    let both = untraced().in_app_exclude(["errors"]).in_app_include(["errors::filters::shelf"]);
    assert_eq!(in_app(&observe(both, calls_shelf).event()), (true, false));
}
