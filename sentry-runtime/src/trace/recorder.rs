//! The recorder: where a thread's records go, and where the pipeline thread finds them.
//!
//! A thread's first record gives it a queue and the pipeline the other end of it. A thread that ends
//! closes its queue; the pipeline reads what is left and gives it up.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::record::Record;
use super::ring::{self, Budget, Consumer, Producer};
use crate::fork::PerProcess;
use crate::scope::active;

/// Memory for records of the whole process, in chunks of 8 KiB, unless the option says otherwise.
pub(crate) const DEFAULT_CHUNKS: usize = 2048;

static BUDGET: Budget<Record> = Budget::new(DEFAULT_CHUNKS);
/// Queues that the pipeline has not yet taken over.
static FRESH: PerProcess<Mutex<Vec<Consumer<Record>>>> = PerProcess::new();
/// Records that found no room.
static LOST_SPANS: AtomicU64 = AtomicU64::new(0);
static LOST_SEGMENTS: AtomicU64 = AtomicU64::new(0);

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

fn fresh() -> MutexGuard<'static, Vec<Consumer<Record>>> {
    FRESH.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets go of the queues of the parent process: what is in them is the parent's to send. Runs in the child of a
/// fork, on its only thread.
pub(crate) fn begin_anew() {
    // The thread may be one that is ending, which has closed its queue.
    let _ = OUTPUT.try_with(|output| {
        if let Ok(mut output) = output.try_borrow_mut()
            && matches!(*output, Output::Open(_))
        {
            // Its chunk would be read by nobody, and freed by nobody.
            std::mem::forget(std::mem::replace(&mut *output, Output::None));
        }
    });
    BUDGET.begin_anew();
    LOST_SPANS.store(0, Ordering::Relaxed);
    LOST_SEGMENTS.store(0, Ordering::Relaxed);
}

/// Sets how much memory records may take.
pub(crate) fn set_memory_limit(bytes: usize) {
    BUDGET.set_limit(bytes / (ring::CHUNK * size_of::<Record>()));
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
    let Some((mut producer, consumer)) = ring::queue(&BUDGET) else {
        return count_lost(&record);
    };
    fresh().push(consumer);
    producer.write(record);
    *output = Output::Open(producer);
}

#[cold]
fn count_lost(record: &Record) {
    match record {
        Record::End { .. } => LOST_SEGMENTS.fetch_add(1, Ordering::Relaxed),
        Record::Span { .. } | Record::Detail { .. } => LOST_SPANS.fetch_add(1, Ordering::Relaxed),
        Record::Attribute { .. } => 0,
    };
}

/// The queues that were opened since the last call.
pub(crate) fn take_fresh() -> Vec<Consumer<Record>> {
    std::mem::take(&mut *fresh())
}

/// How many segments and spans found no room since the last call.
pub(crate) fn take_lost() -> (u64, u64) {
    (LOST_SEGMENTS.swap(0, Ordering::Relaxed), LOST_SPANS.swap(0, Ordering::Relaxed))
}

/// Returns queues to where a new reader finds them.
pub(crate) fn put_back(queues: Vec<Consumer<Record>>) {
    fresh().extend(queues);
}
