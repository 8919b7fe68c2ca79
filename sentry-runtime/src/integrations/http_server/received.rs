//! A request as the server received it, in one text, and what is made of it when something reads it.
//!
//! The thread of the server copies the parts once. Which of them leave the process, and in which form, is decided when
//! they are read. The texts are copies because the server's own may be parts of its read buffer, which they would keep
//! in memory.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use super::parts::{Head, Parts};
use super::request_text::{Part, RawHeaders, RequestText};
use crate::client::Client;
use crate::protocol::Request;
use crate::protocol::nesting::Shallow;
use crate::scope::request::{Attributes, ReceivedRequest};
use crate::scope::request_events::{HasEvents, RequestEvents};
use crate::trace::baggage::MAX_COPIED;
use crate::trace::headers::HeaderSource;
use crate::trace::unread_baggage::{Reading, UnreadBaggage};

/// The maximum size of a request that is kept as it came. Of a larger one only what may leave the process is kept.
pub(super) const MAX_KEPT: usize = 32 * 1024;

/// A header: its name in lower case, its value, and whether the program marked the value as sensitive.
pub(crate) type RawHeader<'a> = (&'a str, &'a [u8], bool);

/// A request as it was received. See [the module](self).
pub(super) struct Received {
    /// Method, scheme, authority, path and query.
    head: [Option<Part>; 5],
    /// Where the headers begin.
    headers: usize,
    sentry_trace: SingleHeader,
    baggage: SingleHeader,
    version: &'static str,
    route: Option<String>,
    peer: Option<IpAddr>,
    origin: &'static str,
    further: fn(&str) -> Attributes,
    client: Arc<Client>,
    request: OnceLock<Box<Request>>,
    events: RequestEvents,
    reading: Reading,
    /// Method, scheme, authority, path, query and headers, one after the other.
    text: RequestText,
}

/// A header that can be read as text, if there is exactly one of its name.
#[derive(Clone, Copy, Default)]
struct SingleHeader {
    part: Option<Part>,
    was_seen: bool,
}

impl SingleHeader {
    fn add(&mut self, part: Part, value: &[u8]) {
        if value.is_ascii() {
            self.part = if self.was_seen { None } else { Some(part) };
            self.was_seen = true;
        }
    }
}

impl Received {
    /// Copies a request. `headers` is called again for a request that is longer than most.
    pub(super) fn new<'a, H: Iterator<Item = RawHeader<'a>>>(
        head: Head<'_>,
        headers: impl Fn() -> H,
        client: Arc<Client>,
    ) -> Arc<Self> {
        let Head { method, scheme, authority, path, query, version, route, peer, origin, awaited, further } =
            head;
        let head = [Some(method), scheme, authority, Some(path), query];
        let mut received = Arc::new(Self {
            head: [None; 5],
            headers: 0,
            sentry_trace: SingleHeader::default(),
            baggage: SingleHeader::default(),
            version,
            route,
            peer,
            origin,
            further,
            client,
            request: OnceLock::new(),
            events: RequestEvents::awaiting(awaited),
            reading: Reading::default(),
            text: RequestText::new(),
        });
        // It has no other owner yet. The texts are copied to where they stay.
        if let Some(own) = Arc::get_mut(&mut received) {
            own.copy(head, headers());
            if own.text.make_room() {
                own.copy(head, headers());
            }
        }
        received
    }

    fn copy<'a>(&mut self, head: [Option<&str>; 5], headers: impl Iterator<Item = RawHeader<'a>>) {
        self.head = head.map(|part| part.map(|part| self.text.push(part.as_bytes())));
        self.headers = self.text.len();
        (self.sentry_trace, self.baggage) = Default::default();
        for (name, value, is_sensitive) in headers {
            let Some(part) = self.text.push_header(name.as_bytes(), value, is_sensitive) else { continue };
            match name {
                "sentry-trace" => self.sentry_trace.add(part, value),
                "baggage" => self.baggage.add(part, value),
                _ => {}
            }
        }
    }

    /// Returns whether the request is too large to be kept as it came.
    pub(super) fn is_large(&self) -> bool {
        self.text.len() > MAX_KEPT
    }

    /// Returns the header `baggage`, if there is one that can wait to be read.
    pub(super) fn unread_baggage(self: &Arc<Self>) -> Option<Arc<dyn UnreadBaggage>> {
        let part = self.baggage.part.filter(|part| part.len() <= MAX_COPIED);
        part.filter(|_| !self.is_large()).map(|_| Arc::clone(self) as Arc<_>)
    }

    fn headers(&self) -> RawHeaders<'_> {
        RawHeaders::of(self.text.since(self.headers))
    }

    fn part(&self, part: Part) -> &str {
        std::str::from_utf8(self.text.part(part)).unwrap_or_default()
    }

    fn parts(&self) -> Parts<'_> {
        let [method, scheme, authority, path, query] = self.head.map(|part| part.map(|part| self.part(part)));
        let head = Head {
            method: method.unwrap_or_default(),
            scheme,
            authority,
            path: path.unwrap_or_default(),
            query,
            version: self.version,
            route: self.route.clone(),
            peer: self.peer,
            origin: self.origin,
            awaited: self.events.awaited,
            further: self.further,
        };
        let headers = self.headers();
        let shown = headers.map(|(name, value, is_sensitive)| {
            let name = std::str::from_utf8(name).unwrap_or_default();
            (name, if is_sensitive { &b"[Filtered]"[..] } else { value })
        });
        Parts { head, headers: shown.collect(), options: self.client.options() }
    }
}

impl ReceivedRequest for Received {
    fn request(&self) -> &Request {
        if let Some(made) = self.request.get() {
            return made;
        }
        // Made before the cell is touched: in the child of a fork nobody would complete what another thread has begun.
        let made = Box::new(Shallow::of(self.parts().request()).into_inner());
        self.request.get_or_init(|| made)
    }

    fn attributes(&self) -> Attributes {
        self.parts().attributes()
    }

    fn name(&self) -> String {
        self.parts().name()
    }

    fn source(&self) -> &'static str {
        if self.route.is_some() { "route" } else { "url" }
    }

    fn op(&self) -> &'static str {
        "http.server"
    }

    fn origin(&self) -> &'static str {
        self.origin
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.allocated()
    }
}

impl HasEvents for Received {
    fn events(&self) -> &RequestEvents {
        &self.events
    }
}

/// The headers as they came.
impl HeaderSource for Received {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        // The header that every request is asked for.
        if let Some(only) = self.sentry_trace.part.filter(|_| name == "sentry-trace") {
            return each(self.part(only));
        }
        let mut headers = self.headers();
        while let Some(value) = headers.next_named(name) {
            // Header values have no control characters except tabs.
            if value.is_ascii()
                && let Ok(value) = std::str::from_utf8(value)
            {
                each(value);
            }
        }
    }
}

impl UnreadBaggage for Received {
    fn text(&self) -> &str {
        self.baggage.part.map(|baggage| self.part(baggage)).unwrap_or_default()
    }

    fn reading(&self) -> &Reading {
        &self.reading
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The texts may be secrets.
        f.debug_struct("Received").finish_non_exhaustive()
    }
}
