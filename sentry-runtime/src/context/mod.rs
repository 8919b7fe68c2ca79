//! Thread context: the client, scopes, segment and span that are active on a thread, and the destination of its
//! records.
//!
//! [`local`] declares the single thread-local that holds them; the other files read and change it. The data itself
//! (scopes, segments) is in lower layers that know nothing of threads.

pub(crate) mod activation;
pub(crate) mod active;
pub(crate) mod boundary;
pub(crate) mod breadcrumbs;
pub(crate) mod context_stack;
mod continuation;
#[cfg(writes_minidumps)]
pub(crate) mod crashed;
pub(crate) mod during_fork;
pub(crate) mod entered;
pub(crate) mod hub;
pub(crate) mod ids;
pub(crate) mod lazy_root;
pub(crate) mod local;
pub(crate) mod polls;
pub(crate) mod recorder;
pub(crate) mod recycling;
pub(crate) mod scope_handle;
pub(crate) mod span_context;
pub(crate) mod state;
pub(crate) mod suspended_root;
pub(crate) mod thread_context;
pub(crate) mod watch;
