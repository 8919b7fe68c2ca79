//! What the fake server answers: a status with headers and a body, late, cut short, or not at all.

use std::time::Duration;

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
    pub(crate) manner: Manner,
}

/// How much of an answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// All of it.
    Whole,
    /// Its first bytes, then the connection is closed.
    CutShort,
    /// Nothing: the connection is closed.
    Hangup,
    /// Nothing, and the connection stays open.
    Never,
    /// All of it, byte by byte with a pause after each.
    Drip(Duration),
}

impl Default for Answer {
    fn default() -> Self {
        Self::ok()
    }
}

impl Answer {
    /// 200, with the event's id as a real server answers.
    #[must_use]
    pub fn ok() -> Self {
        Self::status(200)
    }

    /// An answer with this status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None, delay: Duration::ZERO, manner: Manner::Whole }
    }

    /// No answer, ever: the connection stays open and silent until the server is dropped.
    #[must_use]
    pub fn never() -> Self {
        Self { manner: Manner::Never, ..Self::ok() }
    }

    /// The request is read, then the connection is closed without a word.
    #[must_use]
    pub fn hangup() -> Self {
        Self { manner: Manner::Hangup, ..Self::ok() }
    }

    /// The connection is closed in the middle of the headers.
    #[must_use]
    pub fn cut_short() -> Self {
        Self { manner: Manner::CutShort, ..Self::ok() }
    }

    /// The same answer, byte by byte with this pause after each.
    #[must_use]
    pub fn drip(mut self, pause: Duration) -> Self {
        self.manner = Manner::Drip(pause);
        self
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same answer with another body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The same answer, given only after a while.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Whether the sender learns that its envelope was taken.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self.manner, Manner::Whole | Manner::Drip(_)) && (200..300).contains(&self.status)
    }

    /// The bytes of the answer.
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
