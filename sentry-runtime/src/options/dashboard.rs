//! The option `dashboard`: whether the program serves the page of its own data, and where.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::base::diagnostics;
use crate::options::boolean::yes_or_no;

/// Whether this build is one for development.
const IS_DEVELOPMENT: bool = cfg!(debug_assertions);

/// The dashboard: a page in a browser that shows what the program records. See the option
/// [`dashboard`](field@crate::ClientOptions::dashboard).
///
/// ```
/// use sentry::{ClientOptions, Dashboard};
///
/// let options = ClientOptions::new().dashboard(true);
/// let options = ClientOptions::new().dashboard(Dashboard::at(([127, 0, 0, 1], 9000)).keep("target/shop.envelopes"));
/// # assert_ne!(options.dashboard, Dashboard::from_environment());
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Dashboard {
    on: Option<bool>,
    address: Option<SocketAddr>,
    memory: Option<usize>,
    keep: Option<PathBuf>,
    editor: Option<String>,
    token: Option<String>,
    allow_remote: bool,
    in_release_builds: bool,
}

impl Dashboard {
    /// The environment decides: `SENTRY_DASHBOARD` is a boolean, or the address to listen on. This is the default.
    #[must_use]
    pub fn from_environment() -> Self {
        Self::default()
    }

    /// Disabled, whatever the environment says.
    #[must_use]
    pub fn off() -> Self {
        Self { on: Some(false), ..Self::default() }
    }

    /// Enabled in builds with debug assertions, at the address in `SENTRY_DASHBOARD` if there is one, else at
    /// `127.0.0.1:8969`.
    #[must_use]
    pub fn on() -> Self {
        Self { on: Some(true), ..Self::default() }
    }

    /// Enabled in builds with debug assertions, at this address. Port 0 takes any free port.
    #[must_use]
    pub fn at(address: impl Into<SocketAddr>) -> Self {
        Self { address: Some(address.into()), ..Self::on() }
    }

    /// Also enables it in builds without debug assertions. Whoever uses such a program must be able to trust everybody
    /// who can reach its address. Environment: `SENTRY_DASHBOARD_IN_RELEASE`, a boolean.
    #[must_use]
    pub fn in_release_builds(mut self) -> Self {
        self.in_release_builds = true;
        self
    }

    /// Sets the memory for what is shown, in bytes, at least 1 MiB; the oldest is dropped first. Default: 64 MiB.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Appends every envelope to a file, and shows what it contains already. Default: nothing is written.
    #[must_use]
    pub fn keep(mut self, file: impl Into<PathBuf>) -> Self {
        self.keep = Some(file.into());
        self
    }

    /// Sets the URL that opens a source file in an editor, with `{path}` and `{line}`. Default:
    /// `vscode://file/{path}:{line}`.
    #[must_use]
    pub fn editor(mut self, pattern: impl Into<String>) -> Self {
        self.editor = Some(pattern.into());
        self
    }

    /// Sets the token that the page requires: 8 to 128 letters, digits, `-` and `_`. Default: a random token of the user.
    /// Environment: `SENTRY_DASHBOARD_TOKEN`.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Allows an address that other machines can reach. Default: `false`.
    #[must_use]
    pub fn allow_remote(mut self) -> Self {
        self.allow_remote = true;
        self
    }

    /// Returns whether it is enabled. The options are completed.
    pub(crate) fn is_on(&self) -> bool {
        self.on == Some(true)
    }

    /// Returns the options for the server.
    pub(crate) fn server(&self) -> sentry_dashboard::Dashboard {
        let mut server = sentry_dashboard::Dashboard::new().allow_remote(self.allow_remote);
        server = self.address.into_iter().fold(server, sentry_dashboard::Dashboard::address);
        server = self.memory.into_iter().fold(server, sentry_dashboard::Dashboard::memory);
        server = self.keep.iter().fold(server, sentry_dashboard::Dashboard::keep);
        server = self.editor.iter().fold(server, sentry_dashboard::Dashboard::editor);
        self.token.iter().fold(server, sentry_dashboard::Dashboard::token)
    }

    /// Returns the address to listen on.
    #[cfg(test)]
    fn address(&self) -> SocketAddr {
        self.address.unwrap_or(sentry_dashboard::DEFAULT_ADDRESS)
    }
}

impl fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dashboard")
            .field("on", &self.on)
            .field("address", &self.address)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

impl From<bool> for Dashboard {
    fn from(on: bool) -> Self {
        if on { Self::on() } else { Self::off() }
    }
}

impl From<SocketAddr> for Dashboard {
    fn from(address: SocketAddr) -> Self {
        Self::at(address)
    }
}

