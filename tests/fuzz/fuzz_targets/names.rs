//! Fuzzes the parsers of tags and crontabs.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (&str, &str)| {
    sentry::__private::fuzz::tag(input.0, input.1);
    sentry::__private::fuzz::crontab(input.0);
});
