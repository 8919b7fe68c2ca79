//! Monitored jobs of `tokio-cron-scheduler`, with the attribute on the function that the job calls.
//!
//! `cargo run --manifest-path examples/schedulers/Cargo.toml --bin tokio_cron` runs for about three seconds and prints
//! what was recorded.

use std::error::Error;
use std::io;

use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler};

/// Two runs succeed; the third fails, because there is no paper.
///
/// In production, the monitor has the schedule of the job, `schedule = "0 3 * * *"`. Here the job runs every second,
/// which is more often than a monitor's schedule allows.
#[sentry::monitor("print-report", every = "1 minute", max_runtime = "5m")]
async fn print_report(run: u32) -> Result<(), io::Error> {
    collect(run).await;
    if run < 3 { Ok(()) } else { Err(io::Error::other("the printer is out of paper")) }
}

#[sentry::span]
async fn collect(run: u32) {
    tokio::time::sleep(std::time::Duration::from_millis(u64::from(run))).await;
}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).local(true))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (tell, mut runs) = mpsc::unbounded_channel();
    let mut scheduler = JobScheduler::new().await?;
    let run = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let job = Job::new_async("* * * * * *", move |_id, _scheduler| {
        let run = run.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        let tell = tell.clone();
        Box::pin(async move {
            // The error is captured and reported by the check-in; the scheduler continues.
            let outcome = print_report(run).await;
            let _done = tell.send(outcome.is_ok());
        })
    })?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    for run in 1..=3 {
        println!("run {run} succeeded: {:?}", runs.recv().await);
    }
    scheduler.shutdown().await?;
    Ok(())
}
