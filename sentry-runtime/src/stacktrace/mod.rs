//! Stack traces: addresses on the caller's thread, frames on the pipeline thread.
//!
//! ```text
//! caller:    RawStack::capture ─ return addresses, nothing else
//!              unwind   the walk of a usual stack, with rules that are read once
//! pipeline:  Symbolicator::resolve
//!              lookup   addresses → symbols, files and lines (cached by address)
//!              names    symbol → readable module and function
//!              trim     removes internal frames at both ends
//!              files    path → name within the project, module
//!              rules    in app or not
//!              source   lines around, for in-app frames
//!              images   the loaded files that contain the addresses, for symbolication by the server
//! ```
//!
//! Frames follow the [stack trace](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/stacktrace/)
//! and images the [debug meta](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/debugmeta/) page.

mod background;
mod capture;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod elf;
mod files;
mod image;
mod images;
#[cfg(any(target_os = "macos", windows))]
mod loaded;
pub(crate) mod locals;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod mappings;
pub(crate) mod names;
mod resolve;
mod rules;
mod source;
mod trim;
#[cfg(any(walks_calling_thread, walks_crashed_threads))]
mod unwind;

#[cfg(test)]
mod tests;

pub(crate) use crate::stacktrace::background::Resolver;
pub(crate) use capture::RawStack;
pub(crate) use image::Image;
pub(crate) use resolve::{ResolvedFrame, ResolvedStack, Symbolicator};
pub(crate) use rules::InAppRules;
#[cfg(walks_crashed_threads)]
pub(crate) use unwind::stopped_thread;
