//! Fuzzes the parser of DSNs.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sentry::__private::fuzz::dsn(text));
