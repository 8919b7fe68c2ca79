//! The recorder: where a thread's records go, and where the pipeline thread finds them.
//!
//! A thread's first record gives it a queue and the pipeline the other end of it. A thread that ends
//! closes its queue; the pipeline reads what is left and gives it up.
//!
//! The option `max_record_memory` covers what lies in the queues and what the pipeline has read and not yet sent:
//! the pipeline says how much it holds ([`set_held`]), and the queues get the rest.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};

use super::record::Record;
use super::ring::{self, Budget, Consumer, Producer};
use crate::scope::active;

/// Memory for records of the whole process, in chunks of 8 KiB, unless the option says otherwise.
pub(crate) const DEFAULT_CHUNKS: usize = 2048;

const CHUNK_BYTES: usize = ring::CHUNK * size_of::<Record>();

static BUDGET: Budget<Record> = Budget::new(DEFAULT_CHUNKS);
/// What records may take altogether, in bytes.
static MEMORY: AtomicUsize = AtomicUsize::new(DEFAULT_CHUNKS * CHUNK_BYTES);
/// Queues that the pipeline has not yet taken over.
static FRESH: Mutex<Vec<Source>> = Mutex::new(Vec::new());
/// Records that found no room.
static LOST_SPANS: AtomicU64 = AtomicU64::new(0);
static LOST_SEGMENTS: AtomicU64 = AtomicU64::new(0);

/// Where the records of one thread come out.
pub(crate) struct Source {
    pub(crate) records: Consumer<Record>,
    /// The thread that writes them.
    pub(crate) thread: Thread,
}

enum Output {
    /// Nothing was recorded yet.
    None,
    Open(Producer<Record>),
    /// The thread is ending.
    Closed,
}

thread_local! {
    /// Without a destructor, so that the hot path need not ask whether one is registered.
    static OUTPUT: ManuallyDrop<RefCell<Output>> = const { ManuallyDrop::new(RefCell::new(Output::None)) };
    static AT_EXIT: AtExit = const { AtExit };
}

struct AtExit;

impl Drop for AtExit {
    fn drop(&mut self) {
        OUTPUT.with(|output| drop(output.replace(Output::Closed)));
        drop(active::swap(active::Saved::default()));
    }
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

/// Writes a record down. Without room it is dropped and counted.
#[inline]
pub(crate) fn push(record: Record) {
    OUTPUT.with(|output| {
        let Ok(mut output) = output.try_borrow_mut() else {
            return count_lost(&record);
        };
        match &mut *output {
            Output::Open(producer) => {
                if !producer.make_room() {
                    count_lost(&record);
                } else if producer.write(record) {
                    crate::pipeline::chunk_filled();
                }
            }
            _ => open(&mut output, record),
        }
    });
}

#[cold]
fn open(output: &mut Output, record: Record) {
    if matches!(output, Output::Closed) || AT_EXIT.try_with(|_| ()).is_err() {
        return count_lost(&record);
    }
    let Some((mut producer, records)) = ring::queue(&BUDGET) else {
        return count_lost(&record);
    };
    let source = Source { records, thread: thread::current() };
    FRESH.lock().unwrap_or_else(PoisonError::into_inner).push(source);
    producer.write(record);
    *output = Output::Open(producer);
    // The first record of a process starts the pipeline. Beyond that, many short threads take chunks as quickly
    // as one thread that fills its own.
    crate::pipeline::start();
    crate::pipeline::chunk_filled();
}

#[cold]
fn count_lost(record: &Record) {
    match record {
        Record::End { .. } => LOST_SEGMENTS.fetch_add(1, Ordering::Relaxed),
        Record::Span { .. } | Record::Detail { .. } => LOST_SPANS.fetch_add(1, Ordering::Relaxed),
        Record::Attribute { .. } | Record::Start { .. } => 0,
    };
}

/// The queues that were opened since the last call.
pub(crate) fn take_fresh() -> Vec<Source> {
    std::mem::take(&mut *FRESH.lock().unwrap_or_else(PoisonError::into_inner))
}

/// How many segments and spans found no room since the last call.
pub(crate) fn take_lost() -> (u64, u64) {
    (LOST_SEGMENTS.swap(0, Ordering::Relaxed), LOST_SPANS.swap(0, Ordering::Relaxed))
}

/// Returns queues to where a new reader finds them.
pub(crate) fn put_back(queues: Vec<Source>) {
    FRESH.lock().unwrap_or_else(PoisonError::into_inner).extend(queues);
}

/// Whether a thread recorded something that no pipeline thread has looked for yet.
pub(crate) fn has_fresh() -> bool {
    !FRESH.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
}
