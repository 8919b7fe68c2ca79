//! A function of AWS Lambda that answers HTTP requests, with `lambda_http`.
//!
//! `cargo run --manifest-path examples/lambda/Cargo.toml` also plays Lambda: it starts itself as the function, invokes it
//! twice over the runtime API, and checks what has arrived at a Sentry server when the function asks for the next event.
//! From that moment on, Lambda freezes the process.

mod lambda;

use lambda_http::{Error, Request, Response, service_fn};
use sentry::integrations::cloud::CloudResource;
use sentry::integrations::lambda_runtime::SentryLayer;

/// An `Err` is captured here: `lambda_http` turns it into a response.
#[sentry::span(err)]
async fn answer(request: Request) -> Result<Response<String>, Error> {
    let name = request.uri().path().trim_start_matches("/greetings/").to_owned();
    let text = greeting(&name).await?;
    Ok(Response::new(text))
}

#[sentry::span]
async fn greeting(name: &str) -> Result<String, std::io::Error> {
    match name {
        "nobody" => Err(std::io::Error::other("nobody is here")),
        name => Ok(format!("Hello {name}")),
    }
}

fn function() -> Result<(), Error> {
    let options = sentry::ClientOptions::new().traces_sample_rate(1.0).integration(CloudResource::new());
    let _guard = sentry::init(options);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let function = lambda_http::runtime(service_fn(answer)).layer(SentryLayer::new());
    runtime.block_on(function.run())
}

fn main() -> Result<(), Error> {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() { function() } else { lambda::invoke() }
}
