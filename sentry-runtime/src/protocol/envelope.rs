//! The envelope: one line of headers, then items, each with a line of headers and a payload.
//!
//! Items carry their payload as finished bytes: the pipeline thread serialises them once, and all transports use the
//! same bytes. Each item also carries the quantities by which its loss is counted.
//!
//! Spec: [envelopes](https://develop.sentry.dev/sdk/foundations/transport/envelopes/),
//! [envelope items](https://develop.sentry.dev/sdk/foundations/transport/envelope-items/).

mod headers;
mod official;
mod pieces;
mod read;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ack::{Ack, DeliveryOutcome};
use super::buffers::Recycled;
use super::client_report::DataCategory;
use super::dsc::DynamicSamplingContext;
use super::{Map, Value};
pub use official::EnvelopeHeaders;
use pieces::Pieces;
pub use read::ParseEnvelopeError;

/// The type of an envelope item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ItemType {
    /// An error or message event.
    Event,
    /// A transaction with its spans.
    Transaction,
    /// A batch of spans, protocol version 2.
    Span,
    /// A cron check-in.
    CheckIn,
    /// Counts of lost items.
    ClientReport,
    /// A session update.
    Session,
    /// Session aggregates.
    Sessions,
    /// User feedback.
    Feedback,
    /// A file that belongs to the event of the same envelope.
    Attachment,
    /// A batch of structured logs.
    Log,
    /// A batch of metrics.
    TraceMetric,
    /// An item that this version does not know, from an envelope that another SDK wrote. It is sent as it was read.
    #[serde(other)]
    Unknown,
}

/// One item of an envelope: type, headers, payload, and the quantities by which its loss is counted.
#[derive(Debug, Clone)]
pub struct EnvelopeItem {
    ty: ItemType,
    payload: Arc<Recycled>,
    content_type: Cow<'static, str>,
    item_count: Option<usize>,
    filename: Option<String>,
    attachment_type: Option<String>,
    quantities: Vec<(DataCategory, u64)>,
    /// A flag that is cleared when the item is lost.
    sent: Option<Arc<AtomicBool>>,
    /// The parts of an item that was read which this version does not know.
    foreign: Option<Box<Foreign>>,
}

/// The unknown parts of an item's header, which have to be retained.
#[derive(Debug, Clone)]
struct Foreign {
    /// The type, if it is unknown.
    ty: Option<String>,
    attributes: Map<String, Value>,
}

impl EnvelopeItem {
    /// Returns an item with this JSON as its payload. Its loss counts as one item of `category`.
    pub fn json(ty: ItemType, payload: impl Into<Vec<u8>>, category: DataCategory) -> Self {
        Self {
            ty,
            payload: Arc::new(payload.into().into()),
            content_type: Cow::Borrowed("application/json"),
            item_count: None,
            filename: None,
            attachment_type: None,
            quantities: vec![(category, 1)],
            sent: None,
            foreign: None,
        }
    }

    /// Returns a transaction with this number of spans. Its loss counts as one span more, the root span.
    pub fn transaction(payload: impl Into<Vec<u8>>, spans: usize) -> Self {
        let mut item = Self::json(ItemType::Transaction, payload, DataCategory::Transaction);
        item.quantities.push((DataCategory::Span, spans as u64 + 1));
        item
    }

    /// Returns a batch of items in one payload, as used for logs, metrics and spans of version 2.
    pub fn container(
        ty: ItemType,
        content_type: &'static str,
        payload: impl Into<Vec<u8>>,
        count: usize,
        category: DataCategory,
    ) -> Self {
        let mut item = Self::json(ty, payload, category);
        item.content_type = Cow::Borrowed(content_type);
        item.item_count = Some(count);
        item.quantities = vec![(category, count as u64)];
        if category == DataCategory::LogItem {
            // Logs are billed by size, so their loss also counts by size.
            item.quantities.push((DataCategory::LogByte, item.payload.len() as u64));
        }
        item
    }

    /// Returns an attachment. Its loss counts by bytes, as the server counts attachments.
    pub fn attachment(
        filename: impl Into<String>,
        attachment_type: Option<String>,
        content_type: impl Into<Cow<'static, str>>,
        payload: impl Into<Vec<u8>>,
    ) -> Self {
        let payload = Arc::new(Recycled::from(payload.into()));
        Self {
            ty: ItemType::Attachment,
            quantities: vec![(DataCategory::Attachment, payload.len() as u64)],
            payload,
            content_type: content_type.into(),
            item_count: None,
            filename: Some(filename.into()),
            attachment_type,
            sent: None,
            foreign: None,
        }
    }

    /// Returns the item with a flag that records that its content was sent; the flag is cleared if the item is lost.
    pub(crate) fn with_sent_flag(mut self, sent: Arc<AtomicBool>) -> Self {
        self.sent = Some(sent);
        self
    }

    /// Clears the flag of [`with_sent_flag`](Self::with_sent_flag), because the item is lost.
    pub(crate) fn note_lost(&self) {
        if let Some(sent) = &self.sent {
            sent.store(false, Ordering::Relaxed);
        }
    }

    /// Returns the type.
    #[must_use]
    pub fn ty(&self) -> ItemType {
        self.ty
    }

