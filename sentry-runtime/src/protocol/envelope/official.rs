//! Reading, writing and filling of envelopes by the names of the official crate: typed items, files.

use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Envelope, EnvelopeItem, ItemType, ParseEnvelopeError};
use crate::protocol::client_report::DataCategory;
use crate::protocol::{Event, Log, Metric, MonitorCheckIn, Transaction};

/// The headers of an envelope that its sender sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvelopeHeaders {
    event_id: Option<Uuid>,
}

impl EnvelopeHeaders {
    /// Returns headers without an event id.
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

    /// Returns the id of the event in the envelope.
    #[must_use]
    pub fn event_id(&self) -> Option<Uuid> {
        self.event_id
    }
}

impl Envelope {
    /// Reads an envelope from a file, see [`from_slice`](Self::from_slice).
    ///
    /// # Errors
    /// A file that cannot be read, or that is not an envelope.
    pub fn from_path<P: AsRef<Path>>(path: P) -> Result<Self, ParseEnvelopeError> {
        let bytes = std::fs::read(path).map_err(|error| ParseEnvelopeError::unread(&error))?;
        Self::from_slice(&bytes)
    }

    /// Reads an envelope from a file, see [`from_slice`](Self::from_slice). Items of any type are kept as they are.
    ///
    /// # Errors
    /// A file that cannot be read, or that is not an envelope.
    pub fn from_path_raw<P: AsRef<Path>>(path: P) -> Result<Self, ParseEnvelopeError> {
        Self::from_path(path)
    }

    /// Reads an envelope, see [`from_slice`](Self::from_slice).
    ///
    /// # Errors
    /// Bytes that are not an envelope.
    pub fn from_bytes_raw(bytes: Vec<u8>) -> Result<Self, ParseEnvelopeError> {
        Self::from_slice(&bytes)
    }

    /// Writes the envelope, with the present time as the time when it is sent.
    ///
    /// ```
    /// use sentry::Envelope;
    /// use sentry::protocol::{Event, Level};
    ///
    /// let mut envelope = Envelope::new();
    /// envelope.add_item(Event { level: Level::Warning, ..Event::new() });
    /// let mut file = Vec::new();
    /// envelope.to_writer(&mut file)?;
    /// let read = Envelope::from_slice(&file)?;
    /// assert_eq!(read.event().unwrap().level, Level::Warning);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn to_writer<W: Write>(&self, mut writer: W) -> io::Result<()> {
        writer.write_all(&self.to_bytes(SystemTime::now()))
    }

    /// Returns the event in the envelope, read from its payload.
    #[inline]
    #[must_use]
    pub fn event(&self) -> Option<Event<'static>> {
        self.items().iter().find_map(EnvelopeItem::as_event)
    }

    /// Returns the id of the event in the envelope.
    #[must_use]
    pub fn uuid(&self) -> Option<&Uuid> {
        self.event_id.as_ref()
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> EnvelopeHeaders {
        EnvelopeHeaders { event_id: self.event_id }
    }

    /// Sets the headers.
    #[must_use]
    pub fn with_headers(mut self, headers: EnvelopeHeaders) -> Self {
        self.event_id = headers.event_id;
        self
    }

    /// Returns the items.
    pub fn into_items(self) -> impl Iterator<Item = EnvelopeItem> {
        self.items.into_iter()
    }

    /// Keeps the items that the closure chooses. Attachments of an event that is not kept are dropped as well. Returns
    /// `None` if nothing remains.
    #[must_use]
    pub fn filter(mut self, mut keep: impl FnMut(&EnvelopeItem) -> bool) -> Option<Self> {
        self.items.retain(|item| keep(item));
        let has_event = |item: &EnvelopeItem| matches!(item.ty(), ItemType::Event | ItemType::Transaction);
        if !self.items.iter().any(has_event) {
            self.items.retain(|item| item.ty() != ItemType::Attachment);
        }
        (!self.items.is_empty()).then_some(self)
    }
}

// Functions that read or write a typed payload are inlined: the code for the whole type is then compiled in the programs that
// call them. The pipeline writes these payloads by hand and reads none, so this crate need not contain the code.
impl EnvelopeItem {
    fn read_as<T: DeserializeOwned>(&self, ty: ItemType) -> Option<T> {
        (self.ty() == ty).then(|| serde_json::from_slice(self.payload()).ok()).flatten()
    }

    /// Returns the event, if the item is one.
    #[inline]
    #[must_use]
    pub fn as_event(&self) -> Option<Event<'static>> {
        self.read_as(ItemType::Event)
    }

    /// Returns the transaction, if the item is one.
    #[inline]
    #[must_use]
    pub fn as_transaction(&self) -> Option<Transaction<'static>> {
        self.read_as(ItemType::Transaction)
    }

    /// Returns the check-in, if the item is one.
    #[inline]
    #[must_use]
    pub fn as_check_in(&self) -> Option<MonitorCheckIn> {
        self.read_as(ItemType::CheckIn)
    }

    /// Returns the id of an event or a transaction, read from its payload.
    pub(super) fn event_id(&self) -> Option<Uuid> {
        #[derive(Deserialize)]
        struct Id {
            event_id: Uuid,
        }
        let has_id = matches!(self.ty(), ItemType::Event | ItemType::Transaction);
        has_id.then(|| serde_json::from_slice::<Id>(self.payload()).ok()).flatten().map(|id| id.event_id)
    }
}

/// The payload of a type that always serialises.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_else(|_| b"{}".to_vec())
}

impl From<Event<'static>> for EnvelopeItem {
    fn from(event: Event<'static>) -> Self {
        Self::json(ItemType::Event, json(&event), DataCategory::Error)
    }
}

impl From<Transaction<'static>> for EnvelopeItem {
    #[inline]
    fn from(transaction: Transaction<'static>) -> Self {
        Self::transaction(json(&transaction), transaction.spans.len())
    }
}

impl From<MonitorCheckIn> for EnvelopeItem {
    #[inline]
    fn from(check_in: MonitorCheckIn) -> Self {
        Self::json(ItemType::CheckIn, json(&check_in), DataCategory::Monitor)
    }
}

/// Items that are sent together.
#[derive(Serialize)]
struct Batch<'a, T> {
    version: u8,
    items: &'a [T],
}

fn batch<T: Serialize>(
    ty: ItemType,
    content_type: &'static str,
    items: &[T],
    category: DataCategory,
) -> EnvelopeItem {
    EnvelopeItem::container(ty, content_type, json(&Batch { version: 2, items }), items.len(), category)
}

impl From<Vec<Log>> for EnvelopeItem {
    #[inline]
    fn from(logs: Vec<Log>) -> Self {
        batch(ItemType::Log, "application/vnd.sentry.items.log+json", &logs, DataCategory::LogItem)
    }
}

impl From<Vec<Metric>> for EnvelopeItem {
    #[inline]
    fn from(metrics: Vec<Metric>) -> Self {
        let content_type = "application/vnd.sentry.items.trace-metric+json";
        batch(ItemType::TraceMetric, content_type, &metrics, DataCategory::TraceMetric)
    }
}

impl<I: Into<EnvelopeItem>> From<I> for Envelope {
    fn from(item: I) -> Self {
        let mut envelope = Self::new();
        envelope.add_item(item);
        envelope
    }
}
