//! Fuzzes the parsers of `sentry-trace`, `traceparent` and `baggage`, with one line for each header.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    sentry::__private::fuzz::trace_headers(line(), line(), line());
});
