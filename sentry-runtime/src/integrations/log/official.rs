//! The mapper of records and the conversions of the official crate.

use std::fmt;

use log::Record;

use super::entry;
use crate::api;
use crate::base::callback;
use crate::base::diagnostics;
use crate::protocol::{Breadcrumb, Event};

/// The result of a mapper for a record, see [`SentryLogger::mapper`](super::SentryLogger::mapper).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RecordMapping {
    /// Nothing.
    Ignore,
    /// A breadcrumb, which is sent with a later event.
    Breadcrumb(Breadcrumb),
    /// An event.
    Event(Box<Event<'static>>),
}

impl From<RecordMapping> for Vec<RecordMapping> {
    fn from(mapping: RecordMapping) -> Self {
        vec![mapping]
    }
}

type Map = dyn Fn(&Record<'_>) -> Vec<RecordMapping> + Send + Sync;

/// The mapper of a logger.
pub(super) struct Mapper(Box<Map>);

impl Mapper {
    pub(super) fn new<T: Into<Vec<RecordMapping>>>(
        mapper: impl Fn(&Record<'_>) -> T + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(move |record| mapper(record).into()))
    }

    /// Records what the mapper makes of a record.
    pub(super) fn tell(&self, record: &Record<'_>) {
        let mappings = callback::run(callback::depth(), || (self.0)(record)).unwrap_or_else(|_| {
            diagnostics::error(format_args!("the mapper of SentryLogger panicked; the record is ignored"));
            Vec::new()
        });
        for mapping in mappings {
            match mapping {
                RecordMapping::Ignore => {}
                RecordMapping::Breadcrumb(breadcrumb) => api::add_breadcrumb(breadcrumb),
                RecordMapping::Event(event) => drop(api::capture_event(*event)),
            }
        }
    }
}

impl fmt::Debug for Mapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapper").finish_non_exhaustive()
    }
}

/// Returns the breadcrumb of a record: its text, its level, its target as the category, and its key-values as data.
#[must_use]
pub fn breadcrumb_from_record(record: &Record<'_>) -> Breadcrumb {
    entry(record).into_breadcrumb()
}

/// Returns the event of a record: its text as the message, its level, its target as the logger, its place in the code and
/// its key-values as contexts.
#[must_use]
pub fn event_from_record(record: &Record<'_>) -> Event<'static> {
    entry(record).into_event()
}

/// Returns the event of a record, see [`event_from_record`].
#[must_use]
pub fn exception_from_record(record: &Record<'_>) -> Event<'static> {
    event_from_record(record)
}
