//! The recorder: a queue of records per thread, read by the pipeline thread.
//!
//! The first record of a thread opens its queue and gives the reading end to the pipeline. A thread that ends closes
//! its queue; the pipeline reads the rest and drops the queue.
//!
//! The option `max_record_memory` covers the records in the queues and those that the pipeline has read but not sent:
//! the pipeline reports how much it holds ([`set_held`]), and the queues get the rest.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

use super::ids;
use super::local::{Local, closes_at_exit, local};
use crate::base::callback;
use crate::base::fork::PerProcess;
use crate::protocol::AttributeValue;
use crate::protocol::inline_str::InlineStr;
use crate::protocol::nesting::Shallow;
use crate::trace::callsite::Callsite;
use crate::trace::clock::{self, Ticks};
use crate::trace::ids::LocalId;
use crate::trace::packed::{AttributeKeys, Kinds, WORDS};
use crate::trace::record::ProcessScopes;
use crate::trace::record::{Record, SpanOutcome};
use crate::trace::ring::{self, Budget, Consumer, Producer};

/// The default memory for records of the whole process, in chunks of 8 KiB.
pub(crate) const DEFAULT_CHUNKS: usize = 2048;

const CHUNK_BYTES: usize = ring::CHUNK * size_of::<Record>();
/// The memory that the queues need for the records of one turn of the pipeline: some thousand spans with attributes.
/// Without room for its last record, a segment is lost with all its spans.
pub(crate) const QUEUES_NEED: usize = 32 * CHUNK_BYTES;

static BUDGET: Budget<Record> = Budget::new(DEFAULT_CHUNKS);
/// The maximum memory of all records, in bytes.
static MEMORY: AtomicUsize = AtomicUsize::new(DEFAULT_CHUNKS * CHUNK_BYTES);
/// Queues that the pipeline has not taken over yet.
static FRESH: PerProcess<Mutex<Vec<Source>>> = PerProcess::new();
/// The number of span records that were dropped because there was no room.
static LOST_SPANS: AtomicU64 = AtomicU64::new(0);
static LOST_SEGMENTS: AtomicU64 = AtomicU64::new(0);

/// The reading end of one thread's queue.
pub(crate) struct Source {
    pub(crate) records: Consumer<Record>,
    /// The thread that writes to it.
    pub(crate) thread: Thread,
    /// The scopes of the process, as last sent by the thread.
    pub(crate) around: Option<Box<ProcessScopes>>,
}

fn fresh() -> MutexGuard<'static, Vec<Source>> {
    FRESH.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drops the queues of the parent process, which sends their contents. Runs in a forked child, on its only thread.
pub(crate) fn reset_after_fork() {
    // A thread that is ending has closed its queue.
    local().output.reset_after_fork();
    local().lazy_root.reset_after_fork();
    local().breadcrumbs.reset_after_fork();
    BUDGET.reset_after_fork();
    LOST_SPANS.store(0, Ordering::Relaxed);
    LOST_SEGMENTS.store(0, Ordering::Relaxed);
}

/// Sets the maximum memory of records.
pub(crate) fn set_memory_limit(bytes: usize) {
    MEMORY.store(bytes, Ordering::Relaxed);
    BUDGET.set_limit(bytes / CHUNK_BYTES);
}

/// Returns the maximum memory of records.
pub(crate) fn memory_limit() -> usize {
    MEMORY.load(Ordering::Relaxed)
}

/// Sets the number of bytes of that memory that records already read occupy. The queues get the rest.
pub(crate) fn set_held(bytes: usize) {
    BUDGET.set_limit(memory_limit().saturating_sub(bytes) / CHUNK_BYTES);
}

/// The kind of a record, for the count of dropped ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordKind {
    /// The end of a span.
    Span,
    /// The end of a segment.
    Segment,
    /// Other data of a span.
    More,
}

/// Writes a record. Without room it is dropped and counted.
pub(crate) fn push(record: Record) {
    let kind = match &record {
        Record::End { .. } | Record::LazyRootEnd(_) | Record::JobEnd(..) => RecordKind::Segment,
        Record::Span { .. } | Record::Detail { .. } => RecordKind::Span,
        Record::Attribute { .. }
        | Record::Attributes { .. }
        | Record::Response { .. }
        | Record::Status { .. }
        | Record::Form { .. }
        | Record::Start { .. }
        | Record::ProcessScopes(_)
        | Record::CheckIn(_)
        | Record::SpanWatched(_)
        | Record::PollBegin { .. }
        | Record::PollWatched(_)
        | Record::PollEnd { .. } => RecordKind::More,
    };
    let local = local();
    if !local.output.has_room() && !find_room(local) {
        return push_apart(local, kind, record);
    }
    if local.output.write(|| record) {
        crate::base::worker::chunk_filled();
    }
}

