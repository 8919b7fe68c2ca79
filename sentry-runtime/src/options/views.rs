//! The developer's views (local view, Spotlight, dashboard), and the options that they override if there is no server.
//!
//! Sampling saves a server's quota. A program without a server that feeds its views has no quota to save, and an incomplete
//! view does not help. All views are fed by the pipeline of the server: if there is a server,
//! they show what the server receives, and no option is overridden.
//!
//! [Spec, "Data Collection Behavior" and "Fallback
//! Implementation"](https://develop.sentry.dev/sdk/foundations/client/integrations/spotlight/).

use std::path::PathBuf;
use std::sync::Arc;

use super::ClientOptions;

/// The local view, which prints on stderr in readable form what would be sent. See the option
/// [`local`](field@ClientOptions::local).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LocalView {
    /// `SENTRY_LOCAL` decides: `1` (or `true`, `yes`, `on`) enables the view; `failures` enables it for
    /// [failures](Self::Failures); a path with a slash or a dot enables it and appends the raw envelopes to that file.
    #[default]
    FromEnvironment,
    /// Disabled.
    Off,
    /// Enabled.
    On,
    /// Enabled, but only failures are printed: traces in which something failed, errors and warnings, failed check-ins,
    /// and feedback.
    Failures,
    /// Enabled; the raw envelopes are also appended to this file.
    File(PathBuf),
}

/// Whether, and at which URL, Sentry's development server Spotlight receives a copy of every envelope. See the option
/// [`spotlight`](field@ClientOptions::spotlight).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Spotlight {
    /// `SENTRY_SPOTLIGHT` decides: a boolean or a URL.
    #[default]
    FromEnvironment,
    /// Disabled.
    Off,
    /// Enabled at the URL in `SENTRY_SPOTLIGHT` if there is one, else at `http://localhost:8969/stream`.
    On,
    /// Enabled at this URL.
    Url(String),
}

/// Sets completed options to collect everything for the views if nothing else receives data.
pub(crate) fn open_for_views(options: &mut ClientOptions) {
    if options.dsn.is_some() || options.transport.is_some() || options.otlp_endpoint.is_some() {
        return;
    }
    #[cfg(feature = "dashboard")]
    let shows_everything = options.dashboard.is_on();
    #[cfg(not(feature = "dashboard"))]
    let shows_everything = false;
    if shows_everything || matches!(options.spotlight, Spotlight::Url(_)) {
        options.sample_rate = Some(1.0);
        options.traces_sample_rate = Some(1.0);
        // Includes traces that another service started and did not sample.
        options.traces_sampler = Some(Arc::new(|_| 1.0));
        // A program that chose categories has decided what may be shown.
        options.send_default_pii |= options.data_collection.is_none();
        options.enable_logs = true;
        options.collect_logs = true;
    } else if options.local != LocalView::Off && !options.traces() {
        // Printed output may be stored by other programs, and a rate is the only way to get less of it: a rate that
        // the program set applies.
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
            assert!(options.send_default_pii && options.enable_logs && options.collect_logs);
        }
    }

    #[test]
    fn a_program_that_chose_categories_has_them_in_its_views() {
        let chosen = crate::DataCollection::new().cookies(false);
        let options = options().spotlight_url("http://localhost:8969/stream").data_collection(chosen.clone());
        let options = opened(options);
        assert_eq!(options.data_collection, Some(chosen));
        assert!(options.collected().cookies().is_off());
    }

    #[cfg(feature = "dashboard")]
    #[test]
    fn the_dashboard_alone_gets_everything_and_beside_a_server_what_the_server_gets() {
        let on = || options().dashboard(true);
        let alone = opened(on().traces_sample_rate(0.0));
        assert_eq!((alone.sample_rate, alone.traces_sample_rate), (Some(1.0), Some(1.0)));
        assert!(alone.send_default_pii && alone.collect_logs);
        let beside = opened(on().dsn("http://key@localhost/1"));
        assert!(!beside.traces() && !beside.send_default_pii && !beside.collect_logs);
        assert!(!opened(options().dashboard(false)).traces());
    }

    #[test]
    fn the_local_view_alone_gets_traces_unless_the_program_decides() {
        let seen = opened(options().local(true));
        assert_eq!((seen.sample_rate, seen.traces_sample_rate), (None, Some(1.0)));
        assert!(!seen.send_default_pii && !seen.collect_logs);
        assert_eq!(opened(options().local(true).traces_sample_rate(0.0)).traces_sample_rate, Some(0.0));
        assert_eq!(opened(options().local(true).traces_sampler(|_| 0.5)).traces_sample_rate, None);
        assert!(!opened(options()).traces(), "no view is on");
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
            assert!(!options.send_default_pii && !options.collect_logs);
        }
    }
}
