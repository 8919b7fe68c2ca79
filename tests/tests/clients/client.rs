//! The clients under test behind one interface, so that all tests run with each of them.

use std::time::Duration;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use sentry::integrations::{reqwest as of_reqwest, ureq as of_ureq};
use sentry_tests::support::LONG;

/// A client with its middleware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    Reqwest,
    Ureq,
}

pub const ALL: [Client; 2] = [Client::Reqwest, Client::Ureq];

impl Client {
    /// Returns the origin of the client's spans.
    pub fn origin(self) -> &'static str {
        match self {
            Self::Reqwest => "auto.http.reqwest",
            Self::Ureq => "auto.http.ureq",
        }
    }

    /// Sends a request. Returns the status, or `None` without an answer.
    pub fn get(self, url: &str) -> Option<u16> {
        self.send(url, &[])
    }

    /// Sends a request with headers of the user.
    pub fn send(self, url: &str, headers: &[(&str, &str)]) -> Option<u16> {
        match self {
            Self::Reqwest => run(async {
                let mut request = client().get(url);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                request.send().await.ok().map(|response| response.status().as_u16())
            }),
            Self::Ureq => {
                let mut request = agent().get(url);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                match request.call() {
                    Ok(response) => Some(response.status().as_u16()),
                    Err(ureq::Error::StatusCode(status)) => Some(status),
                    Err(_) => None,
                }
            }
        }
    }
}

/// Returns a reqwest client with its middleware.
pub fn client() -> ClientWithMiddleware {
    let client = reqwest::Client::builder().no_proxy().timeout(LONG).build().unwrap();
    ClientBuilder::new(client).with(of_reqwest::SentryMiddleware::new()).build()
}

/// Returns a ureq agent with its middleware; by default, ureq turns statuses into errors.
pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(10)));
    config.middleware(of_ureq::SentryMiddleware::new()).build().into()
}

/// Runs a future on a runtime of its own, on this thread.
pub fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
