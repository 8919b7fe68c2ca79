//! A program with an async `main`: it returns an error, panics, or succeeds, according to its argument.

use std::time::Duration;

#[sentry::span]
async fn work() {
    tokio::task::yield_now().await;
}

// The timeout is long, because a busy machine reads debug information slowly.
#[sentry::main(
    options = sentry::ClientOptions::new().shutdown_timeout(Duration::from_secs(60)),
    traces_sample_rate = 1.0,
    release = "given@1",
    environment = "given"
)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    tokio::spawn(work()).await?;
    match std::env::args().nth(1).as_deref() {
        Some("error") => Err("no lamp".into()),
        Some("panic") => panic!("the lamp broke"),
        _ => Ok(()),
    }
}
