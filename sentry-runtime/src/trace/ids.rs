//! Ids of spans: in memory and on the wire.
//!
//! A span's id in memory is a *local id*: the next number of its thread's Weyl sequence, one addition. Its id on the
//! wire is that number, mixed ([`wire`]). The mix is a bijection, so that different local ids have different wire ids,
//! and it is computed only when the wire id is needed.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::protocol::SpanId;

/// The id of a span inside this process. Zero means no span.
pub(crate) type LocalId = u64;

/// A span and its parent: the thread's record of its active span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Lineage {
    /// Zero without a span.
    pub(crate) span: LocalId,
    /// Zero if it is unknown. Also zero for the root of a segment, whose parent is in the segment.
    pub(crate) parent: LocalId,
}

impl Lineage {
    /// No span.
    pub(crate) const NONE: Self = Self::of(0);

    /// Returns a span whose parent is unknown, or known to the segment.
    pub(crate) const fn of(span: LocalId) -> Self {
        Self { span, parent: 0 }
    }
}

pub(crate) const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// A map by local ids: they are well distributed, so that their hash is one multiplication.
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

/// Returns the id of a span on the wire.
pub(crate) fn wire(local: LocalId) -> SpanId {
    SpanId::from_u64(mix(local))
}

/// Returns the local id of a span whose id on the wire was given from outside: [`wire`] of it is that id again.
#[cfg(any(test, feature = "opentelemetry-0-33"))]
pub(crate) fn local_of(wire: SpanId) -> LocalId {
    unmix(u64::from_be_bytes(*wire.as_bytes()))
}

/// The inverse of [`mix`]: its steps in reverse, the factors replaced by their inverses modulo 2^64.
#[cfg(any(test, feature = "opentelemetry-0-33"))]
fn unmix(mut value: u64) -> u64 {
    value = (value ^ (value >> 31) ^ (value >> 62)).wrapping_mul(0x3196_42B2_D24D_8EC3);
    value = (value ^ (value >> 27) ^ (value >> 54)).wrapping_mul(0x96DE_1B17_3F11_9089);
    value ^ (value >> 30) ^ (value >> 60)
}

/// A bijective mix of 64 bits, which separates neighbouring values.
pub(crate) fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
