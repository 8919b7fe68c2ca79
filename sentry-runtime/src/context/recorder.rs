//! The recorder: where a thread's records go, and where the pipeline thread finds them.
//!
//! A thread's first record gives it a queue and the pipeline the other end of it. A thread that ends
//! closes its queue; the pipeline reads what is left and gives it up.
//!
//! The option `max_record_memory` covers what lies in the queues and what the pipeline has read and not yet sent:
//! the pipeline says how much it holds ([`set_held`]), and the queues get the rest.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

use super::local::{Local, closes_at_exit, local};
use super::state::Output;
use crate::base::callback;
use crate::base::fork::PerProcess;
use crate::protocol::AttributeValue;
use crate::protocol::inline_str::InlineStr;
use crate::trace::callsite::Callsite;
use crate::trace::clock::{self, Ticks};
use crate::trace::ids::LocalId;
use crate::trace::record::ProcessScopes;
use crate::trace::record::{Record, SpanOutcome};
use crate::trace::ring::{self, Budget, Consumer, Producer};

/// Memory for records of the whole process, in chunks of 8 KiB, unless the option says otherwise.
pub(crate) const DEFAULT_CHUNKS: usize = 2048;

const CHUNK_BYTES: usize = ring::CHUNK * size_of::<Record>();

static BUDGET: Budget<Record> = Budget::new(DEFAULT_CHUNKS);
/// What records may take altogether, in bytes.
static MEMORY: AtomicUsize = AtomicUsize::new(DEFAULT_CHUNKS * CHUNK_BYTES);
/// Queues that the pipeline has not yet taken over.
static FRESH: PerProcess<Mutex<Vec<Source>>> = PerProcess::new();
/// Records that found no room.
static LOST_SPANS: AtomicU64 = AtomicU64::new(0);
static LOST_SEGMENTS: AtomicU64 = AtomicU64::new(0);

/// Where the records of one thread come out.
pub(crate) struct Source {
    pub(crate) records: Consumer<Record>,
    /// The thread that writes them.
    pub(crate) thread: Thread,
    /// The scopes of the process as the thread announced them last.
    pub(crate) around: Option<Box<ProcessScopes>>,
}

fn fresh() -> MutexGuard<'static, Vec<Source>> {
    FRESH.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets go of the queues of the parent process: what is in them is the parent's to send. Runs in the child of a
/// fork, on its only thread.
pub(crate) fn reset_after_fork() {
    // The thread may be one that is ending, which has closed its queue.
    if let Ok(mut output) = local().output.try_borrow_mut()
        && matches!(*output, Output::Open(_))
    {
        // Its chunk would be read by nobody, and freed by nobody.
        std::mem::forget(std::mem::replace(&mut *output, Output::None));
    }
    local().lazy_root.reset_after_fork();
    BUDGET.reset_after_fork();
    LOST_SPANS.store(0, Ordering::Relaxed);
    LOST_SEGMENTS.store(0, Ordering::Relaxed);
}

/// Sets how much memory records may take.
pub(crate) fn set_memory_limit(bytes: usize) {
    MEMORY.store(bytes, Ordering::Relaxed);
    BUDGET.set_limit(bytes / CHUNK_BYTES);
}

/// How much memory records may take.
pub(crate) fn memory_limit() -> usize {
    MEMORY.load(Ordering::Relaxed)
}

/// Says how much of that memory records take that were read: the queues have the rest.
pub(crate) fn set_held(bytes: usize) {
    BUDGET.set_limit(memory_limit().saturating_sub(bytes) / CHUNK_BYTES);
}

/// What a record says, for the count of those that found no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordKind {
    /// That a span ended.
    Span,
    /// That a segment ended.
    Segment,
    /// Something else about a span.
    More,
}

/// Writes a record down. Without room it is dropped and counted.
pub(crate) fn push(record: Record) {
    let kind = match &record {
        Record::End { .. } | Record::LazyRootEnd(_) => RecordKind::Segment,
        Record::Span { .. } | Record::Detail { .. } => RecordKind::Span,
        Record::Attribute { .. } | Record::Start { .. } | Record::ProcessScopes(_) => RecordKind::More,
    };
    push_made(local(), kind, || record);
}

/// Writes a record down that is made in its place: what is built elsewhere first has to be copied, and copying
/// what was written a moment ago, in larger pieces than it was written in, holds the processor up. Answers whether
/// there was room.
#[inline(always)]
pub(crate) fn push_made(local: &Local, kind: RecordKind, make: impl FnOnce() -> Record) -> bool {
    let Ok(mut output) = local.output.try_borrow_mut() else {
        count_lost(kind);
        return false;
    };
    let producer = match &mut *output {
        Output::Open(producer) if producer.has_room() => producer,
        output => match find_room(output) {
            Some(producer) => producer,
            None => {
                count_lost(kind);
                return false;
            }
        },
    };
    if producer.write(make) {
        crate::base::worker::chunk_filled();
    }
    true
}

