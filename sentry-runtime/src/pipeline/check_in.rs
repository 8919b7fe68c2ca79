//! Check-ins from the queue to the transport. They are never sampled.

use super::{client_state, hooks, output};
use crate::base::diagnostics;
use crate::intake::message::PendingCheckIn;
use crate::protocol::{
    Context, DataCategory, DiscardReason, EnvelopeItem, ItemType, MonitorConfig, TraceContext,
};

pub(super) fn process(pending: PendingCheckIn) {
    let PendingCheckIn { check_in, span_context, client, depth } = pending;
    let mut check_in = check_in.into_inner();
    let Some(transport) = output::open(&client, DataCategory::Monitor, 1) else { return };
    let options = client.options();
    check_in.release = check_in.release.or_else(|| options.release.as_deref().map(str::to_owned));
    check_in.environment = check_in.environment.or_else(|| options.environment.as_deref().map(str::to_owned));
    check_in.contexts.entry("trace".to_owned()).or_insert_with(|| {
        Context::from(TraceContext {
            trace_id: span_context.trace_id(),
            span_id: span_context.span_id,
            parent_span_id: span_context.parent_span_id,
            ..TraceContext::default()
        })
    });
    let mut check_in = match hooks::check_in(&client, depth, check_in) {
        Ok(check_in) => check_in,
        Err(reason) => return client.ledger().lost(reason, DataCategory::Monitor, 1),
    };
    // After the callback, which may set one, too.
    check_in.monitor_config =
        check_in.monitor_config.take().and_then(|config| accepted(config, &check_in.monitor_slug));
    client_state::with(&client, |state| state.scrubber.scrub_check_in(&mut check_in));
    match serde_json::to_vec(&check_in) {
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
