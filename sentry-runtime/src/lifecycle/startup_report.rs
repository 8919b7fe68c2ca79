//! The report of a client that starts with `debug`: where data goes, what is recorded, and the source of each setting.
//!
//! It answers "why does nothing arrive?" before anything is sent.

use crate::base::diagnostics;
use crate::client::Client;
use crate::options::{ClientOptions, LocalView, Spotlight, environment};
use crate::protocol::Dsn;

/// The settings that the program made. The others are from the environment, or defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    dsn: bool,
    release: bool,
    environment: bool,
    sample_rate: bool,
    traces: bool,
    sampler: bool,
    local: bool,
    spotlight: bool,
}

impl Given {
    /// Reads the options before they are completed from the environment.
    pub(super) fn of(options: &ClientOptions) -> Self {
        Self {
            dsn: options.dsn.is_some(),
            release: options.release.is_some(),
            environment: options.environment.is_some(),
            sample_rate: options.sample_rate.is_some(),
            traces: options.traces_sample_rate.is_some(),
            sampler: options.traces_sampler.is_some(),
            local: options.local != LocalView::FromEnvironment,
            spotlight: options.spotlight != Spotlight::FromEnvironment,
        }
    }
}

/// Prints the report.
pub(super) fn print(client: &Client, given: Given) {
    if !diagnostics::is_debug() {
        return;
    }
    let options = client.options();
    if client.transport().is_none() {
        return diagnostics::debug(format_args!(
            "nothing is recorded or sent, because there is no DSN: set the variable SENTRY_DSN or the option dsn to \
             send to a server, or SENTRY_LOCAL=1 to print on this terminal"
        ));
    }
    for line in destinations(options, given) {
        diagnostics::debug(format_args!("{line}"));
    }
    let named = |name: Option<&str>, given, variable: fn() -> Option<&'static str>| match name {
        Some(name) if given => format!("`{name}` (program)"),
        Some(name) => format!("`{name}` ({})", variable().unwrap_or("default")),
        None => "not set".to_owned(),
    };
    diagnostics::debug(format_args!(
        "release: {}; environment: {}",
        named(options.release.as_deref(), given.release, environment::variable_of_release),
        named(options.environment.as_deref(), given.environment, environment::variable_of_environment),
    ));
    diagnostics::debug(format_args!(
        "errors: {}; traces: {}",
        errors(options, given),
        traces(options, given)
    ));
    diagnostics::debug(format_args!("{}", switches(options)));
}

/// Returns where a setting is from.
fn source(given: bool, variable: &'static str, otherwise: &'static str) -> &'static str {
    if given {
        // An option, or the release that `#[sentry::main]` knows.
        "program"
    } else if std::env::var(variable).is_ok_and(|value| !value.trim().is_empty()) {
        variable
    } else {
        otherwise
    }
}

fn destinations(options: &ClientOptions, given: Given) -> Vec<String> {
    let mut lines = Vec::new();
    if options.transport.is_some() {
        lines.push("sends through the option transport".to_owned());
    } else if let Some(dsn) = &options.dsn {
        let through =
            options.tunnel.as_deref().map(|url| format!(" through the tunnel {url}")).unwrap_or_default();
        let from = source(given.dsn, "SENTRY_DSN", "default");
        lines.push(format!("sends to {}{through} (DSN: {from})", with_cut_key(dsn)));
    }
    if let Some(endpoint) = &options.otlp_endpoint {
        lines.push(format!("sends spans to the collector at {endpoint}"));
    }
    if options.local != LocalView::Off {
        lines.push(format!("prints on stderr ({})", source(given.local, "SENTRY_LOCAL", "default")));
    }
    if let Spotlight::Url(url) = &options.spotlight {
        let from = source(given.spotlight, "SENTRY_SPOTLIGHT", "default");
        lines.push(format!("sends copies to Spotlight at {url} ({from})"));
    }
    lines
}

/// Returns the DSN with the beginning of its key: enough to compare it, useless to send with it.
fn with_cut_key(dsn: &Dsn) -> String {
    let key = dsn.public_key();
    let shown: String = key.chars().take((key.chars().count() / 2).min(4)).collect();
    dsn.to_string().replacen(&format!("//{key}@"), &format!("//{shown}…@"), 1)
}

fn errors(options: &ClientOptions, given: Given) -> String {
    match options.sample_rate {
        None => "all".to_owned(),
        Some(rate) => {
            let from = source(given.sample_rate, "SENTRY_SAMPLE_RATE", "there is no server");
            format!("{} (sample_rate: {from})", share(rate))
        }
    }
}

fn traces(options: &ClientOptions, given: Given) -> String {
    if options.traces_sampler.is_some() {
        let all = "all, since only a view of the developer receives them";
        return if given.sampler { "decided by traces_sampler" } else { all }.to_owned();
    }
    match options.traces_sample_rate {
        None => "none; set traces_sample_rate or SENTRY_TRACES_SAMPLE_RATE, such as 1.0, to record spans"
            .to_owned(),
        Some(rate) => {
            let from = source(given.traces, "SENTRY_TRACES_SAMPLE_RATE", "there is no server");
            format!("{} (traces_sample_rate: {from})", share(rate))
        }
    }
}

fn share(rate: f32) -> String {
    format!("{} %", (f64::from(rate) * 100_000.0).round() / 1000.0)
}

fn switches(options: &ClientOptions) -> String {
    let all = [
        ("capture_panics", options.capture_panics),
        #[cfg(feature = "crash")]
        ("crash_reports", options.crash_reports),
        ("auto_session_tracking", options.auto_session_tracking),
        ("enable_logs", options.enable_logs),
        ("collect_logs", options.collect_logs),
        match options.data_collection {
            Some(_) => ("data_collection", true),
            None => ("send_default_pii", options.send_default_pii),
        },
        ("spool_dir", options.spool_dir.is_some()),
    ];
    let names = |wanted: bool| {
        let names: Vec<_> = all.iter().filter(|(_, on)| *on == wanted).map(|(name, _)| *name).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    format!("on: {}; off: {}", names(true), names(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_dsn_is_cut() {
        let cut = |dsn: &str| with_cut_key(&dsn.parse().unwrap());
        assert_eq!(
            cut("https://0123456789abcdef@o1.ingest.sentry.io/7"),
            "https://0123…@o1.ingest.sentry.io/7"
        );
        assert_eq!(cut("http://key:secret@localhost:9000/sub/7"), "http://k…@localhost:9000/sub/7");
    }

    #[test]
    fn rates_are_percentages() {
        assert_eq!([1.0, 0.2, 0.001, 0.0].map(share), ["100 %", "20 %", "0.1 %", "0 %"]);
    }
}
