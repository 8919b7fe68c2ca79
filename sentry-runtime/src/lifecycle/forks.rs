//! The hooks that run when the process forks: locks are held, and the child starts with fresh queues, ids and contexts.

use crate::base::fork;
use crate::context::ids;
use crate::context::recorder;
use crate::context::thread_context::Context;
use crate::context::{active, during_fork};

/// Resets the toolkit in every child of a fork.
pub(crate) fn watch() {
    // Created before the first fork, because every fork reads it.
    Context::default_ref();
    fork::watch(fork::Hooks {
        before: during_fork::hold,
        in_parent: during_fork::release,
        in_child: || {
            during_fork::release();
            recorder::reset_after_fork();
            ids::reset_after_fork();
            active::reset_after_fork();
            #[cfg(all(unix, writes_minidumps))]
            super::crash::reset_after_fork();
            #[cfg(all(unix, feature = "signals"))]
            super::signals::at_once::reset_after_fork();
        },
    });
}
