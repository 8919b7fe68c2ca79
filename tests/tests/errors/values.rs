//! Tests of values that are not errors, of errors from other crates, and of hints about the capture.

use std::backtrace::Backtrace;

use sentry::protocol::{Event, Mechanism};
use sentry::{Hint, Level};
use sentry_tests::support::{observe, only, untraced, without_client};
use serde_json::{Value, json};

fn exceptions(event: &Value) -> Vec<Value> {
    event["exception"]["values"].as_array().cloned().unwrap_or_default()
}

/// Returns types and texts, outermost first.
fn told(event: &Value) -> Vec<(Value, Value)> {
    let exceptions = exceptions(event).into_iter().rev();
    exceptions.map(|exception| (exception["type"].clone(), exception["value"].clone())).collect()
}

#[test]
fn values_that_can_be_shown_or_debugged() {
    #[derive(Debug)]
    #[allow(dead_code, reason = "read by Debug")]
    enum Refusal {
        NoStock { missing: u32 },
    }
    let seen = observe(untraced(), || {
        sentry::capture_debug(&Refusal::NoStock { missing: 3 });
        sentry::capture_display("the till is empty");
        sentry::capture_display(&7_u8);
        sentry::capture_debug(&[1, 2][..]);
    });
    let told: Vec<_> = seen.events().iter().map(|event| only(told(event))).collect();
    assert_eq!(
        json!(told),
        json!([
            ["Refusal", "NoStock { missing: 3 }"],
            ["Error", "the till is empty"],
            ["u8", "7"],
            ["[i32]", "[1, 2]"],
        ])
    );
    for event in seen.events() {
        let exception = only(exceptions(&event));
        assert_eq!(exception["mechanism"]["type"], "generic");
        assert_eq!(exception["mechanism"]["handled"], true);
        let frames = exception["stacktrace"]["frames"].as_array().unwrap();
        assert!(
            frames.last().unwrap()["filename"].as_str().unwrap().ends_with("errors/values.rs"),
            "{frames:#?}"
        );
    }
    without_client(|| assert!(sentry::capture_debug(&1).is_nil() && sentry::capture_display(&1).is_nil()));
}

#[test]
fn a_boxed_error_is_the_error_in_the_box() {
    let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new("seven".parse::<u8>().unwrap_err());
    let local: Box<dyn std::error::Error> = "the till is empty".into();
    let seen = observe(untraced(), || {
        sentry::capture_error(&boxed);
        sentry::capture_error_with_hint(&local, Hint::new());
        sentry::capture_error_with(&local, |scope| scope.set_tag("till", "2"));
        sentry::capture_error(&*boxed);
    });
    let told: Vec<_> = seen.events().iter().map(|event| only(told(event))).collect();
    let number = json!(["ParseIntError", "invalid digit found in string"]);
    let text = &told[1].0;
    let till = json!([text, "the till is empty"]);
    assert_eq!(json!(told), json!([number, till, till, number]));
}

#[test]
fn an_error_of_anyhow_comes_with_its_context() {
    use anyhow::Context as _;
    let failed = || "seven".parse::<u8>().context("no number").context("no order").unwrap_err();
    let seen = observe(untraced(), || sentry::capture_anyhow(&failed()));
    let told = told(&seen.event());
    let texts: Vec<_> = told.iter().map(|(_, text)| text).collect();
    assert_eq!(json!(texts), json!(["no order", "no number", "invalid digit found in string"]));
    assert_eq!(told[2].0, "ParseIntError");
}

/// Creates an error of `anyhow`, whose backtrace begins here.
#[inline(never)]
fn anyhow_origin() -> anyhow::Error {
    // Work after the call keeps the compiler from turning the call into a jump.
    std::hint::black_box(anyhow::anyhow!("from here"))
}

#[test]
fn an_error_of_anyhow_comes_with_its_own_backtrace() {
    // The standard library decides once per process whether it captures backtraces.
    let setting = "RUST_LIB_BACKTRACE";
    if std::env::var(setting).is_ok_and(|value| value == "1") {
        let error = anyhow_origin();
        let seen = observe(untraced(), || sentry::capture_anyhow(&error));
        let exception = exceptions(&seen.event()).pop().unwrap();
        let innermost = exception["stacktrace"]["frames"].as_array().unwrap().last().unwrap().clone();
        assert!(innermost["function"].as_str().unwrap().contains("anyhow_origin"), "{exception:#}");
        assert_eq!(innermost["in_app"], true);
    } else {
        let own = std::env::current_exe().unwrap();
        let name = "values::an_error_of_anyhow_comes_with_its_own_backtrace";
        let run = std::process::Command::new(own).args(["--exact", name]).env(setting, "1").output().unwrap();
        let text = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success() && text.contains("1 passed"), "{text}");
    }
}

#[test]
fn a_report_of_eyre_comes_with_its_causes() {
    use eyre::WrapErr as _;
    let failed = || "seven".parse::<u8>().wrap_err("no number").unwrap_err();
    let seen = observe(untraced(), || sentry::capture_eyre(&failed()));
    let told = told(&seen.event());
    assert_eq!(told[0].1, "no number");
    assert_eq!((&told[1].0, &told[1].1), (&json!("ParseIntError"), &json!("invalid digit found in string")));
}

