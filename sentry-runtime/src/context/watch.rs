//! The record of a span that is to be reported while it is open for too long.

use std::sync::Arc;
use std::time::Duration;

use super::recorder;
use super::thread_context::Context;
use crate::base::worker;
use crate::trace::callsite::Callsite;
use crate::trace::clock;
use crate::trace::ids::LocalId;
use crate::trace::record::{Record, WatchedSpan};

/// Records that a span of this context has begun. Only recorded spans are watched: of others the end is not known.
#[cold]
pub(crate) fn begin(context: &Context, span: LocalId, site: Option<&'static Callsite>, limit: Duration) {
    let Some(segment) = context.segment().filter(|segment| segment.recorded && span != 0) else { return };
    recorder::push(Record::SpanWatched(Box::new(WatchedSpan {
        segment: Arc::clone(segment),
        isolation: Arc::clone(&context.isolation),
        current: Arc::clone(&context.current),
        span,
        site,
        at: clock::now(),
        limit,
    })));
    worker::nudge();
}
