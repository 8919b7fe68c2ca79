//! A monitored cron worker of `apalis`, with the attribute on the handler.
//!
//! `cargo run --manifest-path examples/schedulers/Cargo.toml --bin apalis` runs for about two seconds and prints what
//! was recorded.

use std::error::Error;
use std::io;
use std::str::FromStr as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use apalis::prelude::*;
use apalis_cron::{CronScheduler, Tick};
use tokio::sync::Semaphore;

/// One permit for each started run; the worker finishes these runs before it stops.
static RUNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(0));

/// The first run succeeds; the second fails, because there is no milk.
///
/// In production, the monitor has the schedule of the worker, `schedule = "0 7 * * *"`. Here the worker runs every
/// second, which is more often than a monitor's schedule allows.
#[sentry::monitor("morning-cereal", every = "1 minute", max_runtime = "5m")]
async fn morning_cereal(_tick: Tick) -> Result<(), io::Error> {
    static RUN: AtomicU32 = AtomicU32::new(1);
    RUNS.add_permits(1);
    match RUN.fetch_add(1, Ordering::Relaxed) {
        1 => Ok(pour().await),
        _ => Err(io::Error::other("there is no milk")),
    }
}

#[sentry::span]
async fn pour() {}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).local(true))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let schedule = cron::Schedule::from_str("* * * * * *")?;
    let worker =
        WorkerBuilder::new("breakfast").backend(CronScheduler::new(schedule)).build(morning_cereal);
    let twice = async {
        let _both = RUNS.acquire_many(2).await.map_err(io::Error::other)?;
        Ok::<_, io::Error>(())
    };
    worker.run_until(twice).await?;
    Ok(())
}
