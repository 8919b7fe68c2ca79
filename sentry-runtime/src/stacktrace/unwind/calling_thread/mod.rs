//! A walk of the calling thread's own stack that remembers the rules of the code that it passes.
//!
//! The system's unwinder searches and interprets the tables of the program anew for each frame of each walk. Here the rule
//! of each return address is read once and kept in a [`cache`]: a frame costs two loads and some additions. The rules are
//! the system's own, those of `.eh_frame`, so the addresses are the same.
//!
//! [`walk`] gives up, and the caller asks the system's unwinder, where anything is unusual: code outside of the modules
//! that stay loaded, frames of signals, rules that are expressions, stacks that are not the thread's own.
//!
//! **Safety.** A walk reads memory at two kinds of addresses. Words of the stack lie between its own stack pointer and the
//! end of the thread's stack, as the C library reports it ([`bounds`]): all of that is mapped while the thread runs on it,
//! and each frame lies above the previous one, so the walk ends. Tables lie in segments that nobody writes, of modules that
//! cannot be unloaded while this code runs ([`modules`]); they are read as slices, with checked offsets. A wrong table can
//! thus only lead to a wrong address, which is never dereferenced.
//!
//! [Spec](https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/ehframechpt.html)

#![expect(unsafe_code, reason = "reads words of the stack, see the module documentation")]

mod bounds;
mod cache;
mod modules;
mod rule;

use std::arch::asm;

use bounds::Stack;
use rule::{Base, Rule};

/// The registers that a walk follows.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// The next instruction: for all but the innermost frame, the return address.
    address: usize,
    /// The stack pointer.
    stack: usize,
    /// The frame pointer, or what else the compiler keeps in its register.
    base: usize,
}

/// Writes the return addresses of the calling thread to `found`, innermost first, and a zero at the end of the stack.
/// Frames whose stack pointer is at or below `above` are left out. Returns the number of addresses, or `None` if the
/// system's unwinder has to be asked.
#[inline(never)]
pub(in crate::stacktrace) fn walk(above: usize, found: &mut [usize]) -> Option<usize> {
    let mut frame = Frame { address: 0, stack: 0, base: 0 };
    // SAFETY: the instructions read three registers. They are in this function, since the frame of another one would be
    // gone when its return address is read.
    unsafe {
        asm!(
            "lea {address}, [rip]",
            "mov {stack}, rsp",
            "mov {base}, rbp",
            address = out(reg) frame.address,
            stack = out(reg) frame.stack,
            base = out(reg) frame.base,
            options(nomem, nostack, preserves_flags),
        );
    }
    let modules = modules::staying();
    let stack = bounds::around(frame.stack)?;
    let mut count = 0;
    while count < found.len() {
        frame = match cache::rule(modules, frame.address)? {
            Rule::Unknown => return None,
            // The system's unwinder shows the end in the same way.
            Rule::End => Frame { address: 0, stack: usize::MAX, base: 0 },
            Rule::Caller { base, offset, saved } => caller(frame, stack, base, offset, saved)?,
        };
        if frame.stack > above {
            found[count] = frame.address;
            count += 1;
        }
        if frame.address == 0 {
            break;
        }
    }
    Some(count)
}

/// Returns the registers in the caller of a frame.
#[inline]
fn caller(frame: Frame, stack: Stack, base: Base, offset: u32, saved: u32) -> Option<Frame> {
    let from = match base {
        Base::StackPointer => frame.stack,
        Base::FramePointer => frame.base,
    };
    // The stack pointer in the caller, above the return address.
    let end = from.checked_add(offset as usize)?;
    let word = |below: u32| {
        let at = end.checked_sub(below as usize)?;
        // The end of a frame lies above its stack pointer, so that each step leads outwards.
        let is_inside = end > frame.stack && at >= frame.stack && end <= stack.end && at.is_multiple_of(8);
        // SAFETY: the word lies between the stack pointer of a frame, which is not below that of `walk`, and the end of
        // the stack on which this thread runs.
        is_inside.then(|| unsafe { load(at) })
    };
    let address = word(8)?;
    let base = if saved == 0 { frame.base } else { word(saved)? };
    Some(Frame { address, stack: end, base })
}

/// Reads a word of memory.
///
/// # Safety
/// The address is aligned, and the memory is mapped.
#[inline]
unsafe fn load(at: usize) -> usize {
    let word;
    // SAFETY: according to the caller. The compiler does not know of the words between the values of its functions, so that
    // the processor is asked.
    unsafe {
        asm!("mov {word}, [{at}]", at = in(reg) at, word = lateout(reg) word, options(readonly, nostack, preserves_flags));
    }
    word
}

#[cfg(test)]
mod tests;
