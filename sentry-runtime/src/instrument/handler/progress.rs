//! The progress of a handler's run: how a lazy root leaves its thread between two polls, and becomes an ordinary root.

use super::state::{HandlerState, RunningHandler, RunningSpan};
use crate::context::active;
use crate::context::local::local;
use crate::context::suspended_root::{self, SuspendedRoot};
use crate::trace::clock::Ticks;
use crate::trace::ids::{Lineage, LocalId};

/// The progress of a handler's run. Most server actions have no settings. They start as a lazy root, which becomes one
/// record and has a context only if something asks for it.
#[derive(Debug)]
pub(super) enum Run {
    /// Nothing is recorded, or nothing is left to record.
    Over,
    /// A server action of this name that was created outside of any context, and has not started.
    Bare(&'static str),
    /// A server action that started as this lazy root of the thread.
    Lazy { root: LocalId, since: Ticks },
    /// A server action that started as a lazy root, between two polls.
    Suspended(Box<SuspendedRoot>),
    /// A server action that started as a lazy root, during a later poll.
    Resumed(Box<SuspendedRoot>),
    /// A server action whose lazy root is still open, and about to end.
    Ending { since: Ticks },
    /// A handler with a state of its own.
    Full(Box<HandlerState>),
}

impl Run {
    /// Turns a started lazy root into an ordinary one.
    pub(super) fn materialize(self) -> Option<RunningHandler> {
        let (root, since, context) = match self {
            Self::Lazy { root, since } => (root, since, None),
            Self::Resumed(kept) => (kept.id(), kept.start(), None),
            Self::Suspended(kept) => (kept.id(), kept.start(), Some(kept.into_context()?)),
            Self::Over | Self::Bare(_) | Self::Ending { .. } | Self::Full(_) => return None,
        };
        if context.is_none() {
            active::materialize();
        }
        // The segment knows the name.
        Some(RunningHandler { context, active: Lineage::of(root), span: RunningSpan::Root, since })
    }

    /// Takes a lazy root out of the thread between two polls. Returns whether that was possible. Not inlined, since it
    /// needs more registers than the caller, which most handlers call without a lazy root.
    #[inline(never)]
    pub(super) fn suspend(&mut self) -> bool {
        let kept = match std::mem::replace(self, Self::Over) {
            Self::Lazy { root, since } => {
                suspended_root::suspend(local(), root).ok_or(Self::Lazy { root, since })
            }
            Self::Resumed(mut kept) => {
                if kept.suspend_again(local()) {
                    Ok(kept)
                } else {
                    Err(Self::Resumed(kept))
                }
            }
            other => Err(other),
        };
        let is_suspended = kept.is_ok();
        *self = kept.map_or_else(|same| same, Self::Suspended);
        is_suspended
    }

    /// Puts a suspended lazy root back into the thread. Returns whether that was possible.
    pub(super) fn resume(&mut self) -> bool {
        let Self::Suspended(kept) = self else { return false };
        if !kept.resume(local()) {
            return false;
        }
        let Self::Suspended(kept) = std::mem::replace(self, Self::Over) else { return false };
        *self = Self::Resumed(kept);
        true
    }
}