/// Writes the end of a segment to a queue of its own if the thread's is closed: destructors of thread-locals run after
/// that, and may drop a future whose span is the root. Anything else for which there is no room is counted.
#[cold]
#[inline(never)]
fn push_apart(local: &Local, kind: RecordKind, record: Record) {
    let written = kind == RecordKind::Segment
        && local.output.is_closed()
        && callback::contain(|| {
            let only = Producer::unopened();
            let Some(records) = only.open(&BUDGET, false) else { return false };
            only.write(|| record);
            only.close();
            fresh().push(Source { records, thread: thread::current(), around: None });
            crate::base::worker::ensure();
            crate::base::worker::chunk_filled();
            true
        })
        .unwrap_or_default();
    if !written {
        count_lost(kind);
    }
}

/// Writes a record that is built in place: a record that is built elsewhere has to be copied, and copying freshly
/// written memory in larger pieces stalls the processor. Returns whether there was room.
#[inline(always)]
pub(crate) fn push_made(local: &Local, kind: RecordKind, make: impl FnOnce() -> Record) -> bool {
    if !local.output.has_room() && !find_room(local) {
        count_lost(kind);
        return false;
    }
    if local.output.write(make) {
        crate::base::worker::chunk_filled();
    }
    true
}

/// Like [`push_made`], but does not count the record if there is no room. Returns `kept` then, which `make` would
/// have used.
#[inline(always)]
pub(crate) fn push_or_keep<T>(local: &Local, kept: T, make: impl FnOnce(T) -> Record) -> Result<(), T> {
    if !has_room(local) {
        return Err(kept);
    }
    if local.output.write(|| make(kept)) {
        crate::base::worker::chunk_filled();
    }
    Ok(())
}

/// Returns whether the thread's queue is open and has room for a record; takes a fresh chunk if necessary.
#[inline(always)]
pub(crate) fn has_room(local: &Local) -> bool {
    local.output.has_room() || find_room(local)
}

/// Like [`push_made`] without a function call: into an open queue, as a record that is not the last of its chunk. The
/// slow path is a tail call, so no register has to be saved. Returns whether the record was written.
#[inline(always)]
fn push_at_once(local: &Local, make: impl FnOnce() -> Record) -> bool {
    if !local.output.has_room_to_spare() {
        return false;
    }
    local.output.write(make);
    true
}

/// The span of an annotated function that is ending.
#[derive(Clone, Copy)]
pub(crate) struct Ending {
    pub(crate) segment: LocalId,
    pub(crate) id: LocalId,
    pub(crate) parent: LocalId,
    pub(crate) site: &'static Callsite,
    pub(crate) start: Ticks,
    pub(crate) outcome: SpanOutcome,
}

impl Ending {
    #[inline(always)]
    fn at(self, end: Ticks) -> Record {
        let Self { segment, id, parent, site, start, outcome } = self;
        Record::Span { segment, id, parent, site, start, end, outcome }
    }

    /// Writes the record.
    #[inline(always)]
    pub(crate) fn write(self, local: &Local) {
        if !self.write_at_once(local) {
            self.write_slowly(local);
        }
    }

    /// Writes the record if that needs no function call: the counter is the clock, and the record is not the last one
    /// of its chunk. Returns whether it was written.
    #[inline(always)]
    pub(crate) fn write_at_once(self, local: &Local) -> bool {
        let end = clock::counter();
        local.output.write_at_once(|| self.at(end))
    }

    /// Writes the record where [`write_at_once`](Self::write_at_once) cannot.
    #[cold]
    #[inline(never)]
    pub(crate) fn write_slowly(self, local: &Local) {
        let end = clock::now();
        push_made(local, RecordKind::Span, || self.at(end));
    }
}

/// Sets an attribute of a span of a segment.
#[allow(dead_code, reason = "for the integrations of servers, which are features")]
pub(crate) fn attribute(segment: LocalId, span: LocalId, key: &'static str, value: AttributeValue) {
    match value {
        AttributeValue::Array(_) => list(segment, span, key, value),
        value => any(segment, span, key, value),
    }
}

/// Sets an attribute of a span of the active segment.
#[inline(always)]
pub(crate) fn attribute_here(local: &Local, span: LocalId, key: &'static str, value: AttributeValue) {
    // The kind is usually known at compile time.
    match value {
        AttributeValue::I64(value) => integer(local, span, key, value),
        AttributeValue::Str(value) => text(local, span, key, value),
        AttributeValue::Array(_) => list(local.segment.get(), span, key, value),
        value => any(local.segment.get(), span, key, value),
    }
}

