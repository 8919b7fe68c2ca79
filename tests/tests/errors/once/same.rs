//! Tests of one error that passes several annotated functions.

use std::error::Error;
use std::panic::catch_unwind;

use sentry_tests::support::{block_on, observe, options, untraced, yield_once};

use super::{Failed, assert_begins_in, chain, text};

#[inline(never)]
#[sentry::span(name = "deepest")]
fn deepest(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[sentry::span(name = "middle")]
fn middle(text: &str) -> Result<u32, Failed> {
    Ok(deepest(text)? + 1)
}

#[sentry::span(name = "outermost", err)]
fn outermost(text: &str) -> Result<u32, Failed> {
    middle(text)
}

#[sentry::span(name = "boxing", err)]
fn boxing(text: &str) -> Result<u32, Box<dyn Error>> {
    Ok(middle(text)?)
}

#[sentry::span(name = "with anyhow", err)]
fn with_anyhow(text: &str) -> anyhow::Result<u32> {
    use anyhow::Context as _;
    middle(text).context("the form is not valid")
}

#[sentry::server_action]
fn action(text: &str) -> Result<u32, Failed> {
    middle(text)
}

#[sentry::monitor("nightly")]
fn job(text: &str) -> Result<u32, Failed> {
    middle(text)
}

#[sentry::span(name = "capturing")]
fn capturing(text: &str) -> u32 {
    middle(text).unwrap_or_else(|error| {
        sentry::capture_error(&error);
        0
    })
}

/// The mechanism of the event, and a function that causes the event with a text.
type Way = (&'static str, fn(&str));

/// All ways in which the outermost function may capture.
const WAYS: [Way; 6] = [
    ("auto.function.span", |text| drop(outermost(text))),
    ("auto.function.span", |text| drop(boxing(text))),
    ("auto.function.span", |text| drop(with_anyhow(text))),
    ("auto.function.server_action", |text| drop(action(text))),
    ("auto.function.monitor", |text| drop(job(text))),
    ("generic", |text| _ = capturing(text)),
];

#[test]
fn an_error_is_one_event_of_the_span_that_first_saw_it() {
    for (number, (mechanism, run)) in WAYS.into_iter().enumerate() {
        let seen = observe(options(), || run("seven"));
        assert_eq!(seen.events().len(), 1, "way {number}");
        let event = seen.event();
        let chain = chain(&event);
        assert_eq!(chain.last().unwrap().1, "invalid digit found in string", "way {number}");
        let outermost = event["exception"]["values"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(outermost["mechanism"]["type"], mechanism, "way {number}");
        let deepest = seen.span("deepest");
        let trace = &event["contexts"]["trace"];
        assert_eq!(trace["trace_id"], deepest.trace, "way {number}");
        assert_eq!(trace["span_id"], deepest.id, "way {number}");
        if mechanism != "generic" {
            assert_begins_in(&event, "deepest");
        }
    }
}

#[test]
fn an_error_is_one_event_in_a_trace_that_is_not_recorded_too() {
    for (number, (_, run)) in WAYS.into_iter().enumerate() {
        for options in [options().traces_sample_rate(0.0), untraced()] {
            let seen = observe(options, || run("seven"));
            assert_eq!(seen.events().len(), 1, "way {number}");
            let event = seen.event();
            assert_eq!(chain(&event).last().unwrap().1, "invalid digit found in string");
            assert_eq!(
                event["contexts"]["trace"]["trace_id"],
                seen.envelopes().iter().find(|e| e.items_of("event").count() == 1).unwrap().header["trace"]["trace_id"]
            );
        }
    }
}

#[test]
fn calls_that_succeed_capture_nothing() {
    let seen = observe(options(), || WAYS.into_iter().for_each(|(_, run)| run("7")));
    assert_eq!(seen.events().len(), 0);
}

#[test]
fn converted_errors_keep_their_chain() {
    let with = |run: fn(&str)| chain(&observe(options(), || run("seven")).event());
    let pair = |ty: &str, text: &str| (ty.to_owned(), text.to_owned());
    let cause = pair("ParseIntError", "invalid digit found in string");
    let failed = pair("Failed", "no number");
    assert_eq!(with(WAYS[0].1), [failed.clone(), cause.clone()]);
    assert_eq!(with(WAYS[1].1), [failed.clone(), cause.clone()]);
    let anyhow = with(WAYS[2].1);
    assert_eq!(anyhow[0].1, "the form is not valid");
    assert_eq!(anyhow[1..], [failed, cause]);
}

#[sentry::span(name = "inner capture", err)]
fn inner_capture() -> Result<u32, Failed> {
    Err(Failed::new("seen further in"))
}

#[sentry::span(name = "outer capture", err)]
fn outer_capture() -> Result<u32, Box<dyn Error>> {
    Ok(inner_capture()?)
}

#[sentry::server_action]
fn capturing_action() -> Result<u32, Box<dyn Error>> {
    outer_capture()
}

#[test]
fn functions_that_capture_one_inside_of_the_other_capture_once() {
    let seen = observe(options(), || {
        let error = capturing_action().unwrap_err();
        // A further capture by hand returns the id of the same event.
        sentry::capture_error(&*error)
    });
    let event = seen.event();
    assert_eq!(text(&event), "seen further in");
    assert_eq!(event["event_id"], seen.result.simple().to_string());
    assert_eq!(event["contexts"]["trace"]["span_id"], seen.span("inner capture").id);
}

#[sentry::span(name = "async deepest")]
async fn async_deepest() -> Result<u32, Failed> {
    yield_once().await;
    Err(Failed::new("from the depth"))
}

#[sentry::span(name = "async middle")]
async fn async_middle() -> Result<u32, Box<dyn Error + Send + Sync>> {
    yield_once().await;
    Ok(async_deepest().await?)
}

#[sentry::span(name = "async outermost", err)]
async fn async_outermost() -> Result<u32, Box<dyn Error + Send + Sync>> {
    yield_once().await;
    async_middle().await
}

#[test]
fn async_functions_are_no_different() {
    for options in [options(), options().traces_sample_rate(0.0), untraced()] {
        let recorded = options.traces_sample_rate == Some(1.0);
        let seen = observe(options, || drop(block_on(async_outermost())));
        let event = seen.event();
        assert_eq!(text(&event), "from the depth");
        assert_begins_in(&event, "async_deepest");
        if recorded {
            assert_eq!(event["contexts"]["trace"]["span_id"], seen.span("async deepest").id);
        }
    }
}

#[sentry::span(name = "panics", err)]
fn panics() -> Result<u32, Failed> {
    panic!("out of order");
}

#[sentry::span(name = "around", err)]
fn around() -> Result<u32, Failed> {
    panics()
}

#[sentry::server_action]
fn around_all() -> Result<u32, Failed> {
    around()
}

#[test]
fn a_panic_that_crosses_annotated_functions_is_one_event() {
    for options in [options(), options().traces_sample_rate(0.0), untraced()] {
        let seen = observe(options, || catch_unwind(around_all).is_err());
        assert!(seen.result);
        let event = seen.event();
        assert_eq!(chain(&event), [("panic".to_owned(), "out of order".to_owned())]);
        assert_begins_in(&event, "panics");
    }
}

/// An error with the text of the error inside of it, like one with `#[error(transparent)]`.
#[derive(Debug)]
enum Transparent {
    Failed(Failed),
    Any(anyhow::Error),
}

impl std::fmt::Display for Transparent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Any(error) => error.fmt(f),
        }
    }
}

