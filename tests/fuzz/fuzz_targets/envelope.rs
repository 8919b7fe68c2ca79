//! Fuzzes the parser of envelopes: headers and a payload.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (&str, &str, &str, &[u8], i64)| {
    let (name, content_type, entry, payload, seconds) = input;
    sentry::__private::fuzz::envelope(name, content_type, entry, payload, seconds);
});
