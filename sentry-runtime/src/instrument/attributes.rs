//! The attributes that the attribute of a synchronous function records when its span begins, as one record.
//!
//! The values are gathered on the stack. Expressions of the user's make them, which may start spans and set attributes of
//! their own, or panic: what was gathered until then is recorded.

use super::autoref::{Here, RecordAttribute};
use super::guard::SpanGuard;
use crate::context::recorder;
use crate::trace::ids::LocalId;
use crate::trace::packed::{AttributeKeys, Packed, WORDS};

/// Gathers the attributes of a span, and records them when it is dropped. Returned by [`SpanGuard::attributes`].
#[derive(Debug)]
pub struct Attributes<'a> {
    here: Here,
    span: LocalId,
    keys: &'static AttributeKeys,
    packed: Packed<'a>,
}

impl SpanGuard {
    /// Begins to gather attributes of the span. Called only if attributes are recorded.
    #[inline(always)]
    #[doc(hidden)]
    pub fn attributes<'a>(
        &self,
        keys: &'static AttributeKeys,
        words: &'a mut [u64; WORDS],
    ) -> Attributes<'a> {
        let span = self.open.map_or(0, |open| open.id);
        Attributes { here: Here::new(), span, keys, packed: Packed::new(words) }
    }
}

impl Attributes<'_> {
    /// Sets the attribute at an index to the literal beside its key.
    #[inline(always)]
    pub fn literal(&mut self, index: usize) {
        self.packed.literal(index);
    }

    /// Sets the attribute at an index.
    #[inline(always)]
    pub fn set(&mut self, index: usize, value: impl RecordAttribute) {
        // A value for which the shared record has no room gets one of its own.
        if let Some(value) = value.pack(&mut self.packed, index)
            && let Some((key, _)) = self.keys.0.get(index)
        {
            value.record(self.here, self.span, key);
        }
    }
}

impl Drop for Attributes<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.packed.is_empty() {
            let (kinds, words) = self.packed.parts();
            recorder::attributes_here(self.here.local(), self.span, self.keys, kinds, words);
        }
    }
}
