//! Stack overflows, told apart from other bad accesses to memory.
//!
//! Below a stack lies memory that nobody may access: the guard pages of a thread, or the gap that the kernel keeps
//! below the stack of the main thread. The standard library knows an overflow by the address of that memory alone. A
//! wild pointer can lead there, too. So this file also asks for the stack pointer: in an overflow it is at the end of
//! the stack, or has left it.

use std::fs::File;
use std::io::Read as _;

use crash_context::CrashContext;

use super::registers;

/// The number of bytes below the stack pointer that one instruction reaches: a call stores its return address there, and
/// a function that calls none may keep its variables there. Compilers touch larger frames page by page.
const REACH: u64 = 4096;
/// The size of the gap that the kernel keeps below a stack that grows. The guard pages of a thread are fewer.
const GAP: u64 = 1 << 20;
/// The maximum number of bytes read of the list of mappings.
const MAX_MAPS: u64 = 8 << 20;

/// Returns whether the access to `address` that ended a process was a stack overflow. The process is this one, or the
/// program of this monitor.
pub(super) fn is_cause(address: usize, context: &CrashContext) -> bool {
    let Some(pointer) = registers::stack_pointer(context) else { return false };
    let mut mappings = Vec::new();
    let process = context.pid.cast_unsigned();
    let list =
        if process == std::process::id() { "/proc/self/maps" } else { &format!("/proc/{process}/maps") };
    let _ = File::open(list).and_then(|file| file.take(MAX_MAPS).read_to_end(&mut mappings));
    is_overflow(address as u64, pointer, &String::from_utf8_lossy(&mappings))
}

/// Returns whether an access to `address` has overflowed the stack to which `pointer` belongs. `mappings` is the list
/// of the kernel, in the order of addresses.
fn is_overflow(address: u64, pointer: u64, mappings: &str) -> bool {
    if address.saturating_add(REACH) < pointer {
        return false;
    }
    let accessible = || mappings.lines().filter_map(Mapping::parse).filter(|mapping| mapping.is_accessible);
    let Some(stack) = accessible().find(|mapping| mapping.end > address) else { return false };
    // The pointer is still on another stack: the access was beyond the beginning of that one.
    let is_elsewhere =
        accessible().any(|other| other.start != stack.start && (other.start..other.end).contains(&pointer));
    let depth = stack.start.saturating_sub(address);
    // Some C libraries do not divide the mapping: an access inside of it fails in the pages that they have marked as
    // guards.
    let is_guard = depth > 0 || address.saturating_sub(pointer) < GAP;
    stack.may_be_stack && !is_elsewhere && is_guard && depth <= GAP
}

/// A line of the list of mappings: `start-end access offset device inode path`.
struct Mapping {
    start: u64,
    end: u64,
    is_accessible: bool,
    /// Whether it can be written, and belongs to no file.
    may_be_stack: bool,
}

impl Mapping {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(6, ' ');
        let (start, end) = fields.next()?.split_once('-')?;
        let access = fields.next()?;
        let path = fields.nth(3).unwrap_or_default().trim_start();
        Some(Self {
            start: u64::from_str_radix(start, 16).ok()?,
            end: u64::from_str_radix(end, 16).ok()?,
            is_accessible: !access.starts_with("---"),
            may_be_stack: access.starts_with("rw") && !path.starts_with('/') && path != "[heap]",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stacks of two threads, one above the other, the stack of the main thread, and what lies around them.
    const MAPPINGS: &str = "\
55d000000000-55d000001000 r--p 00000000 fe:00 123   /usr/bin/shop
55d000001000-55d000021000 rw-p 00000000 00:00 0     [heap]
7f0000000000-7f0000001000 ---p 00000000 00:00 0
7f0000001000-7f0000201000 rw-p 00000000 00:00 0
7f0000201000-7f0000202000 ---p 00000000 00:00 0
7f0000202000-7f0000402000 rw-p 00000000 00:00 0
7f0000500000-7f0000600000 r-xp 00000000 fe:00 124   /usr/lib/libc.so.6
7ffc00000000-7ffc00800000 rw-p 00000000 00:00 0     [stack]
7ffc00900000-7ffc00902000 r-xp 00000000 00:00 0     [vdso]
";

    fn overflows(address: u64, pointer: u64) -> bool {
        is_overflow(address, pointer, MAPPINGS)
    }

    #[test]
    fn a_stack_pointer_at_the_end_of_its_stack_overflows() {
        for (start, how) in [(0x7f00_0020_2000, "a thread"), (0x7ffc_0000_0000, "the main thread")] {
            assert!(overflows(start - 8, start), "{how}: a call");
            assert!(overflows(start - 0x80, start + 0x40), "{how}: a function that calls none");
            assert!(overflows(start - 0x1000, start - 0x1000), "{how}: a probe of a large frame");
        }
        assert!(overflows(0x7ffb_ffff_fff0, 0x7ffb_fffe_0000), "a large frame without probes");
        // Guard pages that do not divide the mapping.
        assert!(overflows(0x7f00_0000_1ff8, 0x7f00_0000_2000));
    }

    #[test]
    fn other_accesses_are_no_overflow() {
        let (thread, main) = (0x7f00_0030_0000, 0x7ffc_007f_0000);
        for pointer in [thread, main] {
            for address in [0, 0x18, 0xdead_beef_f000, 0x7f00_0045_0000, 0x7ffc_ffff_f000, u64::MAX] {
                assert!(!overflows(address, pointer), "{address:x}");
            }
        }
        assert!(!overflows(0x7f00_0020_1ff8, thread), "a wild pointer to the guard page");
        assert!(!overflows(0x7f00_0020_1008, 0x7f00_0020_0f00), "beyond the beginning of the stack below");
        assert!(!overflows(0x7ffc_0080_0000, 0x7ffc_007f_ff00), "beyond the beginning of the main stack");
        assert!(!overflows(0x7f00_0050_0ff8, 0x7f00_0050_1000), "a stack pointer to code");
        assert!(!is_overflow(0x7fff, 0x8000, ""), "a system without the list");
    }
}
