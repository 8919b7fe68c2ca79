//! Requests: the parser decompresses and parses each body, and records every broken rule.
//!
//! [Spec, authentication](https://develop.sentry.dev/sdk/foundations/transport/authentication/),
//! [compression](https://develop.sentry.dev/sdk/foundations/transport/compression/)

use std::io::Read as _;

use crate::envelope::Envelope;
use crate::http::{self, RawRequest};

/// The public key that the server knows.
pub(crate) const KEY: &str = "e12d836b15bb49d7bbf99e64295d995b";
/// The project that the server knows.
pub(crate) const PROJECT: &str = "1";

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body as it arrived over the wire.
    pub raw_body: Vec<u8>,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// The envelope in it, if it could be parsed.
    pub envelope: Option<Envelope>,
    /// The number of its connection, from 0.
    pub connection: usize,
    /// Whether the sender learned that it was accepted (see [`Answer::is_accepted`](crate::Answer::is_accepted)).
    pub accepted: bool,
}

impl Request {
    /// Returns the value of a header; its name is not case-sensitive.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        http::find(&self.headers, name)
    }

    /// Decompresses and parses a request, and records broken rules.
    pub(crate) fn open(raw: RawRequest, connection: usize, violations: &mut Vec<String>) -> Self {
        let RawRequest { method, path, headers, body: raw_body, .. } = raw;
        let mut request = Request {
            body: raw_body.clone(),
            raw_body,
            method,
            path,
            headers,
            envelope: None,
            connection,
            accepted: false,
        };
        let spotlight = request.path == "/stream";
        let tunnel = request.path == "/tunnel";
        if request.method != "POST" {
            violations.push(format!("method {}, not POST", request.method));
        }
        if !spotlight
            && !tunnel
            && request.path.split('?').next() != Some(&format!("/api/{PROJECT}/envelope/"))
        {
            violations.push(format!("path {}, not /api/{PROJECT}/envelope/", request.path));
        }
        if request.header("Content-Type") != Some("application/x-sentry-envelope") {
            violations.push(format!("content type {:?}", request.header("Content-Type")));
        }
        if request.header("User-Agent").is_none_or(|agent| !agent.contains('/')) {
            violations.push(format!("user agent {:?}, not name/version", request.header("User-Agent")));
        }
        match (spotlight || tunnel, request.header("X-Sentry-Auth")) {
            (true, None) => {}
            (true, Some(_)) => violations.push("the key was sent to Spotlight or to a tunnel".to_owned()),
            (false, auth) => check_auth(auth.unwrap_or_default(), violations),
        }
        match request.header("Content-Encoding") {
            None => {}
            Some("gzip") if !spotlight => {
                let mut plain = Vec::new();
                match flate2::read::GzDecoder::new(&*request.raw_body).read_to_end(&mut plain) {
                    Ok(_) => request.body = plain,
                    Err(error) => violations.push(format!("the body is not gzip: {error}")),
                }
            }
            Some("zstd") if !spotlight => match zstd::decode_all(&*request.raw_body) {
                Ok(plain) => request.body = plain,
                Err(error) => violations.push(format!("the body is not zstd: {error}")),
            },
            Some(other) => violations.push(format!("content encoding {other:?}")),
        }
        request.envelope = Envelope::parse(&request.body, violations);
        let names_dsn = request.envelope.as_ref().is_some_and(|envelope| envelope.header["dsn"].is_string());
        if tunnel && !names_dsn {
            violations.push("an envelope to a tunnel without a dsn in its header".to_owned());
        }
        request
    }
}

/// Checks a header like `Sentry sentry_key=…, sentry_version=7, sentry_client=name/version`.
fn check_auth(auth: &str, violations: &mut Vec<String>) {
    let Some(entries) = auth.strip_prefix("Sentry ") else {
        violations.push(format!("X-Sentry-Auth: {auth:?} does not begin with \"Sentry \""));
        return;
    };
    let entries: Vec<_> = entries.split(',').map(|entry| entry.trim().split_once('=')).collect();
    let get =
        |name: &str| entries.iter().flatten().find(|(known, _)| *known == name).map(|(_, value)| *value);
    if entries.contains(&None) {
        violations.push(format!("X-Sentry-Auth: an entry of {auth:?} is not name=value"));
    }
    if get("sentry_key") != Some(KEY) {
        violations.push(format!("X-Sentry-Auth: the key in {auth:?} is not that of the DSN"));
    }
    if get("sentry_version") != Some("7") {
        violations.push(format!("X-Sentry-Auth: the version in {auth:?} is not 7"));
    }
    if get("sentry_client").is_none_or(|client| !client.contains('/')) {
        violations.push(format!("X-Sentry-Auth: the client in {auth:?} is not name/version"));
    }
}
