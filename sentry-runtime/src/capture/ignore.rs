//! The option `ignore_errors`: errors and messages that match one of its patterns are dropped and counted.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/client-reports/)

use crate::base::diagnostics;
use crate::context::active;
use crate::error::chain::ChainEntry;
use crate::error::pattern::Candidate;
use crate::protocol::{DataCategory, DiscardReason, Event};

/// Whether the active client ignores the error. An ignored error is counted.
pub(crate) fn drops(error: &ChainEntry) -> bool {
    ignores(&Candidate { ty: &error.ty, module: error.module.as_deref(), text: &error.value })
}

/// Whether the active client ignores the message. An ignored message is counted.
pub(crate) fn drops_message(text: &str) -> bool {
    ignores(&Candidate { ty: "", module: None, text })
}

/// Whether the active client ignores an event created by the program, by its message or its outermost exception. An
/// ignored event is counted.
pub(crate) fn drops_event(event: &Event<'_>) -> bool {
    let message = event.logentry.as_ref().map(|entry| &*entry.message).or(event.message.as_deref());
    let exception = event.exception.last().map(|exception| Candidate {
        ty: &exception.ty,
        module: exception.module.as_deref(),
        text: exception.value.as_deref().unwrap_or_default(),
    });
    let message = message.map(|text| Candidate { ty: "", module: None, text });
    // Feedback is never ignored as an error, whatever its text.
    event.ty.is_none() && [exception, message].iter().flatten().any(ignores)
}

fn ignores(what: &Candidate<'_>) -> bool {
    let Some(client) = active::with(|context| context.client()).filter(|client| client.is_enabled()) else {
        return false;
    };
    let Some(pattern) = client.options().ignore_errors.iter().find(|pattern| pattern.is(what)) else {
        return false;
    };
    diagnostics::debug(format_args!("dropped `{}`: it matches {pattern:?} of ignore_errors", what.titled()));
    client.ledger().lost(DiscardReason::EventProcessor, DataCategory::Error, 1);
    true
}
