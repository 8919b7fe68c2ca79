//! Every argument of `#[main]`.

#[sentry::main(
    dsn = "",
    options = sentry::ClientOptions::new().local(false),
    traces_sample_rate = 0.5,
    environment = "testing",
    release = sentry::release_name!(),
    crate = ::sentry
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(())
}
