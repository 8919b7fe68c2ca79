//! The index: all rows, and where to find them.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::Limits;
use super::fifo::Fifo;
use super::function::{Functions, Kind};
use super::issue::Issue;
use super::job::Job;
use super::metric::Metrics;
use super::normalise;
use super::programs::Programs;
use super::rows::{Batch, DESCRIPTION, Event, Level, Log, Resource, Span, Status};
use super::session::Sessions;
use super::text::{Interner, Text, cut};
use super::trace::Trace;
use super::value::{Attributes, Value, first_text, get};

/// A span as it was read, before it has a place.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) start: f64,
    pub(crate) duration: f64,
    pub(crate) name: String,
    pub(crate) op: Text,
    pub(crate) status: Status,
    pub(crate) is_segment: bool,
    pub(crate) attributes: Vec<(Text, Value)>,
}

/// The slug, the environment and the service of a monitor.
pub(crate) type JobKey = (Text, Option<Text>, Text);

/// Losses that a program reported.
#[derive(Debug, Default)]
pub(crate) struct Loss {
    pub(crate) quantity: u64,
    pub(crate) last_seen: f64,
}

/// All rows.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) limits: Limits,
    pub(crate) texts: Interner,
    pub(super) resources: HashMap<u64, Arc<Resource>>,
    pub(super) resource_bytes: usize,
    pub(crate) functions: Functions,
    pub(crate) batches: Fifo<Batch>,
    pub(crate) events: Fifo<Event>,
    pub(crate) logs: Fifo<Log>,
    pub(crate) traces: HashMap<u128, Trace>,
    /// Hashes of trace and span: spans that come twice are dropped.
    pub(super) known_spans: HashSet<u64>,
    pub(crate) event_ids: HashMap<u128, u64>,
    /// Transactions that were seen lately: SDKs repeat what they send to two addresses.
    pub(super) transactions: (HashSet<u128>, VecDeque<u128>),
    pub(crate) issues: HashMap<u64, Issue>,
    pub(crate) jobs: HashMap<JobKey, Job>,
    pub(super) job_bytes: usize,
    pub(crate) sessions: Sessions,
    pub(crate) metrics: Metrics,
    pub(super) metric_bytes: usize,
    /// By service, reason and category.
    pub(crate) losses: HashMap<[Text; 3], Loss>,
    /// Items by category.
    pub(crate) accepted: BTreeMap<&'static str, u64>,
    pub(crate) programs: Programs,
    /// Envelopes that came, and items that could not be read.
    pub(crate) envelopes: u64,
    pub(crate) damaged: u64,
    /// Rows that went because there was no room.
    pub(crate) evicted: u64,
    /// The bytes of the rows alone.
    pub(super) row_bytes: usize,
    /// The bytes that rows freed since the interner was swept.
    pub(super) freed: usize,
    pub(super) pinned: HashSet<u128>,
    /// Traces that are no longer pinned, but have rows beside the queue.
    pub(super) unpinned: VecDeque<u128>,
    pub(super) kept_bytes: usize,
    pub(crate) seq: u64,
    /// Traces that changed since they were last taken.
    pub(super) touched: Vec<u128>,
    /// Hints of traces that went.
    pub(super) withdrawn: Vec<u64>,
    /// Bytes that others hold because of the rows.
    pub(crate) extra_bytes: usize,
}

/// The longest name of a span that is kept, in bytes.
const MAX_NAME: usize = 2048;

