//! What goes over the wire: ids, events, transactions, check-ins, reports and the envelope around them.
//!
//! One file a payload. This module knows none of the others; everything above it speaks in these types.

pub(crate) mod client_report;
pub(crate) mod dsc;
pub(crate) mod envelope;
pub(crate) mod ids;
pub(crate) mod time;

pub use client_report::{ClientReport, DataCategory, DiscardReason, DiscardedEvents};
pub use dsc::DynamicSamplingContext;
pub use envelope::{Envelope, EnvelopeItem, ItemType};
pub use ids::{ParseIdError, SpanId, TraceId};
pub use uuid::Uuid;
