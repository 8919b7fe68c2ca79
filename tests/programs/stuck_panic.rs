//! A program whose panics unwind, with one that cannot: it aborts. The argument says which. `PATIENCE` is how long the
//! program may wait for the server, in milliseconds.

use std::time::Duration;

/// Panics whenever it is dropped.
struct Fragile;

impl Drop for Fragile {
    fn drop(&mut self) {
        panic!("and then the shelf");
    }
}

/// Contains a panic of its own while another one unwinds.
struct Sturdy;

impl Drop for Sturdy {
    fn drop(&mut self) {
        drop(std::panic::catch_unwind(|| panic!("caught")));
    }
}

extern "C" fn called_from_elsewhere() {
    panic!("the lamp broke");
}

#[expect(unsafe_code, reason = "it is what the compiler's checks are about")]
fn unchecked() -> u8 {
    let numbers = vec![0_u8; std::env::args().count()];
    // SAFETY: there is none, and a check says so before anything is read.
    unsafe { *numbers.get_unchecked(numbers.len()) }
}

#[sentry::monitor("nightly-report", schedule = "0 3 * * *")]
fn job(how: &str) {
    sentry::capture_message("at work", sentry::Level::Info);
    match how {
        "foreign" => called_from_elsewhere(),
        "twice" => {
            let _fragile = Fragile;
            panic!("the lamp broke");
        }
        "caught" => {
            let _sturdy = Sturdy;
            panic!("the lamp broke");
        }
        "unchecked" => println!("{}", unchecked()),
        _ => {}
    }
}

fn main() {
    let patience = std::env::var("PATIENCE").ok().and_then(|millis| millis.parse().ok()).unwrap_or(20_000);
    let options = sentry::ClientOptions::new().shutdown_timeout(Duration::from_millis(patience));
    let _guard = sentry::init(options.traces_sample_rate(1.0));
    job(&std::env::args().nth(1).unwrap_or_default());
}
