//! The stack on which the handlers run if the program has no room on its own.

use std::ptr;

use super::thread_id;

/// The size, with room for the largest registers.
const SIZE: usize = 64 << 10;

/// Gives this thread a stack for handlers if it has none, like threads that Rust did not start, or if it is the main thread.
///
/// `std::process::exit` frees the standard library's stack for handlers of the main thread, on any thread that calls it.
/// Without a stack of its own, a handler that runs on the main thread meanwhile would lose its memory.
pub(super) fn ensure() {
    // SAFETY: the calls only read.
    let (needs_stack, page) = unsafe {
        let mut present: libc::stack_t = std::mem::zeroed();
        let is_known = libc::sigaltstack(ptr::null(), &raw mut present) == 0;
        let has_none = present.ss_flags & libc::SS_DISABLE != 0;
        // A handler that runs on it now cannot leave it.
        let is_used = present.ss_flags & libc::SS_ONSTACK != 0;
        let is_main = thread_id() == libc::getpid();
        (is_known && !is_used && (has_none || is_main), libc::sysconf(libc::_SC_PAGESIZE))
    };
    let Some(guard) = usize::try_from(page).ok().filter(|_| needs_stack) else { return };
    // SAFETY: nobody else has the memory, which is never freed. Its lowest page, which cannot be written to, ends a stack
    // that is too deep.
    unsafe {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        let memory = libc::mmap(ptr::null_mut(), guard + SIZE, access, kind, -1, 0);
        if memory != libc::MAP_FAILED {
            libc::mprotect(memory, guard, libc::PROT_NONE);
            let stack = libc::stack_t { ss_sp: memory.byte_add(guard), ss_flags: 0, ss_size: SIZE };
            libc::sigaltstack(&raw const stack, ptr::null_mut());
        }
    }
}
