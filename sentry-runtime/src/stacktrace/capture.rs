//! The capture of stack traces on the caller's thread: walks the stack and stores return addresses.
//!
//! Nothing is resolved here. Names, files and lines are looked up later on the pipeline thread, from
//! the addresses alone ([`super::Symbolicator`]).
//!
//! [`super::unwind`] walks the usual stack, and the system's unwinder every other one. The latter is called by `unsafe`
//! code: the safe `backtrace::trace` takes a process-wide lock, the same that symbol resolution holds while it reads debug
//! information: with it, an error on one thread would wait for the symbols of an error on another.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::sync::Arc;

/// The maximum number of addresses of one stack. Deeper stacks lose their outer end, where `main` is.
pub(crate) const MAX_ADDRESSES: usize = 128;

/// The return addresses of one thread at one moment, innermost first.
///
/// The addresses are meaningful only in the process that captured them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RawStack {
    addresses: Arc<[usize]>,
}

impl RawStack {
    /// Captures the stack of the calling thread.
    ///
    /// Costs one allocation, and for each frame some nanoseconds where the walk remembers rules ([`super::unwind`]), else
    /// about 0.2 µs. The innermost addresses may be those of the capture itself; they are dropped at resolution, by name.
    #[inline(never)]
    pub(crate) fn capture() -> Self {
        let mut found = [0_usize; MAX_ADDRESSES];
        let count = walk(&mut found);
        Self { addresses: Arc::from(&found[..count]) }
    }

    /// Returns the addresses of a backtrace of the standard library; `None` if it has none.
    ///
    /// The standard library exposes addresses in its alternate `Display` form only, which also looks up symbols.
    /// Inlined functions appear there under the same address, and are found again at resolution.
    pub(crate) fn of(backtrace: &Backtrace) -> Option<Self> {
        if backtrace.status() != BacktraceStatus::Captured {
            return None;
        }
        let text = format!("{backtrace:#}");
        let mut addresses: Vec<usize> = text.lines().filter_map(address_in).collect();
        addresses.dedup();
        addresses.truncate(MAX_ADDRESSES);
        (!addresses.is_empty()).then(|| Self { addresses: addresses.into() })
    }

    /// Returns a stack of these addresses, innermost first. The first is one byte after the instruction, as if that had made a
    /// call.
    #[cfg(walks_crashed_threads)]
    pub(super) fn of_addresses(addresses: impl Iterator<Item = usize>) -> Self {
        Self { addresses: addresses.collect() }
    }

    /// Returns the addresses, innermost first.
    pub(crate) fn addresses(&self) -> &[usize] {
        &self.addresses
    }
}

/// Parses the address in a line like `  3:     0x55a72a30ade5 - shop::order`.
fn address_in(line: &str) -> Option<usize> {
    let (number, rest) = line.trim_start().split_once(':')?;
    let (address, _symbol) = rest.trim_start().strip_prefix("0x")?.split_once(" - ")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    usize::from_str_radix(address, 16).ok().filter(|address| is_number && *address != 0)
}

impl fmt::Debug for RawStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Always in hex, whatever the format flags: addresses are not read in decimal.
        self.addresses.iter().try_for_each(|address| write!(f, "{address:#x} "))
    }
}

/// Writes the return addresses of the calling thread to `found`, which lies in the frame of the caller: it and the frames
/// inside of it are left out where the walk knows their places. Returns the number of addresses.
#[cfg(walks_calling_thread)]
#[inline(always)]
fn walk(found: &mut [usize]) -> usize {
    let above = found.as_ptr() as usize;
    super::unwind::calling_thread::walk(above, found).unwrap_or_else(|| system(Some(above), found))
}

/// As above, for systems on which the places of frames are not compared.
#[cfg(not(walks_calling_thread))]
#[inline(always)]
fn walk(found: &mut [usize]) -> usize {
    system(None, found)
}

