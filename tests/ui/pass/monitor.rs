//! Every argument of `#[monitor]`.

#[sentry::monitor("plain")]
fn plain() {}

#[sentry::monitor(
    slug = "everything",
    schedule = "*/5 8-18 1,15 JAN-DEC mon-FRI",
    timezone = "America/Argentina/Buenos_Aires",
    checkin_margin = 5,
    max_runtime = "1h30m",
    failure_issue_threshold = 720,
    recovery_threshold = 1,
    isolate_trace,
    crate = sentry
)]
async fn everything() -> Result<(), std::io::Error> {
    Ok(())
}

#[sentry::monitor("interval", every = "10 minutes")]
fn interval() -> u8 {
    7
}

#[sentry::monitor("word", schedule = "@weekly")]
#[sentry::span]
fn word() {}

fn main() {
    plain();
    drop(everything());
    let _ = interval();
    word();
}