impl Index {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            texts: Interner::default(),
            resources: HashMap::new(),
            resource_bytes: 0,
            functions: Functions::default(),
            batches: Fifo::default(),
            events: Fifo::default(),
            logs: Fifo::default(),
            traces: HashMap::new(),
            known_spans: HashSet::new(),
            event_ids: HashMap::new(),
            transactions: Default::default(),
            issues: HashMap::new(),
            jobs: HashMap::new(),
            job_bytes: 0,
            sessions: Sessions::default(),
            metrics: Metrics::default(),
            metric_bytes: 0,
            losses: HashMap::new(),
            accepted: BTreeMap::new(),
            programs: Programs::default(),
            envelopes: 0,
            damaged: 0,
            evicted: 0,
            row_bytes: 0,
            freed: 0,
            pinned: HashSet::new(),
            unpinned: VecDeque::new(),
            kept_bytes: 0,
            seq: 0,
            touched: Vec::new(),
            withdrawn: Vec::new(),
            extra_bytes: 0,
        }
    }

    /// Returns the number of spans that are held.
    pub(crate) fn spans(&self) -> usize {
        self.known_spans.len()
    }

    /// Returns the traces that changed since the last call.
    pub(crate) fn take_touched(&mut self) -> Vec<u128> {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// Returns the hints of the traces that went since the last call, one for each trace.
    pub(crate) fn take_withdrawn(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.withdrawn)
    }

    /// Returns the shared copy of what rows of a program have in common.
    pub(super) fn resource(&mut self, resource: Resource) -> Arc<Resource> {
        let mut hasher = DefaultHasher::new();
        (&resource.service, &resource.release, &resource.environment).hash(&mut hasher);
        for (key, value) in &resource.attributes {
            (key, value.as_text(), value.as_f64().map(f64::to_bits)).hash(&mut hasher);
        }
        let key = hasher.finish();
        if let Some(known) = self.resources.get(&key) {
            return Arc::clone(known);
        }
        self.resource_bytes += resource.bytes();
        let resource = Arc::new(resource);
        self.resources.insert(key, Arc::clone(&resource));
        resource
    }

    fn trace_mut(&mut self, id: u128) -> &mut Trace {
        let seq = self.seq;
        if self.touched.last() != Some(&id) {
            self.touched.push(id);
        }
        let trace = self.traces.entry(id).or_insert_with(Trace::new);
        trace.changed = seq;
        trace
    }

    /// Adds spans of a trace. Spans that are known already are left out.
    pub(super) fn add_spans(
        &mut self,
        trace_id: u128,
        resource: &Arc<Resource>,
        run: u32,
        drafts: Vec<Draft>,
    ) {
        let mut spans = Vec::with_capacity(drafts.len());
        for draft in drafts {
            if self.known_spans.insert(span_key(trace_id, draft.id)) {
                let span = self.span(draft, &resource.service);
                spans.push(span);
            }
        }
        if spans.is_empty() {
            return;
        }
        spans.shrink_to_fit();
        let batch = Batch { trace: trace_id, resource: Arc::clone(resource), run, spans };
        let bytes = batch.bytes();
        self.row_bytes += bytes;
        let open = self.open_segments(&batch);
        let stamp = self.seq;
        let number = self.batches.push(stamp, batch);
        self.trace_mut(trace_id);
        let (Some(trace), Some(batch)) = (self.traces.get_mut(&trace_id), self.batches.get(number)) else {
            return;
        };
        trace.bytes += bytes;
        trace.batches.push_back(number);
        let functions = &self.functions;
        trace.grow(batch, |span| {
            let function = functions.get(span.function);
            let name = span.description().or(function.map(|function| &function.name));
            (
                name.cloned().unwrap_or_else(|| "".into()),
                function.map_or_else(|| "".into(), |f| Text::clone(&f.op)),
            )
        });
        for (id, name, since) in open {
            trace.note_open(id, name, Text::clone(&resource.service), since);
        }
    }

    /// Returns the segments that spans name as theirs and that have not come: their programs have them open.
    fn open_segments(&mut self, batch: &Batch) -> Vec<(u64, Text, f64)> {
        let mut open: Vec<(u64, Text, f64)> = Vec::new();
        for span in batch.spans.iter().filter(|span| !span.is_segment) {
            let Some(id) = get(&span.attributes, "sentry.segment.id").and_then(Value::as_text) else {
                continue;
            };
            let Some(id) = super::json::parse_id64(id).filter(|id| *id != span.id) else { continue };
            match open.iter().position(|(known, ..)| *known == id) {
                Some(at) => open[at].2 = open[at].2.min(span.start),
                None if open.len() < 16 && !self.known_spans.contains(&span_key(batch.trace, id)) => {
                    let name = first_text(&span.attributes, &["sentry.segment.name", "sentry.transaction"]);
                    let name = name.cloned().unwrap_or_else(|| self.texts.get(""));
                    open.push((id, name, span.start));
                }
                None => {}
            }
        }
        open
    }

    fn span(&mut self, draft: Draft, service: &Text) -> Span {
        let Draft { id, parent, start, duration, name, op, mut status, is_segment, mut attributes } = draft;
        let described = cut(&name, MAX_NAME);
        let general = match Kind::of(&op) {
            Kind::Query => normalise::query(described),
            Kind::Request => normalise::url(described),
            _ => described.to_owned(),
        };
        if general != described {
            let key = self.texts.get(DESCRIPTION);
            attributes.push((key, Value::Text(described.into())));
        }
        let attributes: Attributes = attributes.into();
        if status.is_none()
            && let Some(code) = super::rows::http_status(&attributes)
        {
            status = Status::of_http(code);
        }
        let general = self.texts.get(&general);
        let function = self.functions.add(general, op, Text::clone(service), duration * 1e3);
        let parent = if parent == id { 0 } else { parent };
        let self_ms = (duration * 1e3) as f32;
        Span { id, parent, start, duration, self_ms, function, status, is_segment, attributes }
    }

    /// Adds an event, unless it is known.
    pub(super) fn add_event(&mut self, event: Event) -> Option<u64> {
        if self.event_ids.contains_key(&event.id) {
            return None;
        }
        let bytes = event.bytes();
        self.row_bytes += bytes;
        let (seq, id, trace_id, at, level, is_feedback) =
            (self.seq, event.id, event.trace, event.at, event.level, event.is_feedback);
        let (issue, service) = (event.issue, Text::clone(&event.resource.service));
        let number = self.events.push(seq, event);
        self.event_ids.insert(id, number);
        if trace_id != 0 {
            let trace = self.trace_mut(trace_id);
            trace.bytes += bytes;
            trace.events.push_back(number);
            trace.errors += u32::from(level >= Level::Error && !is_feedback);
            trace.add_service(&service);
        }
        let issue = self.issues.entry(issue).or_insert_with(|| Issue {
            level,
            count: 0,
            first_seen: at,
            last_seen: at,
            services: Vec::new(),
            events: VecDeque::new(),
            changed: seq,
        });
        issue.level = level;
        issue.count += 1;
        issue.changed = seq;
        issue.first_seen = issue.first_seen.min(at);
        issue.last_seen = issue.last_seen.max(at);
        issue.events.push_back(number);
        if issue.services.len() < 16 && !issue.services.contains(&service) {
            issue.services.push(service);
        }
        Some(number)
    }

    pub(super) fn add_log(&mut self, log: Log) {
        let bytes = log.bytes();
        self.row_bytes += bytes;
        let (seq, trace_id, service) = (self.seq, log.trace, Text::clone(&log.resource.service));
        let number = self.logs.push(seq, log);
        if trace_id != 0 {
            let trace = self.trace_mut(trace_id);
            trace.bytes += bytes;
            trace.logs.push_back(number);
            trace.add_service(&service);
        }
    }

    /// Returns whether a transaction came before. Only the latest are remembered.
    pub(super) fn is_repeated(&mut self, id: u128) -> bool {
        const LATEST: usize = 4096;
        let (set, order) = &mut self.transactions;
        if !set.insert(id) {
            return true;
        }
        order.push_back(id);
        if order.len() > LATEST
            && let Some(oldest) = order.pop_front()
        {
            set.remove(&oldest);
        }
        false
    }
}

pub(super) fn span_key(trace: u128, span: u64) -> u64 {
    let folded = (trace as u64) ^ ((trace >> 64) as u64);
    folded.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ span
}
