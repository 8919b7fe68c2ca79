//! The user's callbacks on the pipeline thread, contained: one that panics loses its own item.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::client::Client;
use crate::diagnostics;
use crate::integrations::panic::quietly;
use crate::protocol::{DiscardReason, Event, Transaction};
use crate::scope::Scope;

/// Runs one callback over a value.
fn run<T>(
    name: &str,
    reason: DiscardReason,
    value: T,
    callback: &dyn Fn(T) -> Option<T>,
) -> Result<T, DiscardReason> {
    // A panic that became an event would be shown to the callback as well, which panics again.
    match quietly(|| catch_unwind(AssertUnwindSafe(|| callback(value)))) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => {
            diagnostics::debug(format_args!("{name} dropped an item"));
            Err(reason)
        }
        Err(_) => {
            diagnostics::error(format_args!("{name} panicked; the item it looked at is dropped"));
            Err(DiscardReason::InternalSdkError)
        }
    }
}

/// Shows an event to the scope's processors, then to `before_send`.
pub(super) fn event(
    client: &Client,
    scope: &Scope,
    mut event: Event<'static>,
) -> Result<Event<'static>, DiscardReason> {
    for processor in &scope.processors {
        event = run("an event processor", DiscardReason::EventProcessor, event, &**processor)?;
    }
    match &client.options().before_send {
        Some(callback) => run("before_send", DiscardReason::BeforeSend, event, &**callback),
        None => Ok(event),
    }
}

/// Shows a transaction to `before_send_transaction`.
pub(super) fn transaction(
    client: &Client,
    transaction: Transaction<'static>,
) -> Result<Transaction<'static>, DiscardReason> {
    match &client.options().before_send_transaction {
        Some(callback) => run("before_send_transaction", DiscardReason::BeforeSend, transaction, &**callback),
        None => Ok(transaction),
    }
}
