//! The answers of the fake server: a status with headers and a body, which may be delayed, cut off or never sent.

use std::time::Duration;

/// The length of the start of an answer up to its status: `HTTP/1.1 200`.
const STATUS: usize = 12;

/// An answer that a test scripts.
///
/// ```
/// use sentry_fake_server::Answer;
///
/// let limited = Answer::status(429).header("X-Sentry-Rate-Limits", "60:error:organization");
/// assert!(!limited.is_accepted());
/// assert!(Answer::ok().is_accepted());
/// assert!(!Answer::never().is_accepted());
/// ```
#[derive(Debug, Clone)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
    pub(crate) delay: Duration,
    pub(crate) held: bool,
    pub(crate) manner: Manner,
}

/// The way in which an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// All bytes.
    Whole,
    /// This number of bytes; then the connection is closed.
    CutShort(usize),
    /// Nothing; the connection is closed.
    Hangup,
    /// Nothing; the connection stays open.
    Never,
    /// All bytes, with a pause after each.
    Drip(Duration),
}

impl Default for Answer {
    fn default() -> Self {
        Self::ok()
    }
}

impl Answer {
    /// Returns a 200 with the event's id, like a real server.
    #[must_use]
    pub fn ok() -> Self {
        Self::status(200)
    }

    /// Returns an answer with this status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: None,
            delay: Duration::ZERO,
            held: false,
            manner: Manner::Whole,
        }
    }

    /// Returns an answer that is never sent: the connection stays open and silent until the server is dropped.
    #[must_use]
    pub fn never() -> Self {
        Self { manner: Manner::Never, ..Self::ok() }
    }

    /// Returns an answer that is not sent: the request is read, then the connection is closed.
    #[must_use]
    pub fn hangup() -> Self {
        Self { manner: Manner::Hangup, ..Self::ok() }
    }

    /// Returns an answer that is cut off: the connection is closed in the middle of the status line.
    #[must_use]
    pub fn cut_short() -> Self {
        Self::ok().cut_after(STATUS - 1)
    }

    /// Closes the connection after this number of bytes of the answer. An answer counts as accepted if its status was
    /// sent.
    #[must_use]
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.manner = Manner::CutShort(bytes);
        self
    }

    /// Sends the answer byte by byte, with this pause after each byte.
    #[must_use]
    pub fn drip(mut self, pause: Duration) -> Self {
        self.manner = Manner::Drip(pause);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Delays the answer.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Holds the answer back until the test calls [`FakeSentry::release`](crate::FakeSentry::release). The request is
    /// read and stored at once. A test that acts while a request is in flight does not have to rely on timing.
    #[must_use]
    pub fn held(mut self) -> Self {
        self.held = true;
        self
    }

    /// Returns whether the answer reports to the sender that its envelope was accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        let status_is_sent = match self.manner {
            Manner::Whole | Manner::Drip(_) => true,
            Manner::CutShort(bytes) => bytes >= STATUS,
            Manner::Hangup | Manner::Never => false,
        };
        status_is_sent && (200..300).contains(&self.status)
    }

    /// Returns the bytes of the answer.
    pub(crate) fn to_bytes(&self, event_id: Option<&str>) -> Vec<u8> {
        let body = match (&self.body, event_id) {
            (Some(body), _) => body.clone(),
            (None, Some(id)) => format!("{{\"id\":\"{id}\"}}"),
            (None, None) => "{}".to_owned(),
        };
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Scripted",
    }
}
