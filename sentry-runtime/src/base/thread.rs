//! The start of the toolkit's own threads.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a thread with a name. The standard library compiles the start of a thread anew for each closure, so all
/// closures are boxed.
pub(crate) fn spawn(name: &str, work: Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(work)
}
