//! The clients of the process: the one that everybody uses, and all there are.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use super::Client;
use crate::base::epoch;
use crate::base::fork::PerProcess;

/// How much work an annotated function has to do.
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

static CAPTURE_MODE: AtomicU8 = AtomicU8::new(0);
static GLOBAL: PerProcess<RwLock<Option<Arc<Client>>>> = PerProcess::new();
static ALL: PerProcess<Mutex<Vec<Weak<Client>>>> = PerProcess::new();

/// The child of a fork goes on with its parent's client, unless that was being replaced at that moment.
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
            // A thread of the parent was at them.
            Some(Err(_)) => global().as_ref().map(Arc::downgrade).into_iter().collect(),
        })
    });
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The most that any client of the process wants.
#[inline]
pub(crate) fn capture_mode() -> CaptureMode {
    match CAPTURE_MODE.load(Ordering::Relaxed) {
        0 => CaptureMode::Off,
        1 => CaptureMode::Errors,
        _ => CaptureMode::Tracing,
    }
}

/// The client of the process.
pub(crate) fn global() -> Option<Arc<Client>> {
    slot().read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes a client the one of the process, and answers with the one before.
pub(crate) fn set_global(client: Option<Arc<Client>>) -> Option<Arc<Client>> {
    let before = std::mem::replace(&mut *slot().write().unwrap_or_else(PoisonError::into_inner), client);
    epoch::begin();
    before
}

/// Lets a closed client go, if it is the one of the process.
pub(crate) fn release_global(client: &Arc<Client>) {
    let mut global = slot().write().unwrap_or_else(PoisonError::into_inner);
    if global.as_ref().is_some_and(|global| Arc::ptr_eq(global, client)) {
        let _closed = global.take();
        epoch::begin();
    }
}

/// Adds a client to those that live.
pub(crate) fn register(client: &Arc<Client>) {
    known().push(Arc::downgrade(client));
    refresh_capture_mode();
}

/// All clients that live.
pub(crate) fn all() -> Vec<Arc<Client>> {
    known().iter().filter_map(Weak::upgrade).collect()
}

/// Finds out anew how much work annotated functions have to do, after a client came or went.
pub(crate) fn refresh_capture_mode() {
    let mut all = known();
    all.retain(|client| client.strong_count() > 0);
    let living: Vec<_> = all.iter().filter_map(Weak::upgrade).collect();
    let capture_mode = living.iter().map(|client| client.capture_mode()).max().unwrap_or(CaptureMode::Off);
    CAPTURE_MODE.store(capture_mode as u8, Ordering::Relaxed);
    epoch::begin();
    // One of these may be the last of its client, which asks for this lock as it goes.
    drop(all);
    drop(living);
}
