//! Texts with secrets in them.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sentry::__private::fuzz::scrubbing(text));
