//! The visitors: a fixed number of real HTTP requests, each with its expected response.
//!
//! A visitor acts as a small browser. It opens a page, reads the trace from the meta tags in its head, and sends it
//! with the order, as Sentry's browser SDK does. So page, order and payment form one trace.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// A visit, and the expected status of the last response.
enum Visit {
    Look { path: &'static str, status: u16 },
    Order { sku: &'static str, quantity: &'static str, card: &'static str, status: u16 },
}

const GOOD_CARD: &str = "4242 4242 4242 4242";
const BAD_CARD: &str = "4000 0000 0000 0002";

const VISITS: [Visit; 8] = [
    Visit::Look { path: "/", status: 200 },
    Visit::Order { sku: "lantern", quantity: "2", card: GOOD_CARD, status: 200 },
    Visit::Order { sku: "candle", quantity: "6", card: GOOD_CARD, status: 200 },
    Visit::Order { sku: "bulb", quantity: "1", card: GOOD_CARD, status: 200 },
    Visit::Order { sku: "diya", quantity: "0", card: GOOD_CARD, status: 422 },
    Visit::Look { path: "/lamps/torch", status: 404 },
    Visit::Order { sku: "lantern", quantity: "1", card: BAD_CARD, status: 402 },
    Visit::Look { path: "/deals/6", status: 500 },
];

/// The reason why a visit failed.
#[derive(Debug)]
pub enum VisitError {
    Http(ureq::Error),
    Answer { path: String, status: u16, expected: u16 },
}

impl fmt::Display for VisitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(error) => write!(f, "the shop cannot be visited: {error}"),
            Self::Answer { path, status, expected } => {
                write!(f, "{path} was answered with {status}, but should be with {expected}")
            }
        }
    }
}

impl std::error::Error for VisitError {}

impl From<ureq::Error> for VisitError {
    fn from(error: ureq::Error) -> Self {
        Self::Http(error)
    }
}

/// Runs all visitors, two at a time, and returns the number of requests.
pub fn visit_all(shop: SocketAddr) -> Result<u64, VisitError> {
    let (some, others) = VISITS.split_at(VISITS.len() / 2);
    std::thread::scope(|scope| {
        let others = scope.spawn(move || visit_each(others, shop));
        let requests = visit_each(some, shop)?;
        Ok(requests + others.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?)
    })
}

fn visit_each(visits: &[Visit], shop: SocketAddr) -> Result<u64, VisitError> {
    let mut browser = Browser::new(shop);
    for visit in visits {
        match *visit {
            Visit::Look { path, status } => drop(browser.open(path, status)?),
            Visit::Order { sku, quantity, card, status } => {
                let page = browser.open(&format!("/lamps/{sku}"), 200)?;
                let form = [
                    ("sku", sku),
                    ("quantity", quantity),
                    ("email", "ada@example.com"),
                    ("card_number", card),
                ];
                browser.submit(&page, "/orders", form, status)?;
            }
        }
    }
    Ok(browser.requests)
}

struct Browser {
    agent: ureq::Agent,
    shop: String,
    requests: u64,
}

impl Browser {
    fn new(shop: SocketAddr) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false)
            .proxy(None);
        Self { agent: config.build().into(), shop: format!("http://{shop}"), requests: 0 }
    }

    /// Opens a page and returns its HTML.
    fn open(&mut self, path: &str, expected: u16) -> Result<String, VisitError> {
        self.requests += 1;
        let response = self.agent.get(format!("{}{path}", self.shop)).call()?;
        read(response, path, expected)
    }

    /// Sends a form from a page, with the trace of that page.
    fn submit<const N: usize>(
        &mut self,
        page: &str,
        path: &str,
        form: [(&str, &str); N],
        expected: u16,
    ) -> Result<String, VisitError> {
        self.requests += 1;
        let mut request = self.agent.post(format!("{}{path}", self.shop));
        for name in ["sentry-trace", "baggage"] {
            if let Some(content) = meta_tag(page, name) {
                request = request.header(name, content);
            }
        }
        read(request.send_form(form)?, path, expected)
    }
}

fn read(
    mut response: ureq::http::Response<ureq::Body>,
    path: &str,
    expected: u16,
) -> Result<String, VisitError> {
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string()?;
    if status == expected {
        Ok(text)
    } else {
        Err(VisitError::Answer { path: path.to_owned(), status, expected })
    }
}

/// Returns the content of a meta tag.
fn meta_tag<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("<meta name=\"{name}\" content=\""))?;
    rest.split_once('"').map(|(content, _)| content)
}
