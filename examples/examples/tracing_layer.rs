//! A program that uses `tracing`: one line turns its spans and events into spans, breadcrumbs, logs and events.
//!
//! `cargo run --example tracing_layer` prints what was recorded.

use std::error::Error;
use std::io;

use tracing::{error, info, instrument};
use tracing_subscriber::layer::SubscriberExt as _;

#[instrument(fields(sentry.op = "cart.price"))]
fn price(lamps: u32) -> u32 {
    info!(lamps, "pricing");
    discount(lamps * 40)
}

// Annotated functions and `tracing` spans nest in each other.
#[sentry::span]
fn discount(price: u32) -> u32 {
    if price > 100 { price * 9 / 10 } else { price }
}

#[instrument(skip_all, fields(order = 7, charged))]
fn order() -> Result<(), io::Error> {
    tracing::Span::current().record("charged", price(3));
    save().inspect_err(|error| error!(error = error as &dyn Error, "the order is lost"))
}

fn save() -> Result<(), io::Error> {
    Err(io::Error::other("the disk is full"))
}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).collect_logs(true).local(true))]
fn main() -> Result<(), Box<dyn Error>> {
    let subscriber = tracing_subscriber::registry().with(sentry::integrations::tracing::layer());
    tracing::subscriber::set_global_default(subscriber)?;

    if order().is_err() {
        println!("the order was not taken");
    }
    Ok(())
}
