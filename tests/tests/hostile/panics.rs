//! Tests of the user's code that panics on the caller's thread while something is recorded: the panic stays inside,
//! causes no event, and loses no more than the value that was asked for.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sentry::protocol::AttributeValue;
use sentry::{Breadcrumb, HeaderSource, Hint, Level, SpanOptions, logger};
use sentry_tests::support::{observe, options};

/// Panics in every method.
struct Bad;

impl fmt::Display for Bad {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("Display broke")
    }
}

impl fmt::Debug for Bad {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("Debug broke")
    }
}

impl std::error::Error for Bad {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        panic!("source broke")
    }
}

impl serde::Serialize for Bad {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("Serialize broke")
    }
}

impl HeaderSource for Bad {
    fn visit(&self, _: &str, _: &mut dyn FnMut(&str)) {
        panic!("visit broke")
    }

    fn request_method(&self) -> Option<&str> {
        panic!("request_method broke")
    }
}

impl sentry::ResponseStatus for Bad {
    fn response_status(&self) -> Option<u16> {
        panic!("response_status broke")
    }
}

impl sentry::ActionError for Bad {
    fn control_flow(&self) -> sentry::ControlFlow {
        panic!("control_flow broke")
    }
}

impl AsRef<str> for Bad {
    fn as_ref(&self) -> &str {
        panic!("as_ref broke")
    }
}

impl AsRef<sentry::FormData> for Bad {
    fn as_ref(&self) -> &sentry::FormData {
        panic!("as_ref broke")
    }
}

/// Implements `Debug` only, which panics.
struct OnlyDebug;

impl fmt::Debug for OnlyDebug {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("Debug broke")
    }
}

/// An attribute whose `Clone` panics.
struct BadClone;

impl Clone for BadClone {
    fn clone(&self) -> Self {
        panic!("Clone broke")
    }
}

impl From<BadClone> for AttributeValue {
    fn from(_: BadClone) -> Self {
        1.into()
    }
}

/// Formats itself, and panics when it is dropped.
struct BadDrop;

impl Drop for BadDrop {
    fn drop(&mut self) {
        panic!("Drop broke")
    }
}

impl fmt::Display for BadDrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shown")
    }
}

#[sentry::span(attributes(display = Bad, debug = OnlyDebug, clone = BadClone))]
fn attributes() {}

#[sentry::span(args(value))]
fn argument(value: &Bad) {
    let _ = value;
}

#[sentry::span(ret)]
fn returned() -> Bad {
    Bad
}

#[sentry::span(err)]
fn fails() -> Result<(), Bad> {
    Err(Bad)
}

#[sentry::server_action(headers = Bad, form_data = Bad, record_response, tags(tag = Bad))]
fn action() -> Result<Bad, Bad> {
    Ok(Bad)
}

#[sentry::api_handler(method = "GET", route = "/", headers = Bad)]
fn handler() -> Bad {
    Bad
}

#[sentry::monitor("job", tags(tag = Bad))]
fn job() {}

/// Runs a closure with everything switched on, and asserts that its panic neither comes out nor becomes an event.
fn contained(run: fn()) {
    let seen = observe(options().enable_logs(true).send_default_pii(true), || {
        let outcome = catch_unwind(AssertUnwindSafe(|| sentry::with_isolation_scope(run)));
        assert!(outcome.is_ok(), "a panic came out");
        sentry::capture_message("after", Level::Info);
    });
    let panics = |event: &serde_json::Value| event["exception"]["values"][0]["mechanism"]["type"] == "panic";
    assert!(!seen.events().iter().any(panics), "{:#?}", seen.events());
    assert!(seen.events().iter().any(|event| event["logentry"]["message"] == "after"));
}

macro_rules! contained {
    ($($name:ident: $run:expr;)*) => {$(
        #[test]
        fn $name() {
            contained(|| _ = $run);
        }
    )*};
}

