//! The payloads of recent panics, by which a catcher recognises one that was resumed.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::base::fork::PerProcess;

/// The number of recent panics, raised and caught each, that a resumed one is compared with.
const MAX_RECENT: usize = 32;

/// The panics that hooks of ours saw last.
static RECENT: PerProcess<Mutex<Recent>> = PerProcess::new();

/// The last panics that hooks of ours saw.
#[derive(Default)]
struct Recent {
    /// Those that no catcher has seen yet, as their keys.
    raised: VecDeque<u64>,
    /// Those that a catcher has seen: their keys and the addresses of their payloads, which move neither from thread to
    /// thread nor when the panic is resumed.
    caught: VecDeque<(u64, usize)>,
}

fn recent() -> MutexGuard<'static, Recent> {
    RECENT.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers that a hook saw a panic with this key.
pub(super) fn note_raised(key: u64) {
    pushed(&mut recent().raised, key);
}

/// Returns whether a hook saw the panic with this payload, and no catcher has, or one that was left before the panic was
/// resumed.
pub(super) fn was_seen(key: u64, payload: &(dyn Any + Send)) -> bool {
    let payload = (key, std::ptr::from_ref(payload).addr());
    let mut recent = recent();
    // An older panic's payload may have had the address of this one.
    let is_resumed = taken(&mut recent.caught, &payload);
    let is_raised = taken(&mut recent.raised, &key);
    let is_seen = is_raised || is_resumed;
    // Several catchers may surround the code, and the last one of them may resume it on another thread.
    if is_seen {
        pushed(&mut recent.caught, payload);
    }
    is_seen
}

/// Removes an entry. Returns whether it was there.
fn taken<T: PartialEq>(list: &mut VecDeque<T>, wanted: &T) -> bool {
    let found = list.iter().position(|entry| entry == wanted);
    found.and_then(|at| list.remove(at)).is_some()
}

/// Adds an entry, in place of the oldest one if the list is full.
fn pushed<T>(list: &mut VecDeque<T>, entry: T) {
    if list.len() >= MAX_RECENT {
        list.pop_front();
    }
    list.push_back(entry);
}
