//! The user's callbacks on the pipeline thread. A callback that panics loses only its own item.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::event::text::Text;
use crate::base::callback;
use crate::base::diagnostics;
use crate::client::Client;
use crate::client::hint::Hint;
use crate::context::active;
use crate::context::entered;
use crate::protocol::nesting::Prune;
use crate::protocol::{DiscardReason, Event, Log, Metric, MonitorCheckIn, Transaction};
use crate::scope::{Processor, Scope};
use crate::trace::ids::Lineage;

/// The number of callbacks that have panicked.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// Runs one callback on a value that was recorded at the given depth. Spans that the callback starts are not recorded:
/// their transaction would be passed to a callback in turn.
fn run<T: Prune>(
    name: &str,
    reason: DiscardReason,
    made_at: u8,
    value: T,
    callback: impl FnOnce(T) -> Option<T>,
) -> Result<T, DiscardReason> {
    let untraced = Arc::new(active::context().suppressing());
    let _entered = entered::enter(untraced, Lineage::NONE);
    match callback::run(made_at, || callback(value)) {
        Ok(Some(mut value)) => {
            value.prune();
            Ok(value)
        }
        Ok(None) => {
            diagnostics::debug(format_args!("{name} dropped an item"));
            Err(reason)
        }
        Err(_) => {
            // A callback that always panics would flood the terminal.
            let times = PANICS.fetch_add(1, Ordering::Relaxed) + 1;
            if times.is_power_of_two() {
                let so_far = if times == 1 { String::new() } else { format!(" (panics so far: {times})") };
                diagnostics::error(format_args!("{name} panicked; the item it received is dropped{so_far}"));
            }
            // A panic counts as dropped by the callback.
            Err(reason)
        }
    }
}

/// Runs one callback on an event, and reconciles the two text fields afterwards.
fn show(
    name: &str,
    reason: DiscardReason,
    made_at: u8,
    mut event: Event<'static>,
    callback: impl FnOnce(Event<'static>) -> Option<Event<'static>>,
) -> Result<Event<'static>, DiscardReason> {
    let text = Text::shown(&mut event);
    let mut event = run(name, reason, made_at, event, callback)?;
    text.reconcile(&mut event);
    Ok(event)
}

/// Passes an event to the processors of the scopes and the integrations, then to `before_send`.
pub(super) fn event(
    client: &Client,
    scope: &Scope,
    made_at: u8,
    mut event: Event<'static>,
    hint: &mut Hint,
) -> Result<Event<'static>, DiscardReason> {
    event = processors(scope, made_at, event, hint)?;
    for integration in client.integrations().all() {
        event = show("an integration", DiscardReason::EventProcessor, made_at, event, |event| {
            integration.process_event(event, hint)
        })?;
    }
    if event.ty.is_some() {
        // Feedback is not an error: it has its own callback.
        return Ok(event);
    }
    let options = client.options();
    if let Some(callback) = &options.before_send {
        event = show("before_send", DiscardReason::BeforeSend, made_at, event, &**callback)?;
    }
    match &options.before_send_with_hint {
        Some(callback) => show("before_send_with_hint", DiscardReason::BeforeSend, made_at, event, |event| {
            callback(event, hint)
        }),
        None => Ok(event),
    }
}

/// Passes an event, or a transaction as an event, to the processors of the scopes.
pub(super) fn processors(
    scope: &Scope,
    made_at: u8,
    mut event: Event<'static>,
    hint: &mut Hint,
) -> Result<Event<'static>, DiscardReason> {
    for processor in &scope.rest.processors {
        event = show("an event processor", DiscardReason::EventProcessor, made_at, event, |event| {
            processor.event(event, hint)
        })?;
    }
    Ok(event)
}

/// Passes feedback to the scope's processors, then to `before_send_feedback`.
pub(super) fn feedback(
    client: &Client,
    scope: &Scope,
    made_at: u8,
    event: Event<'static>,
    hint: &mut Hint,
) -> Result<Event<'static>, DiscardReason> {
    let event = processors(scope, made_at, event, hint)?;
    match &client.options().before_send_feedback {
        Some(callback) => run("before_send_feedback", DiscardReason::BeforeSend, made_at, event, &**callback),
        None => Ok(event),
    }
}

/// Passes a log to `before_send_log`.
pub(super) fn log(client: &Client, made_at: u8, log: Log) -> Result<Log, DiscardReason> {
    match &client.options().before_send_log {
        Some(callback) => run("before_send_log", DiscardReason::BeforeSend, made_at, log, &**callback),
        None => Ok(log),
    }
}

/// Passes a metric to `before_send_metric`.
pub(super) fn metric(client: &Client, made_at: u8, metric: Metric) -> Result<Metric, DiscardReason> {
    match &client.options().before_send_metric {
        Some(callback) => run("before_send_metric", DiscardReason::BeforeSend, made_at, metric, &**callback),
        None => Ok(metric),
    }
}

/// Passes a transaction to the transaction processors, then to `before_send_transaction`.
pub(super) fn transaction(
    client: &Client,
    scope: &Scope,
    mut transaction: Transaction<'static>,
) -> Result<Transaction<'static>, DiscardReason> {
    for processor in scope.rest.processors.iter().filter_map(Processor::of_transactions) {
        let reason = DiscardReason::EventProcessor;
        transaction = run("a transaction processor", reason, 0, transaction, &**processor)?;
    }
    match &client.options().before_send_transaction {
        Some(callback) => {
            run("before_send_transaction", DiscardReason::BeforeSend, 0, transaction, &**callback)
        }
        None => Ok(transaction),
    }
}

/// Passes a check-in to `before_send_check_in`.
pub(super) fn check_in(
    client: &Client,
    made_at: u8,
    check_in: MonitorCheckIn,
) -> Result<MonitorCheckIn, DiscardReason> {
    match &client.options().before_send_check_in {
        Some(callback) => {
            run("before_send_check_in", DiscardReason::BeforeSend, made_at, check_in, &**callback)
        }
        None => Ok(check_in),
    }
}
