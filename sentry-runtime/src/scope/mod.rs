//! Scopes: what is said once and then belongs to everything captured in a piece of work.
//!
//! Three are merged at capture, the later over the earlier: the global scope of the process, the isolation scope
//! of a request or job, and the current scope, which `with_scope` and `new_scope` fork. What an event says itself
//! counts most. Capturing takes a snapshot of each, a clone of three `Arc`s; merging is the pipeline's work.
//!
//! [`data`] is what a scope holds and [`merge`] how it gets into what is sent; [`ScopeHandle`] and [`ScopeGuard`]
//! are what programs hold of one. [`context`] ties the scopes to trace and client, [`active`] says which context a
//! thread is in.
//!
//! Spans have no scope of their own, as that would cost every span an allocation: what belongs to one span are its
//! attributes, and what belongs to everything in it is set in a `with_scope` around it.
//!
//! Spec: `foundations/state-management/scopes/index.mdx`.

pub(crate) mod breadcrumbs;
mod cell;
mod data;
pub(crate) mod flags;
mod merge;
mod processors;

pub use data::Scope;
pub use processors::{EventProcessor, TransactionProcessor};

pub(crate) use cell::{LastCaptured, ScopeCell};
pub(crate) use processors::Processor;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::protocol::{AttributeValue, Map};

/// The scope of the process.
pub(crate) fn global() -> &'static Arc<ScopeCell> {
    static GLOBAL: OnceLock<Arc<ScopeCell>> = OnceLock::new();
    GLOBAL.get_or_init(Arc::default)
}

/// The three scopes as they were at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Scopes {
    pub(crate) global: Arc<Scope>,
    pub(crate) isolation: Arc<Scope>,
    pub(crate) current: Arc<Scope>,
}

impl Scopes {
    /// The user, from the most special scope that names one.
    pub(crate) fn user(&self) -> Option<&crate::protocol::User> {
        [&self.current, &self.isolation, &self.global].into_iter().find_map(|scope| scope.user())
    }

    /// Adds the attributes of all three to those of an item, which counts most; the more special scope comes first.
    pub(crate) fn add_attributes(&self, attributes: &mut Map<Cow<'static, str>, AttributeValue>) {
        for (key, value) in
            [&self.current, &self.isolation, &self.global].iter().flat_map(|scope| &scope.attributes)
        {
            if !value.is_null() && !attributes.contains_key(key) {
                attributes.insert(key.clone(), value.clone());
            }
        }
    }

    /// The data of all three, the more special over the more general. Processors of the global scope run last.
    pub(crate) fn merged(&self) -> Scope {
        let mut merged = Scope::clone(&self.global);
        let global = std::mem::take(&mut merged.processors);
        merged.merge(&self.isolation);
        merged.merge(&self.current);
        merged.processors.extend(global);
        merged
    }
}
