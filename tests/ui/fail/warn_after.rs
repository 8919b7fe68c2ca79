//! Limits of open spans that are not durations.

#[sentry::span(warn_after = "5")]
fn no_unit() {}

#[sentry::span(warn_after = 5)]
fn a_number() {}

#[sentry::span(warn_after = "0s")]
fn no_time() {}

fn main() {}
