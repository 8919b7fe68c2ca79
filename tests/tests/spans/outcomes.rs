//! Tests that the status of a span reflects how its function ended.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sentry_tests::support::{block_on, observe, options, poll_once, yield_once};

#[derive(Debug, PartialEq)]
struct Empty;

#[sentry::span(name = "inner")]
fn inner(value: Option<u8>) -> Result<u8, Empty> {
    value.ok_or(Empty)
}

#[sentry::span(name = "by question mark")]
fn by_question_mark(value: Option<u8>) -> Result<u8, Empty> {
    Ok(inner(value)? + 1)
}

#[sentry::span(name = "early return")]
fn early_return(value: Option<u8>) -> Result<u8, Empty> {
    if value.is_none() {
        return Err(Empty);
    }
    Ok(1)
}

#[sentry::span(name = "async question mark")]
async fn async_question_mark(value: Option<u8>) -> Result<u8, Empty> {
    yield_once().await;
    Ok(inner(value)? + 1)
}

#[sentry::span(name = "option")]
fn option(value: Option<u8>) -> Option<u8> {
    Some(value? + 1)
}

fn statuses(run: impl FnOnce()) -> Vec<(String, String)> {
    let seen = observe(options(), run);
    seen.spans().into_iter().map(|span| (span.name, span.status)).collect()
}

fn told(told: &[(&str, &str)]) -> Vec<(String, String)> {
    told.iter().map(|(name, status)| ((*name).to_owned(), (*status).to_owned())).collect()
}

#[test]
fn an_error_is_an_internal_error_however_it_gets_out() {
    let seen = statuses(|| {
        assert_eq!(by_question_mark(None), Err(Empty));
        assert_eq!(early_return(None), Err(Empty));
        assert_eq!(block_on(async_question_mark(None)), Err(Empty));
    });
    assert_eq!(
        seen,
        told(&[
            ("by question mark", "internal_error"),
            ("inner", "internal_error"),
            ("early return", "internal_error"),
            ("async question mark", "internal_error"),
            ("inner", "internal_error"),
        ])
    );
}

#[test]
fn a_value_is_ok_however_it_gets_out() {
    let seen = statuses(|| {
        assert_eq!(by_question_mark(Some(1)), Ok(2));
        assert_eq!(early_return(Some(1)), Ok(1));
        assert_eq!(block_on(async_question_mark(Some(1))), Ok(2));
        assert_eq!(option(None), None);
    });
    assert!(seen.iter().all(|(_, status)| status == "ok"), "{seen:?}");
    assert_eq!(seen.len(), 6);
}

#[sentry::span(name = "panicking")]
fn panicking(panic: bool) -> u8 {
    assert!(!panic, "thrown by the test");
    1
}

#[sentry::span(name = "panicking result")]
fn panicking_result() -> Result<u8, Empty> {
    Ok(panicking(true))
}

#[sentry::span(name = "panicking async")]
async fn panicking_async() -> u8 {
    yield_once().await;
    panicking_result().unwrap_or_default()
}

#[test]
fn a_panic_is_an_internal_error_in_every_function_that_it_crosses() {
    let seen = observe(options().capture_panics(false), || {
        sentry::start_span("root", |_| {
            let payload = catch_unwind(|| block_on(panicking_async())).unwrap_err();
            assert_eq!(payload.downcast_ref::<&str>(), Some(&"thrown by the test"));
            panicking(false)
        })
    });
    let statuses: Vec<_> = seen.spans().into_iter().map(|span| (span.name, span.status)).collect();
    assert_eq!(
        statuses,
        told(&[
            ("root", "ok"),
            ("panicking async", "internal_error"),
            ("panicking result", "internal_error"),
            ("panicking", "internal_error"),
            ("panicking", "ok"),
        ])
    );
}

#[test]
fn a_future_whose_panic_is_caught_and_that_is_dropped_later_has_failed() {
    let seen = observe(options().capture_panics(false), || {
        let mut future = Box::pin(panicking_async());
        catch_unwind(AssertUnwindSafe(|| block_on(future.as_mut()))).unwrap_err();
        drop(future);
    });
    assert_eq!(seen.span("panicking async").status, "internal_error");
}

#[sentry::span(name = "waiting")]
async fn waiting() -> u8 {
    std::future::pending::<()>().await;
    1
}

#[sentry::span(name = "around")]
async fn around() -> u8 {
    waiting().await
}

#[test]
fn a_future_that_is_dropped_before_it_is_ready_was_cancelled() {
    let seen = statuses(|| assert!(!poll_once(around())));
    assert_eq!(seen, told(&[("around", "cancelled"), ("waiting", "cancelled")]));
}

#[test]
fn a_future_that_loses_a_race_was_cancelled() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let seen = statuses(|| {
        runtime.block_on(async {
            tokio::select! {
                _ = waiting() => unreachable!("it waits for ever"),
                won = async_question_mark(Some(1)) => assert_eq!(won, Ok(2)),
            }
        });
    });
    let status = |name: &str| seen.iter().find(|(of, _)| of == name).map(|(_, status)| status.as_str());
    assert_eq!(status("waiting"), Some("cancelled"));
    assert_eq!(status("async question mark"), Some("ok"));
}

#[test]
fn a_status_that_the_program_sets_counts_before_all() {
    #[sentry::span(name = "set")]
    fn set() -> Result<(), Empty> {
        sentry::get_active_span().unwrap().set_http_status(404);
        Err(Empty)
    }
    let seen = observe(options(), || sentry::start_span("root", |_| set()));
    let span = seen.span("set");
    assert_eq!(span.status, "not_found");
    assert_eq!(span.data["http.response.status_code"], 404);
}
