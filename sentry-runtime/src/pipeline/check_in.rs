//! Check-ins from the queue to the transport. They are never sampled.

use std::sync::Arc;

use serde::Serialize;

use super::containment::contain;
use super::{hooks, output};
use crate::base::diagnostics;
use crate::intake::check_in::{MadeCheckIn, PendingCheckIn};
use crate::protocol::{
    Context, DataCategory, DiscardReason, EnvelopeItem, ItemType, MonitorCheckIn, MonitorConfig, TraceContext,
};

/// A check-in with what the client adds to it.
#[derive(Serialize)]
struct Complete<'a> {
    #[serde(flatten)]
    check_in: &'a MonitorCheckIn,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<&'a str>,
    contexts: Contexts,
}

#[derive(Serialize)]
struct Contexts {
    trace: Context,
}

/// Sends a check-in. A bug of the toolkit costs this check-in alone.
pub(super) fn contained(pending: PendingCheckIn) {
    let client = Arc::clone(pending.content.client());
    contain(&client, DataCategory::Monitor, || process(pending));
}

fn process(pending: PendingCheckIn) {
    let PendingCheckIn { content, depth } = pending;
    let MadeCheckIn { mut check_in, span_context, client } = content.into_made();
    let Some(transport) = output::open(&client, DataCategory::Monitor, 1) else { return };
    let options = client.options();
    check_in.environment = check_in.environment.or_else(|| options.environment.as_deref().map(str::to_owned));
    let mut check_in = match hooks::check_in(&client, depth, check_in) {
        Ok(check_in) => check_in,
        Err(reason) => return client.ledger().lost(reason, DataCategory::Monitor, 1),
    };
    // After the callback, which may set one, too.
    check_in.monitor_config =
        check_in.monitor_config.take().and_then(|config| accepted(config, &check_in.monitor_slug));
    let trace = Context::from(TraceContext::of(
        span_context.trace_id(),
        span_context.span_id,
        span_context.parent_span_id,
    ));
    let complete =
        Complete { check_in: &check_in, release: options.release.as_deref(), contexts: Contexts { trace } };
    match serde_json::to_vec(&complete) {
        Ok(payload) => {
            let item = EnvelopeItem::json(ItemType::CheckIn, payload, DataCategory::Monitor);
            output::send(transport, None, Some(span_context.dsc(&client)), [item]);
        }
        Err(error) => {
            diagnostics::error(format_args!("dropped a check-in of {}: {error}", check_in.monitor_slug));
            client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Monitor, 1);
        }
    }
}

/// Returns the configuration in the form that the server accepts. The server would refuse an invalid one together with
/// the check-in, so it is reported and left out.
fn accepted(config: MonitorConfig, slug: &str) -> Option<MonitorConfig> {
    let accepted = config.accepted();
    accepted
        .inspect_err(|error| {
            diagnostics::error(format_args!(
                "{error}. The check-in of `{slug}` is sent without a configuration."
            ));
        })
        .ok()
}
