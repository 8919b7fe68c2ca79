//! The processor's counter, where it is cheaper than the standard clock and as reliable.

#[cfg(target_arch = "x86_64")]
pub(super) use time_stamp_counter::{choose, read};
#[cfg(not(target_arch = "x86_64"))]
pub(super) use without_counter::{choose, read};

#[cfg(target_arch = "x86_64")]
mod time_stamp_counter {
    //! The time stamp counter. It is used if the kernel itself uses it as its clock, or if the processor reports that
    //! it ticks at a constant rate in every state.

    use std::sync::atomic::{AtomicBool, Ordering};

    static TRUSTED: AtomicBool = AtomicBool::new(false);

    pub(in crate::trace::clock) fn choose() {
        TRUSTED.store(kernel_uses_it() || is_invariant(), Ordering::Relaxed);
    }

    #[inline]
    #[expect(unsafe_code, reason = "there is no safe way to read the counter")]
    pub(in crate::trace::clock) fn read() -> Option<u64> {
        // SAFETY: every x86_64 processor has RDTSC, and reading the counter touches no memory.
        TRUSTED.load(Ordering::Relaxed).then(|| unsafe { core::arch::x86_64::_rdtsc() })
    }

    fn kernel_uses_it() -> bool {
        std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource")
            .is_ok_and(|source| source.trim() == "tsc")
    }

    #[allow(unused_unsafe, unsafe_code, reason = "newer compilers know CPUID to be safe on x86_64")]
    fn is_invariant() -> bool {
        const POWER_LEAF: u32 = 0x8000_0007;
        // SAFETY: every x86_64 processor has CPUID, which only reads; the leaf is read only if it exists.
        unsafe {
            core::arch::x86_64::__cpuid(0x8000_0000).eax >= POWER_LEAF
                && core::arch::x86_64::__cpuid(POWER_LEAF).edx & (1 << 8) != 0
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod without_counter {
    //! The fallback for processors without a counter that is known to be cheaper than the standard clock.

    pub(in crate::trace::clock) fn choose() {}

    #[inline]
    pub(in crate::trace::clock) fn read() -> Option<u64> {
        None
    }
}
