//! Warnings about work that is still running: a line on stderr, a log and a breadcrumb of that work.

use std::sync::Arc;

use crate::base::diagnostics;
use crate::capture::logger;
use crate::client::hint::Hint;
use crate::context::breadcrumbs;
use crate::context::entered::{self, Entered};
use crate::context::thread_context::Context;
use crate::protocol::{Breadcrumb, Level};
use crate::scope::ScopeCell;
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::segment::Segment;

/// The work that a warning is about.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) segment: &'a Arc<Segment>,
    pub(super) isolation: &'a Arc<ScopeCell>,
    pub(super) current: &'a Arc<ScopeCell>,
    /// Zero for the root of the segment.
    pub(super) span: LocalId,
}

impl Subject<'_> {
    /// Makes the context of the work active on this thread: what is captured belongs to its trace and its scopes.
    pub(super) fn enter(&self) -> Entered {
        let mut context = Context::default_ref().isolated();
        context.client = Some(Arc::clone(&self.segment.client));
        context.isolation = Arc::clone(self.isolation);
        context.current = Arc::clone(self.current);
        let context = Arc::new(context.with_segment(Some(Arc::clone(self.segment))));
        let span = if self.span == 0 { self.segment.key } else { self.span };
        entered::enter(context, Lineage::of(span))
    }

    /// Writes the warning. Must be called inside the context of the work.
    pub(super) fn warn(&self, category: &str, text: &str, attributes: &[(&'static str, &str)]) {
        diagnostics::warning(format_args!("{text}"));
        logger::warn(text.to_owned(), attributes.iter().map(|&(key, value)| (key, value.to_owned())));
        let breadcrumb = Breadcrumb {
            category: Some(category.to_owned()),
            level: Level::Warning,
            message: Some(text.to_owned()),
            ..Breadcrumb::default()
        };
        if let Some((breadcrumb, most)) = breadcrumbs::admit(breadcrumb, Hint::default) {
            self.isolation.update(|scope| scope.breadcrumbs.push(breadcrumb, most));
        }
    }
}
