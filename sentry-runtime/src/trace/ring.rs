//! A lock-free queue from one thread to another: a chain of fixed-size chunks.
//!
//! Every thread that records spans owns a [`Producer`]; the pipeline thread owns the matching [`Consumer`]s. A push
//! writes a slot and publishes the chunk's new length; nothing is shared with other producers. Full chunks are followed
//! by fresh ones while the [`Budget`] of the process allows, and return to it when they were read. Without a free chunk
//! there is no room, and the caller counts the items that it could not write.
//!
//! A producer is part of the thread's state before it is opened and after it is closed; it has no room then. One
//! comparison therefore answers whether an item can be written at once.
//!
//! This is one of the few places with `unsafe` code. The argument in short: a slot is written by the producer
//! before the length that covers it is published (release), and read by the consumer after it saw that length
//! (acquire), once; a chunk is linked before the consumer can leave its predecessor, and only the consumer
//! frees chunks, never one that the producer may still write to.
//!
//! `tests/unsafe/check.sh` runs it under a model checker, which tries every interleaving of two threads, and under Miri
//! and sanitizers, which detect invalid memory accesses.

#![expect(unsafe_code, reason = "slots are written by one thread and read by another, see the module's text")]

use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::TryLockError;

pub(crate) use super::ring_parts::CHUNK;
use super::ring_parts::{
    Arc, AtomicBool, AtomicPtr, AtomicUsize, Core, Mutex, Ordering, SPARE, UnsafeCell, const_fn, evict,
};

struct Chunk<T> {
    /// The number of written slots. Only the producer stores it.
    len: AtomicUsize,
    /// The next chunk, once this one is full. Only the producer stores it, once.
    next: AtomicPtr<Chunk<T>>,
    /// The core on which the producer took the chunk.
    core: Core,
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
            (&raw mut (*at).core).write(Core::default());
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
        let mut chunk = self.spare().and_then(|mut spare| spare.pop()).unwrap_or_else(Chunk::new);
        chunk.core = Core::current();
        Some(chunk)
    }

    fn give_back(&self, chunk: Box<Chunk<T>>) {
        self.live.fetch_sub(1, Ordering::Relaxed);
        // No other thread has the chunk, so it need not be published.
        chunk.len.store(0, Ordering::Relaxed);
        chunk.next.store(ptr::null_mut(), Ordering::Relaxed);
        // The next producer is probably on the core of this one, and would wait for every line that was read on another.
        if chunk.core != Core::current() {
            evict(&*chunk);
        }
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
    /// Dangling while the queue is not open.
    chunk: Cell<NonNull<Chunk<T>>>,
    /// The number of written slots of the chunk; [`CHUNK`] while the queue is not open.
    written: Cell<usize>,
    /// The number of slots that [`write_at_once`](Self::write_at_once) fills: less than [`CHUNK`], and none while the
    /// queue is not open.
    at_once: Cell<usize>,
    link: RefCell<Link<T>>,
}

