//! Feedback from the queue to the transport: an event of its own type, with its attachments in the same envelope.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/feedbacks/)

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::attachments;
use super::event::{complete, limits};
use super::{client_state, hooks, output};
use crate::base::diagnostics;
use crate::client::hint::Hint;
use crate::intake::message::PendingFeedback;
use crate::protocol::ack::DeliveryOutcome;
use crate::protocol::{
    Context, DataCategory, DiscardReason, Envelope, EnvelopeItem, Event, ItemType, Level, TraceContext,
    Value, map_of,
};

pub(super) fn process(pending: PendingFeedback) {
    let client = Arc::clone(&pending.client);
    let count = || pending.lost(DiscardReason::RatelimitBackoff);
    let Some(transport) = output::open_for(&client, DataCategory::Feedback, count) else {
        return;
    };
    let options = client.options();
    let trace = pending.span_context.dsc(&client);
    let scope = pending.scopes.merged();
    let event = client_state::with(&client, |state| {
        let mut event = build(&pending);
        scope.apply_to_event(&mut event, options.max_breadcrumbs);
        complete(&mut event, state, options);
        event
    });
    let lost = |reason, hint: &Hint| {
        client.lost_with(reason, DataCategory::Feedback, &hint.attachments);
        pending.answer(DeliveryOutcome::Lost(reason));
    };
    let mut hint = Hint::new();
    hint.attachments = pending.attachments().cloned().collect();
    let mut event = match hooks::feedback(&client, &scope, pending.depth, event, &mut hint) {
        Ok(event) => event,
        Err(reason) => return lost(reason, &hint),
    };
    let scrubber = client_state::with(&client, |state| Arc::clone(&state.scrubber));
    scrubber.scrub_event(&mut event);
    limits(options).normalize_event(&mut event);
    let Ok(payload) = serde_json::to_vec(&event) else {
        diagnostics::error(format_args!("dropped feedback {}: it could not be serialised", event.event_id));
        return lost(DiscardReason::InternalSdkError, &hint);
    };
    let mut envelope = Envelope::new().with_event_id(event.event_id);
    if let Some(ack) = &pending.ack {
        envelope = envelope.with_ack(ack.clone());
    }
    envelope.add_item(EnvelopeItem::json(ItemType::Feedback, payload, DataCategory::Feedback));
    for attachment in attachments::items(&client, &hint.attachments) {
        envelope.add_item(attachment);
    }
    output::send_envelope(transport, envelope, Some(trace));
    if options.transport.is_some() {
        // The outcome of the user's own transport is unknown.
        pending.answer(DeliveryOutcome::Sent);
    }
}

fn build(pending: &PendingFeedback) -> Event<'static> {
    let mut event = Event {
        event_id: pending.event_id,
        ty: Some("feedback".into()),
        level: Level::Info,
        timestamp: pending.timestamp,
        transaction: pending.span_context.transaction(),
        ..Event::default()
    };
    let fields: BTreeMap<String, Value> = match serde_json::to_value(&pending.feedback) {
        Ok(Value::Object(fields)) => map_of(fields),
        _ => BTreeMap::new(),
    };
    event.contexts.insert("feedback".to_owned(), Context::Other(fields));
    let of = &pending.span_context;
    let trace = TraceContext::of(of.trace_id(), of.span_id, of.parent_span_id);
    event.contexts.insert("trace".to_owned(), Context::from(trace));
    event
}
