//! Transactions as event processors see them: an event of type `transaction` with all fields that the two types share.
//! Changes of these fields are copied back to the transaction; its times and its spans do not change.

use std::borrow::Cow;

use crate::client::hint::Hint;
use crate::pipeline::hooks;
use crate::protocol::{Context, DiscardReason, Event, Level, Map, Transaction};
use crate::scope::Scope;

/// Passes a transaction to the event processors of the scopes.
pub(crate) fn shown(
    scope: &Scope,
    mut transaction: Transaction<'static>,
) -> Result<Transaction<'static>, DiscardReason> {
    if !scope.shows_events() {
        return Ok(transaction);
    }
    let event = take(&mut transaction);
    let event = hooks::processors(scope, 0, event, &mut Hint::new())?;
    put_back(&mut transaction, event);
    Ok(transaction)
}

fn take(transaction: &mut Transaction<'static>) -> Event<'static> {
    Event {
        event_id: transaction.event_id,
        ty: Some(Cow::Borrowed("transaction")),
        level: Level::Info,
        transaction: transaction.name.take(),
        transaction_info: transaction.transaction_info.take(),
        platform: std::mem::take(&mut transaction.platform),
        timestamp: transaction.timestamp.unwrap_or(transaction.start_timestamp),
        server_name: transaction.server_name.take(),
        release: transaction.release.take(),
        dist: transaction.dist.take(),
        environment: transaction.environment.take(),
        user: transaction.user.take(),
        request: transaction.request.take(),
        contexts: given(&mut transaction.contexts),
        breadcrumbs: std::mem::take(&mut transaction.breadcrumbs),
        tags: std::mem::take(&mut transaction.tags),
        extra: std::mem::take(&mut transaction.extra),
        sdk: transaction.sdk.take(),
        ..Event::default()
    }
}

/// Takes all contexts, and leaves a copy of the trace context: it is the root span, without which a transaction is
/// invalid.
fn given(contexts: &mut Map<String, Context>) -> Map<String, Context> {
    let all = std::mem::take(contexts);
    if let Some(trace) = all.get("trace") {
        contexts.insert("trace".to_owned(), trace.clone());
    }
    all
}

fn put_back(transaction: &mut Transaction<'static>, event: Event<'static>) {
    transaction.event_id = event.event_id;
    transaction.name = event.transaction;
    transaction.transaction_info = event.transaction_info;
    transaction.platform = event.platform;
    transaction.server_name = event.server_name;
    transaction.release = event.release;
    transaction.dist = event.dist;
    transaction.environment = event.environment;
    transaction.user = event.user;
    transaction.request = event.request;
    let kept = std::mem::replace(&mut transaction.contexts, event.contexts);
    for (name, context) in kept {
        transaction.contexts.entry(name).or_insert(context);
    }
    transaction.breadcrumbs = event.breadcrumbs;
    transaction.tags = event.tags;
    transaction.extra = event.extra;
    transaction.sdk = event.sdk;
}