impl Error for Transparent {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            Self::Any(error) => error.source(),
        }
    }
}

/// An enum error whose `Debug` output is the name of the variant.
#[derive(Debug)]
enum Lookup {
    NotFound,
}

impl std::fmt::Display for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not found")
    }
}

impl Error for Lookup {}

#[sentry::span(err)]
fn lookup() -> Result<u32, Lookup> {
    Err(Lookup::NotFound)
}

#[test]
fn an_error_is_recognised_in_what_is_made_of_it() {
    use anyhow::Context as _;

    #[sentry::server_action]
    fn transparent() -> Result<u32, Transparent> {
        outermost("seven").map_err(Transparent::Failed)
    }
    #[sentry::server_action]
    fn transparent_any() -> Result<u32, Transparent> {
        outermost("seven").map_err(|error| Transparent::Any(error.into()))
    }
    #[sentry::server_action]
    fn transparent_in_context() -> anyhow::Result<u32> {
        outermost("seven").map_err(Transparent::Failed).context("the form is not valid")
    }
    #[sentry::server_action]
    fn variant_in_box() -> Result<u32, Box<dyn Error>> {
        Ok(lookup()?)
    }
    #[sentry::server_action]
    fn variant_in_context() -> anyhow::Result<u32> {
        lookup().context("loading").context("answering")
    }
    #[sentry::server_action]
    fn io_error() -> std::io::Result<u32> {
        lookup().map_err(std::io::Error::other)
    }
    #[sentry::server_action]
    fn as_text() -> Result<u32, String> {
        outermost("seven").map_err(|error| error.to_string())
    }
    #[sentry::server_action]
    fn behind_a_separator() -> Result<u32, Failed> {
        lookup().map_err(|error| Failed::new(format!("loading the page: {error}")))
    }
    #[sentry::server_action]
    fn in_brackets() -> Result<u32, String> {
        lookup().map_err(|error| format!("the page is missing ({error})"))
    }
    #[sentry::server_action]
    fn with_a_code() -> Result<u32, (u16, String)> {
        lookup().map_err(|error| (404, error.to_string()))
    }
    let ways: [(&str, fn()); 10] = [
        ("transparent", || drop(transparent())),
        ("transparent any", || drop(transparent_any())),
        ("transparent in context", || drop(transparent_in_context())),
        ("variant in box", || drop(variant_in_box())),
        ("variant in context", || drop(variant_in_context())),
        ("io error", || drop(io_error())),
        ("as text", || drop(as_text())),
        ("behind a separator", || drop(behind_a_separator())),
        ("in brackets", || drop(in_brackets())),
        ("with a code", || drop(with_a_code())),
    ];
    for (way, run) in ways {
        for options in [options(), untraced()] {
            let events = observe(options, run).events();
            assert_eq!(events.len(), 1, "{way}: {events:#?}");
        }
    }
}
