//! Where ids come from: a generator a thread, seeded by the operating system.
//!
//! A span's id in memory is a *local id*: the next number of its thread's Weyl sequence, one addition.
//! Its id on the wire is that number, mixed ([`wire`]); the mix is a bijection, so what is different in memory
//! is different on the wire, and the work is done by whoever needs the wire's form.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::context::local::{Local, local};
use crate::protocol::random::random_u64;
use crate::protocol::{SpanId, TraceId, Uuid};

/// The id of a span inside this process. Zero means none.
pub(crate) type LocalId = u64;

/// A span and the one that it stands under: what a thread knows of its active span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Lineage {
    /// Zero without a span.
    pub(crate) span: LocalId,
    /// Zero where it is not known. Of the root of a segment this says nothing: its parent the segment knows.
    pub(crate) parent: LocalId,
}

impl Lineage {
    /// No span.
    pub(crate) const NONE: Self = Self::of(0);

    /// A span whose parent is not known, or known to the segment.
    pub(crate) const fn of(span: LocalId) -> Self {
        Self { span, parent: 0 }
    }
}

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The next local id of this thread.
#[inline]
pub(crate) fn next() -> LocalId {
    let local = local();
    next_of_seeded(local).unwrap_or_else(|| {
        let first = seed();
        local.last_id.set(first);
        first
    })
}

/// The same, without the way to the operating system: `None` before the thread's first id.
#[inline]
pub(crate) fn next_of_seeded(local: &Local) -> Option<LocalId> {
    let last = local.last_id.get();
    if last == 0 {
        return None;
    }
    let next = last.wrapping_add(STEP);
    local.last_id.set(next);
    Some(next)
}

/// A random number that no other thread or process is likely to draw.
#[cold]
fn seed() -> u64 {
    random_u64().max(1)
}

/// Draws a new seed for this thread: in the child of a fork, whose parent goes on with the old one.
pub(crate) fn begin_anew() {
    local().last_id.set(0);
}

/// A map by local ids: they are spread well as they are, so hashing them is one multiplication.
pub(crate) type IdMap<V> = HashMap<LocalId, V, BuildHasherDefault<IdHasher>>;

/// See [`IdMap`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, id: u64) {
        let folded = u128::from(self.0 ^ id).wrapping_mul(u128::from(STEP));
        self.0 = (folded >> 64) as u64 ^ folded as u64;
    }
}

/// The id of a span on the wire.
pub(crate) fn wire(local: LocalId) -> SpanId {
    SpanId::from_u64(mix(local))
}

/// The local id of a span whose id on the wire was given by somebody else: [`wire`] of it is that id again.
#[cfg(any(test, feature = "opentelemetry"))]
pub(crate) fn local_of(wire: SpanId) -> LocalId {
    unmix(u64::from_be_bytes(*wire.as_bytes()))
}

/// Takes [`mix`] back: its steps in reverse, the factors replaced by their inverses modulo 2^64.
#[cfg(any(test, feature = "opentelemetry"))]
fn unmix(mut value: u64) -> u64 {
    value = (value ^ (value >> 31) ^ (value >> 62)).wrapping_mul(0x3196_42B2_D24D_8EC3);
    value = (value ^ (value >> 27) ^ (value >> 54)).wrapping_mul(0x96DE_1B17_3F11_9089);
    value ^ (value >> 30) ^ (value >> 60)
}

/// A bijective scrambling of 64 bits: neighbours in become strangers out.
pub(crate) fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

fn random() -> u64 {
    mix(next())
}

/// A new trace id.
pub(crate) fn trace_id() -> TraceId {
    TraceId::from_u128(u128::from(random()) << 64 | u128::from(random()))
}

/// A new event, check-in or session id: a random UUID, version 4.
pub(crate) fn event_id() -> Uuid {
    let bytes = (u128::from(random()) << 64 | u128::from(random())).to_be_bytes();
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// A number from 0 up to, not including, a million: what `sample_rand` is on the wire, six digits.
pub(crate) fn millionths() -> u32 {
    u32::try_from(random() % 1_000_000).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
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
