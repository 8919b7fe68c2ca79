//! A program with panics that unwind, and one that cannot unwind and aborts; the argument selects one. `PATIENCE` is
//! the shutdown timeout in milliseconds.

use std::time::Duration;

/// A value that panics when it is dropped.
struct Fragile;

impl Drop for Fragile {
    fn drop(&mut self) {
        panic!("and then the shelf");
    }
}

/// A value that catches its own panic while another panic unwinds.
struct Sturdy;

impl Drop for Sturdy {
    fn drop(&mut self) {
        drop(std::panic::catch_unwind(|| panic!("caught")));
    }
}

extern "C" fn called_from_elsewhere() {
    panic!("the lamp broke");
}

#[expect(unsafe_code, reason = "the program triggers the compiler's checks of unsafe preconditions")]
fn unchecked() -> u8 {
    let numbers = vec![0_u8; std::env::args().count()];
    // SAFETY: the code violates the precondition on purpose; a check aborts before anything is read.
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
