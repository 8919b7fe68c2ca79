//! The process of the monitor, as the program sees it: how it is started and killed.
//!
//! On Linux it is no child of the program, but a grandchild whose parent has ended. A program that waits for all its children,
//! as in `while wait(NULL) > 0`, would otherwise wait for ever.

use std::io;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::base::diagnostics;

/// The monitor.
#[derive(Debug)]
pub(super) struct Process(#[cfg(unix)] libc::pid_t, #[cfg(windows)] std::sync::Mutex<Child>);

impl Process {
    /// Starts this executable again, as the monitor.
    pub(super) fn start(token: &str) -> io::Result<(Self, ChildStdin, ChildStdout)> {
        #[cfg(unix)]
        if has_foreign_rights() || system::gives_foreign_rights() {
            return Err(io::Error::other(
                "the program has the rights of another user or group than who started it",
            ));
        }
        let mut command = Command::new(own_executable()?);
        let mut arguments = std::env::args_os();
        let name = arguments.next();
        // The arguments lead the program to the same call of `init`.
        command.args(arguments).env(super::MARK, token);
        #[cfg(unix)]
        let input = system::input(&mut command)?;
        #[cfg(windows)]
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped());
        command.stderr(if diagnostics::is_debug() { Stdio::inherit() } else { Stdio::null() });
        #[cfg(unix)]
        system::prepare(&mut command, name, token);
        #[cfg(not(unix))]
        let _ = name;
        let mut child = command.spawn()?;
        #[cfg(windows)]
        let input = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok((Self::of(child), input, output))
    }

    #[cfg(unix)]
    fn of(mut child: Child) -> Self {
        // It has ended already. The program may have waited for it, then this fails.
        let _ = child.wait();
        Self(child.id().cast_signed())
    }

    #[cfg(windows)]
    fn of(child: Child) -> Self {
        Self(std::sync::Mutex::new(child))
    }

    /// Kills the monitor, which has not closed its output yet.
    pub(super) fn kill(&self) {
        #[cfg(unix)]
        system::kill_group(self.0);
        #[cfg(windows)]
        if let Ok(mut child) = self.0.lock() {
            let _ = child.kill();
        }
    }
}

fn own_executable() -> io::Result<std::path::PathBuf> {
    let path = std::env::current_exe()?;
    if !cfg!(target_os = "linux") {
        return Ok(path);
    }
    // A program that was started by the dynamic linker (`ld-linux.so ./program`). The linker would take the first argument
    // for the program.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with("ld-") || name.starts_with("ld.so") {
        return Err(io::Error::other("the dynamic linker was started instead of the program"));
    }
    // The file that runs, even if another one was put in its place meanwhile.
    Ok("/proc/self/exe".into())
}

/// Returns whether this process has the rights of another user or group than who started it. Such a process is no monitor:
/// whoever starts a program with the set-user-ID bit chooses its environment and its input.
#[cfg(unix)]
#[expect(unsafe_code, reason = "there is no safe way to ask for the user")]
pub(super) fn has_foreign_rights() -> bool {
    // SAFETY: the calls have no requirements.
    unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() }
}

#[cfg(unix)]
mod system {
    #![expect(unsafe_code, reason = "there is no safe way to leave a parent, and to kill a group")]

    use std::ffi::OsString;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::net::UnixStream;
    use std::os::unix::process::CommandExt as _;
    use std::process::{ChildStdin, Command};

    use super::super::frames;

    /// Returns whether the system gives the monitor other rights when it starts. Where the program has dropped them, the monitor
    /// would not take itself for one.
    pub(super) fn gives_foreign_rights() -> bool {
        let mode = std::fs::metadata("/proc/self/exe").map_or(0, |file| file.mode());
        mode & (libc::S_ISUID | libc::S_ISGID) != 0
    }

    /// Connects the standard input of the monitor. A socket knows, other than a pipe, which process has made it.
    pub(super) fn input(command: &mut Command) -> io::Result<ChildStdin> {
        let (program, monitor) = UnixStream::pair()?;
        command.stdin(OwnedFd::from(monitor));
        Ok(OwnedFd::from(program).into())
    }

    pub(super) fn prepare(command: &mut Command, name: Option<OsString>, token: &str) {
        if let Some(name) = name {
            command.arg0(name);
        }
        // Signals of the terminal are for the program.
        command.process_group(0);
        let mut started = frames::answer_after_fork(token, frames::STARTED);
        let detach = move || {
            close_at_exec();
            leave_parent()?;
            // Only now is its id known.
            started()
        };
        // SAFETY: `detach` neither allocates nor takes a lock; it calls functions that are allowed after a fork.
        unsafe { command.pre_exec(detach) };
    }

    /// Keeps from the monitor what the program has inherited: it may hold a lock, or be the end of a pipe that somebody reads.
    fn close_at_exec() {
        const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;
        // SAFETY: the calls only change flags of descriptors, in the child of a fork.
        unsafe {
            if libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, CLOSE_RANGE_CLOEXEC) != 0 {
                // Before Linux 5.11.
                for descriptor in 3..1024 {
                    libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC);
                }
            }
        }
    }

    fn leave_parent() -> io::Result<()> {
        // SAFETY: this is the only thread of the child of a fork, and it executes another program next.
        match unsafe { libc::fork() } {
            0 => Ok(()),
            -1 => Err(io::Error::last_os_error()),
            // SAFETY: `_exit` has no requirements.
            _ => unsafe { libc::_exit(0) },
        }
    }

    /// Kills the group of the monitor. It is alone there, and while it lives, the number has no other meaning.
    pub(super) fn kill_group(group: libc::pid_t) {
        // SAFETY: the call has no requirements.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}
