//! A lock-free queue from one thread to another: a chain of fixed-size chunks.
//!
//! Every thread that records spans owns a [`Producer`]; the pipeline thread owns the matching [`Consumer`]s. A push
//! writes a slot and publishes the chunk's new length; nothing is shared with other producers. Full chunks are followed
//! by fresh ones while the [`Budget`] of the process allows, and return to it when they were read. Without a free chunk
//! there is no room, and the caller counts the items that it could not write.
//!
//! This is one of the few places with `unsafe` code. The argument in short: a slot is written by the producer
//! before the length that covers it is published (release), and read by the consumer after it saw that length
//! (acquire), once; a chunk is linked before the consumer can leave its predecessor, and only the consumer
//! frees chunks, never one that the producer may still write to.
//!
//! `tests/unsafe/check.sh` runs it under a model checker, which tries every interleaving of two threads, and under Miri
//! and sanitizers, which detect invalid memory accesses.

#![expect(unsafe_code, reason = "slots are written by one thread and read by another, see the module's text")]

use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::TryLockError;

pub(crate) use super::ring_parts::CHUNK;
use super::ring_parts::{
    Arc, AtomicBool, AtomicPtr, AtomicUsize, Mutex, Ordering, SPARE, UnsafeCell, const_fn,
};

struct Chunk<T> {
    /// The number of written slots. Only the producer stores it.
    len: AtomicUsize,
    /// The next chunk, once this one is full. Only the producer stores it, once.
    next: AtomicPtr<Chunk<T>>,
    slots: [UnsafeCell<MaybeUninit<T>>; CHUNK],
}

impl<T> Chunk<T> {
    fn new() -> Box<Self> {
        // Made where it stays: without optimisation a chunk that is made on the stack takes several times its size there,
        // on whatever thread records first.
        let mut chunk = Box::<Self>::new_uninit();
        let at = chunk.as_mut_ptr();
        // SAFETY: the memory is the box's own, and every field is written before it is taken for a chunk. The slots are
        // an array of `CHUNK` cells, each at its place.
        unsafe {
            (&raw mut (*at).len).write(AtomicUsize::new(0));
            (&raw mut (*at).next).write(AtomicPtr::new(ptr::null_mut()));
            let slots = (&raw mut (*at).slots).cast::<UnsafeCell<MaybeUninit<T>>>();
            for slot in 0..CHUNK {
                slots.add(slot).write(UnsafeCell::new(MaybeUninit::uninit()));
            }
            chunk.assume_init()
        }
    }
}

/// The chunks that all queues of a process share: the maximum number of chunks, and spare chunks for reuse.
pub(crate) struct Budget<T> {
    live: AtomicUsize,
    limit: AtomicUsize,
    spare: Mutex<Vec<Box<Chunk<T>>>>,
}

// SAFETY: a spare chunk holds no items, it is plain memory; the rest is atomic. Items of type `T` move from
// one thread to another through the chunks, hence `T: Send`.
unsafe impl<T: Send> Sync for Budget<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Budget<T> {}

impl<T> Budget<T> {
    const_fn! {
        /// Returns a budget of `limit` chunks.
        pub(crate) fn new(limit: usize) -> Self {
            Self { live: AtomicUsize::new(0), limit: AtomicUsize::new(limit), spare: Mutex::new(Vec::new()) }
        }
    }

    /// Sets the maximum number of chunks.
    pub(crate) fn set_limit(&self, chunks: usize) {
        self.limit.store(chunks.max(2), Ordering::Relaxed);
    }

