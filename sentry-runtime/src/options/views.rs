//! The views that a developer has of what is sent, and what is collected where no server takes it: everything.
//!
//! Sampling spares a server and its quota. A program without a server that tells Spotlight or prints the local view
//! has neither to spare, and half a picture helps nobody. Both views are fed by the one pipeline there is: beside a
//! server they show what goes to the server, and none of this happens.
//!
//! Spec: `foundations/client/integrations/spotlight.mdx`, "Data Collection Behavior" and "Fallback Implementation".

use std::path::PathBuf;
use std::sync::Arc;

use super::ClientOptions;

/// The local view: what would be sent, in readable form on stderr. See the option
/// [`local`](field@ClientOptions::local).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LocalView {
    /// As `SENTRY_LOCAL` says: `1` switches it on, a path also appends the raw envelopes to that file.
    #[default]
    FromEnvironment,
    /// Switched off.
    Off,
    /// Switched on.
    On,
    /// Switched on; raw envelopes are appended to a file as well.
    File(PathBuf),
}

/// Where Sentry's Spotlight, the development server, is told of everything as well. See the option
/// [`spotlight`](field@ClientOptions::spotlight).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Spotlight {
    /// As `SENTRY_SPOTLIGHT` says: a yes, a no, or a URL.
    #[default]
    FromEnvironment,
    /// Not told.
    Off,
    /// Told at `SENTRY_SPOTLIGHT` if that is a URL, else at `http://localhost:8969/stream`.
    On,
    /// Told at this URL.
    Url(String),
}

/// Opens completed options for the views that nothing else stands beside.
pub(crate) fn open_for_views(options: &mut ClientOptions) {
    if options.dsn.is_some() || options.transport.is_some() || options.otlp_endpoint.is_some() {
        return;
    }
    if let Spotlight::Url(_) = options.spotlight {
        options.sample_rate = Some(1.0);
        options.traces_sample_rate = Some(1.0);
        // A trace that somebody else began and did not sample is shown as well.
        options.traces_sampler = Some(Arc::new(|_| 1.0));
        options.send_default_pii = true;
        options.enable_logs = true;
    } else if options.local != LocalView::Off && !options.traces() {
        // Printed output may be kept by others, and a rate is the only way to ask for less of it: what the program
        // says counts.
        options.traces_sample_rate = Some(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(options: ClientOptions) -> ClientOptions {
        let mut options = options;
        open_for_views(&mut options);
        options
    }

    fn options() -> ClientOptions {
        ClientOptions::new().local(false).spotlight(false)
    }

    #[test]
    fn spotlight_alone_gets_everything_whatever_was_set() {
        let url = "http://localhost:8969/stream";
        for options in [options(), options().sample_rate(0.1).traces_sample_rate(0.0).traces_sampler(|_| 0.5)]
        {
            let options = opened(options.spotlight_url(url));
            assert_eq!((options.sample_rate, options.traces_sample_rate), (Some(1.0), Some(1.0)));
            assert!(options.traces_sampler.is_some());
            assert!(options.send_default_pii && options.enable_logs);
        }
    }

    #[test]
    fn the_local_view_alone_gets_traces_unless_the_program_decides() {
        let seen = opened(options().local(true));
        assert_eq!((seen.sample_rate, seen.traces_sample_rate), (None, Some(1.0)));
        assert!(!seen.send_default_pii && !seen.enable_logs);
        assert_eq!(opened(options().local(true).traces_sample_rate(0.0)).traces_sample_rate, Some(0.0));
        assert_eq!(opened(options().local(true).traces_sampler(|_| 0.5)).traces_sample_rate, None);
        assert!(!opened(options()).traces(), "nobody looks");
    }

    #[test]
    fn beside_a_server_everything_is_as_set() {
        let both = || options().spotlight_url("http://localhost:8969/stream").local(true);
        for options in [
            both().dsn("http://key@localhost/1"),
            both().otlp_endpoint("http://localhost:4318"),
            both().transport(crate::transport::TestTransport::new()),
        ] {
            let options = opened(options);
            assert!(!options.traces() && options.sample_rate.is_none());
            assert!(!options.send_default_pii && !options.enable_logs);
        }
    }
}
