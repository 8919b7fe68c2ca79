//! The id generator: one per thread, seeded by the operating system.
//!
//! A local id is the next number in the Weyl sequence of its thread: one addition.

use std::cell::Cell;

use super::boundary::{CaptureBoundary, THREAD};
use super::local::{Local, local};
use crate::protocol::random::random_u64;
use crate::protocol::{TraceId, Uuid};
use crate::trace::ids::{LocalId, STEP, mix};

/// Returns the next local id of this thread.
#[inline]
pub(crate) fn next() -> LocalId {
    let local = local();
    if local.last_id.get() != 0 {
        return next_of_seeded(local);
    }
    let first = seed();
    local.last_id.set(first);
    first
}

/// Like [`next`], for a thread that has had its first id: one whose queue of records is open, see [`ensure_seeded`].
#[inline]
pub(crate) fn next_of_seeded(local: &Local) -> LocalId {
    let next = local.last_id.get().wrapping_add(STEP);
    local.last_id.set(next);
    next
}

/// Draws the first id of this thread, unless it has one.
pub(super) fn ensure_seeded() {
    if local().last_id.get() == 0 {
        next();
    }
}

/// Returns a random number that other threads and processes are unlikely to have.
#[cold]
fn seed() -> u64 {
    random_u64().max(1)
}

/// Seeds this thread again, in a forked child whose parent continues with the old seed.
pub(crate) fn reset_after_fork() {
    local().last_id.set(0);
}

fn random() -> u64 {
    mix(next())
}

/// Returns a new trace id.
pub(crate) fn trace_id() -> TraceId {
    TraceId::from_u128(u128::from(random()) << 64 | u128::from(random()))
}

/// Returns a new event, check-in or session id: a random UUID, version 4.
pub(crate) fn event_id() -> Uuid {
    random_uuid(random(), random())
}

/// Returns the UUID, version 4, of these random numbers.
pub(crate) fn random_uuid(high: u64, low: u64) -> Uuid {
    let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Returns a random number below a million: six digits, as `sample_rand` has on the wire.
pub(crate) fn millionths() -> u32 {
    u32::try_from(random() % 1_000_000).unwrap_or_default()
}

impl CaptureBoundary {
    /// Opens a new boundary.
    pub(crate) fn open() -> Self {
        Self((next() & !THREAD).max(2))
    }

    /// Returns the boundary of this thread, outside any function that captures errors.
    pub(crate) fn of_thread() -> Self {
        thread_local!(static BOUNDARY: Cell<u64> = const { Cell::new(0) });
        BOUNDARY.with(|id| {
            if id.get() == 0 {
                id.set(next() | THREAD);
            }
            Self(id.get())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::SpanId;
    use crate::trace::ids::{local_of, wire};
    use std::collections::HashSet;

    #[test]
    fn ids_of_several_threads_differ() {
        let draw = || (0..1000).map(|_| wire(next())).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(draw)).collect();
        let all: HashSet<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(all.len(), 4000);
    }

    #[test]
    fn an_id_of_the_wire_has_one_local_id() {
        for _ in 0..1000 {
            let id = next();
            assert_eq!(local_of(wire(id)), id);
        }
        for foreign in [1, u64::MAX, 0x1234_5678_90AB_CDEF] {
            assert_eq!(wire(local_of(SpanId::from_u64(foreign))), SpanId::from_u64(foreign));
        }
    }

    #[test]
    fn event_ids_are_random_uuids() {
        assert_eq!(event_id().get_version_num(), 4);
        assert_ne!(event_id(), event_id());
    }

    #[test]
    fn sample_rand_has_six_digits() {
        assert!((0..1000).all(|_| millionths() < 1_000_000));
    }
}