/// Returns the backtrace of an error that is captured elsewhere.
#[inline(never)]
fn origin() -> (Backtrace, u32) {
    (Backtrace::force_capture(), line!())
}

#[inline(never)]
fn reporter(hint: Hint) {
    sentry::capture_error_with_hint(&std::fmt::Error, hint);
}

#[test]
fn a_backtrace_of_the_error_counts_before_the_stack_of_the_capture() {
    let (backtrace, line) = origin();
    let seen = observe(untraced(), || {
        reporter(Hint::new().backtrace(&backtrace));
        sentry::capture_message("something else in between", Level::Info);
        reporter(Hint::new().backtrace(&Backtrace::disabled()));
    });
    let stacks: Vec<_> = seen
        .events()
        .iter()
        .filter_map(|event| exceptions(event).pop())
        .map(|exception| exception["stacktrace"]["frames"].as_array().unwrap().clone())
        .collect();
    let innermost = stacks[0].last().unwrap();
    assert!(innermost["function"].as_str().unwrap().contains("origin"), "{:#?}", stacks[0]);
    assert_eq!(innermost["lineno"], line);
    assert_eq!(innermost["in_app"], true);
    assert!(stacks[1].last().unwrap()["function"].as_str().unwrap().contains("reporter"), "{:#?}", stacks[1]);
}

#[test]
fn a_hint_says_how_an_error_was_captured() {
    let seen = observe(untraced(), || {
        sentry::capture_error_with_hint(&std::fmt::Error, Hint::new().handled(false));
        sentry::capture_message("something else in between", Level::Info);
        let error = anyhow::Error::new(std::fmt::Error).context("outer");
        let mechanism = Mechanism {
            ty: "auto.queue.worker".into(),
            handled: Some(false),
            description: Some("a job that nobody waits for".into()),
            ..Mechanism::default()
        };
        let error: &(dyn std::error::Error + 'static) = error.as_ref();
        sentry::capture_error_with_hint(error, Hint::new().mechanism(mechanism));
    });
    let mechanisms: Vec<Vec<_>> = seen
        .events()
        .iter()
        .map(|event| exceptions(event).iter().rev().map(|exception| exception["mechanism"].clone()).collect())
        .collect();
    assert_eq!(json!(mechanisms[0]), json!([{"type": "generic", "handled": false}]));
    assert_eq!(
        json!(mechanisms[2]),
        json!([
            {
                "type": "auto.queue.worker", "handled": false,
                "description": "a job that nobody waits for", "exception_id": 0
            },
            {"type": "chained", "handled": false, "source": "source", "exception_id": 1, "parent_id": 0},
        ])
    );
}

#[test]
fn before_send_sees_what_was_captured() {
    struct Attempt(u32);
    let look = |mut event: Event<'static>, hint: &mut Hint| {
        let ty = hint.type_name.clone().unwrap_or_default();
        event.tags.insert("told".into(), format!("{ty}|{}", hint.text.clone().unwrap_or_default()));
        hint.get::<Attempt>().is_none_or(|attempt| attempt.0 > 1).then_some(event)
    };
    let first = |mut event: Event<'static>| {
        if let Some(entry) = &mut event.logentry {
            entry.message = "changed".into();
        }
        Some(event)
    };
    let seen = observe(untraced().before_send(first).before_send_with_hint(look), || {
        let error = "seven".parse::<u8>().unwrap_err();
        sentry::capture_error_with_hint(&error, Hint::new().with(Attempt(1)));
        sentry::capture_error_with_hint(&error, Hint::new().with(Attempt(2)));
        sentry::capture_message("as it was", Level::Info);
    });
    let told: Vec<_> = seen.events().iter().map(|event| event["tags"]["told"].clone()).collect();
    assert_eq!(
        told,
        ["core::num::error::ParseIntError|invalid digit found in string", "|as it was"].map(Value::from)
    );
    assert_eq!(seen.events()[1]["logentry"]["message"], "changed");
    assert_eq!(seen.reported("before_send", "error"), 1);
}

#[test]
fn every_error_names_its_thread_by_number_and_name() {
    let seen = observe(untraced(), || {
        let thread = std::thread::Builder::new().name("picker".into());
        let capture = || _ = sentry::capture_error(&std::fmt::Error);
        thread.spawn(capture).unwrap().join().unwrap();
        std::thread::spawn(capture).join().unwrap();
        sentry::capture_message("of this thread", Level::Info);
    });
    let threads: Vec<_> = seen
        .events()
        .iter()
        .map(|event| {
            let thread = only(event["threads"]["values"].as_array().unwrap().clone());
            assert_eq!(thread["current"], true);
            assert_eq!(thread.get("crashed"), None);
            for exception in exceptions(event) {
                assert_eq!(exception["thread_id"], thread["id"]);
            }
            (thread["id"].as_u64().unwrap(), thread["name"].clone())
        })
        .collect();
    assert_eq!((&threads[0].1, &threads[1].1), (&json!("picker"), &Value::Null));
    let numbers: std::collections::HashSet<_> = threads.iter().map(|(number, _)| number).collect();
    assert_eq!(numbers.len(), 3, "{threads:?}");
}
