//! A program whose `main` returns an error.

use std::fmt;
use std::time::Duration;

#[derive(Debug)]
struct NoLamp(std::num::ParseIntError);

impl fmt::Display for NoLamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no lamp")
    }
}

impl std::error::Error for NoLamp {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[sentry::span]
fn light(lamp: &str) -> Result<u8, NoLamp> {
    lamp.parse().map_err(NoLamp)
}

// The timeout is long, because a busy machine reads debug information slowly.
#[sentry::main(options = sentry::ClientOptions::new().shutdown_timeout(Duration::from_secs(60)))]
fn main() -> Result<(), NoLamp> {
    let lamp = std::env::args().nth(1).unwrap_or_default();
    println!("lamp {}", light(&lamp)?);
    Ok(())
}
