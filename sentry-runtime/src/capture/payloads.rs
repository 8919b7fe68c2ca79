//! The payloads of recent panics, by which a catcher recognises one that was resumed.
//!
//! A payload is recognised by its type, its text and its address, which does not change while somebody keeps the payload.
//! A hook sees a payload before the payload is in its box, and remembers the address of the text instead.
//!
//! The next panic may get the address of one that was dropped. So a panic that no hook saw is only taken for a resumed
//! one if the code that it reaches was running already when the earlier one was captured: it may have joined the task
//! that panicked. In other code it is another panic.
//!
//! A panic that a hook saw may be resumed at any place and time. If its payload was dropped, and a new payload of the same
//! type with the same text gets its address, the new panic passes for the resumed one and has no event of its own.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::base::fork::PerProcess;
use crate::trace::clock::{self, Ticks};

/// The number of recent panics, raised and caught each, that a resumed one is compared with.
const MAX_RECENT: usize = 32;

/// The last panics.
static RECENT: PerProcess<Mutex<Recent>> = PerProcess::new();
/// The time at which a catcher last captured a panic, zero if never. No two panics have the same.
static CAPTURED_AT: AtomicU64 = AtomicU64::new(0);

/// The last panics.
#[derive(Default)]
struct Recent {
    /// Those that hooks of ours saw and no catcher has seen yet: their keys and the addresses of their texts.
    raised: VecDeque<(u64, usize)>,
    /// Those that hooks of ours and a catcher have seen.
    caught: VecDeque<Payload>,
    /// Those that catchers captured, and when.
    captured: VecDeque<(Payload, Ticks)>,
}

/// The key and the address of a payload.
type Payload = (u64, usize);

fn payload_of(key: u64, payload: &(dyn Any + Send)) -> Payload {
    (key, std::ptr::from_ref(payload).addr())
}

fn recent() -> MutexGuard<'static, Recent> {
    RECENT.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers that a hook saw a panic with this key, whose text lies at `text`.
pub(super) fn note_raised(key: u64, text: usize) {
    pushed(&mut recent().raised, (key, text));
}

/// Returns whether a hook saw the panic with this payload, and no catcher has, or one that was left before the panic was
/// resumed.
pub(super) fn was_seen(key: u64, text: usize, payload: &(dyn Any + Send)) -> bool {
    let payload = payload_of(key, payload);
    let mut recent = recent();
    // An older panic's payload may have had the address of this one.
    let is_resumed = taken(&mut recent.caught, &payload);
    let is_raised = taken(&mut recent.raised, &(key, text));
    let is_seen = is_raised || is_resumed;
    // Several catchers may surround the code, and the last one of them may resume it on another thread.
    if is_seen {
        pushed(&mut recent.caught, payload);
    }
    is_seen
}

/// Returns the time of the last captured panic: what is captured from now on is later.
#[inline]
pub(crate) fn captured_at() -> Ticks {
    CAPTURED_AT.load(Ordering::Relaxed)
}

/// Remembers that a catcher captures the panic with this payload. A value without a size has no address of its own.
pub(super) fn note_captured(key: u64, payload: &(dyn Any + Send)) {
    if size_of_val(payload) == 0 {
        return;
    }
    let payload = payload_of(key, payload);
    let mut recent = recent();
    let at = clock::now().max(captured_at() + 1);
    CAPTURED_AT.store(at, Ordering::Relaxed);
    recent.captured.retain(|(known, _)| *known != payload);
    pushed(&mut recent.captured, (payload, at));
}

/// Returns whether the panic with this payload was captured after this time.
pub(super) fn was_captured_since(since: Ticks, key: u64, payload: &(dyn Any + Send)) -> bool {
    let payload = payload_of(key, payload);
    recent().captured.iter().any(|(known, at)| *known == payload && *at > since)
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
