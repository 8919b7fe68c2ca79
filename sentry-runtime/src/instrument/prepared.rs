//! The preparation of a span that is more than a plain child: a root, or one whose function captures errors.

use std::sync::Arc;

use super::ignore;
use super::root::{self, RootKind};
use crate::client;
use crate::context::thread_context::{Context, Mode};
use crate::context::watch;
use crate::trace::callsite::{self, Callsite};
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::segment::RootName;

/// Prepares the span of an annotated function that is more than a plain child: its context, and its id, which is
/// `id` if anything is recorded. `None` if nothing is recorded and no context is needed. `counted` says that the span is
/// known to be ignored.
pub(crate) fn prepare(
    site: &'static Callsite,
    base: &Arc<Context>,
    active: LocalId,
    id: LocalId,
    counted: bool,
) -> Option<Prepared> {
    let mode = base.mode();
    let root = match mode {
        _ if client::capture_mode() != client::CaptureMode::Tracing => false,
        Mode::Root => !site.has(callsite::ONLY_IF_PARENT),
        _ => site.has(callsite::NOT_A_PLAIN_CHILD),
    };
    let is_ignored = || mode != Mode::Sampled && (counted || ignore::ignores_call(base, site));
    let capture = site.has(callsite::CAPTURE_ERR);
    let started =
        root.then(|| root::start(base, RootKind::of(site, active), RootName::Site(site), None, id)).flatten();
    let (context, id) = match started {
        Some((context, id)) => (context, id),
        None if !matches!(mode, Mode::Root | Mode::Unsampled) && !is_ignored() => (Arc::clone(base), id),
        None if capture => (Arc::clone(base), 0),
        None => return None,
    };
    let context = if capture { Arc::new(context.with_boundary()) } else { context };
    if let Some(limit) = site.warn_after() {
        watch::begin(&context, id, Some(site), limit);
    }
    Some(Prepared { context, id, parent: active })
}

/// The result of [`prepare`].
pub(crate) struct Prepared {
    pub(crate) context: Arc<Context>,
    /// Zero if no span is recorded.
    pub(crate) id: LocalId,
    pub(crate) parent: LocalId,
}

impl Prepared {
    /// Returns the active span while the function runs, given the span that was active before.
    pub(super) fn active(&self, before: Lineage) -> Lineage {
        match self.id {
            0 => before,
            span => Lineage { span, parent: self.parent },
        }
    }
}
