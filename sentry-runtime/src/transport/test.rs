//! The transport for tests, which keeps all envelopes.

use std::sync::{Arc, Mutex};

use super::Transport;
use crate::base::lock::lock;
use crate::protocol::{Envelope, Event, ItemType};

/// A transport that keeps every envelope in memory, for a test to inspect.
///
/// It has no limit: it is meant for tests, not for programs that run for long.
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
    /// Creates an empty transport.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Returns the envelopes received so far, and forgets them.
    #[must_use]
    pub fn fetch_and_clear_envelopes(&self) -> Vec<Envelope> {
        std::mem::take(&mut *lock(&self.envelopes))
    }

    /// Returns the events received so far, and forgets them with everything else.
    // Inlined, so that reading events is compiled in the tests that call it instead of in this crate.
    #[inline]
    #[must_use]
    pub fn fetch_and_clear_events(&self) -> Vec<Event<'static>> {
        self.fetch_and_clear_envelopes().iter().filter_map(Envelope::event).collect()
    }

    /// Returns the payloads of all items of a type, as JSON, in order of arrival. A payload that is not JSON is `null`.
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
