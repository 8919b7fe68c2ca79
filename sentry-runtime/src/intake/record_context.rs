//! The record context: client, scopes, time and span of a log or metric when it is recorded. Also its attributes: a few
//! are stored inline, without an allocation.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use crate::base::callback;
use crate::base::diagnostics;
use crate::client::{self, Client, forgotten};
use crate::context::active;
use crate::options::ClientOptions;
use crate::protocol::limits::MAX_ATTRIBUTES;
use crate::protocol::nesting::Prune as _;
use crate::protocol::{AttributeValue, DataCategory, DiscardReason, SpanId, TraceId};
use crate::scope::Scopes;
use crate::trace::frozen_context::FrozenContext;
use crate::trace::ids;

/// Returns the current client, if its options accept the kind of record that is about to be made.
pub(crate) fn client_that(wants: impl FnOnce(&ClientOptions) -> bool) -> Option<Arc<Client>> {
    if client::capture_mode() == client::CaptureMode::Off {
        forgotten::check();
        return None;
    }
    active::client().filter(|client| client.is_enabled() && wants(client.options()))
}

/// Returns whether this thread is nested in callbacks so deeply that a record made now would recurse without end. The
/// record is then counted as dropped.
pub(crate) fn is_circular(client: &Client, category: DataCategory) -> bool {
    let circular = callback::is_too_deep();
    if circular {
        diagnostics::debug(format_args!(
            "dropped a log or metric recorded inside its own callback (recursion)"
        ));
        client.ledger().lost(DiscardReason::InternalSdkError, category, 1);
    }
    circular
}

/// The point in time and in the trace at which something was recorded.
#[derive(Debug)]
pub(crate) struct RecordContext {
    pub(crate) client: Arc<Client>,
    pub(crate) scopes: Scopes,
    pub(crate) at: SystemTime,
    pub(crate) trace_id: TraceId,
    /// The active span.
    pub(crate) span_id: Option<SpanId>,
    /// The dynamic sampling context with which the trace came.
    pub(crate) incoming: Option<FrozenContext>,
    /// The number of the user's callbacks inside which it was recorded.
    pub(crate) depth: u8,
}

impl RecordContext {
    /// Captures the context of the current thread.
    pub(crate) fn now(client: Arc<Client>) -> Self {
        let (_, span) = active::position();
        active::with(|context| {
            let (propagation, span_id) = match context.segment() {
                Some(segment) => (&segment.propagation, (span != 0).then(|| ids::wire(span))),
                None => (&*context.propagation, None),
            };
            let (trace_id, incoming) = (propagation.trace_id, propagation.dsc.clone());
            let (at, depth) = (SystemTime::now(), callback::depth());
            Self { client, scopes: Scopes::of(context), at, trace_id, span_id, incoming, depth }
        })
    }
}

/// Counts attributes of a log or metric that were left out, and says so.
pub(crate) fn tell_cut(client: &Client, cut: u64, of: &str) {
    if cut > 0 {
        client.ledger().cut_attributes(cut);
        diagnostics::debug(format_args!(
            "{cut} attributes of {of} are left out: it has {MAX_ATTRIBUTES} at most"
        ));
    }
}

/// An attribute's name and value.
pub(crate) type Field = (Cow<'static, str>, AttributeValue);

/// The number of attributes stored inline; more take an allocation.
const INLINE: usize = 6;

/// A short list of attributes.
#[derive(Debug)]
pub(crate) struct Fields {
    inline: [Field; INLINE],
    len: u32,
    /// The number of those that found no room.
    cut: u32,
    more: Vec<Field>,
}

impl Fields {
    pub(crate) const fn new() -> Self {
        Self {
            inline: [const { (Cow::Borrowed(""), AttributeValue::Null) }; INLINE],
            len: 0,
            cut: 0,
            more: Vec::new(),
        }
    }

    /// Adds an attribute; beyond 128 it is left out, and counted.
    pub(crate) fn push(&mut self, key: Cow<'static, str>, mut value: AttributeValue) {
        value.prune();
        if let Some(slot) = self.inline.get_mut(self.len as usize) {
            *slot = (key, value);
            self.len += 1;
        } else if self.more.len() < MAX_ATTRIBUTES - INLINE {
            self.more.push((key, value));
        } else {
            self.cut = self.cut.saturating_add(1);
        }
    }

    /// Counts the attributes that found no room, and says so.
    pub(crate) fn tell_cut(&self, client: &Client, of: &str) {
        tell_cut(client, u64::from(self.cut), of);
    }

    pub(crate) fn len(&self) -> usize {
        self.len as usize + self.more.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Field> {
        self.inline[..self.len as usize].iter().chain(&self.more)
    }

    pub(crate) fn into_iter(self) -> impl Iterator<Item = Field> {
        self.inline.into_iter().take(self.len as usize).chain(self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_are_bounded() {
        let mut fields = Fields::new();
        for number in 0..200 {
            fields.push(Cow::Borrowed("k"), number.into());
        }
        assert_eq!((fields.len(), fields.cut), (MAX_ATTRIBUTES, 72));
        assert!(fields.iter().zip(0..).all(|((_, value), number)| *value == number.into()));
        assert_eq!(fields.into_iter().count(), MAX_ATTRIBUTES);
    }
}
