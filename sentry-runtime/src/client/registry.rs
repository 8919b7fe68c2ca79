//! The registry of clients: the client of the process, and all living clients.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use super::Client;
use crate::base::epoch;
use crate::base::fork::PerProcess;

/// The amount of work of an annotated function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum CaptureMode {
    /// None: there is no client.
    Off,
    /// Errors, but no spans.
    Errors,
    /// Everything.
    Tracing,
}

/// A client that was closed before it captured anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Unused {
    None,
    /// The next function without a client reports it.
    ToReport,
    Reported,
}

/// The value of [`CAPTURE_MODE`] until the first client is created, or the first function finds none, and again after a
/// client was closed that has captured nothing. It is not [`CaptureMode::Off`], so that the first annotated function gets
/// past its inlined check, to a cold path that calls [`forgotten::note`](super::forgotten::note).
pub(super) const UNDECIDED: u8 = 3;

pub(super) static CAPTURE_MODE: AtomicU8 = AtomicU8::new(UNDECIDED);
static UNUSED: AtomicU8 = AtomicU8::new(Unused::None as u8);
static GLOBAL: PerProcess<RwLock<Option<Arc<Client>>>> = PerProcess::new();
static ALL: PerProcess<Mutex<Vec<Weak<Client>>>> = PerProcess::new();

/// The child of a fork keeps its parent's client, unless the client was being replaced during the fork.
fn slot() -> &'static RwLock<Option<Arc<Client>>> {
    GLOBAL.get_or_make(|parent| {
        RwLock::new(parent.and_then(|parent| parent.try_read().ok().and_then(|client| client.clone())))
    })
}

fn known() -> MutexGuard<'static, Vec<Weak<Client>>> {
    let all = ALL.get_or_make(|parent| {
        Mutex::new(match parent.map(Mutex::try_lock) {
            None => Vec::new(),
            Some(Ok(all)) => all.clone(),
            // A thread of the parent held the lock.
            Some(Err(_)) => global().as_ref().map(Arc::downgrade).into_iter().collect(),
        })
    });
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The highest capture mode of all clients of the process.
#[inline]
pub(crate) fn capture_mode() -> CaptureMode {
    match CAPTURE_MODE.load(Ordering::Relaxed) {
        2 => CaptureMode::Tracing,
        1 => CaptureMode::Errors,
        _ => CaptureMode::Off,
    }
}

/// Returns whether an annotated function can return at once: the check that is inlined into it. Unlike
/// [`capture_mode`], it lets the first function of a program without a client pass.
#[inline]
pub(crate) fn is_off() -> bool {
    CAPTURE_MODE.load(Ordering::Relaxed) == CaptureMode::Off as u8
}

/// Replaces what is known of a client that was closed unused. Returns whether it was `from`.
pub(super) fn exchange_unused(from: Unused, to: Unused) -> bool {
    UNUSED.compare_exchange(from as u8, to as u8, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}

/// The client of the process.
pub(crate) fn global() -> Option<Arc<Client>> {
    slot().read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Reads the client of the process without a handle of its own. `look` runs under a lock, and must not run user code.
pub(crate) fn with_global<R>(look: impl FnOnce(&Arc<Client>) -> R) -> Option<R> {
    slot().read().unwrap_or_else(PoisonError::into_inner).as_ref().map(look)
}

/// Sets the client of the process, and returns the previous one.
pub(crate) fn set_global(client: Option<Arc<Client>>) -> Option<Arc<Client>> {
    let before = std::mem::replace(&mut *slot().write().unwrap_or_else(PoisonError::into_inner), client);
    epoch::begin();
    before
}

/// Removes a closed client, if it is the client of the process.
pub(crate) fn release_global(client: &Arc<Client>) {
    let mut global = slot().write().unwrap_or_else(PoisonError::into_inner);
    if global.as_ref().is_some_and(|global| Arc::ptr_eq(global, client)) {
        let _closed = global.take();
        epoch::begin();
    }
}

/// Adds a client to the living ones. Returns whether it is new there.
pub(crate) fn register(client: &Arc<Client>) -> bool {
    let mut all = known();
    let is_new = !all.iter().any(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(client)));
    if is_new {
        all.push(Arc::downgrade(client));
    }
    drop(all);
    if is_new {
        refresh_capture_mode();
    }
    is_new
}

/// All living clients.
pub(crate) fn all() -> Vec<Arc<Client>> {
    known().iter().filter_map(Weak::upgrade).collect()
}

/// Recomputes the capture mode, after a client was added or removed.
pub(crate) fn refresh_capture_mode() {
    let mut all = known();
    all.retain(|client| client.strong_count() > 0);
    let living: Vec<_> = all.iter().filter_map(Weak::upgrade).collect();
    let capture_mode = living.iter().map(|client| client.capture_mode()).max().unwrap_or(CaptureMode::Off);
    let has_unused = UNUSED.load(Ordering::Relaxed) == Unused::ToReport as u8;
    let is_undecided = has_unused && capture_mode == CaptureMode::Off;
    let capture_mode = if is_undecided { UNDECIDED } else { capture_mode as u8 };
    CAPTURE_MODE.store(capture_mode, Ordering::Relaxed);
    epoch::begin();
    // One of these may be the last handle of its client, whose drop takes this lock.
    drop(all);
    drop(living);
}
