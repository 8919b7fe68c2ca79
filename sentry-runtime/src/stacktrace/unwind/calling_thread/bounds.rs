//! The bounds of the stack of a thread.

#![expect(unsafe_code, reason = "asks the C library")]

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr;

/// The stack of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stack {
    /// The lowest address.
    start: usize,
    /// The address behind the highest word.
    pub(super) end: usize,
}

/// The stack of a thread that does not know it. No stack pointer lies in it.
const NONE: Stack = Stack { start: 0, end: 0 };

/// Returns the stack that the calling thread began with, if the stack pointer is in it. Otherwise the thread runs on
/// another one: that of a signal handler or of a coroutine.
#[inline]
pub(super) fn around(pointer: usize) -> Option<Stack> {
    // The outer option tells whether the thread has asked yet.
    thread_local!(static STACK: Cell<Option<Stack>> = const { Cell::new(None) });
    let stack = match STACK.get() {
        Some(stack) => stack,
        None => {
            let stack = ask().unwrap_or(NONE);
            STACK.set(Some(stack));
            stack
        }
    };
    (stack.start <= pointer && pointer < stack.end).then_some(stack)
}

/// Asks the C library for the stack. For the main thread it reads a file of the kernel, which takes some microseconds.
#[cold]
fn ask() -> Option<Stack> {
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: the function fills the attributes in, unless it fails.
    let failed = unsafe { libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) };
    if failed != 0 {
        return None;
    }
    let (mut start, mut size) = (ptr::null_mut(), 0);
    // SAFETY: the attributes were filled in above, and are destroyed once, after their last use.
    let failed = unsafe {
        let failed = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut start, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        failed
    };
    let start = start as usize;
    (failed == 0).then(|| start.checked_add(size).map(|end| Stack { start, end })).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_a_stack_of_its_own() {
        fn own() -> Stack {
            let local = 0_usize;
            around(&raw const local as usize).expect("it is on the stack")
        }
        let here = own();
        assert_eq!(here, own());
        let there = std::thread::spawn(own).join().unwrap();
        assert!(there.end <= here.start || here.end <= there.start, "{here:?} {there:?}");
    }

    #[test]
    fn memory_of_the_heap_is_no_stack() {
        let boxed = Box::new(0_usize);
        assert_eq!(around(&raw const *boxed as usize), None);
        assert_eq!(around(0), None);
    }
}
