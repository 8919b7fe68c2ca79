//! The smallest program: annotated functions and the local view.
//!
//! Run it with `cargo run --example quickstart`, and set `SENTRY_DSN` to send to a server.

#[sentry::span]
fn fetch(id: u32) -> Result<u32, std::num::TryFromIntError> {
    std::thread::sleep(std::time::Duration::from_millis(5));
    u8::try_from(id * 100).map(u32::from)
}

#[sentry::span(err, attributes(order.id = id))]
fn price(id: u32) -> Result<u32, Box<dyn std::error::Error>> {
    Ok(fetch(id)? + fetch(id + 1)?)
}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).local(true))]
fn main() {
    for id in 0..3 {
        println!("order {id}: {:?}", price(id).map_err(|error| error.to_string()));
    }
}
