//! Requests to a metadata service: direct, short, and small.

use std::time::Duration;

use crate::base::diagnostics;

/// The longest time for one request. The services answer within milliseconds; elsewhere nobody answers.
const PATIENCE: Duration = Duration::from_secs(1);
/// The maximum size of an answer in bytes.
const MAX_ANSWER: u64 = 64 * 1024;

/// A client that talks to the machine's own network only.
pub(super) struct Metadata(ureq::Agent);

impl Metadata {
    pub(super) fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            // The address is link-local: a proxy would ask another machine.
            .proxy(None)
            .max_redirects(0);
        Self(config.build().into())
    }

    /// Returns the body of the answer to a GET request, if its status is 2xx.
    pub(super) fn get(&self, url: &str, header: Option<(&str, &str)>) -> Option<String> {
        let mut request = self.0.get(url);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        read(url, request.call())
    }

    /// Returns the body of the answer to an empty PUT request, if its status is 2xx.
    pub(super) fn put(&self, url: &str, (name, value): (&str, &str)) -> Option<String> {
        read(url, self.0.put(url).header(name, value).send_empty())
    }
}

fn read(url: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Option<String> {
    let text =
        answer.and_then(|mut answer| answer.body_mut().with_config().limit(MAX_ANSWER).read_to_string());
    text.inspect_err(|error| diagnostics::debug(format_args!("no metadata from {url}: {error}"))).ok()
}
