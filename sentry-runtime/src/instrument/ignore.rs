//! The filters of the option `ignore_spans` at the start of a child span.
//!
//! An ignored span is not started: its children become children of its parent, also if they are sent long before it
//! would have ended. In an ignored segment nothing is started. Either is counted span by span. Without filters, no span
//! comes here.
//!
//! [Spec, "Filtering"](https://develop.sentry.dev/sdk/telemetry/spans/#filtering)

use std::borrow::Cow;

use crate::base::diagnostics;
use crate::context::thread_context::Context;
use crate::protocol::{AttributeValue, DataCategory, DiscardReason};
use crate::trace::callsite::Callsite;

/// Whether a child span with these properties is ignored; then it is counted.
pub(super) fn ignores(
    base: &Context,
    name: &str,
    op: &str,
    attributes: &[(Cow<'static, str>, AttributeValue)],
) -> bool {
    let Some(segment) = base.segment() else { return false };
    let options = segment.client.options();
    let ignored = segment.is_ignored()
        || options.ignore_spans.iter().any(|filter| filter.matches(name, op, attributes));
    if ignored {
        diagnostics::debug(format_args!("the span `{name}` is ignored by ignore_spans"));
        segment.client.ledger().lost(DiscardReason::Ignored, DataCategory::Span, 1);
    }
    ignored
}

/// Whether the span of an annotated function is ignored; then it is counted. Its attributes are not known yet.
pub(super) fn ignores_call(base: &Context, site: &'static Callsite) -> bool {
    ignores(base, site.display_name(), site.operation(), &[])
}