// These are `extern "C"`, which cannot unwind, so that the callers need no landing pads. They take the thread's state,
// because finding it counts as a function call here, around which six registers would have to be saved.
macro_rules! attributes {
    ($($name:ident or $slowly:ident ($value:ident: $ty:ty) => $made:expr;)*) => {$(
        #[inline(never)]
        #[expect(improper_ctypes_definitions, reason = "called from Rust alone")]
        extern "C" fn $name(local: &Local, span: LocalId, key: &'static str, $value: $ty) {
            let segment = local.segment.get();
            let make = || Record::Attribute { segment, span, key, value: $made };
            if !push_at_once(local, make) {
                $slowly(local, span, key, $value);
            }
        }

        #[cold]
        #[inline(never)]
        #[expect(improper_ctypes_definitions, reason = "called from Rust alone")]
        extern "C" fn $slowly(local: &Local, span: LocalId, key: &'static str, $value: $ty) {
            let segment = local.segment.get();
            push_made(local, RecordKind::More, || Record::Attribute { segment, span, key, value: $made });
        }
    )*};
}

attributes! {
    integer or integer_slowly (value: i64) => AttributeValue::I64(value);
    text or text_slowly (value: &'static str) => AttributeValue::Str(value);
}

/// Sets several attributes of a span of the active segment.
#[inline(never)]
pub(crate) extern "C" fn attributes_here(
    local: &Local,
    span: LocalId,
    keys: &'static AttributeKeys,
    kinds: Kinds,
    words: &[u64; WORDS],
) {
    let segment = local.segment.get();
    if !push_at_once(local, || Record::Attributes { segment, span, keys, kinds, words: *words }) {
        attributes_slowly(local, span, keys, kinds, words);
    }
}

#[cold]
#[inline(never)]
extern "C" fn attributes_slowly(
    local: &Local,
    span: LocalId,
    keys: &'static AttributeKeys,
    kinds: Kinds,
    words: &[u64; WORDS],
) {
    let segment = local.segment.get();
    push_made(local, RecordKind::More, || Record::Attributes { segment, span, keys, kinds, words: *words });
}

#[inline(never)]
fn any(segment: LocalId, span: LocalId, key: &'static str, value: AttributeValue) {
    push_made(local(), RecordKind::More, || Record::Attribute { segment, span, key, value });
}

/// Sets an attribute that is a list. It is pruned here, because it is dropped on this thread if there is no room.
#[cold]
#[inline(never)]
fn list(segment: LocalId, span: LocalId, key: &'static str, value: AttributeValue) {
    any(segment, span, key, Shallow::of(value).into_inner());
}

/// Sets an attribute of a span of the active segment. Its text is copied here: a short text directly into the record.
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from Rust alone")]
pub(crate) extern "C" fn copied_here(local: &Local, span: LocalId, key: &'static str, text: &str) {
    let segment = local.segment.get();
    let written = InlineStr::new(text).is_some_and(|text| {
        let make = || Record::Attribute { segment, span, key, value: AttributeValue::Inline(text) };
        push_at_once(local, make)
    });
    if !written {
        copied_slowly(local, span, key, text);
    }
}

#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from Rust alone")]
extern "C" fn copied_slowly(local: &Local, span: LocalId, key: &'static str, text: &str) {
    any(
        local.segment.get(),
        span,
        key,
        InlineStr::new(text).map_or_else(|| AttributeValue::from(text), AttributeValue::Inline),
    );
}

/// Takes a fresh chunk, or opens the thread's queue. Returns `false` without memory, or if the thread is ending.
#[cold]
#[inline(never)]
fn find_room(local: &Local) -> bool {
    // The caller must not unwind.
    callback::contain(|| find_or_make_room(local)).unwrap_or_default()
}

fn find_or_make_room(local: &Local) -> bool {
    if local.output.is_unopened() && closes_at_exit() {
        // What is written at once takes an id before, without asking whether the thread has a first one.
        ids::ensure_seeded();
        let Some(records) = local.output.open(&BUDGET, clock::is_counter()) else { return false };
        fresh().push(Source { records, thread: thread::current(), around: None });
        // The first record of a process starts the pipeline. Later calls matter because many short threads take chunks
        // as quickly as one thread that fills its own.
        crate::base::worker::ensure();
        crate::base::worker::chunk_filled();
    }
    local.output.make_room()
}

#[cold]
#[inline(never)]
fn count_lost(kind: RecordKind) {
    match kind {
        RecordKind::Segment => LOST_SEGMENTS.fetch_add(1, Ordering::Relaxed),
        RecordKind::Span => LOST_SPANS.fetch_add(1, Ordering::Relaxed),
        RecordKind::More => 0,
    };
}

/// Returns the queues that were opened since the last call.
pub(crate) fn take_fresh() -> Vec<Source> {
    std::mem::take(&mut *fresh())
}

/// Returns the numbers of segments and spans that were dropped since the last call.
pub(crate) fn take_lost() -> (u64, u64) {
    (LOST_SEGMENTS.swap(0, Ordering::Relaxed), LOST_SPANS.swap(0, Ordering::Relaxed))
}

/// Returns queues for a new reader to take over.
pub(crate) fn put_back(queues: Vec<Source>) {
    fresh().extend(queues);
}

/// Returns whether a queue was opened that no pipeline thread has taken over yet.
pub(crate) fn has_fresh() -> bool {
    !fresh().is_empty()
}
