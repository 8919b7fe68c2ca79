//! CPU time, which is independent of other processes on a busy machine.

fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place to write to for the duration of the call.
    let status = unsafe { libc::clock_gettime(clock, &raw mut time) };
    assert_eq!(status, 0, "this system has no clock of CPU time");
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Returns the CPU time that the calling thread has used, in nanoseconds.
#[must_use]
pub fn thread_cpu() -> u64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Returns the CPU time that the process has used, in nanoseconds.
#[must_use]
pub fn process_cpu() -> u64 {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// Returns the cost that reading the clock twice adds to a batch.
pub(crate) fn overhead() -> u64 {
    let once = || {
        let start = thread_cpu();
        thread_cpu() - start
    };
    let mut samples: Vec<u64> = (0..101).map(|_| once()).collect();
    samples.sort_unstable();
    samples[samples.len() / 2]
}
