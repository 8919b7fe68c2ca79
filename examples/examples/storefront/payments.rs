//! The client of the payment service. A middleware records its requests as spans and adds the trace headers.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use sentry::integrations::reqwest::SentryMiddleware;

use crate::error::PaymentError;

pub struct Payments {
    client: ClientWithMiddleware,
    url: String,
    requests: AtomicU64,
}

impl Payments {
    pub fn at(service: SocketAddr) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            // The service is on this machine, so a proxy from the environment must not be used.
            .no_proxy()
            .build()?;
        Ok(Self {
            // The service continues this trace from the request's headers, as a child of the request's span.
            client: ClientBuilder::new(client).with(SentryMiddleware::new()).build(),
            url: format!("http://{service}/charges"),
            requests: AtomicU64::new(0),
        })
    }

    /// Charges a card and returns the number of the payment.
    #[sentry::span(op = "payment", attributes(order.number = order))]
    pub async fn charge(&self, order: u32, cents: u32, card_number: &str) -> Result<String, PaymentError> {
        let form = [
            ("order", order.to_string()),
            ("cents", cents.to_string()),
            ("card_number", card_number.to_owned()),
        ];
        self.requests.fetch_add(1, Ordering::Relaxed);
        let answer = self.client.post(&self.url).form(&form).send().await.map_err(unreachable)?;
        let status = answer.status();
        let text = answer.text().await.map_err(unreachable)?;
        match status.as_u16() {
            200 => Ok(text),
            // A declined card has the status 402, which is an expected response.
            402 => Err(PaymentError::Declined { reason: text }),
            other => Err(unreachable(format!("it answered with status {other}"))),
        }
    }

    /// Returns the number of requests that were sent.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

fn unreachable(error: impl Into<Box<dyn Error + Send + Sync>>) -> PaymentError {
    PaymentError::Unreachable(error.into())
}
