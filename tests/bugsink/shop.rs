//! A program that sends errors to a real server: six events, which form four issues.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::num::ParseIntError;
use std::time::Duration;

use sentry::{Breadcrumb, Level, User};

#[derive(Debug)]
struct NoLamp(ParseIntError);

impl fmt::Display for NoLamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such lamp")
    }
}

impl Error for NoLamp {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[sentry::span(err)]
fn find_lamp(number: &str) -> Result<u8, NoLamp> {
    number.parse().map_err(NoLamp)
}

#[sentry::span(err)]
fn place_order(number: &str) -> Result<u8, NoLamp> {
    find_lamp(number)
}

fn weigh(lamps: &BTreeMap<&str, u32>) -> u32 {
    // The bug: there is no such lamp.
    lamps["sconce"]
}

// The timeout is long, because reading debug information is slow on a busy machine.
#[sentry::main(options = sentry::ClientOptions::new().shutdown_timeout(Duration::from_secs(30)))]
fn main() {
    sentry::set_tag("shelf", "upper left");
    sentry::set_user(Some(User {
        id: Some("17".to_owned()),
        username: Some("ada".to_owned()),
        ..User::default()
    }));
    sentry::add_breadcrumb(Breadcrumb {
        category: Some("order".to_owned()),
        message: Some("opened the catalogue".to_owned()),
        ..Breadcrumb::default()
    });

    // One issue: the same error, twice.
    for _ in 0..2 {
        let _no_lamp = place_order("desk");
    }
    // One issue: a panic.
    let _panic = std::panic::catch_unwind(|| weigh(&BTreeMap::new()));
    // One issue: two errors with the same fingerprint.
    for number in ["256", ""] {
        if let Err(error) = number.parse::<u8>() {
            sentry::capture_error_with(&error, |scope| {
                scope.set_fingerprint(Some(&["numbers of lamps"]));
            });
        }
    }
    // One issue: a message.
    sentry::capture_message("the shop closes", Level::Warning);
}
