//! A small web shop that is instrumented by annotations alone: it starts no span and captures no error by hand.
//!
//! ```text
//! cargo run --example storefront              # starts, visits itself, prints what was recorded, stops
//! cargo run --example storefront -- --serve   # keeps running, for your browser, with a page of what is recorded
//! SENTRY_DSN=… cargo run --example storefront # also sends everything to a server
//! cargo run --example storefront -- --payments # runs only the payment service, as a program of its own
//! ```
//!
//! `PAYMENT_SERVICE=127.0.0.1:8000` sends the shop's charges to that service instead of its own. `BROWSER_SDK=sdk.js`
//! puts that script, which contains Sentry's browser SDK, into the pages.
//!
//! The files:
//! * `pages.rs`: the router with its layer, and the handlers with `#[sentry::server_action]`
//! * `orders.rs`, `repository.rs`: the functions that the handlers call, with `#[sentry::span]`
//! * `payments.rs`: a request to another service that continues the trace, with a middleware for reqwest
//! * `payment_service.rs`: that service, which has no layer: its handler continues the trace itself
//! * `stock.rs`: pages with mistakes, which only a browser visits and the options reveal
//! * `restock.rs`: a job with `#[sentry::monitor]`
//! * `error.rs`: the errors, which pass through all of these and are captured once
//! * `browser_sdk.rs`: Sentry's browser SDK, if it is provided
//! * `server.rs`, `html.rs`: code that any web program needs; `visitors.rs`, `summary.rs`: code for this example only

mod browser_sdk;
mod error;
mod html;
mod orders;
mod pages;
mod payment_service;
mod payments;
mod repository;
mod restock;
mod server;
mod stock;
mod summary;
mod visitors;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use browser_sdk::BrowserSdk;
use payments::Payments;
use repository::Repository;

/// The state that all handlers share.
struct Shop {
    repository: Repository,
    payments: Payments,
    browser_sdk: Option<BrowserSdk>,
}

fn options() -> sentry::ClientOptions {
    let options = sentry::ClientOptions::new()
        .local(true)
        // Card numbers and passwords are filtered by default; this shop also filters email addresses.
        .deny_names(["email"])
        .before_send_transaction(summary::note_trace);
    let options = if asked("--serve") { for_a_browser(options) } else { options };
    // Record every trace, unless the environment sets another rate.
    match std::env::var_os("SENTRY_TRACES_SAMPLE_RATE") {
        Some(_) => options,
        None => options.traces_sample_rate(1.0),
    }
}

/// Sets the options for a visitor with a browser: the dashboard shows each click as a trace, with all kinds of data.
fn for_a_browser(options: sentry::ClientOptions) -> sentry::ClientOptions {
    let options = options
        .collect_logs(true)
        .auto_session_tracking(true)
        .session_mode(sentry::SessionMode::Request)
        // These three options reveal the mistakes in `stock.rs`.
        .repeat_threshold(3)
        .track_polls(true)
        .blocked_poll_warning(Duration::from_millis(100));
    let unset = |variable: &str| std::env::var_os(variable).is_none();
    let options = if unset("SENTRY_RELEASE") { options.release("lamp-shop@1.0.0") } else { options };
    if unset("SENTRY_DASHBOARD") { options.dashboard(true) } else { options }
}

/// Returns whether the program was started with an argument.
fn asked(flag: &str) -> bool {
    std::env::args().any(|argument| argument == flag)
}

// `sentry::main` comes first, so that the client starts before the runtime and is flushed after the runtime has
// ended.
#[sentry::main(options = options())]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    tracing_subscriber::registry().with(sentry::integrations::tracing::layer()).init();
    let payment_service = match std::env::var("PAYMENT_SERVICE") {
        Ok(address) => address.parse()?,
        Err(_) => server::start(payment_service::router()).await?,
    };
    if asked("--payments") {
        println!("Payments are taken at http://{payment_service}/ (Ctrl-C ends it).");
        return Ok(tokio::signal::ctrl_c().await?);
    }
    let shop = Arc::new(Shop {
        repository: Repository::stocked(),
        payments: Payments::at(payment_service)?,
        browser_sdk: BrowserSdk::from_environment()?,
    });
    let address = server::start(pages::router(Arc::clone(&shop))).await?;

    if asked("--serve") {
        println!("The shop is open at http://{address}/ (Ctrl-C closes it).");
        tokio::spawn(restock_forever(shop));
        return Ok(tokio::signal::ctrl_c().await?);
    }

    let visits = tokio::task::spawn_blocking(move || visitors::visit_all(address)).await??;
    for run in 1..=3 {
        // The second run fails, because the supplier does not answer; its event and its check-in show that.
        let _ = restock::restock_shelves(&shop, run).await;
    }
    let sent_in_time = sentry::flush(Duration::from_secs(10));
    summary::print(visits, &shop, sent_in_time);
    Ok(())
}

async fn restock_forever(shop: Arc<Shop>) {
    // The first run is soon, so that it can be seen.
    let mut pause = Duration::from_secs(5);
    for run in 1.. {
        tokio::time::sleep(pause).await;
        pause = Duration::from_secs(60);
        let _ = restock::restock_shelves(&shop, run).await;
    }
}
