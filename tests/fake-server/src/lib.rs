//! A Sentry server for tests.
//!
//! [`FakeSentry`] listens on a real socket, speaks HTTP/1.1, checks requests more strictly than a real server,
//! stores all of them, and answers as a test scripts it. It records everything that breaks a rule of the protocol
//! as a *violation*; a test ends with [`FakeSentry::assert_valid`].
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use std::time::Duration;
//! use sentry_fake_server::FakeSentry;
//!
//! let server = FakeSentry::start();
//! let body = "{}\n{\"type\":\"client_report\",\"length\":23}\n{\"discarded_events\":[]}\n";
//! let mut client = TcpStream::connect(server.address()).unwrap();
//! write!(
//!     client,
//!     "POST /api/1/envelope/ HTTP/1.1\r\nHost: localhost\r\nUser-Agent: test/1\r\n\
//!      Content-Type: application/x-sentry-envelope\r\nContent-Length: {}\r\n\
//!      X-Sentry-Auth: Sentry sentry_key={}, sentry_version=7, sentry_client=test/1\r\n\r\n{body}",
//!     body.len(),
//!     server.key(),
//! )
//! .unwrap();
//!
//! assert!(server.wait_for(1, Duration::from_secs(5)));
//! assert_eq!(server.client_reports()[0]["discarded_events"].as_array().unwrap().len(), 0);
//! server.assert_valid();
//! ```
//!
//! `server.rs` accepts and stores requests and answers them; `http.rs` reads them; `request.rs` and `envelope.rs` parse
//! them and record violations; `answer.rs` describes answers. `schema.rs` checks payloads against Sentry's published
//! published schema, `spans.rs` checks batches of spans, and `telemetry.rs` checks logs, metrics, sessions and
//! feedback.

mod answer;
mod envelope;
mod http;
mod request;
mod schema;
mod server;
mod spans;
mod telemetry;

pub use answer::Answer;
pub use envelope::{Envelope, Item};
pub use request::Request;
pub use schema::Schema;
pub use server::FakeSentry;
