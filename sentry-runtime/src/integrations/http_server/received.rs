//! A request as the server received it, in one text, and what is made of it when something reads it.
//!
//! The thread of the server copies the parts once. Which of them leave the process, and in which form, is decided when
//! they are read. The texts are copies because the server's own may be parts of its read buffer, which they would keep
//! in memory.

use std::fmt;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::incoming::{Head, Parts};
use crate::client::Client;
use crate::protocol::Request;
use crate::protocol::nesting::Shallow;
use crate::scope::request::{Attributes, ReceivedRequest};
use crate::trace::headers::HeaderSource;

/// The maximum size of a request that is kept as it came. Of a larger one only what may leave the process is kept.
pub(super) const MAX_KEPT: usize = 32 * 1024;

/// A header: its name in lower case, its value, and whether the program marked the value as sensitive.
pub(crate) type RawHeader<'a> = (&'a str, &'a [u8], bool);

/// A request as it was received. See [the module](self).
pub(super) struct Received {
    /// Method, scheme, authority, path, query and headers, one after the other.
    text: Vec<u8>,
    method: Part,
    scheme: Option<Part>,
    authority: Option<Part>,
    path: Part,
    query: Option<Part>,
    /// Where the headers begin.
    headers: usize,
    version: &'static str,
    route: Option<String>,
    peer: Option<IpAddr>,
    origin: &'static str,
    further: fn(&str) -> Attributes,
    client: Arc<Client>,
    request: OnceLock<Request>,
}

type Part = Range<usize>;

/// The bytes before a header: the lengths of its name and of its value, and whether the value is sensitive.
const LENGTHS: usize = size_of::<u64>();
/// The bits of a length.
const BITS: u32 = 30;
const MAX_LENGTH: u64 = (1 << BITS) - 1;

impl Received {
    /// Copies a request. `headers` is called twice.
    pub(super) fn new<'a, H: Iterator<Item = RawHeader<'a>>>(
        head: Head<'_>,
        headers: impl Fn() -> H,
        client: Arc<Client>,
    ) -> Self {
        let texts = [Some(head.method), head.scheme, head.authority, Some(head.path), head.query];
        let bytes = texts.iter().flatten().map(|text| text.len()).sum::<usize>();
        let bytes = headers().fold(bytes, |sum, (name, value, _)| sum + LENGTHS + name.len() + value.len());
        let mut text = Vec::with_capacity(bytes);
        let mut copy = |part: &str| {
            let start = text.len();
            text.extend_from_slice(part.as_bytes());
            start..text.len()
        };
        let method = copy(head.method);
        let scheme = head.scheme.map(&mut copy);
        let authority = head.authority.map(&mut copy);
        let path = copy(head.path);
        let query = head.query.map(&mut copy);
        let at = text.len();
        for (name, value, is_sensitive) in headers() {
            let (of_name, of_value) = (name.len() as u64, value.len() as u64);
            // Longer ones do not fit into any request.
            if of_name <= MAX_LENGTH && of_value <= MAX_LENGTH {
                let lengths = of_name | of_value << BITS | u64::from(is_sensitive) << (2 * BITS);
                text.extend_from_slice(&lengths.to_le_bytes());
                text.extend_from_slice(name.as_bytes());
                text.extend_from_slice(value);
            }
        }
        Self {
            text,
            method,
            scheme,
            authority,
            path,
            query,
            headers: at,
            version: head.version,
            route: head.route,
            peer: head.peer,
            origin: head.origin,
            further: head.further,
            client,
            request: OnceLock::new(),
        }
    }

    /// Returns whether the request is too large to be kept as it came.
    pub(super) fn is_large(&self) -> bool {
        self.text.len() > MAX_KEPT
    }

    pub(super) fn method(&self) -> &str {
        self.part(&self.method)
    }

    fn part(&self, range: &Part) -> &str {
        self.text.get(range.clone()).and_then(|part| std::str::from_utf8(part).ok()).unwrap_or_default()
    }

    fn parts(&self) -> Parts<'_> {
        let head = Head {
            method: self.method(),
            scheme: self.scheme.as_ref().map(|scheme| self.part(scheme)),
            authority: self.authority.as_ref().map(|authority| self.part(authority)),
            path: self.part(&self.path),
            query: self.query.as_ref().map(|query| self.part(query)),
            version: self.version,
            route: self.route.clone(),
            peer: self.peer,
            origin: self.origin,
            further: self.further,
        };
        let headers = RawHeaders(self.text.get(self.headers..).unwrap_or_default());
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
        let made = Shallow::of(self.parts().request()).into_inner();
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
        size_of::<Self>() + self.text.len()
    }
}

/// The headers as they came.
impl HeaderSource for Received {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        for (own, value, _) in RawHeaders(self.text.get(self.headers..).unwrap_or_default()) {
            // Header values have no control characters except tabs.
            if own.eq_ignore_ascii_case(name.as_bytes())
                && value.is_ascii()
                && let Ok(value) = std::str::from_utf8(value)
            {
                each(value);
            }
        }
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The texts may be secrets.
        f.debug_struct("Received").finish_non_exhaustive()
    }
}

/// The headers in the text of a request.
#[derive(Clone)]
struct RawHeaders<'a>(&'a [u8]);

impl<'a> Iterator for RawHeaders<'a> {
    type Item = (&'a [u8], &'a [u8], bool);

    fn next(&mut self) -> Option<Self::Item> {
        let (lengths, rest) = self.0.split_first_chunk()?;
        let lengths = u64::from_le_bytes(*lengths);
        let (name, rest) = rest.split_at_checked((lengths & MAX_LENGTH) as usize)?;
        let (value, rest) = rest.split_at_checked((lengths >> BITS & MAX_LENGTH) as usize)?;
        self.0 = rest;
        Some((name, value, lengths >> (2 * BITS) != 0))
    }
}
