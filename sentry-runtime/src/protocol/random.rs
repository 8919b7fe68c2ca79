//! Random ids for payloads that are created without one, such as `Event::default()` or a manual check-in.
//!
//! Ids need to be unique, not secret. The standard library already draws a key from the operating system
//! for every thread's hash maps; hashing a counter, the clock and the process id under such a key gives
//! ids without another dependency. The process id keeps the two sides of a `fork` apart, which share the key.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Returns 64 random bits.
pub(crate) fn random_u64() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    RandomState::new().hash_one((count, since.as_nanos(), std::process::id()))
}

/// Returns 128 random bits.
pub(crate) fn random_u128() -> u128 {
    u128::from(random_u64()) << 64 | u128::from(random_u64())
}

/// Returns a random id (UUID version 4) for an event, a check-in or a session.
#[must_use]
pub fn random_uuid() -> Uuid {
    Builder::from_random_bytes(random_u128().to_be_bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_of_version_4_and_do_not_repeat() {
        let ids: HashSet<Uuid> = (0..1_000).map(|_| random_uuid()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| id.get_version_num() == 4));
    }
}
