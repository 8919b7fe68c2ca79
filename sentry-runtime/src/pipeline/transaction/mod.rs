//! Transactions, built from segments that have ended.
//!
//! The transaction around the spans is a typed value; the spans themselves are written by hand
//! ([`crate::pipeline::span::json`]), since there are hundreds of them. If the user has a callback for transactions,
//! the spans become typed values as well.
//!
//! [Spec, transactions](https://develop.sentry.dev/sdk/telemetry/transactions/),
//! [payload](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/transaction/)

pub(crate) mod ai_spans;
pub(crate) mod as_event;
pub(crate) mod json;

use json::Extras;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::thread::ThreadId;

use super::client_state::{self, ClientState};
use super::event::limits;
use super::keep::{self, Verdict};
use super::polls::SegmentPolls;
use super::span::buffer::{BufferedSpan, Child, MAX_SPANS};
use super::span::details::{self, by_span, rows};
use super::span::record::{self, SpanData, SpanRecord};
use super::span::repeats::Repeats;
use super::span::{filter, gen_ai, hook};
use super::{hooks, output};
use crate::base::order::sort_by_number;
use crate::client::Client;
use crate::context::ids;
use crate::protocol::{
    Context, DataCategory, DiscardReason, EnvelopeItem, Map, TraceContext, Transaction, TransactionInfo,
    TransactionSource, Value, map_of,
};
use crate::scope::{self, Scope, Scopes};
use crate::trace::clock::Anchor;
use crate::trace::clock::Start;
use crate::trace::record::SpanOutcome;
use crate::trace::record::{LazyRootRecord, ProcessScopes};
use crate::trace::segment::Segment;
use crate::trace::span_groups::SpanGroups;

/// A segment whose root has ended.
pub(super) struct Ended {
    pub(super) segment: Arc<Segment>,
    /// The scopes at the end: the transaction may have to wait until it is written.
    pub(super) global: Arc<Scope>,
    pub(super) isolation: Arc<Scope>,
    pub(super) current: Arc<Scope>,
    pub(super) end: Start,
    pub(super) outcome: SpanOutcome,
    /// The thread on which it ended.
    pub(super) thread: ThreadId,
    /// The decision about the transaction, once it is made.
    pub(super) verdict: OnceLock<Verdict>,
}

impl Ended {
    /// Creates the segment of a lazy root.
    pub(super) fn light(root: LazyRootRecord, around: &ProcessScopes, thread: ThreadId) -> Self {
        Self {
            global: scope::global().snapshot(),
            isolation: Arc::clone(&around.isolation),
            current: Arc::clone(&around.current),
            end: Start::Ticks(root.end),
            outcome: root.outcome,
            thread,
            verdict: OnceLock::new(),
            segment: Arc::new(root.into_segment(around)),
        }
    }
}

impl Child {
    /// Returns the number that sorts spans by their start: one more than the ticks of the start, or 0 for a start that the
    /// user set.
    pub(super) fn start_order(&self) -> u64 {
        match self {
            Self::Call(call) => call.start.saturating_add(1),
            Self::Dynamic(_, span) => match span.start {
                Start::Ticks(start) => start.saturating_add(1),
                // A start that the user set cannot be compared; it is rare, and is kept.
                Start::Wall(_) => 0,
            },
        }
    }
}

/// Writes the transaction of a segment, whose spans are sorted by their start.
pub(super) fn process(ended: &Arc<Ended>, mut gathered: BufferedSpan, anchor: &Anchor) {
    let segment = &ended.segment;
    let client = &segment.client;
    choose(client, &mut gathered);
    let mut details = by_span(gathered.attributes, gathered.details);
    // Other clients of the process may ask for what this one does not.
    if !client.options().counts_polls() {
        gathered.polls = SegmentPolls::default();
    }
    let polled = if gathered.polls.is_empty() { &[] } else { &gathered.children[..] };
    for child in polled {
        for (key, value) in gathered.polls.take(child.id(), child.duration(anchor), anchor) {
            details.entry(child.id()).or_default().attributes.push((Cow::Borrowed(key), value));
        }
    }
    let mut own = details.remove(&segment.key).unwrap_or_default();
    let open = details::between(segment.start, ended.end, anchor);
    own.attributes.extend(details::own_keys(gathered.polls.take(segment.key, open, anchor)));
    let (name, source) = segment.name();
    let (mut root, renamed) = details::root(segment, ended.end, ended.outcome, name, own, anchor);
    let verdict = *ended.verdict.get_or_init(|| keep::decide(segment, &root, gathered.children.len() + 1));
    match verdict {
        Verdict::Dropped => return drop_unsampled(segment, gathered.children.len() as u64, true),
        Verdict::Kept(rate) => root.set_attribute("sentry.sample_rate", rate.into()),
        Verdict::Sampled => {}
    }
    let rows = rows(segment, gathered.children, &mut details, anchor);
    let mut rows = limit(client, filter::of_children(segment, rows, anchor, |_| false));
    let mut repeats = Repeats::new(client.options().repeat_threshold);
    repeats.mark(&mut rows, anchor);
    repeats.mark_root(&mut root);
    gen_ai::complete(Some(&mut root), &mut rows);
    let source = if renamed { "custom" } else { source };
    send(ended, root, source, rows, anchor);
}

