//! Log entries in which a server's middleware repeats a failure that is captured elsewhere: those of `TraceLayer` and
//! `CatchPanicLayer` of `tower-http`. One failure is one event, whatever the order of the layers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::LogFields;
use crate::capture::{reported, unwinding};
use crate::context::active;
use crate::scope::request_events::{AwaitedFailures, SharedEvents};
use crate::trace::clock;

/// The failure that an entry is about.
pub(super) enum Repetition {
    /// One that nothing else captures.
    None,
    /// One that was captured.
    Captured,
    /// That of the request around it, if the request fails: an entry of a client inside of the request looks the same.
    OfRequest(SharedEvents),
}

/// Returns the failure that an entry is about. `text` is its message.
pub(super) fn repetition(target: &str, text: &str, fields: &LogFields) -> Repetition {
    let Some(layer) = target.strip_prefix("tower_http::") else { return Repetition::None };
    if layer.starts_with("catch_panic") {
        return if repeats_panic(text) { Repetition::Captured } else { Repetition::None };
    }
    if !layer.starts_with("trace") {
        return Repetition::None;
    }
    of_response(fields.text_of("classification").unwrap_or_default(), || duration(fields.text_of("latency")?))
}

/// The layer answers the panic that it logs, and layers around it may log the answer.
fn repeats_panic(text: &str) -> bool {
    let is_captured = unwinding::is_captured(text.strip_prefix("Service panicked: "));
    if is_captured {
        // How long the request takes is unknown here.
        reported::note(Some(500), clock::now());
    }
    is_captured
}

/// Inside a request that an integration handles, the integration captures the failure later, unless it leaves that kind of
/// failure alone. Around it, or around a function with the attribute of a web handler, the failure has been captured.
fn of_response(classification: &str, took: impl FnOnce() -> Option<Duration>) -> Repetition {
    let isolation = active::isolation().snapshot();
    let Some(events) = &isolation.request_events else {
        let status = status(classification);
        // The time of the failure of a body begins at its last chunk.
        let is_captured = reported::take(status, status.and_then(|_| took()));
        return if is_captured { Repetition::Captured } else { Repetition::None };
    };
    // A task of the request logs failures of its own.
    if events.ended.load(Ordering::Relaxed) {
        return Repetition::None;
    }
    let is_awaited = match events.awaited {
        AwaitedFailures::ErrorsAndResponses => {
            // The status of a gRPC response alone is no event.
            !classification.starts_with("Code:")
        }
        AwaitedFailures::Errors => classification.starts_with("Error:"),
        AwaitedFailures::None => false,
    };
    if is_awaited || events.is_captured() { Repetition::OfRequest(events.clone()) } else { Repetition::None }
}

/// Returns the status in a classification such as `Status code: 502 Bad Gateway`.
fn status(classification: &str) -> Option<u16> {
    classification.strip_prefix("Status code: ")?.split(' ').next()?.parse().ok()
}

/// Returns the time in a text such as `12 ms`.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_once(' ')?;
    let of = match unit {
        "s" => return Duration::try_from_secs_f64(number.parse().ok()?).ok(),
        "ms" => Duration::from_millis,
        "μs" => Duration::from_micros,
        "ns" => Duration::from_nanos,
        _ => return None,
    };
    Some(of(number.parse().ok()?))
}
