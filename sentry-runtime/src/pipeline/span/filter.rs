//! Filters from the options: ignored spans, transactions ignored by name, and transactions ignored by response status.
//!
//! Roots, spans that are started by a function call, and all spans of streamed traces are also matched when they start,
//! see [`crate::trace::sampling`] and [`crate::instrument::ignore`]; here all are matched by their final state.
//!
//! [Spec, spans](https://develop.sentry.dev/sdk/telemetry/spans/filtering/),
//! [transactions: "traceIgnoreStatusCodes"](https://develop.sentry.dev/sdk/telemetry/transactions/)

use std::collections::HashMap;

use super::record::{Carrier, SpanData, SpanRecord};
use crate::base::diagnostics;
use crate::options::ClientOptions;
use crate::protocol::{AttributeValue, DataCategory, DiscardReason, SpanId};
use crate::trace::clock::Anchor;
use crate::trace::segment::Segment;

/// Returns why a transaction of this name and root span is not sent; `None` if it is sent.
pub(crate) fn of_transaction(options: &ClientOptions, name: &str, root: &SpanData) -> Option<DiscardReason> {
    if options.ignore_transactions.iter().any(|pattern| pattern.matches(name)) {
        diagnostics::debug(format_args!("dropped the transaction `{name}`: it matches ignore_transactions"));
        return Some(DiscardReason::Ignored);
    }
    let ignored = |filter: &crate::options::SpanFilter| filter.matches(name, &root.op, &root.attributes);
    if options.ignore_spans.iter().any(ignored) {
        diagnostics::debug(format_args!("dropped the transaction `{name}`: it matches ignore_spans"));
        return Some(DiscardReason::Ignored);
    }
    if !options.trace_ignore_status_codes.is_empty()
        && let Some(code) = status_code(root)
        && options.trace_ignore_status_codes.iter().any(|codes| codes.contains(code))
    {
        diagnostics::debug(format_args!(
            "dropped the transaction `{name}`: its status {code} is in trace_ignore_status_codes"
        ));
        return Some(DiscardReason::EventProcessor);
    }
    None
}

/// Returns the response status, as integrations and `set_http_status` record it.
fn status_code(root: &SpanData) -> Option<u16> {
    let (_, value) = root.attributes.iter().rev().find(|(key, _)| key == "http.response.status_code")?;
    match value {
        AttributeValue::I64(code) => u16::try_from(*code).ok(),
        AttributeValue::U64(code) => u16::try_from(*code).ok(),
        other => other.as_str()?.parse().ok(),
    }
}

/// Removes the spans that match `ignore_spans`, and attaches their children to the nearest remaining parent. Spans that
/// are `needed` stay.
pub(crate) fn of_children<C: Carrier>(
    segment: &Segment,
    mut rows: Vec<C>,
    anchor: &Anchor,
    needed: impl Fn(SpanId) -> bool,
) -> Vec<C> {
    let filters = &segment.client.options().ignore_spans;
    if filters.is_empty() {
        return rows;
    }
    let is_ignored = |row: &mut C| {
        let (name, op, attributes) = match row.row() {
            SpanRecord::Call(call) => (call.site.display_name(), call.site.operation(), &[][..]),
            SpanRecord::Full(span) => (&*span.name, &*span.op, &*span.attributes),
        };
        filters.iter().any(|filter| filter.matches(name, op, attributes)) && !needed(row.row().id())
    };
    let ignored: Vec<C> = rows.extract_if(.., is_ignored).collect();
    if ignored.is_empty() {
        return rows;
    }
    segment.client.ledger().lost(DiscardReason::Ignored, DataCategory::Span, ignored.len() as u64);
    let parents: HashMap<SpanId, Option<SpanId>> =
        ignored.iter().map(|row| (row.row().id(), row.row().parent())).collect();
    for row in rows.iter_mut().map(Carrier::row_mut) {
        if row.parent().is_some_and(|parent| parents.contains_key(&parent)) {
            let mut span = std::mem::replace(row, SpanRecord::Full(Box::default())).into_full(anchor);
            span.parent = nearest(&parents, span.parent);
            *row = SpanRecord::Full(Box::new(span));
        }
    }
    rows
}

/// Follows parents up to one that was not removed.
fn nearest(parents: &HashMap<SpanId, Option<SpanId>>, mut parent: Option<SpanId>) -> Option<SpanId> {
    // Spans form trees; the bound protects against cycles in ids that a user made up.
    for _ in 0..=parents.len() {
        match parent.and_then(|parent| parents.get(&parent)) {
            Some(above) => parent = *above,
            None => break,
        }
    }
    parent
}
