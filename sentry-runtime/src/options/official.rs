//! Builder methods and conversions with the names of the official crate.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use super::{ClientOptions, IntoRelease};
use crate::client::integration::Integration;
use crate::protocol::Dsn;

impl ClientOptions {
    /// Sets the release if there is one, see [`release`](Self::release), which takes options as well.
    #[must_use]
    pub fn maybe_release(self, release: impl IntoRelease) -> Self {
        self.release(release)
    }

    /// Adds an integration, see [`integration`](Self::integration).
    #[must_use]
    pub fn add_integration<I: Integration>(self, integration: I) -> Self {
        self.integration(integration)
    }

    /// Replaces all integrations that were added before, see [`integration`](Self::integration).
    #[must_use]
    pub fn integrations(mut self, integrations: impl IntoIterator<Item = Arc<dyn Integration>>) -> Self {
        self.integrations = integrations.into_iter().collect();
        self
    }

    /// Sets whether panics are captured, which is the only one of the official crate's default integrations that has a
    /// switch here; see [`capture_panics`](Self::capture_panics).
    #[must_use]
    #[deprecated(note = "use `.capture_panics(false)`; the other built-in data has options of its own")]
    pub fn default_integrations(self, enable: bool) -> Self {
        self.capture_panics(enable)
    }

    /// Sets the maximum number of waiting envelopes, see [`queue_size`](Self::queue_size).
    #[must_use]
    #[deprecated(note = "use `.queue_size(envelopes)`")]
    pub fn transport_channel_capacity(self, envelopes: usize) -> Self {
        self.queue_size(envelopes)
    }
}

impl<D: Into<Self>> From<Option<D>> for ClientOptions {
    /// Takes a DSN that may be missing, as from [`std::env::var`].
    fn from(dsn: Option<D>) -> Self {
        dsn.map_or_else(Self::new, Into::into)
    }
}

impl From<&Dsn> for ClientOptions {
    fn from(dsn: &Dsn) -> Self {
        dsn.clone().into()
    }
}

macro_rules! from_text {
    ($($ty:ty: |$text:ident| $as_str:expr;)*) => {$(
        impl From<$ty> for ClientOptions {
            fn from($text: $ty) -> Self {
                Self::new().dsn($as_str)
            }
        }
    )*};
}

from_text! {
    &String: |dsn| dsn;
    Cow<'_, str>: |dsn| &dsn;
    &OsStr: |dsn| &dsn.to_string_lossy();
    OsString: |dsn| &dsn.to_string_lossy();
}
