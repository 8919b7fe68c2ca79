//! The output of the pipeline: hands envelopes to the client's transport.

use std::sync::Arc;

use crate::base::callback;
use crate::client::Client;
use crate::context::{active, entered};
use crate::options::ClientOptions;
use crate::protocol::envelope::SDK;
use crate::protocol::{
    ClientSdkInfo, ClientSdkPackage, DataCategory, DiscardReason, DynamicSamplingContext, Envelope,
    EnvelopeItem, Uuid,
};
use crate::trace::ids::Lineage;
use crate::transport::Transport;

/// Returns the transport, unless the server rate limits this category; then the loss is counted.
pub(super) fn open(client: &Client, category: DataCategory, quantity: u64) -> Option<&Arc<dyn Transport>> {
    open_for(client, category, || client.ledger().lost(DiscardReason::RatelimitBackoff, category, quantity))
}

/// Like [`open`], but counts the loss by `count`.
pub(super) fn open_for(
    client: &Client,
    category: DataCategory,
    count: impl FnOnce(),
) -> Option<&Arc<dyn Transport>> {
    let transport = client.transport()?;
    if transport.is_rate_limited(category) {
        count();
        return None;
    }
    Some(transport)
}

/// Sends items in one envelope.
pub(super) fn send(
    transport: &Arc<dyn Transport>,
    event_id: Option<Uuid>,
    trace: Option<Arc<DynamicSamplingContext>>,
    items: impl IntoIterator<Item = EnvelopeItem>,
) {
    hand_over(transport, envelope(event_id, trace, items));
}

/// Returns an envelope with items and their trace.
pub(super) fn envelope(
    event_id: Option<Uuid>,
    trace: Option<Arc<DynamicSamplingContext>>,
    items: impl IntoIterator<Item = EnvelopeItem>,
) -> Envelope {
    let mut envelope = Envelope::new();
    if let Some(event_id) = event_id {
        envelope = envelope.with_event_id(event_id);
    }
    for item in items {
        envelope.add_item(item);
    }
    with_trace(envelope, trace)
}

/// Sends an envelope with its trace.
pub(super) fn send_envelope(
    transport: &Arc<dyn Transport>,
    envelope: Envelope,
    trace: Option<Arc<DynamicSamplingContext>>,
) {
    hand_over(transport, with_trace(envelope, trace));
}

fn with_trace(envelope: Envelope, trace: Option<Arc<DynamicSamplingContext>>) -> Envelope {
    // A trace that arrived without baggage, or with an incomplete one, has nothing that a server could use.
    match trace.filter(|trace| trace.get("trace_id").is_some() && trace.get("public_key").is_some()) {
        Some(trace) => envelope.with_trace(trace),
        None => envelope,
    }
}

fn hand_over(transport: &Arc<dyn Transport>, envelope: Envelope) {
    // Records of the user's own transport would be sent by the same transport, and recorded again, without end.
    let _entered = entered::enter(Arc::new(active::context().silenced()), Lineage::NONE);
    callback::within(callback::DEEPEST, || transport.send_envelope(envelope));
}

/// Returns the SDK information that events carry.
pub(super) fn sdk_info(options: &ClientOptions) -> ClientSdkInfo {
    let mut integrations = vec!["contexts".to_owned(), "stacktrace".to_owned()];
    if options.capture_panics {
        integrations.push("panic".to_owned());
    }
    #[cfg(feature = "crash")]
    if options.crash_reports {
        integrations.push("crash".to_owned());
    }
    if options.dedupe {
        integrations.push("dedupe".to_owned());
    }
    ClientSdkInfo {
        name: SDK.name.to_owned(),
        version: SDK.version.to_owned(),
        integrations,
        packages: vec![ClientSdkPackage {
            name: "cargo:sentry-runtime".to_owned(),
            version: SDK.version.to_owned(),
        }],
    }
}
