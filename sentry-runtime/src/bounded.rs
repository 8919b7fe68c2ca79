//! A bounded queue from any thread to the pipeline's.
//!
//! A lock around a deque, held for one move: nobody sleeps on it, so none of what a channel does beside that is needed,
//! and none of it is compiled once for every kind of message.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) struct Bounded<T> {
    waiting: Mutex<VecDeque<T>>,
    /// The same as the deque's, to be asked without the lock.
    len: AtomicUsize,
    capacity: usize,
}

impl<T> Bounded<T> {
    /// An empty queue for at most `capacity` values, with the memory for all of them.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { waiting: Mutex::new(VecDeque::with_capacity(capacity)), len: AtomicUsize::new(0), capacity }
    }

    /// An empty queue without a bound, for what is rare.
    pub(crate) fn unbounded() -> Self {
        Self { capacity: usize::MAX, ..Self::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a value and answers with how many wait now, or gives it back where there is no room.
    pub(crate) fn push(&self, value: T) -> Result<usize, T> {
        let mut waiting = self.lock();
        if waiting.len() >= self.capacity {
            drop(waiting);
            return Err(value);
        }
        waiting.push_back(value);
        let len = waiting.len();
        // In one order with what puts the pipeline to sleep and wakes it.
        self.len.store(len, Ordering::SeqCst);
        Ok(len)
    }

    /// Takes the oldest value.
    pub(crate) fn pop(&self) -> Option<T> {
        if self.len() == 0 {
            return None;
        }
        let mut waiting = self.lock();
        let value = waiting.pop_front();
        self.len.store(waiting.len(), Ordering::SeqCst);
        value
    }

    /// How many values wait.
    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_comes_first_and_what_has_no_room_comes_back() {
        let queue = Bounded::new(2);
        assert_eq!((queue.push("a"), queue.push("b"), queue.push("c")), (Ok(1), Ok(2), Err("c")));
        assert_eq!((queue.pop(), queue.len()), (Some("a"), 1));
        assert_eq!(queue.push("d"), Ok(2));
        assert_eq!((queue.pop(), queue.pop(), queue.pop(), queue.len()), (Some("b"), Some("d"), None, 0));
    }

    #[test]
    fn everything_that_many_threads_push_is_taken_once() {
        const EACH: usize = 500;
        let queue = Bounded::new(EACH);
        let mut taken: Vec<usize> = std::thread::scope(|scope| {
            for thread in 0..4 {
                let queue = &queue;
                scope.spawn(move || {
                    for number in 0..EACH {
                        while queue.push(thread * EACH + number).is_err() {
                            std::thread::yield_now();
                        }
                    }
                });
            }
            std::iter::repeat_with(|| queue.pop()).flatten().take(4 * EACH).collect()
        });
        taken.sort_unstable();
        assert!(taken.into_iter().eq(0..4 * EACH));
    }
}
