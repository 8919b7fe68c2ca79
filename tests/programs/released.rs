//! A program that fails once. `errors/release_builds.rs` compiles it with the settings of releases.

use std::time::Duration;

#[inline(never)]
fn place_order() -> std::io::Error {
    let error = std::io::Error::other("sold out");
    sentry::capture_error(&error);
    // Work after the call keeps the compiler from turning the call into a jump.
    std::hint::black_box(error)
}

fn main() {
    let _guard = sentry::init(sentry::ClientOptions::new().shutdown_timeout(Duration::from_secs(60)));
    println!("{}", place_order());
}
