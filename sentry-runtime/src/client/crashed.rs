//! The client of a program that has crashed: it reports the crash, even if it is being closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Client, Parts};
use crate::base::diagnostics;
use crate::options::{ClientOptions, LocalView, Spotlight};
use crate::transport::Transport;

/// Whether a client reports crashes.
#[derive(Debug, Default)]
pub(super) struct Crashed {
    /// Whether a call of `close` has returned. Crashes are not reported from then on.
    close_returned: AtomicBool,
    /// Whether a crash is being reported, for which a closed client is enabled.
    reports: AtomicBool,
}

impl Parts {
    pub(super) fn reports_crash(&self) -> bool {
        self.crashed.reports.load(Ordering::Acquire)
    }
}

impl Client {
    /// Notes that a call of `close` returns.
    pub(crate) fn set_close_returned(&self) {
        self.parts().crashed.close_returned.store(true, Ordering::Release);
    }

    /// Returns whether a call of `close` has returned. Safe in a signal handler.
    pub(crate) fn has_close_returned(&self) -> bool {
        self.parts.get().is_some_and(|parts| parts.crashed.close_returned.load(Ordering::Acquire))
    }

    /// Enables the client until [`crash_reported`](Self::crash_reported), even if it is closed meanwhile. Safe in a signal
    /// handler.
    pub(crate) fn report_crash(&self) {
        // A client without parts has captured nothing in this process, and nobody closes it.
        if let Some(parts) = self.parts.get() {
            parts.crashed.reports.store(true, Ordering::Release);
        }
    }

    /// Reverts [`report_crash`](Self::report_crash), for a program that goes on because a signal handler lets it.
    pub(crate) fn crash_reported(&self) {
        self.parts().crashed.reports.store(false, Ordering::Release);
    }

    /// Returns whether the client was closed or is being closed: its transports have ended, or are about to.
    pub(crate) fn is_closed(&self) -> bool {
        self.parts().closed.load(Ordering::Relaxed)
    }

    /// Returns a new transport for a last envelope; `None` if there are no such receivers. The caller shuts it down.
    pub(crate) fn new_transport(&self, to: Receivers) -> Option<Arc<dyn Transport>> {
        let parts = self.parts();
        let options = to.only(self.options.clone());
        let destinations = (self.transport_factory)(&options, &parts.ledger, &parts.room);
        destinations
            .map_err(|error| diagnostics::debug(format_args!("a crash cannot be sent: {error}")))
            .ok()
            .and_then(|destinations| destinations.all)
    }
}

/// The receivers of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receivers {
    All,
    Server,
    /// The views of a developer.
    Views,
}

impl Receivers {
    /// Returns the options with only these receivers.
    fn only(self, mut options: ClientOptions) -> ClientOptions {
        // A second dashboard would take the place of the open one.
        #[cfg(feature = "dashboard")]
        {
            options.dashboard = false.into();
        }
        if self == Self::Server {
            options.local = LocalView::Off;
            options.spotlight = Spotlight::Off;
        }
        if self == Self::Views {
            (options.dsn, options.transport, options.otlp_endpoint) = (None, None, None);
        }
        options
    }
}
