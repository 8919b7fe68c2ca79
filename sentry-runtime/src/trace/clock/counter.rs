//! The processor's counter, where it is cheaper than the standard clock and as reliable.

#[cfg(target_arch = "aarch64")]
pub(super) use generic_timer::{choose, count, read};
#[cfg(target_arch = "x86_64")]
pub(super) use time_stamp_counter::{choose, count, read};
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) use without_counter::{choose, count, read};

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
    pub(in crate::trace::clock) fn read() -> Option<u64> {
        TRUSTED.load(Ordering::Relaxed).then(count)
    }

    #[inline]
    #[expect(unsafe_code, reason = "there is no safe way to read the counter")]
    pub(in crate::trace::clock) fn count() -> u64 {
        // SAFETY: every x86_64 processor has RDTSC, and reading the counter touches no memory.
        unsafe { core::arch::x86_64::_rdtsc() }
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

#[cfg(target_arch = "aarch64")]
mod generic_timer {
    //! The virtual count of the generic timer. Architecture and operating systems guarantee what has to be found out
    //! about a time stamp counter: one count for all processors, at a constant rate in every state. It is the clock of
    //! the kernel and of `Instant`, too, and Linux, Apple's systems and Windows let programs read it.

    use std::sync::atomic::{AtomicBool, Ordering};

    /// The lowest rate that is precise enough for spans: a tick of a microsecond. Real timers have 1 to 1000 MHz.
    const LOWEST_RATE: u64 = 1_000_000;

    static TRUSTED: AtomicBool = AtomicBool::new(false);

    pub(in crate::trace::clock) fn choose() {
        TRUSTED.store(is_precise(rate()) && kernel_uses_it(), Ordering::Relaxed);
    }

    #[inline]
    pub(in crate::trace::clock) fn read() -> Option<u64> {
        TRUSTED.load(Ordering::Relaxed).then(count)
    }

    #[inline]
    #[expect(unsafe_code, reason = "there is no safe way to read the counter")]
    pub(in crate::trace::clock) fn count() -> u64 {
        let count: u64;
        // SAFETY: the instruction writes the named register alone; it touches no memory, stack or flags.
        unsafe {
            core::arch::asm!("mrs {}, cntvct_el0", out(reg) count, options(nomem, nostack, preserves_flags));
        }
        count
    }

    /// Returns the number of ticks a second, as the firmware has stated it.
    #[expect(unsafe_code, reason = "there is no safe way to read the register")]
    fn rate() -> u64 {
        let rate: u64;
        // SAFETY: as above.
        unsafe {
            core::arch::asm!("mrs {}, cntfrq_el0", out(reg) rate, options(nomem, nostack, preserves_flags));
        }
        rate
    }

    /// Returns whether ticks of this rate are precise enough. Firmware that states no rate may not have set up the timer.
    fn is_precise(rate: u64) -> bool {
        rate >= LOWEST_RATE
    }

    /// Returns whether the kernel trusts the counter. It traps reads of counters with known faults, which makes them slow,
    /// and chooses another clock where the counter is not usable at all. Other systems have no other clock.
    fn kernel_uses_it() -> bool {
        std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource")
            .map_or(true, |source| source.trim() == "arch_sys_counter")
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_stated_rate_is_that_of_the_counter() {
            assert!(!is_precise(0) && !is_precise(32_768) && is_precise(24_000_000));
            let started = std::time::Instant::now();
            let first = count();
            std::thread::sleep(std::time::Duration::from_millis(50));
            let second = count();
            let elapsed = started.elapsed();
            let ticks = u128::from(second - first) * 1_000_000_000;
            // The reads lie inside of the measured time, and at least the sleep lies between them.
            assert!(ticks <= u128::from(rate()) * (elapsed.as_nanos() + 1_000_000), "{ticks} in {elapsed:?}");
            assert!(ticks >= u128::from(rate()) * 49_000_000, "{ticks} in {elapsed:?}");
        }
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod without_counter {
    //! The fallback for processors without a counter that is known to be cheaper than the standard clock.

    pub(in crate::trace::clock) fn choose() {}

    #[inline]
    pub(in crate::trace::clock) fn read() -> Option<u64> {
        None
    }

    #[inline]
    pub(in crate::trace::clock) fn count() -> u64 {
        0
    }
}