    /// Returns the payload as it is sent.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns the file name of an attachment.
    #[must_use]
    pub fn filename(&self) -> Option<&str> {
        self.filename.as_deref()
    }

    /// Returns the quantities by which its loss is counted. Rate limits apply to the first category.
    #[must_use]
    pub fn quantities(&self) -> &[(DataCategory, u64)] {
        &self.quantities
    }
}

/// The name and version of the SDK in envelope headers and events.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct SdkName {
    pub name: &'static str,
    pub version: &'static str,
}

/// This toolkit, in envelope headers, events and the `User-Agent`.
pub(crate) const SDK: SdkName = SdkName { name: "sentry.rust.runtime", version: env!("CARGO_PKG_VERSION") };

/// Items that are sent together, with common headers.
#[derive(Debug, Clone, Default)]
pub struct Envelope {
    event_id: Option<Uuid>,
    trace: Option<Arc<DynamicSamplingContext>>,
    items: Vec<EnvelopeItem>,
    ack: Option<Ack>,
}

impl Envelope {
    /// Returns an envelope without items.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the id of the event in the envelope.
    #[must_use]
    pub fn with_event_id(mut self, event_id: Uuid) -> Self {
        self.event_id = Some(event_id);
        self
    }

    /// Sets the dynamic sampling context of the envelope's trace.
    #[must_use]
    pub fn with_trace(mut self, trace: Arc<DynamicSamplingContext>) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Sets the acknowledgement that a caller waits for.
    pub(crate) fn with_ack(mut self, ack: Ack) -> Self {
        self.ack = Some(ack);
        self
    }

    /// Sends the outcome to the caller that waits for it, if there is one.
    pub(crate) fn answer(&self, outcome: DeliveryOutcome) {
        if let Some(ack) = &self.ack {
            ack.answer(outcome);
        }
    }

    /// Adds an item: an [`EnvelopeItem`], or an event, a transaction, a check-in, an attachment or a list of logs or
    /// metrics. If the envelope has no event id yet, it takes that of an event or a transaction.
    pub fn add_item(&mut self, item: impl Into<EnvelopeItem>) {
        let item = item.into();
        if self.event_id.is_none() {
            self.event_id = item.event_id();
        }
        self.items.push(item);
    }

    /// Returns the id of the event in the envelope.
    #[must_use]
    pub fn event_id(&self) -> Option<Uuid> {
        self.event_id
    }

    /// Returns the dynamic sampling context of the envelope's trace.
    #[must_use]
    pub fn trace(&self) -> Option<&DynamicSamplingContext> {
        self.trace.as_deref()
    }

    /// Returns the items in the order in which they were added.
    #[must_use]
    pub fn items(&self) -> &[EnvelopeItem] {
        &self.items
    }

    /// Keeps the items for which `keep` returns `true`, and returns the others.
    pub(crate) fn split_off(&mut self, mut keep: impl FnMut(&EnvelopeItem) -> bool) -> Vec<EnvelopeItem> {
        self.items.extract_if(.., |item| !keep(item)).collect()
    }

    /// Returns the bytes to send. `sent_at` is only written here, immediately before sending, because the server
    /// corrects the sender's clock with it.
    #[must_use]
    pub fn to_bytes(&self, sent_at: SystemTime) -> Vec<u8> {
        self.to_bytes_for(sent_at, None)
    }

    /// Returns the bytes for a tunnel, which reads the DSN from the envelope header.
    pub(crate) fn to_bytes_for(&self, sent_at: SystemTime, dsn: Option<&str>) -> Vec<u8> {
        self.pieces(sent_at, dsn).to_vec()
    }

    /// Returns the bytes in pieces: headers, which are written now, and the payloads as they are.
    pub(crate) fn pieces(&self, sent_at: SystemTime, dsn: Option<&str>) -> Pieces<'_> {
        let mut pieces = Pieces::new();
        headers::write(&mut pieces.headers, self, sent_at, dsn);
        for item in &self.items {
            headers::write_of_item(&mut pieces.headers, item);
            pieces.add_payload(&item.payload);
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn an_envelope_is_lines_of_headers_and_payloads() {
        let mut envelope = Envelope::new().with_event_id(Uuid::from_u128(1));
        envelope.add_item(EnvelopeItem::json(ItemType::Event, *b"{}", DataCategory::Error));
        envelope.add_item(EnvelopeItem::attachment("a\nb.txt", None, "text/plain", *b"x\ny"));
        let text = String::from_utf8(envelope.to_bytes(UNIX_EPOCH)).unwrap();
        let lines: Vec<_> = text.split('\n').collect();
        assert!(
            lines[0]
                .starts_with(r#"{"event_id":"00000000000000000000000000000001","sent_at":"1970-01-01T00"#)
        );
        assert_eq!(lines[1], r#"{"type":"event","length":2,"content_type":"application/json"}"#);
        assert_eq!(lines[2], "{}");
        // A newline in a name is escaped: it cannot end the header's line.
        assert!(lines[3].contains(r#""filename":"a\nb.txt""#));
        assert_eq!(&lines[4..], ["x", "y", ""]);
    }
}
