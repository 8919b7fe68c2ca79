//! The clients of the process: the one that everybody uses, and all there are.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use super::Client;
use crate::base::fork::{self, PerProcess};
use crate::scope::{active, context::Context, during_fork};
use crate::trace::{self, light};

/// How much work an annotated function has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Level {
    /// None: there is no client.
    Off,
    /// Errors, but no spans.
    Errors,
    /// Everything.
    Tracing,
}

static LEVEL: AtomicU8 = AtomicU8::new(0);
static GLOBAL: PerProcess<RwLock<Option<Arc<Client>>>> = PerProcess::new();
static ALL: PerProcess<Mutex<Vec<Weak<Client>>>> = PerProcess::new();

/// The child of a fork goes on with its parent's client, unless that was being replaced at that moment.
pub(super) fn slot() -> &'static RwLock<Option<Arc<Client>>> {
    GLOBAL.get_or_make(|parent| {
        RwLock::new(parent.and_then(|parent| parent.try_read().ok().and_then(|client| client.clone())))
    })
}

pub(super) fn known() -> MutexGuard<'static, Vec<Weak<Client>>> {
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

/// Lets the toolkit begin anew in every child of a fork.
pub(crate) fn watch_forks() {
    // What every fork looks at is there before the first.
    Context::default_ref();
    fork::watch(fork::Hooks {
        before: during_fork::hold,
        in_parent: during_fork::release,
        in_child: || {
            during_fork::release();
            trace::recorder::begin_anew();
            trace::ids::begin_anew();
            active::begin_anew();
            #[cfg(all(unix, feature = "signals"))]
            crate::integrations::signals::begin_anew();
        },
    });
}

/// The most that any client of the process wants.
#[inline]
pub(crate) fn level() -> Level {
    match LEVEL.load(Ordering::Relaxed) {
        0 => Level::Off,
        1 => Level::Errors,
        _ => Level::Tracing,
    }
}

/// The client of the process.
pub(crate) fn global() -> Option<Arc<Client>> {
    slot().read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes a client the one of the process, and answers with the one before.
pub(crate) fn set_global(client: Option<Arc<Client>>) -> Option<Arc<Client>> {
    let before = std::mem::replace(&mut *slot().write().unwrap_or_else(PoisonError::into_inner), client);
    light::begin_epoch();
    before
}

/// All clients that live.
pub(crate) fn all() -> Vec<Arc<Client>> {
    known().iter().filter_map(Weak::upgrade).collect()
}

pub(super) fn refresh_level() {
    let mut all = known();
    all.retain(|client| client.strong_count() > 0);
    let living: Vec<_> = all.iter().filter_map(Weak::upgrade).collect();
    let level = living.iter().map(|client| client.level()).max().unwrap_or(Level::Off);
    LEVEL.store(level as u8, Ordering::Relaxed);
    light::begin_epoch();
    // One of these may be the last of its client, which asks for this lock as it goes.
    drop(all);
    drop(living);
}
