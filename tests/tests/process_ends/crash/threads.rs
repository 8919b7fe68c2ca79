//! Threads of programs with crash reports.

use std::ffi::CStr;

/// A replaced `pthread_create` breaks programs that are linked statically with glibc, and sanitizers.
#[cfg(target_env = "gnu")]
#[test]
fn the_c_library_starts_the_threads() {
    let function = libc::pthread_create as *const libc::c_void;
    // SAFETY: the call writes to the structure alone, and its name lives as long as the file is loaded.
    let file = unsafe {
        let mut place: libc::Dl_info = std::mem::zeroed();
        assert_ne!(libc::dladdr(function, &raw mut place), 0);
        CStr::from_ptr(place.dli_fname).to_str().unwrap().to_owned()
    };
    assert!(file.contains("/libc.so") || file.contains("/libpthread"), "{file}");
}