/// Completes the option from the environment: afterwards it is on or off.
pub(super) fn complete(option: &mut Dashboard, variable: &dyn Fn(&'static str) -> Option<String>) {
    complete_for(option, variable, IS_DEVELOPMENT);
}

fn complete_for(
    option: &mut Dashboard,
    variable: &dyn Fn(&'static str) -> Option<String>,
    is_development: bool,
) {
    if option.on == Some(false) {
        return;
    }
    let by_program = option.on.is_some();
    if let Some(value) = variable("SENTRY_DASHBOARD") {
        match (yes_or_no(&value), address(&value)) {
            (Some(on), _) => option.on = option.on.or(Some(on)),
            (None, Some(address)) => {
                option.on = Some(true);
                option.address = option.address.or(Some(address));
            }
            (None, None) => diagnostics::error(format_args!(
                "ignoring SENTRY_DASHBOARD=`{}`: expected `1`, `0`, or an address such as 127.0.0.1:8969",
                value.escape_debug()
            )),
        }
    }
    let on = *option.on.get_or_insert(false);
    let asked = |name| variable(name).as_deref().and_then(yes_or_no) == Some(true);
    if on && !is_development && !option.in_release_builds && !asked("SENTRY_DASHBOARD_IN_RELEASE") {
        option.on = Some(false);
        // The program's own setting applies to its development builds. In a release it is no mistake.
        if !by_program {
            diagnostics::error(format_args!(
                "ignoring SENTRY_DASHBOARD: this is a release build; set SENTRY_DASHBOARD_IN_RELEASE=1 if its data may \
                 be shown in a browser"
            ));
        }
    }
    if option.token.is_none() {
        option.token = variable("SENTRY_DASHBOARD_TOKEN");
    }
}

/// Reads `host:port`; the host may be left out or be `localhost`.
fn address(value: &str) -> Option<SocketAddr> {
    let value = value.trim();
    let (host, port) = value.rsplit_once(':')?;
    match host {
        "" | "localhost" => Some(SocketAddr::new(sentry_dashboard::DEFAULT_ADDRESS.ip(), port.parse().ok()?)),
        _ => value.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(option: Dashboard, variables: &[(&str, &str)], is_development: bool) -> Dashboard {
        let mut option = option;
        let variable = |name: &'static str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        complete_for(&mut option, &variable, is_development);
        option
    }

    #[test]
    fn the_environment_turns_it_on_and_names_an_address() {
        let with = |value| completed(Dashboard::from_environment(), &[("SENTRY_DASHBOARD", value)], true);
        assert!(!completed(Dashboard::from_environment(), &[], true).is_on());
        assert!(with("1").is_on() && with("yes").is_on());
        assert!(!with("0").is_on() && !with("perhaps").is_on() && !with("example.com:80").is_on());
        assert_eq!(with("1").address(), sentry_dashboard::DEFAULT_ADDRESS);
        for (value, address) in
            [("localhost:9000", "127.0.0.1:9000"), (":9000", "127.0.0.1:9000"), ("[::1]:0", "[::1]:0")]
        {
            assert!(with(value).is_on());
            assert_eq!(with(value).address().to_string(), address);
        }
    }

    #[test]
    fn the_program_counts_first() {
        let address = [("SENTRY_DASHBOARD", "127.0.0.1:9000")];
        assert!(!completed(Dashboard::off(), &address, true).is_on());
        assert!(completed(Dashboard::on(), &[("SENTRY_DASHBOARD", "0")], true).is_on());
        assert_eq!(completed(Dashboard::on(), &address, true).address().port(), 9000);
        assert_eq!(completed(Dashboard::at(([127, 0, 0, 1], 1)), &address, true).address().port(), 1);
    }

    #[test]
    fn a_release_build_needs_to_be_asked_in_so_many_words() {
        let variable = ("SENTRY_DASHBOARD", "1");
        assert!(!completed(Dashboard::on(), &[], false).is_on());
        assert!(!completed(Dashboard::from_environment(), &[variable], false).is_on());
        assert!(
            !completed(Dashboard::on(), &[variable, ("SENTRY_DASHBOARD_IN_RELEASE", "0")], false).is_on()
        );
        assert!(completed(Dashboard::on().in_release_builds(), &[], false).is_on());
        assert!(
            completed(
                Dashboard::from_environment(),
                &[variable, ("SENTRY_DASHBOARD_IN_RELEASE", "1")],
                false
            )
            .is_on()
        );
        assert!(
            !completed(Dashboard::from_environment(), &[("SENTRY_DASHBOARD_IN_RELEASE", "1")], false).is_on()
        );
    }
}
