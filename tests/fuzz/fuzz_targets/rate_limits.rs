//! Fuzzes the status and headers of an answer: two bytes of status, then a line per header, empty if it is missing.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (u16, &str)| {
    let mut lines = input.1.split('\n').map(|line| Some(line).filter(|line| !line.is_empty()));
    let mut line = || lines.next().flatten();
    sentry::__private::fuzz::rate_limits(input.0, line(), line(), line());
});
