//! Fuzzes the filter with texts that contain secrets.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sentry::__private::fuzz::scrubbing(text));
