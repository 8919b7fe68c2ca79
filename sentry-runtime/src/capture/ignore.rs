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
use crate::scope::Scopes;

/// Returns whether a client ignores the error. An ignored error is counted with its attachments.
pub(crate) fn drops<'a>(
    client: &Client,
    error: &ChainEntry,
    files: impl Iterator<Item = &'a Arc<Attachment>>,
) -> bool {
    ignores(client, &[candidate(error)], files)
}

/// Returns whether the active client ignores the error, like [`drops`], with the attachments of the present scopes and
/// `more`.
pub(crate) fn drops_here(error: &ChainEntry, more: &[Arc<Attachment>]) -> bool {
    active::client().is_some_and(|client| {
        let is_ignored = matches(&client, &[candidate(error)]);
        if is_ignored {
            // Most errors are not ignored, and need no copy of the scopes.
            let scopes = active::with(Scopes::of);
            lose(&client, scopes.attachments().chain(more));
        }
        is_ignored
    })
}

fn candidate(error: &ChainEntry) -> Candidate<'_> {
    Candidate { ty: &error.ty, module: error.module.as_deref(), text: &error.value }
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
    let is_ignored = matches(client, whats);
    if is_ignored {
        lose(client, files);
    }
    is_ignored
}

fn lose<'a>(client: &Client, files: impl Iterator<Item = &'a Arc<Attachment>>) {
    client.lost_with(DiscardReason::EventProcessor, DataCategory::Error, files);
}

/// Returns whether a client ignores one of these.
fn matches(client: &Client, whats: &[Candidate<'_>]) -> bool {
    if !client.is_enabled() {
        return false;
    }
    let patterns = &client.options().ignore_errors;
    let found = whats
        .iter()
        .find_map(|what| patterns.iter().find(|pattern| pattern.is(what)).map(|pattern| (what, pattern)));
    let Some((what, pattern)) = found else { return false };
    diagnostics::debug(format_args!("dropped `{}`: it matches {pattern:?} of ignore_errors", what.titled()));
    true
}
