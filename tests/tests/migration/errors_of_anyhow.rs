//! Tests of errors of `anyhow` at the official paths, and of events that are made from errors.

use anyhow::{Context as _, anyhow};
use sentry::integrations::anyhow::{AnyhowHubExt as _, capture_anyhow, event_from_error};
use sentry::{Hub, Level, parse_type_from_debug};
use sentry_tests::support::options;

use crate::captured;

fn number() -> anyhow::Result<u8> {
    "seven".parse::<u8>().context("no number")
}

#[test]
fn an_error_is_captured_with_its_causes() {
    let seen = captured(options(), || {
        let error = number().unwrap_err();
        capture_anyhow(&error);
        sentry::integrations::anyhow::capture_anyhow(&anyhow!("sold out"));
        Hub::current().capture_anyhow(&anyhow!("closed"));
    });
    let values: Vec<_> = seen[0].exception.iter().map(|it| it.value.clone().unwrap()).collect();
    assert_eq!(values, ["invalid digit found in string", "no number"]);
    assert_eq!(seen[1].exception[0].value.as_deref(), Some("sold out"));
    assert_eq!(seen[2].exception[0].value.as_deref(), Some("closed"));
}

#[test]
fn an_event_of_an_error_is_changed_and_captured() {
    let seen = captured(options(), || {
        let mut event = event_from_error(&number().unwrap_err());
        event.level = Level::Warning;
        sentry::capture_event(event);
        let error = "seven".parse::<u8>().unwrap_err();
        let event = sentry::event_from_error(&error);
        assert_eq!(event.exception[0].ty, "ParseIntError");
        sentry::capture_event(event);
        assert_eq!(parse_type_from_debug(&format!("{error:?}")), "ParseIntError");
        assert_eq!(parse_type_from_debug("Refused(7)"), "Refused");
    });
    assert_eq!(seen[0].level, Level::Warning);
    assert_eq!(seen[0].exception.len(), 2);
    assert_eq!(seen[1].exception.len(), 1);
}
