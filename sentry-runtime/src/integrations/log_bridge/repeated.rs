//! Log entries in which a server's middleware repeats a failure that is captured elsewhere: those of `TraceLayer` and
//! `CatchPanicLayer` of `tower-http`. One failure is one event, whatever the order of the layers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::LogFields;
use crate::capture::{reported, unwinding};
use crate::context::active;
use crate::scope::request_events::AwaitedFailures;

/// Whether the entry repeats the failure of a request. `text` is its message.
pub(super) fn is_repeated(target: &str, text: &str, fields: &LogFields) -> bool {
    let Some(layer) = target.strip_prefix("tower_http::") else { return false };
    if layer.starts_with("catch_panic") {
        return repeats_panic(text);
    }
    layer.starts_with("trace") && repeats_response(fields.text_of("classification").unwrap_or_default())
}

/// The layer answers the panic that it logs, and layers around it may log the answer.
fn repeats_panic(text: &str) -> bool {
    let is_captured = unwinding::is_captured(text.strip_prefix("Service panicked: "));
    if is_captured {
        reported::note();
    }
    is_captured
}

/// Inside a request that an integration handles, the integration captures the failure later, unless it leaves that kind of
/// failure alone. Around it, or around a function with the attribute of a web handler, the failure has been captured.
fn repeats_response(classification: &str) -> bool {
    let isolation = active::with(|context| Arc::clone(&context.isolation)).snapshot();
    let Some(events) = &isolation.request_events else { return reported::take() };
    // A task of the request logs failures of its own.
    if events.ended.load(Ordering::Relaxed) {
        return false;
    }
    let is_awaited = match events.awaited {
        AwaitedFailures::ErrorsAndResponses => {
            // The status of a gRPC response alone is no event.
            !classification.starts_with("Code:")
        }
        AwaitedFailures::Errors => classification.starts_with("Error:"),
        AwaitedFailures::None => false,
    };
    is_awaited || events.captured.load(Ordering::Relaxed)
}
