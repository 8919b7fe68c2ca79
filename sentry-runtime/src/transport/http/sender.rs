//! The HTTP sender: one POST per envelope, over a connection that is kept open.
//!
//! [Spec, authentication](https://develop.sentry.dev/sdk/foundations/transport/authentication/),
//! [compression](https://develop.sentry.dev/sdk/foundations/transport/compression/)

use std::io::Read as _;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::HttpOptions;
use super::agents::{Agents, is_refused_certificate};
use super::compress::Compressor;
use super::tls;
use crate::base::diagnostics;
use crate::base::lock::lock;
use crate::protocol::buffers::Recycled;
use crate::protocol::{DiscardReason, Envelope};
use crate::transport::config::Compression;
use crate::transport::destination::Delivery;
use crate::transport::error::TransportError;
use crate::transport::{certificates, proxy, rate_limits};

/// The maximum number of bytes read of a response: it is a short JSON object, needed only if something is wrong.
const ANSWER_LIMIT: u64 = 4 * 1024;
/// The reasons for no response, beside the statuses of responses.
const REFUSED_CERTIFICATE: u16 = 0;
const NO_RESPONSE: u16 = 1;
/// The maximum length of the server's message that is passed on, in characters.
const DETAIL_LIMIT: usize = 200;

/// A request without its body.
type Request = ureq::RequestBuilder<ureq::typestate::WithBody>;

/// A sender that posts envelopes to one URL over connections that are kept open.
#[derive(Debug)]
pub(in crate::transport) struct HttpSender {
    agents: Agents,
    url: String,
    auth: Option<String>,
    dsn: Option<String>,
    pub(super) compressor: Mutex<Compressor>,
}

/// The server's response.
#[derive(Debug)]
pub(in crate::transport) struct Response {
    pub(in crate::transport) status: u16,
    pub(super) rate_limits: Option<String>,
    pub(super) retry_after: Option<String>,
    pub(super) date: Option<String>,
    /// The target of a redirect.
    pub(super) location: Option<String>,
    /// The server's message about an error.
    pub(super) detail: String,
    /// The number of bytes sent.
    pub(in crate::transport) sent: usize,
}

impl Response {
    /// Returns a response of which only the status arrived.
    fn of_status(status: u16, sent: usize) -> Self {
        let detail = "the rest of the response did not arrive".to_owned();
        Self { status, rate_limits: None, retry_after: None, date: None, location: None, detail, sent }
    }

    /// Returns the pause that `Retry-After` requests.
    pub(in crate::transport) fn pause(&self) -> Option<Duration> {
        rate_limits::parse_retry_after(self.retry_after.as_deref()?, self.date.as_deref())
    }
}

/// The error for a request without a response.
#[derive(Debug)]
pub(in crate::transport) struct NoAnswer {
    error: ureq::Error,
}

impl NoAnswer {
    /// Returns the outcome for the envelope.
    pub(in crate::transport) fn delivery(&self) -> Delivery {
        if self.is_worth_a_retry() {
            Delivery::Failed(DiscardReason::NetworkError)
        } else {
            Delivery::Lost(DiscardReason::NetworkError)
        }
    }

    /// Reports the error: the first in a row as an error, since the user may be able to fix it, others as debug lines.
    /// `complained` is the status that was last reported; here a certificate or no response.
    pub(in crate::transport) fn explain(&self, server: &str, complained: &mut Option<u16>) {
        let reason = if self.is_refused_certificate() { REFUSED_CERTIFICATE } else { NO_RESPONSE };
        if complained.replace(reason) == Some(reason) {
            return diagnostics::debug(format_args!("no response from {server}: {self}"));
        }
        if reason == REFUSED_CERTIFICATE {
            diagnostics::error(format_args!(
                "cannot connect securely to {server}: {self}; if a private authority signed its certificate, \
                 set the option ca_certs to that authority; if the server signed it itself, to the certificate"
            ));
        } else {
            diagnostics::error(format_args!(
                "no response from {server}: {self}; check its address, the network and the proxy (printed once; \
                 SENTRY_DEBUG=1 prints every attempt)"
            ));
        }
    }

