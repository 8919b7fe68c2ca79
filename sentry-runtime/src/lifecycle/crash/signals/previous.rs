//! The end of a program by a fault: the handler that was installed before decides about it, or the system.

use std::ffi::{c_int, c_void};

use super::{action_of, default_action, set, thread_id};

/// Lets the handler of before, or the system, end the program by a fault of this thread, whose report is made.
///
/// It is not enough to restore the previous handlers and to return, so that the instruction fails a second time: it
/// may succeed. Other threads may have mapped memory at the address while the crash was reported. The program would go
/// on, and write to that memory.
///
/// # Safety
/// `info` and `context` are what the kernel has handed to the handler of `signal`, which returns next.
pub(super) unsafe fn end(
    signal: c_int,
    before: &libc::sigaction,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    if ![libc::SIG_DFL, libc::SIG_IGN].contains(&before.sa_sigaction) {
        // SAFETY: the arguments are passed on.
        unsafe { call(signal, before, info, context) };
        // It has repaired the cause, or changed where the thread goes on. The handler of the standard library asks for
        // the default action instead.
        if action_of(signal).is_none_or(|present| present.sa_sigaction != libc::SIG_DFL) {
            return;
        }
    }
    let _ = set(signal, Some(&default_action()), None);
    // SAFETY: the information is that of the kernel. A process may send itself any.
    unsafe {
        let (process, thread) = (libc::getpid(), thread_id());
        if libc::syscall(libc::SYS_rt_tgsigqueueinfo, process, thread, signal, info) != 0
            && libc::syscall(libc::SYS_tgkill, process, thread, signal) != 0
        {
            libc::_exit(1);
        }
    }
}

/// Calls a handler as the kernel does: with the same arguments, and the same signals blocked.
///
/// # Safety
/// As for [`end`], and `before` is a handler.
unsafe fn call(signal: c_int, before: &libc::sigaction, info: *mut libc::siginfo_t, context: *mut c_void) {
    let has = |flag| before.sa_flags & flag != 0;
    if has(libc::SA_RESETHAND) {
        let _ = set(signal, Some(&default_action()), None);
    }
    // SAFETY: zeros are valid for a set. A set of the kernel has 64 bits, with which the sets of C libraries begin. The
    // calls read and write the sets alone. The handler has the signature that its flags say.
    unsafe {
        let mut blocked: libc::sigset_t = std::mem::zeroed();
        let interrupted = &raw const (*context.cast::<crash_context::ucontext_t>()).uc_sigmask;
        std::ptr::copy_nonoverlapping(interrupted.cast::<u64>(), (&raw mut blocked).cast::<u64>(), 1);
        for other in 1..=64 {
            if libc::sigismember(&raw const before.sa_mask, other) == 1 {
                libc::sigaddset(&raw mut blocked, other);
            }
        }
        if !has(libc::SA_NODEFER) {
            libc::sigaddset(&raw mut blocked, signal);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const blocked, std::ptr::null_mut());
        if has(libc::SA_SIGINFO) {
            let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
                std::mem::transmute(before.sa_sigaction);
            handler(signal, info, context);
        } else {
            let handler: extern "C" fn(c_int) = std::mem::transmute(before.sa_sigaction);
            handler(signal);
        }
    }
}
