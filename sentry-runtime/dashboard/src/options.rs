//! The options of a dashboard.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The default address: the port of Sentry's own development server Spotlight, so that its SDK options find it.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8969);
/// The default memory budget, in bytes.
pub const DEFAULT_MEMORY: usize = 64 << 20;

/// The options of a dashboard. [`start`](Self::start) starts it.
///
/// ```
/// use sentry_dashboard::Dashboard;
///
/// let dashboard = Dashboard::new()
///     .address(([127, 0, 0, 1], 0).into()) // any free port
///     .memory(16 << 20)
///     .editor("zed://file/{path}:{line}")
///     .start()?;
/// assert!(dashboard.url().starts_with("http://127.0.0.1:"));
/// # Ok::<(), sentry_dashboard::StartError>(())
/// ```
#[derive(Clone)]
pub struct Dashboard {
    pub(crate) address: SocketAddr,
    pub(crate) token: Option<String>,
    pub(crate) memory: usize,
    pub(crate) keep: Option<PathBuf>,
    pub(crate) open: Vec<PathBuf>,
    pub(crate) editor: String,
    pub(crate) allow_remote: bool,
    pub(crate) on_thread_start: Option<fn()>,
}

impl Default for Dashboard {
    fn default() -> Self {
        Self {
            address: DEFAULT_ADDRESS,
            token: None,
            memory: DEFAULT_MEMORY,
            keep: None,
            open: Vec::new(),
            editor: "vscode://file/{path}:{line}".to_owned(),
            allow_remote: false,
            on_thread_start: None,
        }
    }
}

impl Dashboard {
    /// Returns the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the address to listen on; port 0 takes any free port. Default: [`DEFAULT_ADDRESS`].
    #[must_use]
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Returns the address to listen on.
    #[must_use]
    pub fn listen_address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the token that the page and the API require: 8 to 128 letters, digits, `-` and `_`. Default: a random token,
    /// which is kept in a file that only the user can read, so that a page that is open stays valid when the program
    /// restarts. With [`allow_remote`](Self::allow_remote) each start has another token.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets the memory for what is shown, in bytes, at least 1 MiB. The oldest is dropped first; pinned traces stay.
    /// Default: [`DEFAULT_MEMORY`].
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Appends every envelope to a file, and shows what it contains already. At 512 MiB the file gets the ending `.old`
    /// and a new one begins. Default: nothing is written.
    #[must_use]
    pub fn keep(mut self, file: impl Into<PathBuf>) -> Self {
        self.keep = Some(file.into());
        self
    }

    /// Shows the envelopes in a file of an earlier run, written by [`keep`](Self::keep) or by `SENTRY_LOCAL=path`. Call
    /// it again for further files.
    #[must_use]
    pub fn open(mut self, file: impl Into<PathBuf>) -> Self {
        self.open.push(file.into());
        self
    }

    /// Sets the URL that opens a source file in an editor, with `{path}` and `{line}`. Default:
    /// `vscode://file/{path}:{line}`.
    #[must_use]
    pub fn editor(mut self, pattern: impl Into<String>) -> Self {
        self.editor = pattern.into();
        self
    }

    /// Allows an address that other machines can reach. Whoever can reach it can send data; whoever also has the token
    /// can read everything, unencrypted. Default: `false`.
    #[must_use]
    pub fn allow_remote(mut self, allow: bool) -> Self {
        self.allow_remote = allow;
        self
    }

    /// Sets a function that each thread of the dashboard calls first. Default: none.
    #[must_use]
    pub fn on_thread_start(mut self, function: fn()) -> Self {
        self.on_thread_start = Some(function);
        self
    }

    /// Checks every value.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        if !self.allow_remote && !self.address.ip().is_loopback() {
            return Err(StartError::Remote(self.address));
        }
        if let Some(token) = &self.token
            && !((8..=128).contains(&token.len())
                && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)))
        {
            return Err(StartError::Token);
        }
        if self.memory < 1 << 20 {
            return Err(StartError::Memory(self.memory));
        }
        let scheme = self.editor.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_url = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !is_url || ["javascript", "data", "vbscript"].contains(&&*scheme.to_ascii_lowercase()) {
            return Err(StartError::Editor(self.editor.clone()));
        }
        Ok(())
    }
}

impl fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dashboard")
            .field("address", &self.address)
            .field("memory", &self.memory)
            .field("keep", &self.keep)
            .field("open", &self.open)
            .field("editor", &self.editor)
            .field("allow_remote", &self.allow_remote)
            .finish_non_exhaustive()
    }
}

/// The reason why a dashboard did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Other machines can reach the address, and [`Dashboard::allow_remote`] is not set.
    Remote(SocketAddr),
    /// The token is too short, too long, or has other characters than letters, digits, `-` and `_`.
    Token,
    /// The memory budget is smaller than 1 MiB.
    Memory(usize),
    /// The pattern of the editor is not a URL.
    Editor(String),
    /// The address cannot be listened on: another program uses it, or it is not one of this machine.
    Listen(SocketAddr, io::Error),
    /// A file cannot be read or written.
    File(PathBuf, io::Error),
    /// The server cannot be started.
    Server(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remote(address) => write!(
                f,
                "other machines can reach {address}: use an address of this machine, such as {DEFAULT_ADDRESS}, or \
                 allow it by `allow_remote` (`--allow-remote`)"
            ),
            Self::Token => f.write_str("the token must have 8 to 128 letters, digits, `-` and `_`"),
            Self::Memory(bytes) => write!(f, "the memory is {bytes} bytes, but must be at least 1 MiB"),
            Self::Editor(pattern) => write!(
                f,
                "the editor is `{}`, but must be a URL such as `vscode://file/{{path}}:{{line}}`",
                pattern.escape_debug()
            ),
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::File(path, error) => write!(f, "cannot use the file {}: {error}", path.display()),
            Self::Server(error) => write!(f, "the server cannot be started: {error}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen(_, error) | Self::File(_, error) | Self::Server(error) => Some(error),
            Self::Remote(_) | Self::Token | Self::Memory(_) | Self::Editor(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(options: Dashboard) -> String {
        options.check().unwrap_err().to_string()
    }

    #[test]
    fn bad_values_are_named_with_the_rule() {
        let everywhere = Dashboard::new().address(([0, 0, 0, 0], 8969).into());
        assert!(wrong(everywhere.clone()).starts_with("other machines can reach 0.0.0.0:8969"));
        assert!(everywhere.allow_remote(true).check().is_ok());
        assert!(wrong(Dashboard::new().token("short")).contains("8 to 128"));
        assert!(wrong(Dashboard::new().token("has; a semicolon")).contains("8 to 128"));
        assert!(wrong(Dashboard::new().memory(5)).contains("5 bytes"));
        for editor in ["javascript:alert(1)", "nothing", "", ":x", "a b:c"] {
            assert!(wrong(Dashboard::new().editor(editor)).contains("must be a URL"), "{editor}");
        }
        assert!(Dashboard::new().editor("idea://open?file={path}&line={line}").check().is_ok());
    }
}
