//! A program without `#[sentry::main]` and without the guard of `sentry::init`. Its argument selects the calls.

#[sentry::span]
fn plain() {}

#[sentry::span]
async fn later() {}

#[sentry::span(err)]
fn fails() -> Result<(), &'static str> {
    Err("it fails")
}

#[sentry::server_action]
fn handler() {}

#[sentry::monitor("job", every = "1 day")]
fn job() {}

fn main() {
    // The message is printed once.
    for _ in 0..3 {
        match std::env::args().nth(1).as_deref() {
            Some("plain") => plain(),
            Some("async") => {
                let mut task = std::pin::pin!(later());
                let waker = std::task::Waker::noop();
                let _ = task.as_mut().poll(&mut std::task::Context::from_waker(waker));
            }
            Some("fails") => drop(fails()),
            Some("handler") => handler(),
            Some("job") => job(),
            Some("by hand") => sentry::start_span("by hand", |_| {}),
            Some("capture") => drop(sentry::capture_message("hello", sentry::Level::Info)),
            Some("error") => drop(sentry::capture_error(&std::fmt::Error)),
            Some("log") => sentry::logger_info!("hello"),
            Some("metric") => sentry::metrics::count("calls", 1).capture(),
            Some("init") => {
                let _guard = sentry::init(());
                plain();
            }
            Some("guard dropped") => {
                let _ = sentry::init(());
                plain();
            }
            Some("guard dropped, capture") => {
                let _ = sentry::init(());
                sentry::capture_message("hello", sentry::Level::Info);
            }
            Some("thread after main") => {
                let guard = sentry::init(());
                let _ = fails();
                drop(guard);
                plain();
            }
            _ => {}
        }
    }
}
