//! Stack traces: addresses on the caller's thread, frames on the pipeline thread.
//!
//! ```text
//! caller:    RawStack::capture ─ return addresses, nothing else
//! pipeline:  Symbolicator::resolve
//!              lookup   addresses → symbols, files and lines (cached by address)
//!              names    symbol → module and function as a reader writes them
//!              trim     without the machinery at both ends
//!              files    what the path says: the name within the project, the module
//!              rules    in app or not
//!              source   lines around, for in-app frames
//!              images   the loaded files that the addresses lie in, for the server to symbolicate
//! ```
//!
//! Frames follow the [stack trace](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/stacktrace/)
//! and images the [debug meta](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/debugmeta/) page.

mod background;
mod capture;
mod elf;
mod files;
mod images;
pub(crate) mod names;
mod resolve;
mod rules;
mod source;
mod trim;

#[cfg(test)]
mod tests;

pub(crate) use crate::stacktrace::background::Resolver;
pub(crate) use capture::RawStack;
pub(crate) use images::Image;
pub(crate) use resolve::{ResolvedFrame, ResolvedStack, Symbolicator};
pub(crate) use rules::InAppRules;
