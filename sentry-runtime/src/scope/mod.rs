//! Scopes: data that is set once and applies to everything captured in a piece of work.
//!
//! Three scopes are merged at capture, later ones over earlier ones: the global scope of the process, the isolation
//! scope of a request or job, and the current scope, which `with_scope` and `new_scope` fork. Data of the event itself
//! takes precedence. A capture takes a snapshot of each, a clone of three `Arc`s; the pipeline merges them.
//!
//! [`data`] holds the data of a scope, and [`merge`] applies it to what is sent. The public handles of scopes, and the
//! contexts that connect scopes with trace and client, are in [`context`](crate::context).
//!
//! Spans have no scopes, because that would cost an allocation per span. Set attributes on a single span, and use a
//! `with_scope` around it for everything inside.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/state-management/scopes/)

pub(crate) mod breadcrumbs;
mod cell;
mod data;
mod extra_of_form;
mod field_texts;
pub(crate) mod flags;
mod form;
pub(crate) mod held_events;
mod merge;
mod processors;
mod rebase;
pub(crate) mod request;
pub(crate) mod request_events;
mod rest;
mod tags;

pub use data::Scope;
pub use form::{FormData, FormPairs};
pub use processors::{EventProcessor, TransactionProcessor};

pub(crate) use cell::{LastCaptured, ScopeCell};
pub(crate) use processors::Processor;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::protocol::{Attachment, AttributeValue, Map};

/// Returns the global scope of the process.
pub(crate) fn global() -> &'static Arc<ScopeCell> {
    static GLOBAL: OnceLock<Arc<ScopeCell>> = OnceLock::new();
    GLOBAL.get_or_init(Arc::default)
}

/// A consistent snapshot of the three scopes.
#[derive(Debug, Clone)]
pub(crate) struct Scopes {
    pub(crate) global: Arc<Scope>,
    pub(crate) isolation: Arc<Scope>,
    pub(crate) current: Arc<Scope>,
}

impl Scopes {
    /// Returns the user of the most specific scope that has one.
    pub(crate) fn user(&self) -> Option<&crate::protocol::User> {
        [&self.current, &self.isolation, &self.global].into_iter().find_map(|scope| scope.user())
    }

    /// Returns the attachments of all three scopes.
    pub(crate) fn attachments(&self) -> impl Iterator<Item = &Arc<Attachment>> {
        [&self.global, &self.isolation, &self.current].into_iter().flat_map(|scope| &scope.rest.attachments)
    }

    /// Adds the attributes of all three scopes to those of an item, which take precedence; then more specific scopes
    /// do.
    pub(crate) fn add_attributes(&self, attributes: &mut Map<Cow<'static, str>, AttributeValue>) {
        for (key, value) in
            [&self.current, &self.isolation, &self.global].iter().flat_map(|scope| &scope.rest.attributes)
        {
            if !value.is_null() && !attributes.contains_key(key) {
                attributes.insert(key.clone(), value.clone());
            }
        }
    }

    /// Returns the data of all three scopes, merged. Processors of the global scope run last.
    pub(crate) fn merged(&self) -> Scope {
        let mut merged = Scope::clone(&self.global);
        merged.unfold_form();
        let global = self.global.rest.processors.clone();
        if !global.is_empty() {
            merged.rest.processors.clear();
        }
        merged.merge(&self.isolation);
        merged.merge(&self.current);
        if !global.is_empty() {
            merged.rest.processors.extend(global);
        }
        merged
    }
}