    fn take(&self) -> Option<Box<Chunk<T>>> {
        if self.live.fetch_add(1, Ordering::Relaxed) >= self.limit.load(Ordering::Relaxed) {
            self.live.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(self.spare().and_then(|mut spare| spare.pop()).unwrap_or_else(Chunk::new))
    }

    fn give_back(&self, chunk: Box<Chunk<T>>) {
        self.live.fetch_sub(1, Ordering::Relaxed);
        // No other thread has the chunk, so it need not be published.
        chunk.len.store(0, Ordering::Relaxed);
        chunk.next.store(ptr::null_mut(), Ordering::Relaxed);
        if let Some(mut spare) = self.spare().filter(|spare| spare.len() < SPARE) {
            spare.push(chunk);
        }
    }

    /// Returns the spare chunks, unless another thread holds the lock; then the allocator is used. In a forked child
    /// that other thread may not exist to release it.
    fn spare(&self) -> Option<impl std::ops::DerefMut<Target = Vec<Box<Chunk<T>>>> + '_> {
        match self.spare.try_lock() {
            Ok(spare) => Some(spare),
            Err(TryLockError::Poisoned(spare)) => Some(spare.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Forgets all queues in a forked child: they belong to the parent.
    pub(crate) fn reset_after_fork(&self) {
        self.live.store(0, Ordering::Relaxed);
    }
}

/// The writing end, used by one thread at a time.
pub(crate) struct Producer<T: 'static> {
    chunk: NonNull<Chunk<T>>,
    written: usize,
    closed: Arc<AtomicBool>,
    budget: &'static Budget<T>,
}

/// The reading end. It may move between threads, but only one at a time reads.
pub(crate) struct Consumer<T: 'static> {
    chunk: NonNull<Chunk<T>>,
    read: usize,
    closed: Arc<AtomicBool>,
    budget: &'static Budget<T>,
}

// SAFETY: a producer may move to another thread, because only one thread at a time has it; items are `Send`.
unsafe impl<T: Send> Send for Producer<T> {}
// SAFETY: the consumer only reads what the producer published, and items are `Send`.
unsafe impl<T: Send> Send for Consumer<T> {}

/// Creates a queue, or returns `None` if the budget has no chunk left.
pub(crate) fn queue<T: Send>(budget: &'static Budget<T>) -> Option<(Producer<T>, Consumer<T>)> {
    let chunk = NonNull::from(Box::leak(budget.take()?));
    let closed = Arc::new(AtomicBool::new(false));
    Some((
        Producer { chunk, written: 0, closed: Arc::clone(&closed), budget },
        Consumer { chunk, read: 0, closed, budget },
    ))
}

impl<T> Producer<T> {
    /// Returns whether this chunk has room for an item.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.written < CHUNK
    }

    /// Returns whether this chunk has room for an item that does not fill it.
    #[inline]
    pub(crate) fn has_room_to_spare(&self) -> bool {
        self.written < CHUNK - 1
    }

    /// Returns whether there is room for an item; takes a fresh chunk if necessary.
    #[inline]
    pub(crate) fn make_room(&mut self) -> bool {
        self.has_room() || self.take_chunk()
    }

    #[cold]
    fn take_chunk(&mut self) -> bool {
        match self.budget.take() {
            None => false,
            Some(fresh) => {
                self.link(fresh);
                true
            }
        }
    }

    /// Adds an item after [`Producer::make_room`] returned `true`; without room the item is not created. Returns
    /// whether the item filled a chunk, which is a good time to wake the reader.
    ///
    /// The item is created in place, so that it need not be copied.
    #[inline(always)]
    pub(crate) fn write(&mut self, make: impl FnOnce() -> T) -> bool {
        if self.written >= CHUNK {
            return false;
        }
        // SAFETY: the chunk lives: the consumer frees only chunks that have a successor, and this one, the
        // last, has none. `written < CHUNK`, and the consumer does not read this slot before the store below; a
        // `make` that panics leaves it as it was.
        unsafe {
            let chunk = self.chunk.as_ref();
            chunk.slots[self.written].with_mut(|slot| (*slot).write(make()));
            self.written += 1;
            chunk.len.store(self.written, Ordering::Release);
        }
        self.written == CHUNK
    }

    #[cfg(test)]
    fn push(&mut self, item: T) -> Result<(), T> {
        if !self.make_room() {
            return Err(item);
        }
        self.write(|| item);
        Ok(())
    }

