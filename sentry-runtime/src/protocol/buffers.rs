//! A pool of buffers for payloads.
//!
//! A payload of some tens of kilobytes is written on one thread and dropped on another. Without the pool, the allocator
//! returns such memory to the system and requests it again page by page, which takes longer than writing it.

use std::fmt;
use std::sync::{Mutex, MutexGuard};

/// Smaller buffers are cheap to allocate; larger buffers are rare and not worth their memory.
const WORTH_KEEPING: std::ops::RangeInclusive<usize> = STEP..=128 * 1024;
/// The capacity of a buffer is a multiple of this number of bytes.
const STEP: usize = 4 * 1024;
/// The maximum memory of all waiting buffers, in bytes.
const LIMIT: usize = 1024 * 1024;

/// The waiting buffers, and their size in bytes.
static WAITING: Mutex<(Vec<Vec<u8>>, usize)> = Mutex::new((Vec::new(), 0));

/// Does not wait for the lock: in the child of a fork, the thread that held it may not exist.
fn waiting() -> Option<MutexGuard<'static, (Vec<Vec<u8>>, usize)>> {
    WAITING.try_lock().ok()
}

/// Returns an empty buffer with room for `capacity` bytes.
pub(crate) fn take(capacity: usize) -> Vec<u8> {
    let known = WORTH_KEEPING.contains(&capacity).then(waiting).flatten().and_then(|mut waiting| {
        let at = waiting.0.iter().rposition(|buffer| buffer.capacity() >= capacity)?;
        let buffer = waiting.0.swap_remove(at);
        waiting.1 -= buffer.capacity();
        Some(buffer)
    });
    // Rounded up, so that it also fits later payloads.
    known.unwrap_or_else(|| Vec::with_capacity(capacity.next_multiple_of(STEP)))
}

/// Returns a buffer to the pool, if there is room.
fn give_back(mut buffer: Vec<u8>) {
    if !WORTH_KEEPING.contains(&buffer.capacity()) {
        return;
    }
    if let Some(mut waiting) = waiting()
        && waiting.1 + buffer.capacity() <= LIMIT
    {
        buffer.clear();
        waiting.1 += buffer.capacity();
        waiting.0.push(buffer);
    }
}

/// A buffer that returns to the pool when it is dropped.
pub(crate) struct Recycled(Vec<u8>);

impl From<Vec<u8>> for Recycled {
    fn from(buffer: Vec<u8>) -> Self {
        Self(buffer)
    }
}

impl std::ops::Deref for Recycled {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Prints the length only: the bytes of one event would fill thousands of lines of a failing test.
impl fmt::Debug for Recycled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Drop for Recycled {
    fn drop(&mut self) {
        give_back(std::mem::take(&mut self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_has_room_and_is_empty() {
        for round in 0..3 {
            for capacity in [0, 100, 5_000, 40_000, 1 << 20] {
                let mut buffer = take(capacity);
                assert!(buffer.is_empty() && buffer.capacity() >= capacity, "{capacity} in round {round}");
                buffer.resize(capacity, 7);
                drop(Recycled::from(buffer));
            }
        }
    }

    #[test]
    fn what_waits_is_bounded() {
        (0..100).map(|_| Recycled::from(vec![1; 100 * 1024])).collect::<Vec<_>>().clear();
        let Some(waiting) = waiting() else { return };
        assert!(waiting.1 <= LIMIT);
        assert_eq!(waiting.1, waiting.0.iter().map(Vec::capacity).sum::<usize>());
    }
}
