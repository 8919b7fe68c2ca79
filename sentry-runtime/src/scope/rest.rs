//! The data that few scopes have, behind one pointer that forks share until one of them changes it.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::Processor;
use super::flags::Flags;
use crate::protocol::{Attachment, AttributeValue, Context, Level, Map, User, Value};

/// The data of a scope that is neither set in most scopes nor in every request.
#[derive(Clone)]
pub(crate) struct RestData {
    pub(crate) level: Option<Level>,
    pub(crate) fingerprint: Option<Arc<[Cow<'static, str>]>>,
    pub(crate) transaction: Option<Arc<str>>,
    pub(crate) user: Option<Arc<User>>,
    pub(crate) extra: Map<String, Value>,
    pub(crate) contexts: Map<String, Context>,
    pub(crate) attributes: Map<Cow<'static, str>, AttributeValue>,
    pub(crate) flags: Flags,
    pub(crate) attachments: Vec<Arc<Attachment>>,
    pub(crate) processors: Vec<Processor>,
    pub(crate) conversation_id: Option<Arc<str>>,
}

impl RestData {
    pub(super) const NONE: Self = Self {
        level: None,
        fingerprint: None,
        transaction: None,
        user: None,
        extra: Map::new(),
        contexts: Map::new(),
        attributes: Map::new(),
        flags: Flags::NONE,
        attachments: Vec::new(),
        processors: Vec::new(),
        conversation_id: None,
    };
}

/// The pointer. A scope without such data allocates nothing for it; the first change copies what is shared.
#[derive(Clone, Default)]
pub(crate) struct Rest(Option<Arc<RestData>>);

impl Rest {
    pub(super) fn new(data: RestData) -> Self {
        Self(Some(Arc::new(data)))
    }

    /// Returns whether there never was such data.
    pub(super) fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

impl Deref for Rest {
    type Target = RestData;

    fn deref(&self) -> &RestData {
        static NONE: RestData = RestData::NONE;
        self.0.as_deref().unwrap_or(&NONE)
    }
}

impl DerefMut for Rest {
    fn deref_mut(&mut self) -> &mut RestData {
        Arc::make_mut(self.0.get_or_insert_with(|| Arc::new(RestData::NONE)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_their_data_until_one_changes() {
        let mut one = Rest::default();
        assert!(one.is_none() && one.level.is_none());
        one.level = Some(Level::Warning);
        let mut other = one.clone();
        assert!(std::ptr::eq(&raw const *one, &raw const *other));
        other.transaction = Some("checkout".into());
        assert_eq!((one.level, &one.transaction), (Some(Level::Warning), &None));
        assert_eq!((other.level, other.transaction.as_deref()), (Some(Level::Warning), Some("checkout")));
    }
}
