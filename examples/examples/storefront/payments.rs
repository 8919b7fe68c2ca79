//! The client of the payment service: an outgoing request that carries the trace along.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::PaymentError;

pub struct Payments {
    agent: ureq::Agent,
    url: String,
    requests: AtomicU64,
}

impl Payments {
    pub fn at(service: SocketAddr) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            // A declined card comes as status 402, which is an answer.
            .http_status_as_error(false)
            // The service is on this machine, whatever proxy the environment names for the world outside.
            .proxy(None)
            .build()
            .into();
        Self { agent, url: format!("http://{service}/charges"), requests: AtomicU64::new(0) }
    }

    /// Charges a card, and answers with the number of the payment.
    #[sentry::span("POST /charges", op = "http.client", attributes(http.request.method = "POST", order.number = order))]
    pub async fn charge(&self, order: u32, cents: u32, card_number: &str) -> Result<String, PaymentError> {
        let mut request = self.agent.post(&self.url);
        // With these two headers the service continues this trace, below this span.
        if let Some(trace) = sentry::get_trace_data() {
            for (name, value) in trace.iter() {
                request = request.header(name, value);
            }
        }
        let form = [
            ("order", order.to_string()),
            ("cents", cents.to_string()),
            ("card_number", card_number.to_owned()),
        ];
        self.requests.fetch_add(1, Ordering::Relaxed);
        // The HTTP client blocks, so it gets a thread that may.
        let answer = tokio::task::spawn_blocking(move || -> Result<_, ureq::Error> {
            let mut response = request.send_form(form)?;
            Ok((response.status(), response.body_mut().read_to_string()?))
        });
        let unreachable = |error: Box<dyn Error + Send + Sync>| PaymentError::Unreachable(error);
        let (status, text) = answer
            .await
            .map_err(|error| unreachable(error.into()))?
            .map_err(|error| unreachable(error.into()))?;
        match status.as_u16() {
            200 => Ok(text),
            402 => Err(PaymentError::Declined { reason: text }),
            other => Err(unreachable(format!("it answered with status {other}").into())),
        }
    }

    /// How many requests were sent.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}