/// Asks the system's unwinder for the return addresses. The innermost frames are left out up to the first one above an
/// address. Returns the number of addresses.
#[inline(always)]
pub(super) fn system(above: Option<usize>, found: &mut [usize]) -> usize {
    let mut count = 0;
    let mut left_out = above;
    each(|address, stack| {
        // Later frames may lie anywhere: that of a signal handler has a stack of its own.
        if left_out.is_some_and(|above| stack > above) {
            left_out = None;
        }
        if left_out.is_none()
            && let Some(place) = found.get_mut(count)
        {
            *place = address;
            count += 1;
        }
        count < found.len()
    });
    count
}

/// Calls `visit` with the return address and the stack pointer of each frame, innermost first, until it returns `false`.
#[cfg(not(all(windows, any(target_arch = "x86", target_arch = "arm"))))]
#[inline(always)]
fn each(mut visit: impl FnMut(usize, usize) -> bool) {
    // SAFETY: "unsynchronized" asks of the caller that no two walks share state. They do only where
    // the walk goes through dbghelp.dll, that is on 32-bit Windows, which this function is not
    // compiled for. Elsewhere it is `_Unwind_Backtrace` (Unix) or `RtlVirtualUnwind` (64-bit Windows):
    // both read the calling thread's own stack and the unwind tables under their own locking, and may
    // run on many threads at once. The closure does not panic, so nothing unwinds through C frames: it
    // reads the registers, and `visit` stores the address with a bounds check.
    unsafe {
        backtrace::trace_unsynchronized(|frame| visit(frame.ip() as usize, frame.sp() as usize));
    }
}

/// As above, under the lock of the backtrace crate: dbghelp.dll serves one thread at a time.
#[cfg(all(windows, any(target_arch = "x86", target_arch = "arm")))]
fn each(mut visit: impl FnMut(usize, usize) -> bool) {
    backtrace::trace(|frame| visit(frame.ip() as usize, frame.sp() as usize));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn dive(depth: usize) -> RawStack {
        let stack = if depth == 0 { RawStack::capture() } else { dive(depth - 1) };
        // Work after the call keeps the call from becoming a jump.
        std::hint::black_box(stack)
    }

    #[test]
    fn a_deep_stack_keeps_its_innermost_addresses() {
        let shallow = dive(0);
        let deep = dive(10 * MAX_ADDRESSES);
        assert!(shallow.addresses().len() < MAX_ADDRESSES);
        assert_eq!(deep.addresses().len(), MAX_ADDRESSES);
        assert_eq!(shallow.addresses()[0], deep.addresses()[0]);
    }

    #[test]
    fn a_backtrace_of_the_standard_library_gives_its_addresses() {
        #[inline(never)]
        fn taken() -> (Backtrace, RawStack) {
            std::hint::black_box((Backtrace::force_capture(), RawStack::capture()))
        }
        let (backtrace, own) = taken();
        let of = RawStack::of(&backtrace).expect("it was captured");
        // All but the innermost: the two walks start at different places.
        let outer = |stack: &RawStack| stack.addresses()[stack.addresses().len() - 4..].to_vec();
        let zero_free: Vec<_> = own.addresses().iter().copied().filter(|address| *address != 0).collect();
        assert_eq!(outer(&of), outer(&RawStack { addresses: zero_free.into() }));
        assert_eq!(RawStack::of(&Backtrace::disabled()), None);
    }

    #[test]
    fn only_lines_with_an_address_count() {
        assert_eq!(address_in("   0:     0x55a72a30ae9b - std::x::y"), Some(0x55a7_2a30_ae9b));
        for line in
            ["             at /a.rs:1:59", "   0: a::deep", "  23:  0x0 - <unknown>", "x: 0x1 - y", ""]
        {
            assert_eq!(address_in(line), None, "{line}");
        }
    }

    #[test]
    fn threads_walk_at_the_same_time() {
        let depths: Vec<usize> = (1..5).map(|step| step * 10).collect();
        std::thread::scope(|scope| {
            let walks: Vec<_> = depths
                .iter()
                .map(|&depth| scope.spawn(move || (0..200).map(|_| dive(depth)).collect::<Vec<_>>()))
                .collect();
            for (walk, depth) in walks.into_iter().zip(depths) {
                let stacks = walk.join().unwrap();
                assert!(stacks[0].addresses().len() > depth);
                assert!(stacks.iter().all(|stack| *stack == stacks[0]));
            }
        });
    }
}
