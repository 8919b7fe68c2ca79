//! Errors that only `#[monitor]` reports.

#[sentry::monitor]
fn no_slug() {}

#[sentry::monitor("Nightly Report")]
fn bad_slug() {}

#[sentry::monitor("")]
fn blank_slug() {}

#[sentry::monitor("12345")]
fn slug_of_digits() {}

#[sentry::monitor("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
fn long_slug() {}

#[sentry::monitor("a", slug = "b")]
fn slug_twice() {}

const SLUG: &str = "constant";

#[sentry::monitor(slug = SLUG)]
fn slug_of_a_constant() {}

#[sentry::monitor("a", schedule = "0 25 * * *")]
fn bad_hour() {}

#[sentry::monitor("a", schedule = "0 3 * *")]
fn four_fields() {}

#[sentry::monitor("a", schedule = "0 3 * * 5-1")]
fn backwards() {}

#[sentry::monitor("a", schedule = "*/0 * * * *")]
fn no_step() {}

#[sentry::monitor("a", schedule = "0 3 * * Funday")]
fn unknown_day() {}

#[sentry::monitor("a", schedule = "@dayly")]
fn unknown_word() {}

#[sentry::monitor("a", schedule = 5)]
fn schedule_as_a_number() {}

#[sentry::monitor("a", schedule = "0 3 * * *", every = "1 day")]
fn both_schedules() {}

#[sentry::monitor("a", every = "10 minuets")]
fn unknown_unit() {}

#[sentry::monitor("a", every = "often")]
fn no_interval() {}

#[sentry::monitor("a", every = "0 minutes")]
fn zero_interval() {}

#[sentry::monitor("a", every = "30s")]
fn interval_too_fine() {}

#[sentry::monitor("a", every = "1h30m")]
fn interval_in_parts() {}

#[sentry::monitor("a", every = "1 day", timezone = "Europe/Viena")]
fn bad_timezone() {}

#[sentry::monitor("a", every = "1 day", max_runtime = "29 days")]
fn runtime_too_long() {}

#[sentry::monitor("a", every = "1 day", checkin_margin = 40321)]
fn margin_too_long() {}

#[sentry::monitor("a", every = "1 day", recovery_threshold = "two")]
fn threshold_as_a_word() {}

#[sentry::monitor("a", every = "1 day", failure_issue_threshold = 721)]
fn threshold_too_high() {}

#[sentry::monitor("a", max_runtime = 5)]
fn configuration_without_schedule() {}

#[sentry::monitor("a")]
#[sentry::monitor("b")]
fn two_monitors() {}

fn main() {
    no_slug();
    bad_slug();
    blank_slug();
    slug_of_digits();
    long_slug();
    slug_twice();
    slug_of_a_constant();
    bad_hour();
    four_fields();
    backwards();
    no_step();
    unknown_day();
    unknown_word();
    schedule_as_a_number();
    both_schedules();
    unknown_unit();
    no_interval();
    zero_interval();
    interval_too_fine();
    interval_in_parts();
    bad_timezone();
    runtime_too_long();
    margin_too_long();
    threshold_as_a_word();
    threshold_too_high();
    configuration_without_schedule();
    two_monitors();
}
