//! The clients under test, behind one face: what holds for one holds for all.

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
    /// Who makes the spans.
    pub fn origin(self) -> &'static str {
        match self {
            Self::Reqwest => "auto.http.reqwest",
            Self::Ureq => "auto.http.ureq",
        }
    }

    /// Sends a request. Answers with the status, unless there was no answer.
    pub fn get(self, url: &str) -> Option<u16> {
        self.send(url, &[])
    }

    /// The same, with headers of the user's.
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

/// reqwest with its middleware.
pub fn client() -> ClientWithMiddleware {
    let client = reqwest::Client::builder().no_proxy().timeout(LONG).build().unwrap();
    ClientBuilder::new(client).with(of_reqwest::SentryMiddleware::new()).build()
}

/// ureq with its middleware, and with its default of making errors of statuses.
pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(10)));
    config.middleware(of_ureq::SentryMiddleware::new()).build().into()
}

/// Runs a future on a runtime of its own, on this thread.
pub fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
