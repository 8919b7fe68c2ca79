//! Tests of panics, which a hook captures where they happen.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use sentry::SentryFutureExt as _;
use sentry_tests::support::{block_on, names, observe, only, options, yield_once};
use serde_json::{Value, json};

#[inline(never)]
fn panics(text: Option<&'static str>) -> u32 {
    match text {
        Some(text) => std::panic::panic_any(text),
        None => panic!("item {} is missing", std::hint::black_box(7)), // the line that panics
    }
}

#[sentry::span(name = "inner")]
fn inner() -> Result<u32, String> {
    Ok(panics(None))
}

#[sentry::span(name = "outer")]
async fn outer() -> Result<u32, String> {
    yield_once().await;
    inner()
}

fn exception(event: &Value) -> Value {
    only(event["exception"]["values"].as_array().unwrap().clone())
}

#[test]
fn a_panic_is_a_fatal_event_of_the_span_in_which_it_happened() {
    let seen = observe(options(), || {
        let payload = catch_unwind(|| block_on(outer())).unwrap_err();
        assert_eq!(payload.downcast_ref::<String>().unwrap(), "item 7 is missing");
    });
    let event = seen.event();
    assert_eq!(event["level"], "fatal");
    let exception = exception(&event);
    assert_eq!((&exception["type"], &exception["value"]), (&json!("panic"), &json!("item 7 is missing")));
    assert_eq!(exception["mechanism"]["type"], "panic");
    assert_eq!(exception["mechanism"]["handled"], false);
    let location = exception["mechanism"]["data"]["location"].as_str().unwrap();
    assert!(location.contains("errors/panics.rs:"), "{location}");
    let line: u64 = location.rsplit(':').nth(1).unwrap().parse().unwrap();
    let frames = exception["stacktrace"]["frames"].as_array().unwrap();
    let innermost = frames.last().unwrap();
    assert!(innermost["function"].as_str().unwrap().contains("panics"), "{innermost:#}");
    assert_eq!(innermost["lineno"], line);
    assert!(
        innermost["context_line"].as_str().unwrap().ends_with("// the line that panics"),
        "{innermost:#}"
    );
    let inner = seen.span("inner");
    let trace = &event["contexts"]["trace"];
    assert_eq!(
        (trace["trace_id"].as_str(), trace["span_id"].as_str()),
        (Some(&*inner.trace), Some(&*inner.id))
    );
    let thread = only(event["threads"]["values"].as_array().unwrap().clone());
    assert_eq!((&thread["crashed"], &thread["current"]), (&json!(true), &json!(true)));
    assert_eq!(names(&seen.spans()), ["outer", "inner"]);
}

#[test]
fn payloads_of_every_kind_have_a_text() {
    for (run, text) in [
        (
            Box::new(|| panics(Some("a literal"))) as Box<dyn FnOnce() -> u32 + std::panic::UnwindSafe>,
            "a literal",
        ),
        (Box::new(|| std::panic::panic_any("an owned text".to_owned())), "an owned text"),
        (Box::new(|| std::panic::panic_any(7_u32)), "a value that is not a string"),
    ] {
        let seen = observe(options(), || catch_unwind(run).is_err());
        assert!(seen.result);
        assert_eq!(exception(&seen.event())["value"], text);
    }
}

#[test]
fn a_panic_on_another_thread_names_that_thread() {
    let seen = observe(options(), || {
        let thread = std::thread::Builder::new().name("picker".into()).spawn(|| panics(None)).unwrap();
        thread.join().unwrap_err();
    });
    let event = seen.event();
    assert_eq!(only(event["threads"]["values"].as_array().unwrap().clone())["name"], "picker");
}

#[test]
fn panics_can_be_left_alone() {
    let seen = observe(options().capture_panics(false), || catch_unwind(|| panics(None)).is_err());
    assert!(seen.result);
    assert_eq!(seen.events().len(), 0);
}

/// Panics without calling any hook.
#[sentry::api_handler("/pick")]
fn picks() {
    resume_unwind(Box::new("the shelf was moved".to_owned()))
}