    /// Returns whether another attempt may succeed. A timeout after the connection was established has held up the queue
    /// long enough, and the envelope may have arrived nevertheless.
    fn is_worth_a_retry(&self) -> bool {
        matches!(
            self.error,
            ureq::Error::Io(_)
                | ureq::Error::HostNotFound
                | ureq::Error::ConnectionFailed
                | ureq::Error::Protocol(_)
                | ureq::Error::ConnectProxyFailed(_)
                | ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect)
        )
    }

    /// Returns whether the server's certificate is not trusted.
    fn is_refused_certificate(&self) -> bool {
        is_refused_certificate(&self.error)
    }
}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl HttpSender {
    pub(in crate::transport) fn new(options: HttpOptions) -> Result<Self, TransportError> {
        let target: ureq::http::Uri = options.url.parse().unwrap_or_default();
        let proxy = proxy::select(&target, &options.proxy, |name| std::env::var(name).ok())
            .map_err(TransportError::Proxy)?;
        if target.scheme_str() == Some("https")
            && let Some(rule) = tls::unavailable()
        {
            return Err(TransportError::Tls { url: options.url, rule });
        }
        let local = target.host().is_some_and(proxy::is_local);
        let config = || {
            ureq::Agent::config_builder()
                .http_status_as_error(false)
                // A redirect could send the key to another host; a server of envelopes needs none.
                .max_redirects(0)
                .max_redirects_will_error(false)
                .user_agent(&options.user_agent)
                .proxy(proxy.clone())
                .max_idle_connections(1)
                .max_idle_connections_per_host(1)
                .timeout_connect(Some(options.connect_timeout))
                // A response that arrives slowly is only limited by the time of the whole request.
                .timeout_per_read(Some(options.read_timeout))
                // The same for each write. A limit that stays the same from write to write also saves the system call
                // that would set what is left of the whole request's time.
                .timeout_per_write(Some(options.read_timeout))
                // At this point the server has accepted the envelope: its message is not worth a long wait.
                .timeout_recv_body(Some(options.read_timeout.min(Duration::from_secs(2))))
                .timeout_global(Some(options.total_timeout))
        };
        #[cfg(feature = "_tls")]
        let agents = {
            let trusted = options.ca_certs.as_ref().map(certificates::read).transpose();
            Agents::new(config, trusted.map_err(TransportError::Certificates)?)
        };
        #[cfg(not(feature = "_tls"))]
        let agents = match &options.ca_certs {
            Some(given) => return Err(TransportError::Certificates(certificates::refuse(given))),
            None => Agents::new(config),
        };
        let compression =
            if local && !options.compress_locally { Compression::Off } else { options.compression };
        let compressor = Mutex::new(Compressor::new(compression));
        Ok(Self { agents, url: options.url, auth: options.auth, dsn: options.dsn, compressor })
    }

    pub(in crate::transport) fn post(&self, envelope: &Envelope) -> Result<Response, NoAnswer> {
        const TYPE: &str = "application/x-sentry-envelope";
        let pieces = envelope.pieces(SystemTime::now(), self.dsn.as_deref());
        if lock(&self.compressor).is_off() {
            let length = pieces.len();
            return self.send(TYPE, None, &[], length, &|request| {
                // With a known length the library does not split the body into chunks.
                let request = request.header("Content-Length", length);
                request.send(ureq::SendBody::from_reader(&mut pieces.reader()))
            });
        }
        self.post_body(&Recycled::from(pieces.to_vec()), TYPE, &[])
    }

    /// Posts a body of any type, with the given headers.
    pub(in crate::transport) fn post_body(
        &self,
        plain: &[u8],
        content_type: &str,
        headers: &[(String, String)],
    ) -> Result<Response, NoAnswer> {
        let compressed = lock(&self.compressor).compress(plain);
        let (body, encoding) = match &compressed {
            Some((body, encoding)) => (&body[..], Some(*encoding)),
            None => (plain, None),
        };
        self.send(content_type, encoding, headers, body.len(), &|request| request.send(body))
    }

    /// Posts a body of this length, which `send` adds to the request. It is called again if another client has to try.
    fn send(
        &self,
        content_type: &str,
        encoding: Option<&str>,
        headers: &[(String, String)],
        length: usize,
        send: &dyn Fn(Request) -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Response, NoAnswer> {
        let request = |agent: &ureq::Agent| {
            let mut request = agent.post(&self.url).header("Content-Type", content_type);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            if let Some(encoding) = encoding {
                request = request.header("Content-Encoding", encoding);
            }
            if let Some(auth) = &self.auth {
                request = request.header("X-Sentry-Auth", auth);
            }
            send(request)
        };
        let mut response = match self.agents.ask(request) {
            Ok(response) => response,
            Err(error) => {
                // The rest of the response did not arrive, but the server has decided.
                let noted = self.agents.noted_status().filter(|_| !is_refused_certificate(&error));
                return noted.map(|status| Response::of_status(status, length)).ok_or(NoAnswer { error });
            }
        };
        let status = response.status().as_u16();
        let header = |name: &str| {
            let values: Vec<_> =
                response.headers().get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
            (!values.is_empty()).then(|| values.join(","))
        };
        let (rate_limits, retry_after, date) =
            (header("X-Sentry-Rate-Limits"), header("Retry-After"), header("Date"));
        // They may be printed on a terminal.
        let shown = |text: String| -> String {
            text.chars().filter(|c| !c.is_control()).take(DETAIL_LIMIT).collect()
        };
        let location = header("Location").map(shown);
        let mut detail = header("X-Sentry-Error").unwrap_or_default();
        // Always read: a connection is only reused after its response was read.
        let mut text = Vec::new();
        let read = response.body_mut().as_reader().take(ANSWER_LIMIT).read_to_end(&mut text);
        if detail.is_empty() && read.is_ok() {
            detail = String::from_utf8_lossy(&text).into_owned();
        }
        Ok(Response { status, rate_limits, retry_after, date, location, detail: shown(detail), sent: length })
    }
}