/// The connection of a producer to its queue.
enum Link<T: 'static> {
    Unopened,
    Open { closed: Arc<AtomicBool>, budget: &'static Budget<T> },
    Closed,
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

impl<T> Producer<T> {
    /// Returns a producer without a queue.
    pub(crate) const fn unopened() -> Self {
        Self {
            chunk: Cell::new(NonNull::dangling()),
            written: Cell::new(CHUNK),
            at_once: Cell::new(0),
            link: RefCell::new(Link::Unopened),
        }
    }

    /// Opens a queue, once. Returns its reading end, or `None` if the budget has no chunk left or the producer has been
    /// opened or closed before. `at_once` says whether [`write_at_once`](Self::write_at_once) writes anything.
    pub(crate) fn open(&self, budget: &'static Budget<T>, at_once: bool) -> Option<Consumer<T>> {
        let mut link = self.link.try_borrow_mut().ok()?;
        if !matches!(*link, Link::Unopened) {
            return None;
        }
        let chunk = NonNull::from(Box::leak(budget.take()?));
        let closed = Arc::new(AtomicBool::new(false));
        *link = Link::Open { closed: Arc::clone(&closed), budget };
        self.chunk.set(chunk);
        self.written.set(0);
        self.at_once.set(if at_once { CHUNK - 1 } else { 0 });
        Some(Consumer { chunk, read: 0, closed, budget })
    }

    /// Returns whether the producer has never been opened or closed.
    pub(crate) fn is_unopened(&self) -> bool {
        self.link.try_borrow().is_ok_and(|link| matches!(*link, Link::Unopened))
    }

    /// Returns whether the producer has been closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.link.try_borrow().is_ok_and(|link| matches!(*link, Link::Closed))
    }

    /// Closes the queue for good: the consumer reads the rest.
    pub(crate) fn close(&self) {
        if let Link::Open { closed, .. } = self.detach(Link::Closed) {
            closed.store(true, Ordering::Release);
        }
    }

    /// Forgets an open queue and its chunk, which are another process's, so that a new one can be opened.
    pub(crate) fn reset_after_fork(&self) {
        if self.link.try_borrow().is_ok_and(|link| matches!(*link, Link::Open { .. })) {
            // Nothing reads or frees the parent's chunk in the child.
            std::mem::forget(self.detach(Link::Unopened));
        }
    }

    /// Leaves the queue, so that there is no room.
    fn detach(&self, link: Link<T>) -> Link<T> {
        self.at_once.set(0);
        self.written.set(CHUNK);
        match self.link.try_borrow_mut() {
            Ok(mut own) => std::mem::replace(&mut *own, link),
            Err(_) => Link::Closed,
        }
    }

    /// Returns whether this chunk has room for an item.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.written.get() < CHUNK
    }

    /// Returns whether this chunk has room for an item that does not fill it.
    #[inline]
    pub(crate) fn has_room_to_spare(&self) -> bool {
        self.written.get() < CHUNK - 1
    }

    /// Returns whether the queue is open and was opened for [`write_at_once`](Self::write_at_once).
    #[inline]
    pub(crate) fn writes_at_once(&self) -> bool {
        self.at_once.get() != 0
    }

    /// Returns whether there is room for an item; takes a fresh chunk if necessary.
    #[inline]
    pub(crate) fn make_room(&self) -> bool {
        self.has_room() || self.take_chunk()
    }

    #[cold]
    fn take_chunk(&self) -> bool {
        // Held meanwhile: an allocator that records something finds no room.
        let Ok(link) = self.link.try_borrow_mut() else { return false };
        let Link::Open { budget, .. } = &*link else { return false };
        match budget.take() {
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
    pub(crate) fn write(&self, make: impl FnOnce() -> T) -> bool {
        if !self.has_room() {
            return false;
        }
        let item = make();
        // Read again, because `make` may have written an item itself.
        let written = self.written.get();
        if written >= CHUNK {
            return false;
        }
        // SAFETY: `written` was read just now, and is less than `CHUNK`.
        unsafe { self.write_to(written, item) };
        written + 1 == CHUNK
    }

    /// Adds an item that does not fill a chunk, if the queue is open for that. Returns whether it was written.
    #[inline(always)]
    pub(crate) fn write_at_once(&self, make: impl FnOnce() -> T) -> bool {
        if self.written.get() >= self.at_once.get() {
            return false;
        }
        let item = make();
        let written = self.written.get();
        if written >= self.at_once.get() {
            return false;
        }
        // SAFETY: `written` was read just now, and is less than `at_once`, which is less than `CHUNK`.
        unsafe { self.write_to(written, item) };
        true
    }

    /// Writes a slot and publishes it.
    ///
    /// # Safety
    /// `written` is the value of `self.written`, and less than `CHUNK`.
    #[inline(always)]
    unsafe fn write_to(&self, written: usize, item: T) {
        // SAFETY: `self.written` is `CHUNK` unless the queue is open. So it is open, and the chunk lives: the consumer
        // frees only chunks that have a successor, and this one, the last, has none. The consumer does not read this
        // slot before the store below.
        unsafe {
            let chunk = self.chunk.get().as_ref();
            chunk.slots.get_unchecked(written).with_mut(|slot| (*slot).write(item));
            self.written.set(written + 1);
            chunk.len.store(written + 1, Ordering::Release);
        }
    }

    #[cfg(test)]
    fn push(&self, item: T) -> Result<(), T> {
        if !self.make_room() {
            return Err(item);
        }
        self.write(|| item);
        Ok(())
    }

    /// Continues with a fresh chunk. The queue is open, and its chunk is full.
    #[cold]
    fn link(&self, fresh: Box<Chunk<T>>) {
        let fresh = NonNull::from(Box::leak(fresh));
        // SAFETY: the chunk lives, as in `write_to`; after this store the consumer may free it, and it is not used
        // again.
        unsafe { self.chunk.get().as_ref() }.next.store(fresh.as_ptr(), Ordering::Release);
        self.chunk.set(fresh);
        self.written.set(0);
    }
}

impl<T> Drop for Producer<T> {
    fn drop(&mut self) {
        self.close();
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

// The path is written out, because `tests/unsafe` includes this file from elsewhere.
#[cfg(test)]
#[path = "ring/tests.rs"]
mod tests;
