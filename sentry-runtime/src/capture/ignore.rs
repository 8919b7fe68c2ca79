//! The option `ignore_errors`: errors and messages that match one of its patterns are dropped and counted.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/client-reports/)

use std::sync::Arc;

use crate::base::diagnostics;
use crate::client::Client;
use crate::context::active;
use crate::error::chain::ChainEntry;
use crate::error::pattern::Candidate;
use crate::protocol::{Attachment, DataCategory, DiscardReason, Event};

/// Returns whether the active client ignores the error. An ignored error is counted with its attachments.
pub(crate) fn drops<'a>(error: &ChainEntry, files: impl Iterator<Item = &'a Arc<Attachment>>) -> bool {
    active::with(|context| context.client()).is_some_and(|client| drops_of(&client, error, files))
}

/// Like [`drops`], for a client.
pub(crate) fn drops_of<'a>(
    client: &Client,
    error: &ChainEntry,
    files: impl Iterator<Item = &'a Arc<Attachment>>,
) -> bool {
    let error = Candidate { ty: &error.ty, module: error.module.as_deref(), text: &error.value };
    ignores(client, &[error], files)
}

/// Returns whether a client ignores the message. An ignored message is counted with its attachments.
pub(crate) fn drops_message<'a>(
    client: &Client,
    text: &str,
    files: impl Iterator<Item = &'a Arc<Attachment>>,
) -> bool {
    ignores(client, &[Candidate { ty: "", module: None, text }], files)
}

/// Returns whether a client ignores an event created by the program, by its message or its outermost exception. An ignored
/// event is counted with its attachments.
pub(crate) fn drops_event<'a>(
    client: &Client,
    event: &Event<'_>,
    files: impl Iterator<Item = &'a Arc<Attachment>>,
) -> bool {
    let message = event.logentry.as_ref().map(|entry| &*entry.message).or(event.message.as_deref());
    let exception = event.exception.last().map(|exception| Candidate {
        ty: &exception.ty,
        module: exception.module.as_deref(),
        text: exception.value.as_deref().unwrap_or_default(),
    });
    let message = message.map(|text| Candidate { ty: "", module: None, text });
    // Feedback is never ignored as an error, whatever its text.
    event.ty.is_none() && ignores(client, &exception.into_iter().chain(message).collect::<Vec<_>>(), files)
}

fn ignores<'a>(
    client: &Client,
    whats: &[Candidate<'_>],
    files: impl Iterator<Item = &'a Arc<Attachment>>,
) -> bool {
    if !client.is_enabled() {
        return false;
    }
    let patterns = &client.options().ignore_errors;
    let found = whats
        .iter()
        .find_map(|what| patterns.iter().find(|pattern| pattern.is(what)).map(|pattern| (what, pattern)));
    let Some((what, pattern)) = found else { return false };
    diagnostics::debug(format_args!("dropped `{}`: it matches {pattern:?} of ignore_errors", what.titled()));
    client.lost_with(DiscardReason::EventProcessor, DataCategory::Error, files);
    true
}
