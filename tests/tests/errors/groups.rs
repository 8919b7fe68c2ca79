//! Tests of errors that consist of several errors.

use std::error::Error;
use std::fmt;

use sentry::ErrorGroup;
use sentry_tests::support::{observe, untraced};
use serde_json::{Value, json};

/// An error with parts, and perhaps a cause.
#[derive(Debug)]
struct JobsFailed {
    parts: Vec<Box<dyn Error + Send + Sync>>,
    cause_is_first: bool,
}

impl fmt::Display for JobsFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} jobs failed", self.parts.len())
    }
}

impl Error for JobsFailed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause_is_first.then(|| &*self.parts[0] as _)
    }
}

impl ErrorGroup for JobsFailed {
    fn errors(&self) -> Vec<&(dyn Error + 'static)> {
        self.parts.iter().map(|part| &**part as _).collect()
    }
}

/// An error with a cause.
#[derive(Debug)]
struct Wrapped(Box<dyn Error + Send + Sync>);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrapped")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

fn not_a_number() -> Box<dyn Error + Send + Sync> {
    Box::new("seven".parse::<u8>().unwrap_err())
}

fn group(cause_is_first: bool) -> JobsFailed {
    let parts = vec![Box::new(Wrapped(not_a_number())) as _, Box::new(std::io::Error::other("no ink")) as _];
    JobsFailed { parts, cause_is_first }
}

/// Returns the type, number, parent, source and kind of each exception, in the order of the event.
fn tree(event: &Value) -> Value {
    let exceptions = event["exception"]["values"].as_array().unwrap();
    exceptions
        .iter()
        .map(|exception| {
            let mechanism = &exception["mechanism"];
            json!([
                exception["type"],
                mechanism["exception_id"],
                mechanism["parent_id"],
                mechanism["source"],
                mechanism["is_exception_group"],
                mechanism["type"],
            ])
        })
        .collect()
}

#[test]
fn every_part_comes_with_its_own_causes() {
    for cause_is_first in [false, true] {
        let seen = observe(untraced(), || sentry::capture_error_group(&group(cause_is_first)));
        assert_eq!(seen.event()["event_id"], seen.result.simple().to_string());
        assert_eq!(
            tree(&seen.event()),
            json!([
                ["io::Error", 3, 0, "errors[1]", null, "chained"],
                ["ParseIntError", 2, 1, "source", null, "chained"],
                ["Wrapped", 1, 0, "errors[0]", null, "chained"],
                ["JobsFailed", 0, null, null, true, "generic"],
            ])
        );
    }
}

#[test]
fn an_annotated_function_that_returns_a_group_captures_all_of_it() {
    #[sentry::span(err)]
    fn jobs() -> Result<(), JobsFailed> {
        Err(group(false))
    }
    let seen = observe(untraced(), || jobs().unwrap_err());
    let told = tree(&seen.event());
    assert_eq!(told.as_array().unwrap().len(), 4);
    assert_eq!(told[3], json!(["JobsFailed", 0, null, null, true, "auto.function.span"]));
}

#[test]
fn an_inner_group_is_recognised_by_its_registered_type() {
    #[sentry::span(err)]
    fn boxed() -> Result<(), Box<dyn Error>> {
        Err(Box::new(group(false)))
    }
    let options = || untraced().error_group::<JobsFailed>();
    let seen = observe(options(), || {
        let outer = JobsFailed { parts: vec![Box::new(group(false)), not_a_number()], cause_is_first: false };
        sentry::capture_error(&Wrapped(Box::new(outer)));
    });
    let told = tree(&seen.event());
    let parents: Vec<_> =
        told.as_array().unwrap().iter().rev().map(|row| (&row[0], &row[2], &row[4])).collect();
    assert_eq!(
        json!(parents),
        json!([
            ["Wrapped", null, null],
            ["JobsFailed", 0, true],
            ["JobsFailed", 1, true],
            ["Wrapped", 2, null],
            ["ParseIntError", 3, null],
            ["io::Error", 2, null],
            ["ParseIntError", 1, null],
        ])
    );
    let seen = observe(options(), || boxed().unwrap_err());
    assert_eq!(tree(&seen.event()).as_array().unwrap().len(), 4);
    let seen = observe(untraced(), || boxed().unwrap_err());
    assert_eq!(tree(&seen.event()).as_array().unwrap().len(), 1, "the error is not captured as a group");
}

#[test]
fn a_group_of_thousands_is_cut() {
    let parts = (0..10_000).map(|_| not_a_number()).collect();
    let seen =
        observe(untraced(), || sentry::capture_error_group(&JobsFailed { parts, cause_is_first: false }));
    let event = seen.event();
    let exceptions = event["exception"]["values"].as_array().unwrap();
    assert_eq!(exceptions.len(), 50);
    assert!(exceptions[0]["value"].as_str().unwrap().ends_with("the chain is cut after 50)"));
}
