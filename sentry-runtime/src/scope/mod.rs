//! Scopes: what is said once and then belongs to everything captured in a piece of work.
//!
//! Three are merged at capture, the later over the earlier: the global scope of the process, the isolation scope
//! of a request or job, and the current scope, which `with_scope` forks. Capturing takes a snapshot of each, a
//! clone of three `Arc`s; merging is the pipeline's work.
//!
//! [`context`] ties the scopes to trace and client, [`active`] says which context a thread is in.
//!
//! Spec: `foundations/state-management/scopes/index.mdx`.

pub(crate) mod active;
mod cell;
pub(crate) mod context;
mod data;
pub(crate) mod during_fork;

pub use data::{EventProcessor, Scope};

pub(crate) use cell::ScopeCell;

use std::sync::{Arc, OnceLock};

/// The scope of the process.
pub(crate) fn global() -> &'static ScopeCell {
    static GLOBAL: OnceLock<ScopeCell> = OnceLock::new();
    GLOBAL.get_or_init(ScopeCell::default)
}

/// The three scopes as they were at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Scopes {
    pub(crate) global: Arc<Scope>,
    pub(crate) isolation: Arc<Scope>,
    pub(crate) current: Arc<Scope>,
}

impl Scopes {
    pub(crate) fn of(context: &context::Context) -> Self {
        Self {
            global: global().snapshot(),
            isolation: context.isolation.snapshot(),
            current: context.current.snapshot(),
        }
    }

    /// The data of all three, the more special over the more general.
    pub(crate) fn merged(&self) -> Scope {
        let mut merged = Scope::clone(&self.global);
        merged.merge(&self.isolation);
        merged.merge(&self.current);
        merged
    }
}
