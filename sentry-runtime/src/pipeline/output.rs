//! The way out of the pipeline: an envelope, handed to the client's transport.

use std::sync::Arc;

use crate::client::Client;
use crate::options::ClientOptions;
use crate::protocol::envelope::SDK;
use crate::protocol::{
    ClientSdkInfo, ClientSdkPackage, DataCategory, DiscardReason, DynamicSamplingContext, Envelope,
    EnvelopeItem, TraceId, Uuid,
};
use crate::transport::Transport;

/// The transport, unless the server asked not to be sent this category now; then the loss is counted.
pub(super) fn open(client: &Client, category: DataCategory, quantity: u64) -> Option<&Arc<dyn Transport>> {
    let transport = client.transport()?;
    if transport.is_rate_limited(category) {
        client.ledger().lost(DiscardReason::RatelimitBackoff, category, quantity);
        return None;
    }
    Some(transport)
}

/// Sends items together.
pub(super) fn send(
    transport: &Arc<dyn Transport>,
    event_id: Option<Uuid>,
    trace: Option<Arc<DynamicSamplingContext>>,
    items: impl IntoIterator<Item = EnvelopeItem>,
) {
    let mut envelope = Envelope::new();
    if let Some(event_id) = event_id {
        envelope = envelope.with_event_id(event_id);
    }
    if let Some(trace) = trace.filter(|trace| is_usable(trace)) {
        envelope = envelope.with_trace(trace);
    }
    for item in items {
        envelope.add_item(item);
    }
    transport.send_envelope(envelope);
}

/// Whether a receiver can read a sampling context. One that came from outside may lack what is required; it is
/// passed on to other services as it came, but receivers would refuse it.
fn is_usable(trace: &DynamicSamplingContext) -> bool {
    let trace_id = trace.get("trace_id").and_then(|trace_id| trace_id.parse::<TraceId>().ok());
    trace_id.is_some() && trace.get("public_key").is_some()
}

/// This toolkit as events name it.
pub(super) fn sdk_info(options: &ClientOptions) -> ClientSdkInfo {
    let mut integrations = vec!["contexts".to_owned(), "stacktrace".to_owned()];
    if options.capture_panics {
        integrations.push("panic".to_owned());
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
