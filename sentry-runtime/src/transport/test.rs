//! A transport for tests: keeps what it is given.

use std::sync::{Arc, Mutex};

use super::Transport;
use crate::base::lock::lock;
use crate::protocol::{Envelope, ItemType};

/// Keeps every envelope in memory, for a test to look at.
///
/// It takes everything, without a limit: meant for tests, not for programs that run for long.
///
/// ```
/// use sentry::protocol::{DataCategory, Envelope, EnvelopeItem, ItemType};
/// use sentry::{TestTransport, Transport};
///
/// let transport = TestTransport::new();
/// let mut envelope = Envelope::new();
/// envelope.add_item(EnvelopeItem::json(ItemType::Event, *br#"{"level":"error"}"#, DataCategory::Error));
/// transport.send_envelope(envelope);
///
/// assert_eq!(transport.payloads(ItemType::Event)[0]["level"], "error");
/// assert_eq!(transport.fetch_and_clear_envelopes().len(), 1);
/// ```
#[derive(Debug, Default)]
pub struct TestTransport {
    envelopes: Mutex<Vec<Envelope>>,
}

impl TestTransport {
    /// A transport that holds nothing yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// What has been taken so far, and forgets it.
    #[must_use]
    pub fn fetch_and_clear_envelopes(&self) -> Vec<Envelope> {
        std::mem::take(&mut *lock(&self.envelopes))
    }

    /// The payloads of all items of a type, as JSON, in the order they came. One that is not JSON is `null`.
    #[must_use]
    pub fn payloads(&self, ty: ItemType) -> Vec<serde_json::Value> {
        lock(&self.envelopes)
            .iter()
            .flat_map(Envelope::items)
            .filter(|item| item.ty() == ty)
            .map(|item| serde_json::from_slice(item.payload()).unwrap_or_default())
            .collect()
    }
}

impl Transport for TestTransport {
    fn send_envelope(&self, envelope: Envelope) {
        lock(&self.envelopes).push(envelope);
    }
}
