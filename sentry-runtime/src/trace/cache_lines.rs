//! The lines of memory that two cores of the processor use in turn.
//!
//! A core that has read a line keeps a copy of it. The next write of another core waits until that copy is discarded,
//! line by line: no prefetch shortens it, and for a record it can take several times as long as everything else about
//! a span. Memory that is in no cache is cheaper: it is fetched ahead of writes that run through it in order.
//!
//! The memory of records is therefore evicted when it was read on another core than it was written on. On the same
//! core the cache is what makes it fast.

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
pub(super) use without_eviction::{Core, evict};
#[cfg(all(target_arch = "x86_64", not(miri)))]
pub(super) use x86_64::{Core, evict};

#[cfg(all(target_arch = "x86_64", not(miri)))]
mod x86_64 {
    //! Two instructions: CLFLUSHOPT evicts a line, and RDPID reads the number that the system gives each core. On a system
    //! that gives none, all cores have the same.

    #![expect(unsafe_code, reason = "there are no safe functions for these instructions")]

    use core::arch::asm;
    use core::arch::x86_64::{__cpuid, __cpuid_count};
    use std::sync::OnceLock;

    /// The size of a line. If lines are longer, they are evicted more than once.
    const LINE: usize = 64;

    /// A core of the processor.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(in super::super) struct Core(u64);

    impl Core {
        /// Returns the core that runs this thread, which may move to another one at any time.
        pub(in super::super) fn current() -> Self {
            let number: u64;
            if !is_supported() {
                return Self(0);
            }
            // SAFETY: the processor has RDPID, which writes the named register alone; it touches no memory, stack or flags.
            unsafe { asm!("rdpid {}", out(reg) number, options(nomem, nostack, preserves_flags)) };
            Self(number)
        }
    }

    /// Removes a value from the caches of all cores. The value itself does not change.
    pub(in super::super) fn evict<T>(value: &T) {
        // A value without bytes has no line.
        if size_of::<T>() == 0 || !is_supported() {
            return;
        }
        let start = std::ptr::from_ref(value).cast::<u8>();
        let into_line = start.addr() % LINE;
        for offset in (0..into_line + size_of::<T>()).step_by(LINE) {
            let line = start.wrapping_sub(into_line).wrapping_add(offset);
            // SAFETY: the processor has CLFLUSHOPT, which changes no value, register or flag. At least one byte of the line
            // belongs to `value`, so the page is mapped.
            unsafe { asm!("clflushopt [{}]", in(reg) line, options(nostack, preserves_flags)) };
        }
    }

    pub(super) fn is_supported() -> bool {
        static SUPPORTED: OnceLock<bool> = OnceLock::new();
        *SUPPORTED.get_or_init(has_both)
    }

    /// Returns whether the processor has both, as those made since 2019 do. What older ones have instead, CLFLUSH and
    /// RDTSCP, waits for other instructions.
    #[allow(unused_unsafe, reason = "newer compilers know CPUID to be safe on x86_64")]
    fn has_both() -> bool {
        const FEATURES: u32 = 7;
        const CLFLUSHOPT_IN_EBX: u32 = 1 << 23;
        const RDPID_IN_ECX: u32 = 1 << 22;
        // SAFETY: every x86_64 processor has CPUID, which only reads; the leaf is read only if it exists.
        unsafe {
            if __cpuid(0).eax < FEATURES {
                return false;
            }
            let features = __cpuid_count(FEATURES, 0);
            features.ebx & CLFLUSHOPT_IN_EBX != 0 && features.ecx & RDPID_IN_ECX != 0
        }
    }
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
mod without_eviction {
    //! The fallback for processors where a program cannot evict lines: all cores count as the same.

    /// A core of the processor.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(in super::super) struct Core;

    impl Core {
        /// Returns the only one.
        pub(in super::super) fn current() -> Self {
            Self
        }
    }

    /// Does nothing.
    pub(in super::super) fn evict<T>(_: &T) {}
}

#[cfg(test)]
pub(super) mod pretended {
    //! Cores that a test chooses, and a count of what is evicted.

    use std::cell::Cell;

    thread_local! {
        static CURRENT: Cell<u64> = const { Cell::new(0) };
        static EVICTED: Cell<usize> = const { Cell::new(0) };
    }

    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(in super::super) struct Core(u64);

    impl Core {
        pub(in super::super) fn current() -> Self {
            Self(CURRENT.get())
        }
    }

    pub(in super::super) fn evict<T>(value: &T) {
        EVICTED.set(EVICTED.get() + 1);
        super::evict(value);
    }

    /// Continues on another core.
    pub(in super::super) fn move_to(core: u64) {
        CURRENT.set(core);
    }

    /// Returns the number of values that this thread has evicted.
    pub(in super::super) fn evicted() -> usize {
        EVICTED.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_evicted_keeps_its_value() {
        let values: Vec<u8> = (0..=255).cycle().take(3000).collect();
        evict(&());
        evict(&values[1]);
        evict(&<[u8; 2000]>::try_from(&values[3..2003]).unwrap());
        evict(<&[u8; 2000]>::try_from(&values[5..2005]).unwrap());
        assert!(values.iter().zip((0..=255).cycle()).all(|(value, expected)| *value == expected));
        assert_eq!(values.len(), 3000);
    }

    #[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
    #[test]
    fn instructions_are_used_if_the_system_knows_them_too() {
        let system = std::fs::read_to_string("/proc/cpuinfo").unwrap();
        let features = system.lines().find(|line| line.starts_with("flags")).unwrap();
        let has = |name| features.split_whitespace().any(|feature| feature == name);
        let known = has("clflushopt") && has("rdpid");
        // Valgrind shows the features of the machine, and has others itself.
        let emulated = std::env::var("LD_PRELOAD").is_ok_and(|loaded| loaded.contains("vgpreload"));
        assert!(x86_64::is_supported() == known || (emulated && known), "{features}");
    }

    #[test]
    fn two_looks_find_the_same_core() {
        // It may move between the two calls, but not every time.
        assert!((0..1000).any(|_| Core::current() == Core::current()));
    }
}
