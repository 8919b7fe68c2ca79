//! The standard error of the program, to which the toolkit writes lines.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether lines are written without the lock of the standard library.
static IS_LOCK_LOST: AtomicBool = AtomicBool::new(false);

/// Writes without the lock from now on. A thread that has crashed may hold it, as in `eprintln!("{value}")` if the
/// value crashes, and never gives it back. Safe in a signal handler.
#[cfg(writes_minidumps)]
pub(crate) fn give_up_lock() {
    IS_LOCK_LOST.store(true, Ordering::Relaxed);
}

/// The standard error. Write whole lines at once, so that those of other threads are not mixed in.
#[derive(Debug)]
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if IS_LOCK_LOST.load(Ordering::Relaxed) { unlocked(bytes) } else { io::stderr().write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        // The standard error has no buffer.
        Ok(())
    }
}

#[cfg(unix)]
fn unlocked(bytes: &[u8]) -> io::Result<usize> {
    use std::os::fd::AsFd as _;

    std::fs::File::from(io::stderr().as_fd().try_clone_to_owned()?).write(bytes)
}

#[cfg(windows)]
fn unlocked(bytes: &[u8]) -> io::Result<usize> {
    use std::os::windows::io::AsHandle as _;

    std::fs::File::from(io::stderr().as_handle().try_clone_to_owned()?).write(bytes)
}

#[cfg(not(any(unix, windows)))]
fn unlocked(bytes: &[u8]) -> io::Result<usize> {
    io::stderr().write(bytes)
}