contained! {
    a_tag: { sentry::set_tag("tag", Bad); sentry::set_tags([("tag", Bad)]); sentry::set_tag("tag", BadDrop); };
    a_tag_of_a_scope: {
        sentry::configure_scope(|scope| { scope.set_tag("tag", Bad); scope.set_tags([("tag", Bad)]); });
        sentry::get_isolation_scope().set_tag("tag", Bad);
    };
    a_tag_of_a_span: sentry::start_span("work", |span| span.set_tag("tag", Bad));
    an_attribute: attributes();
    an_argument: argument(&Bad);
    a_returned_value: { _ = returned(); };
    a_returned_error: drop(fails());
    an_action: drop(action());
    a_handler: { _ = handler(); };
    a_job: job();
    an_error: (sentry::capture_error(&Bad), sentry::capture_display(&Bad), sentry::capture_debug(&Bad));
    an_error_with_a_scope: sentry::capture_error_with(&Bad, |_| panic!("the closure broke"));
    a_message_with_a_scope: sentry::capture_message_with("with", Level::Info, |_| panic!("the closure broke"));
    a_log: {
        logger::info!(display = Bad, debug = OnlyDebug, "hello {} {:?} {BAD}", Bad, OnlyDebug);
        logger::info("hello", [("key", "value")]);
    };
    a_breadcrumb: sentry::add_breadcrumb(|| -> Breadcrumb { panic!("the closure broke") });
    a_value_of_a_hint: {
        sentry::capture_error_with_hint(&std::io::Error::other("disk full"), Hint::new().with(BadDrop));
        sentry::add_breadcrumb_with_hint(Breadcrumb::default(), Hint::new().with(BadDrop));
    };
    a_continued_trace: sentry::continue_trace(&Bad, || sentry::start_span("work", |_| ()));
    a_model: sentry::start_span(SpanOptions::new("work"), |span| {
        let record = sentry::ai::record(span);
        record.with_contents().input_messages(&Bad).output_messages(&Bad).tool_definitions(&Bad);
        record.tool_arguments(&Bad).tool_result(&Bad);
    });
    a_form: sentry::FormData::of(&Bad);
    the_options_of_an_action: {
        let options = sentry::ServerActionOptions::new().headers(Bad).tag("tag", Bad).record_response();
        _ = sentry::with_server_action("save", options, || Bad);
        let options = sentry::ServerActionOptions::new().record_response_as(|_| -> u8 { panic!("it broke") });
        sentry::with_server_action("save", options, || ());
        let options = sentry::ServerActionOptions::new().control_flow();
        drop(sentry::try_with_server_action("save", options, || Err::<(), Bad>(Bad)));
    };
    the_options_of_a_handler: {
        let options = sentry::ApiHandlerOptions::new().method(Bad).response_status();
        _ = sentry::with_api_handler("/", options, || Bad);
        let options = sentry::ApiHandlerOptions::new().response_status_as(|_| -> u16 { panic!("it broke") });
        sentry::with_api_handler("/", options, || ());
    };
    the_options_of_a_job: sentry::with_monitor("job", sentry::MonitorOptions::new().tag("tag", Bad), || ());
}

/// A value that a format string captures by its name.
const BAD: Bad = Bad;

#[test]
fn what_does_not_panic_is_recorded_all_the_same() {
    let seen = observe(options().enable_logs(true), || {
        logger::info!(bad = Bad, good = 7, "hello {}", Bad);
        sentry::start_span("work", |span| {
            span.set_tag("bad", Bad);
            span.set_tag("good", 7);
        });
    });
    let log = &seen.logs()[0];
    assert_eq!(log["body"], "hello {}");
    assert_eq!(log["attributes"]["good"]["value"], 7);
    assert!(log["attributes"].get("bad").is_none());
    assert_eq!(seen.transaction()["tags"]["good"], "7");
}

/// Formats itself by calling the function that formats it.
struct Circular;

impl fmt::Display for Circular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        shows_itself();
        drop(fails_with_itself());
        f.write_str("circular")
    }
}

impl fmt::Debug for Circular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Circular")
    }
}

impl std::error::Error for Circular {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        drop(fails_with_itself());
        None
    }
}

#[sentry::span(attributes(value = Circular))]
fn shows_itself() {}

#[sentry::span(err)]
fn fails_with_itself() -> Result<(), Circular> {
    Err(Circular)
}

#[test]
fn a_value_that_is_shown_inside_of_itself_has_an_end() {
    let seen = observe(options(), || {
        shows_itself();
        drop(fails_with_itself());
    });
    assert!(seen.events().iter().any(|event| event["exception"]["values"][0]["value"] == "circular"));
}