/// Writes the spans that ended after their segment: each span whose parent is not among them is a transaction.
pub(super) fn process_late(ended: &Arc<Ended>, mut gathered: BufferedSpan, anchor: &Anchor) {
    let segment = &ended.segment;
    if ended.verdict.get() == Some(&Verdict::Dropped) {
        return drop_unsampled(segment, gathered.children.len() as u64 + gathered.dropped, false);
    }
    sort_by_number(&mut gathered.children, Child::start_order);
    choose(&segment.client, &mut gathered);
    let mut details = by_span(gathered.attributes, gathered.details);
    let rows = rows(segment, gathered.children, &mut details, anchor);
    let mut rows = limit(&segment.client, filter::of_children(segment, rows, anchor, |_| false));
    gen_ai::complete(None, &mut rows);
    let known: HashSet<_> = rows.iter().map(SpanRecord::id).collect();
    let is_root = |row: &&SpanRecord| row.parent().is_none_or(|parent| !known.contains(&parent));
    let roots: Vec<_> = rows.iter().filter(is_root).map(SpanRecord::id).collect();
    for root in roots {
        let mut family = HashSet::from([root]);
        // Sorted by start, so a parent comes before its children.
        let belongs = |row: &mut SpanRecord| {
            let child = row.parent().is_some_and(|parent| family.contains(&parent));
            (child && family.insert(row.id())) || row.id() == root
        };
        let mut own: Vec<_> = rows.extract_if(.., belongs).collect();
        let Some(at) = own.iter().position(|row| row.id() == root) else { continue };
        let root = own.remove(at).into_full(anchor);
        send(ended, root, "component", own, anchor);
    }
}

/// Counts a transaction that is not sent, or spans that ended after it.
fn drop_unsampled(segment: &Segment, children: u64, with_root: bool) {
    let (ledger, reason) = (segment.client.ledger(), segment.unsampled_reason);
    if with_root && !segment.client.options().streams() {
        ledger.lost(reason, DataCategory::Transaction, 1);
    }
    ledger.lost(reason, DataCategory::Span, children + u64::from(with_root));
}

/// Keeps the first spans up to the limit; a parent starts before its children, so no span loses its parent.
fn choose(client: &Client, gathered: &mut BufferedSpan) {
    let mut dropped = gathered.dropped;
    // Ignored spans do not count: with a filter the limit is applied after it.
    if client.options().ignore_spans.is_empty() {
        dropped += gathered.children.len().saturating_sub(MAX_SPANS) as u64;
        gathered.children.truncate(MAX_SPANS);
    }
    client.ledger().lost(DiscardReason::BufferOverflow, DataCategory::Span, dropped);
}

/// Keeps the earliest spans up to the limit, after spans were removed.
fn limit(client: &Client, mut rows: Vec<SpanRecord>) -> Vec<SpanRecord> {
    let over = rows.len().saturating_sub(MAX_SPANS) as u64;
    if over > 0 {
        client.ledger().lost(DiscardReason::BufferOverflow, DataCategory::Span, over);
        rows.truncate(MAX_SPANS);
    }
    rows
}

