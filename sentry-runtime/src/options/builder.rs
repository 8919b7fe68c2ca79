//! The methods of the builder that do more than to set one option to one value, and what options are made from.

use std::path::PathBuf;
use std::sync::Arc;

use super::{ClientOptions, LocalView, OptionsError, Spotlight};
use crate::client::integration::Integration;
use crate::error::group::{ErrorGroup, GroupReader};
use crate::error::pattern::ErrorPattern;
use crate::protocol::{DataCategory, Dsn};

impl ClientOptions {
    /// Turns all structured logs off with `false`. Default: `true`. Deprecated: logs that are written with
    /// [`logger`](crate::logger) need no switch, and [`collect_logs`](Self::collect_logs) decides about logs of
    /// integrations.
    ///
    /// With `true`, integrations collect logs, too, as they did when logs were off by default.
    #[must_use]
    pub fn enable_logs(mut self, enable: bool) -> Self {
        self.enable_logs = enable;
        self.collect_logs |= enable;
        self
    }
}

impl ClientOptions {
    /// Returns the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the DSN: the project to send to. An empty string removes it. `init` reports a malformed DSN and disables
    /// the client. Default: none; nothing is sent. Environment: `SENTRY_DSN`.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new().dsn("https://public@o1.ingest.sentry.io/1");
    /// # assert!(options.dsn.is_some());
    /// ```
    #[must_use]
    pub fn dsn(mut self, dsn: &str) -> Self {
        match dsn.trim() {
            "" => self.dsn = None,
            dsn => match dsn.parse() {
                Ok(dsn) => self.dsn = Some(dsn),
                Err(error) => self.errors.push(OptionsError::Dsn(error)),
            },
        }
        self
    }

    /// Drops errors of the type `E`. Adds to the patterns of [`ignore_errors`](Self::ignore_errors).
    ///
    /// ```
    /// let options = sentry::ClientOptions::new()
    ///     .ignore_errors(["connection reset", "BrokenPipe"])
    ///     .ignore_error::<std::fmt::Error>();
    /// # assert_eq!(options.ignore_errors.len(), 3);
    /// ```
    #[must_use]
    pub fn ignore_error<E: ?Sized>(mut self) -> Self {
        self.ignore_errors.push(ErrorPattern::of_type::<E>());
        self
    }

    /// Reads errors of the type `E` as groups of errors where one is the cause of another error; see
    /// [`ErrorGroup`](crate::ErrorGroup). Can be called for several types. Default: none.
    #[must_use]
    pub fn error_group<E: ErrorGroup + 'static>(mut self) -> Self {
        self.error_groups.push(GroupReader::of::<E>());
        self
    }

    /// Adds an integration, which sees every error, message and feedback; see [`Integration`]. Default: none.
    #[must_use]
    pub fn integration(mut self, integration: impl Integration) -> Self {
        self.integrations.push(Arc::new(integration));
        self
    }

    /// Sets the maximum number of waiting envelopes of one category, within [`queue_size`](Self::queue_size). Default:
    /// no separate limit.
    ///
    /// ```
    /// use sentry::protocol::DataCategory;
    ///
    /// let options = sentry::ClientOptions::new().category_queue_size(DataCategory::LogItem, 50);
    /// ```
    #[must_use]
    pub fn category_queue_size(mut self, category: DataCategory, envelopes: usize) -> Self {
        self.category_queue_sizes.retain(|(known, _)| *known != category);
        self.category_queue_sizes.push((category, envelopes));
        self
    }

    /// Enables or disables the local view, which prints on stderr what would be sent; see the field
    /// [`local`](field@Self::local). Default: `false`. Environment: `SENTRY_LOCAL`, a boolean, `failures` or the path
    /// of a file with a slash or a dot.
    #[must_use]
    pub fn local(mut self, on: bool) -> Self {
        self.local = if on { LocalView::On } else { LocalView::Off };
        self
    }

    /// Enables the local view for failures only: traces in which something failed, errors and warnings, failed
    /// check-ins, and feedback. Environment: `SENTRY_LOCAL=failures`.
    ///
    /// ```
    /// use sentry::LocalView;
    ///
    /// let options = sentry::ClientOptions::new().local_failures();
    /// assert_eq!(options.local, LocalView::Failures);
    /// ```
    #[must_use]
    pub fn local_failures(mut self) -> Self {
        self.local = LocalView::Failures;
        self
    }

    /// Enables the local view and appends the raw envelopes to this file. Environment: `SENTRY_LOCAL`, a path with a
    /// slash or a dot; `./failures` is a file.
    #[must_use]
    pub fn local_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.local = LocalView::File(path.into());
        self
    }

    /// Enables or disables sending a copy of every envelope to Sentry's development server Spotlight; see the field
    /// [`spotlight`](field@Self::spotlight). Default: `false`. Environment: `SENTRY_SPOTLIGHT`, a boolean or a URL.
    #[must_use]
    pub fn spotlight(mut self, on: bool) -> Self {
        self.spotlight = if on { Spotlight::On } else { Spotlight::Off };
        self
    }

    /// Enables or disables reports of crashes, with minidumps; see the field [`crash_reports`](field@Self::crash_reports).
    /// Default: `false`.
    #[cfg(feature = "crash")]
    #[must_use]
    pub fn crash_reports(mut self, on: bool) -> Self {
        self.crash_reports = on;
        self
    }

    /// Enables or disables the page that shows, while you develop, what the program records; see the field
    /// [`dashboard`](field@Self::dashboard). Takes a `bool`, an address, or a [`Dashboard`](super::Dashboard). Default:
    /// `false`. Environment: `SENTRY_DASHBOARD`, a boolean or an address.
    #[cfg(feature = "dashboard")]
    #[must_use]
    pub fn dashboard(mut self, dashboard: impl Into<super::Dashboard>) -> Self {
        self.dashboard = dashboard.into();
        self
    }

    /// Sends a copy of every envelope to Spotlight at this URL. Takes precedence over a URL in `SENTRY_SPOTLIGHT`.
    /// Range: an `http` or `https` URL. Default of [`spotlight`](Self::spotlight): `http://localhost:8969/stream`.
    #[must_use]
    pub fn spotlight_url(mut self, url: impl Into<String>) -> Self {
        self.spotlight = Spotlight::Url(url.into());
        self
    }
}

impl From<&str> for ClientOptions {
    fn from(dsn: &str) -> Self {
        Self::new().dsn(dsn)
    }
}

impl From<String> for ClientOptions {
    fn from(dsn: String) -> Self {
        Self::new().dsn(&dsn)
    }
}

impl From<()> for ClientOptions {
    fn from((): ()) -> Self {
        Self::new()
    }
}

impl From<Dsn> for ClientOptions {
    fn from(dsn: Dsn) -> Self {
        Self { dsn: Some(dsn), ..Self::new() }
    }
}

impl<D: Into<Self>> From<(D, Self)> for ClientOptions {
    fn from((dsn, options): (D, Self)) -> Self {
        let of_dsn: Self = dsn.into();
        let mut errors = options.errors.clone();
        errors.extend(of_dsn.errors);
        Self { dsn: of_dsn.dsn.or(options.dsn.clone()), errors, ..options }
    }
}
