//! The list of loaded libraries in events, as an integration by the name of the official crate.

use std::borrow::Cow;
use std::fmt;

use crate::client::hint::Hint;
use crate::client::integration::Integration;
use crate::protocol::{DebugMeta, Event};

/// Chooses the events that list the loaded libraries. Without it, those do whose stack the server has to resolve.
///
/// ```
/// use sentry::integrations::debug_images::DebugImagesIntegration;
/// use sentry::Level;
///
/// let images = DebugImagesIntegration::new().filter(|event| event.level >= Level::Error);
/// let options = sentry::ClientOptions::new().add_integration(images);
/// # assert_eq!(options.integrations.len(), 1);
/// ```
pub struct DebugImagesIntegration {
    keep: Box<dyn Fn(&Event<'static>) -> bool + Send + Sync>,
}

impl DebugImagesIntegration {
    /// Returns the integration for all events.
    #[must_use]
    pub fn new() -> Self {
        Self { keep: Box::new(|_| true) }
    }

    /// Sets the function that chooses the events.
    #[must_use]
    pub fn filter(self, keep: impl Fn(&Event<'static>) -> bool + Send + Sync + 'static) -> Self {
        Self { keep: Box::new(keep) }
    }
}

impl Default for DebugImagesIntegration {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for DebugImagesIntegration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DebugImagesIntegration").finish_non_exhaustive()
    }
}

impl Integration for DebugImagesIntegration {
    fn name(&self) -> &'static str {
        "debug-images"
    }

    fn process_event(&self, mut event: Event<'static>, _hint: &mut Hint) -> Option<Event<'static>> {
        if !(self.keep)(&event) {
            event.debug_meta = Cow::Owned(DebugMeta::default());
        }
        Some(event)
    }
}
