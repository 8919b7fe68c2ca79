//! `#[main]` above the attribute of a runtime.

#[sentry::main]
#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    tokio::task::yield_now().await;
    std::process::ExitCode::SUCCESS
}
