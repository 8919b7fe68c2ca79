//! The constructors of the official crate.

use super::Sentry;

impl Sentry {
    /// Returns the middleware, which records transactions by the options for traces.
    #[deprecated(note = "use `Sentry::new()`: transactions are recorded by the options for traces")]
    #[must_use]
    pub fn with_transaction() -> Self {
        Self::new()
    }

    /// Returns a builder.
    #[deprecated(
        note = "use `Sentry::new()`, with `.capture_server_errors(false)` if another layer captures them"
    )]
    #[must_use]
    pub fn builder() -> SentryBuilder {
        SentryBuilder(Self::new())
    }
}

/// A builder of the middleware.
#[derive(Debug)]
pub struct SentryBuilder(Sentry);

impl SentryBuilder {
    /// Returns the middleware.
    #[must_use]
    pub fn finish(self) -> Sentry {
        self.0
    }

    /// Returns the builder as it is: transactions are recorded by the options for traces.
    #[must_use]
    pub fn start_transaction(self, _start: bool) -> Self {
        self
    }

    /// Returns the builder as it is: requests belong to the client of the process.
    #[must_use]
    pub fn with_default_hub(self) -> Self {
        self
    }

    /// Sets whether responses of 500 and above are captured, see [`Sentry::capture_server_errors`].
    #[must_use]
    pub fn capture_server_errors(self, capture: bool) -> Self {
        Self(self.0.capture_server_errors(capture))
    }
}