#[sentry::api_handler("/order")]
fn orders() {
    resume_unwind(std::thread::spawn(picks).join().unwrap_err())
}

#[sentry::api_handler("/order")]
async fn orders_later(picked: &Mutex<Option<Box<dyn Any + Send>>>) {
    std::future::poll_fn(|_| match picked.lock().unwrap().take() {
        Some(payload) => resume_unwind(payload),
        None => Poll::Pending,
    })
    .await
}

#[test]
fn a_panic_that_no_hook_saw_and_that_is_resumed_elsewhere_is_one_event() {
    let seen = observe(options(), || catch_unwind(orders).is_err());
    assert!(seen.result);
    assert_eq!(exception(&seen.event())["value"], "the shelf was moved");
}

#[test]
fn a_panic_that_no_hook_saw_and_that_another_task_resumes_in_a_later_poll_is_one_event() {
    let seen = observe(options(), || {
        let picked = Mutex::default();
        let mut order = std::pin::pin!(orders_later(&picked));
        let mut poll = || order.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending();
        assert!(poll());
        *picked.lock().unwrap() = Some(std::thread::spawn(picks).join().unwrap_err());
        catch_unwind(AssertUnwindSafe(poll)).is_err()
    });
    assert!(seen.result);
    assert_eq!(exception(&seen.event())["value"], "the shelf was moved");
}

/// The payloads of these panics may have the same address, one after the other.
#[sentry::api_handler("/order")]
async fn tries_again() {
    for _ in 0..3 {
        assert!(catch_unwind(picks).is_err());
    }
    for _ in 0..3 {
        let pick = async { resume_unwind(Box::new("the shelf was moved".to_owned())) };
        let pick = AssertUnwindSafe(pick.bind_scope());
        assert!(catch_unwind(|| block_on(pick.0)).is_err());
    }
}

#[test]
fn panics_with_one_text_that_no_hook_saw_are_an_event_each() {
    let seen = observe(options(), || {
        block_on(tries_again());
        block_on(tries_again());
    });
    assert_eq!(seen.events().len(), 12);
}

/// Panics with a text that the hook sees, and catches the panic. The process remembers the text and the address of the
/// payload, so each test uses texts of its own.
fn earlier(text: &str) -> Box<dyn Any + Send> {
    catch_unwind(|| panic!("the {text}")).unwrap_err()
}

/// Panics while an earlier panic with the same text is still held.
#[sentry::api_handler("/pick")]
fn picks_after_another_panic() {
    let _earlier = earlier("lamp was broken");
    resume_unwind(Box::new("the lamp was broken".to_owned()))
}

#[sentry::api_handler("/pick")]
fn picks_while_another_panic_is_held() {
    resume_unwind(Box::new("the lamp was lost".to_owned()))
}

#[sentry::api_handler("/order")]
fn resumes(payload: Box<dyn Any + Send>) {
    resume_unwind(payload)
}

#[test]
fn a_panic_that_no_hook_saw_is_not_an_earlier_one_with_its_text() {
    // The earlier panic happens first inside, then outside of the function that the other panic leaves.
    let seen = observe(options(), || catch_unwind(picks_after_another_panic).is_err());
    assert_eq!((seen.result, seen.events().len()), (true, 2));
    let seen = observe(options(), || {
        let _earlier = earlier("lamp was lost");
        catch_unwind(picks_while_another_panic_is_held).is_err()
    });
    assert_eq!((seen.result, seen.events().len()), (true, 2));
}

#[test]
fn a_panic_that_a_hook_saw_and_that_is_caught_and_resumed_is_one_event() {
    let seen = observe(options(), || {
        let earlier = earlier("lamp was found");
        catch_unwind(AssertUnwindSafe(|| resumes(earlier))).is_err()
    });
    assert_eq!((seen.result, seen.events().len()), (true, 1));
}

#[test]
fn two_panics_are_two_events() {
    let seen = observe(options(), || (0..2).filter(|_| catch_unwind(|| panics(None)).is_err()).count());
    assert_eq!((seen.result, seen.events().len()), (2, 2));
}
