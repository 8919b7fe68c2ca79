//! The user's callbacks on the pipeline thread, contained: one that panics loses its own item.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::callback;
use crate::client::Client;
use crate::diagnostics;
use crate::protocol::nesting;
use crate::protocol::{DiscardReason, Event, Transaction};
use crate::scope::{Scope, active};

/// How many callbacks panicked so far.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// Runs one callback over a value that was made at the given depth. Spans that it starts are not recorded: their
/// transaction would be shown to a callback in turn.
fn run<T>(
    name: &str,
    reason: DiscardReason,
    made_at: u8,
    value: T,
    callback: &dyn Fn(T) -> Option<T>,
) -> Result<T, DiscardReason> {
    let untraced = Arc::new(active::context().suppressing());
    let _entered = active::enter(untraced, 0);
    match callback::run(made_at, || callback(value)) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => {
            diagnostics::debug(format_args!("{name} dropped an item"));
            Err(reason)
        }
        Err(_) => {
            // One that always panics would fill the terminal.
            let times = PANICS.fetch_add(1, Ordering::Relaxed) + 1;
            if times.is_power_of_two() {
                let so_far = if times == 1 { String::new() } else { format!(" (panics so far: {times})") };
                diagnostics::error(format_args!("{name} panicked; the item it looked at is dropped{so_far}"));
            }
            Err(DiscardReason::InternalSdkError)
        }
    }
}

/// Shows an event to the scope's processors, then to `before_send`.
pub(super) fn event(
    client: &Client,
    scope: &Scope,
    made_at: u8,
    mut event: Event<'static>,
) -> Result<Event<'static>, DiscardReason> {
    for processor in &scope.processors {
        event = run("an event processor", DiscardReason::EventProcessor, made_at, event, &**processor)?;
        nesting::prune_event(&mut event);
    }
    match &client.options().before_send {
        Some(callback) => {
            event = run("before_send", DiscardReason::BeforeSend, made_at, event, &**callback)?;
            nesting::prune_event(&mut event);
            Ok(event)
        }
        None => Ok(event),
    }
}

/// Shows a transaction to `before_send_transaction`.
pub(super) fn transaction(
    client: &Client,
    transaction: Transaction<'static>,
) -> Result<Transaction<'static>, DiscardReason> {
    match &client.options().before_send_transaction {
        Some(callback) => {
            let mut transaction =
                run("before_send_transaction", DiscardReason::BeforeSend, 0, transaction, &**callback)?;
            nesting::prune_transaction(&mut transaction);
            Ok(transaction)
        }
        None => Ok(transaction),
    }
}
