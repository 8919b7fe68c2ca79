//! A program with the cloud resource integration. It sends messages until one has the context that is named by the first
//! argument, and then a transaction, or with the second argument `stream` a streamed segment. `-` waits for no context.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sentry::integrations::cloud::CloudResource;
use sentry::{ClientOptions, Level, TraceLifecycle};

const PATIENCE: Duration = Duration::from_secs(60);

#[sentry::span]
fn work() {}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    let known = Arc::new(AtomicBool::new(wanted == "-"));
    let seen = Arc::clone(&known);
    let mut options = ClientOptions::new()
        .traces_sample_rate(1.0)
        .shutdown_timeout(PATIENCE)
        .integration(CloudResource::new())
        .before_send(move |event| {
            if event.contexts.contains_key(&wanted) {
                seen.store(true, Ordering::SeqCst);
            }
            Some(event)
        });
    if arguments.next().as_deref() == Some("stream") {
        options = options.trace_lifecycle(TraceLifecycle::Stream);
    }
    let _guard = sentry::init(options);
    let started = Instant::now();
    loop {
        sentry::capture_message("here", Level::Info);
        sentry::flush(PATIENCE);
        if known.load(Ordering::SeqCst) || started.elapsed() > PATIENCE {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    work();
}