    #[cold]
    fn link(&mut self, fresh: Box<Chunk<T>>) {
        let fresh = NonNull::from(Box::leak(fresh));
        // SAFETY: the chunk lives, as in `write`; after this store the consumer may free it, and it is not used again.
        unsafe { self.chunk.as_ref() }.next.store(fresh.as_ptr(), Ordering::Release);
        self.chunk = fresh;
        self.written = 0;
    }
}

impl<T> Drop for Producer<T> {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
    }
}

impl<T> Consumer<T> {
    /// Passes all published items to `each`. Returns whether the queue is finished: its producer is gone and nothing is
    /// left.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(T)) -> bool {
        // Read before the items: a producer that closes later may still have added some.
        let closed = self.closed.load(Ordering::Acquire);
        loop {
            // SAFETY: the consumer owns the chain from `chunk` on, nothing else frees it.
            let chunk = unsafe { self.chunk.as_ref() };
            let published = chunk.len.load(Ordering::Acquire);
            while self.read < published {
                // SAFETY: the slot was written before `len` covered it, and `read` passes every slot once.
                let item = chunk.slots[self.read].with(|slot| unsafe { (*slot).assume_init_read() });
                self.read += 1;
                each(item);
            }
            if self.read < CHUNK {
                return closed;
            }
            let Some(next) = NonNull::new(chunk.next.load(Ordering::Acquire)) else {
                return closed;
            };
            // SAFETY: the chunk has a successor, so the producer does not touch it any more; it came from a `Box`.
            let done = unsafe { Box::from_raw(self.chunk.as_ptr()) };
            self.chunk = next;
            self.read = 0;
            self.budget.give_back(done);
        }
    }
}

impl<T> Drop for Consumer<T> {
    fn drop(&mut self) {
        self.drain(drop);
        if self.closed.load(Ordering::Acquire) {
            // The producer may have written its last items between the two lines above.
            self.drain(drop);
            // SAFETY: the producer is gone, this is the last chunk, and it came from a `Box`.
            let last = unsafe { Box::from_raw(self.chunk.as_ptr()) };
            self.budget.give_back(last);
        }
        // A living producer continues to write to its chunk, so the chunk is left to it. This happens only
        // when the pipeline thread ends before the program does.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BUDGET: Budget<Box<usize>> = Budget::new(1000);

    /// Miri is slow; a few chunks suffice.
    const ITEMS: usize = if cfg!(miri) { 5 * CHUNK } else { 10_000 };

    #[test]
    fn items_arrive_in_order_across_threads() {
        let (mut producer, mut consumer) = queue(&BUDGET).unwrap();
        let writer = std::thread::spawn(move || {
            for number in 0..ITEMS {
                assert!(producer.push(Box::new(number)).is_ok());
            }
        });
        let (mut seen, mut ended) = (Vec::new(), false);
        while !ended {
            ended = consumer.drain(|item| seen.push(*item));
        }
        writer.join().unwrap();
        assert_eq!(seen, (0..ITEMS).collect::<Vec<_>>());
    }

    #[test]
    fn without_a_chunk_the_item_comes_back() {
        static SMALL: Budget<usize> = Budget::new(2);
        let (mut producer, mut consumer) = queue(&SMALL).unwrap();
        let taken = (0..).take_while(|&number| producer.push(number).is_ok()).count();
        assert_eq!(taken, 2 * CHUNK);
        let mut seen = 0;
        consumer.drain(|_| seen += 1);
        assert_eq!(seen, taken);
        assert!(producer.push(0).is_ok(), "read chunks are used again");
        drop(producer);
        assert!(consumer.drain(drop));
    }

    #[test]
    fn what_was_not_read_is_dropped_with_the_queue() {
        static COUNTED: Budget<Arc<()>> = Budget::new(10);
        let probe = Arc::new(());
        let (mut producer, consumer) = queue(&COUNTED).unwrap();
        for _ in 0..CHUNK + 3 {
            assert!(producer.push(Arc::clone(&probe)).is_ok());
        }
        drop(producer);
        drop(consumer);
        assert_eq!(Arc::strong_count(&probe), 1);
        assert_eq!(COUNTED.live.load(Ordering::Relaxed), 0);
    }
}
