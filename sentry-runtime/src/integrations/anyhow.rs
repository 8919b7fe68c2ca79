//! Errors of the crate `anyhow`, at the paths of the official crate. Needs the feature `anyhow`.
//!
//! ```
//! use anyhow::Context as _;
//! use sentry::integrations::anyhow::capture_anyhow;
//!
//! fn number() -> anyhow::Result<u8> {
//!     "seven".parse::<u8>().context("the order has no number")
//! }
//!
//! if let Err(error) = number() {
//!     capture_anyhow(&error);
//! }
//! ```

pub use crate::api::capture_anyhow;

use std::any::type_name;

use crate::api::of_chain;
use crate::capture::reading;
use crate::context::hub::Hub;
use crate::protocol::{Event, Uuid};

/// Returns an event that shows an error with its context and its causes, but has no stack; see
/// [`event_from_error`](crate::event_from_error).
#[must_use]
pub fn event_from_error(error: &anyhow::Error) -> Event<'static> {
    of_chain(&reading::read_dynamic(error.as_ref(), type_name::<anyhow::Error>()))
}

/// The method of a hub that captures an error.
pub trait AnyhowHubExt {
    /// Captures an error, see [`capture_anyhow`].
    fn capture_anyhow(&self, error: &anyhow::Error) -> Uuid;
}

impl AnyhowHubExt for Hub {
    fn capture_anyhow(&self, error: &anyhow::Error) -> Uuid {
        let _entered = self.enter();
        capture_anyhow(error)
    }
}