fn send(ended: &Ended, mut root: SpanData, source: &str, mut rows: Vec<SpanRecord>, anchor: &Anchor) {
    let segment = &ended.segment;
    let client = &segment.client;
    let count = rows.len();
    let lost = |reason| {
        client.ledger().lost(reason, DataCategory::Transaction, 1);
        client.ledger().lost(reason, DataCategory::Span, count as u64 + 1);
    };
    let Some(transport) = client.transport() else { return };
    if transport.is_rate_limited(DataCategory::Transaction) {
        return lost(DiscardReason::RatelimitBackoff);
    }
    let options = client.options();
    let scopes = Scopes {
        global: Arc::clone(&ended.global),
        isolation: Arc::clone(&ended.isolation),
        current: Arc::clone(&ended.current),
    };
    let scope = scopes.merged();
    let trace_id = segment.trace_id();
    if let Some(groups) = SpanGroups::of(segment.propagation.groups(), &scopes) {
        details::join_groups(&groups, &mut root, &mut rows, anchor);
    }
    let shown = options.before_send_transaction.is_some()
        || options.before_send_span.is_some()
        || scope.shows_transactions();
    // The constant parts are written as they are, unless somebody may see or change them.
    let constant = !shown && !scope.shows_events();
    let mut transaction = client_state::with(client, |state| {
        let mut transaction = build(&root, source, segment, &scope, state);
        if !constant {
            transaction.sdk = Some(Cow::Owned(state.sdk.clone()));
        }
        transaction
    });
    if let Some(reason) = filter::of_transaction(options, transaction.name.as_deref().unwrap_or(""), &root) {
        return lost(reason);
    }
    transaction = match as_event::shown(&scope, transaction) {
        Ok(seen) => seen,
        Err(reason) => return lost(reason),
    };
    if shown {
        client_state::with(client, |state| {
            for (name, context) in &state.contexts {
                transaction.contexts.entry(name.clone()).or_insert_with(|| context.clone());
            }
        });
        let full =
            std::mem::take(&mut rows).into_iter().map(|row| row.into_full(anchor).to_protocol(trace_id));
        transaction.spans = full.collect();
        hook::show(client, &mut transaction);
        match hooks::transaction(client, &scope, transaction) {
            Ok(changed) => transaction = changed,
            Err(reason) => return lost(reason),
        }
        let dropped = count.saturating_sub(transaction.spans.len()) as u64;
        client.ledger().lost(DiscardReason::BeforeSend, DataCategory::Span, dropped);
    }
    let items = client_state::with(client, |state| {
        for row in &mut rows {
            row.scrub(&state.scrubber, options.max_value_length);
        }
        state.scrubber.scrub_transaction(&mut transaction);
        limits(options).normalize_transaction(&mut transaction);
        let ai = match options.stream_gen_ai_spans {
            true => ai_spans::take(&mut rows, &mut transaction.spans),
            false => Vec::new(),
        };
        let own_sdk = transaction.sdk.as_deref().or(constant.then_some(&state.sdk));
        let ai = ai_spans::item(ai, &transaction, own_sdk, trace_id, anchor, state, options.max_value_length);
        let contexts = if shown { &[][..] } else { &state.contexts_json };
        let sdk = if constant { &state.sdk_json[..] } else { &[] };
        let payload = json::write(&transaction, &Extras { trace_id, anchor, rows: &rows, contexts, sdk });
        let written = rows.len() + transaction.spans.len();
        std::iter::once(EnvelopeItem::transaction(payload, written)).chain(ai)
    });
    let verdict = ended.verdict.get().copied().unwrap_or(Verdict::Sampled);
    output::send(transport, Some(transaction.event_id), Some(verdict.dsc(segment)), items);
}

/// Builds the transaction of a root span, without spans and without the field `sdk`.
pub(super) fn build(
    root: &SpanData,
    source: &str,
    segment: &Segment,
    scope: &Scope,
    state: &ClientState,
) -> Transaction<'static> {
    let options = segment.client.options();
    let data: Map<String, Value> =
        map_of(root.attributes.iter().map(|(key, value)| (key.clone().into_owned(), record::value(value))));
    let trace = TraceContext {
        trace_id: segment.trace_id(),
        span_id: root.id,
        parent_span_id: root.parent,
        op: Some(root.op.clone().into_owned()).filter(|op| !op.is_empty()),
        description: None,
        status: Some(root.status),
        origin: Some(root.origin.clone().into_owned()),
        data,
        links: root.links.clone(),
    };
    let mut transaction = Transaction {
        name: Some(root.name.clone().into_owned()),
        transaction_info: Some(TransactionInfo { source: source_of(source) }),
        start_timestamp: root.start,
        timestamp: Some(root.end),
        tags: root.tags.clone(),
        release: options.release.clone(),
        dist: options.dist.clone(),
        environment: options.environment.clone(),
        server_name: state.server_name.clone().map(Cow::Owned),
        ..Transaction::of_id(ids::event_id())
    };
    transaction.contexts.insert("trace".to_owned(), Context::from(trace));
    scope.apply_to_transaction(&mut transaction);
    transaction
}

/// Returns the source of a transaction's name.
fn source_of(name: &str) -> TransactionSource {
    match name {
        "url" => TransactionSource::Url,
        "route" => TransactionSource::Route,
        "view" => TransactionSource::View,
        "component" => TransactionSource::Component,
        "task" => TransactionSource::Task,
        _ => TransactionSource::Custom,
    }
}
