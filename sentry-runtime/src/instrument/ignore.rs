//! The filters of the option `ignore_spans` at the start of a child span, and segments in which no span is started.
//!
//! An ignored span is not started: its children become children of its parent, also if they are sent long before it
//! would have ended. In an ignored segment, and in a streamed one that is not sampled, nothing is started. All of them are
//! counted span by span. Without filters, no span of a transaction comes here.
//!
//! [Spec, "Filtering"](https://develop.sentry.dev/sdk/telemetry/spans/#filtering)

use std::borrow::Cow;

use crate::base::diagnostics;
use crate::context::thread_context::Context;
use crate::protocol::{AttributeValue, DataCategory, DiscardReason};
use crate::trace::callsite::Callsite;

/// Returns whether a child span with these properties is not started; then it is counted.
pub(super) fn ignores(
    base: &Context,
    name: &str,
    op: &str,
    attributes: &[(Cow<'static, str>, AttributeValue)],
) -> bool {
    let Some(segment) = base.segment() else { return false };
    if segment.counts_lost_children() && !segment.is_ignored() {
        segment.client.ledger().lost(segment.unsampled_reason, DataCategory::Span, 1);
        return true;
    }
    let options = segment.client.options();
    let ignored = segment.is_ignored()
        || options.ignore_spans.iter().any(|filter| filter.matches(name, op, attributes));
    if ignored {
        diagnostics::debug(format_args!("the span `{name}` is ignored by ignore_spans"));
        segment.client.ledger().lost(DiscardReason::Ignored, DataCategory::Span, 1);
    }
    ignored
}

/// Returns whether the span of an annotated function is ignored; then it is counted. Its attributes are not known yet.
pub(super) fn ignores_call(base: &Context, site: &'static Callsite) -> bool {
    ignores(base, site.display_name(), site.operation(), &[])
}