/// The same where that takes no call: into an open queue, as a record that is not the last of its chunk. What ends in a
/// call otherwise has nothing to keep for after one. Answers whether it was written.
#[inline(always)]
fn push_at_once(local: &Local, make: impl FnOnce() -> Record) -> bool {
    let Ok(mut output) = local.output.try_borrow_mut() else { return false };
    match &mut *output {
        Output::Open(producer) if producer.has_room_to_spare() => {
            producer.write(make);
            true
        }
        _ => false,
    }
}

/// The span of an annotated function that ends now.
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

    /// Writes it down.
    #[inline(always)]
    pub(crate) fn write(self, local: &Local) {
        let end = clock::now();
        push_made(local, RecordKind::Span, || self.at(end));
    }

    /// The same where it takes no call, see [`push_at_once`]. Answers whether it was written.
    #[inline(always)]
    pub(crate) fn write_at_once(self, local: &Local) -> bool {
        clock::now_by_counter().is_some_and(|end| push_at_once(local, || self.at(end)))
    }
}

/// Gives a span of a segment an attribute.
#[inline(always)]
pub(crate) fn attribute(segment: LocalId, span: LocalId, key: &'static str, value: AttributeValue) {
    // Which kind it is, is mostly known where this is called.
    match value {
        AttributeValue::I64(value) => integer(segment, span, key, value),
        AttributeValue::Str(value) => text(segment, span, key, value),
        value => any(segment, span, key, value),
    }
}

// They are `extern "C"`, since such a function does not unwind, and what calls it needs no code for that case.
macro_rules! attributes {
    ($($name:ident or $slowly:ident ($value:ident: $ty:ty) => $made:expr;)*) => {$(
        #[inline(never)]
        #[expect(improper_ctypes_definitions, reason = "called from Rust alone")]
        extern "C" fn $name(segment: LocalId, span: LocalId, key: &'static str, $value: $ty) {
            let make = || Record::Attribute { segment, span, key, value: $made };
            if !push_at_once(local(), make) {
                $slowly(segment, span, key, $value);
            }
        }

        #[cold]
        #[inline(never)]
        #[expect(improper_ctypes_definitions, reason = "called from Rust alone")]
        extern "C" fn $slowly(segment: LocalId, span: LocalId, key: &'static str, $value: $ty) {
            push_made(local(), RecordKind::More, || Record::Attribute { segment, span, key, value: $made });
        }
    )*};
}

attributes! {
    integer or integer_slowly (value: i64) => AttributeValue::I64(value);
    text or text_slowly (value: &'static str) => AttributeValue::Str(value);
}

#[inline(never)]
fn any(segment: LocalId, span: LocalId, key: &'static str, value: AttributeValue) {
    push_made(local(), RecordKind::More, || Record::Attribute { segment, span, key, value });
}

/// Gives a span of a segment an attribute whose text is copied here: a short one straight into the record.
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from Rust alone")]
pub(crate) extern "C" fn copied(segment: LocalId, span: LocalId, key: &'static str, text: &str) {
    let written = InlineStr::new(text).is_some_and(|text| {
        let make = || Record::Attribute { segment, span, key, value: AttributeValue::Inline(text) };
        push_at_once(local(), make)
    });
    if !written {
        copied_slowly(segment, span, key, text);
    }
}

#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from Rust alone")]
extern "C" fn copied_slowly(segment: LocalId, span: LocalId, key: &'static str, text: &str) {
    any(
        segment,
        span,
        key,
        InlineStr::new(text).map_or_else(|| AttributeValue::from(text), AttributeValue::Inline),
    );
}

/// Takes a fresh chunk, or opens the thread's queue; `None` when there is no memory left, or the thread ends.
#[cold]
#[inline(never)]
fn find_room(output: &mut Output) -> Option<&mut Producer<Record>> {
    // Who calls this does not unwind.
    callback::contain(move || find_or_make_room(output)).flatten()
}

fn find_or_make_room(output: &mut Output) -> Option<&mut Producer<Record>> {
    if matches!(output, Output::None) && closes_at_exit() {
        let (producer, records) = ring::queue(&BUDGET)?;
        let source = Source { records, thread: thread::current(), around: None };
        fresh().push(source);
        *output = Output::Open(producer);
        // The first record of a process starts the pipeline. Beyond that, many short threads take chunks as quickly
        // as one thread that fills its own.
        crate::base::worker::ensure();
        crate::base::worker::chunk_filled();
    }
    match output {
        Output::Open(producer) => producer.make_room().then_some(producer),
        _ => None,
    }
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

/// The queues that were opened since the last call.
pub(crate) fn take_fresh() -> Vec<Source> {
    std::mem::take(&mut *fresh())
}

/// How many segments and spans found no room since the last call.
pub(crate) fn take_lost() -> (u64, u64) {
    (LOST_SEGMENTS.swap(0, Ordering::Relaxed), LOST_SPANS.swap(0, Ordering::Relaxed))
}

/// Returns queues to where a new reader finds them.
pub(crate) fn put_back(queues: Vec<Source>) {
    fresh().extend(queues);
}

/// Whether a thread recorded something that no pipeline thread has looked for yet.
pub(crate) fn has_fresh() -> bool {
    !fresh().is_empty()
}
