//! The program: a dashboard for all services of a system.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt as _};
use sentry_dashboard::{DEFAULT_ADDRESS, DEFAULT_MEMORY, Dashboard, Handle, StartError};

const HELP: &str = "\
Shows in a browser what Sentry SDKs send, while you develop.

Usage: sentry-dashboard [OPTIONS] [FILE…]

Arguments:
  [FILE…]             Files of earlier runs to show, written by --keep or by SENTRY_LOCAL=path

Options:
      --listen ADDRESS   The address to listen on [default: 127.0.0.1:8969]
      --keep FILE        Append every envelope to the file, and show what it contains already
      --open FILE…       The same as FILE…
      --memory MIB       The memory for what is shown; the oldest is dropped first [default: 64]
      --editor URL       The URL of a source file, with {path} and {line}
                         [default: vscode://file/{path}:{line}]
      --token TOKEN      The token of the page and the API [default: random, the same for every start]
                         [environment: SENTRY_DASHBOARD_TOKEN]
      --allow-remote     Allow an address that other machines can reach
  -h, --help             Print this help
  -V, --version          Print the version
";

/// The action that the arguments ask for.
enum Asked {
    Start(Dashboard),
    Help,
    Version,
}

fn main() -> ExitCode {
    let dashboard = match read(Parser::from_env()) {
        Ok(Asked::Start(dashboard)) => dashboard,
        Ok(Asked::Help) => return print(HELP),
        Ok(Asked::Version) => return print(concat!("sentry-dashboard ", env!("CARGO_PKG_VERSION"), "\n")),
        Err(error) => {
            eprintln!("error: {error}\n\nFor the options, run `sentry-dashboard --help`.");
            return ExitCode::from(2);
        }
    };
    match dashboard.start() {
        Ok(handle) => {
            announce(&handle);
            handle.join();
            ExitCode::FAILURE
        }
        Err(StartError::Listen(address, _)) if sentry_dashboard::is_dashboard(address) => {
            eprintln!(
                "error: a dashboard listens on {address} already: open it, or start another with \
                 `--listen 127.0.0.1:0`"
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn announce(handle: &Handle) {
    let address = handle.address();
    print(&format!(
        "Dashboard:  {}\n\
         Send there: SENTRY_DSN=http://dev@{address}/1 or SENTRY_SPOTLIGHT=http://{address}/stream\n\
         Agents:     http://{address}/api (text), http://{address}/mcp, with `Authorization: Bearer TOKEN`\n",
        handle.url(),
    ));
}

fn read(mut arguments: Parser) -> Result<Asked, lexopt::Error> {
    let mut dashboard = Dashboard::new().address(DEFAULT_ADDRESS).memory(DEFAULT_MEMORY);
    if let Some(token) = std::env::var("SENTRY_DASHBOARD_TOKEN").ok().filter(|token| !token.is_empty()) {
        dashboard = dashboard.token(token);
    }
    while let Some(argument) = arguments.next()? {
        dashboard = match argument {
            Arg::Long("listen") => dashboard.address(arguments.value()?.parse_with(address)?),
            Arg::Long("keep") => dashboard.keep(PathBuf::from(arguments.value()?)),
            Arg::Long("open") => arguments.values()?.fold(dashboard, Dashboard::open),
            Arg::Value(file) => dashboard.open(file),
            Arg::Long("memory") => {
                let mebibytes: usize = arguments.value()?.parse()?;
                dashboard.memory(mebibytes.saturating_mul(1 << 20))
            }
            Arg::Long("editor") => dashboard.editor(arguments.value()?.string()?),
            Arg::Long("token") => dashboard.token(arguments.value()?.string()?),
            Arg::Long("allow-remote") => dashboard.allow_remote(true),
            Arg::Short('h') | Arg::Long("help") => return Ok(Asked::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Asked::Version),
            _ => return Err(argument.unexpected()),
        };
    }
    Ok(Asked::Start(dashboard))
}

/// Reads `address:port` or a port of this machine.
fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.replace("localhost:", "127.0.0.1:");
    if let Ok(port) = text.trim_start_matches(':').parse() {
        return Ok(SocketAddr::new(DEFAULT_ADDRESS.ip(), port));
    }
    text.parse().map_err(|_| "expected an address and a port, such as 127.0.0.1:8969".to_owned())
}

/// Prints to stdout. A closed stdout is ignored.
fn print(text: &str) -> ExitCode {
    use std::io::Write as _;
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debug(arguments: &[&str]) -> String {
        match read(Parser::from_args(arguments)) {
            Ok(Asked::Start(dashboard)) => format!("{dashboard:?}"),
            Ok(Asked::Help | Asked::Version) => String::new(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn arguments_become_options() {
        let options =
            debug(&["--listen", "localhost:9000", "--memory=8", "a", "--open", "b", "c", "--keep", "d"]);
        for part in ["127.0.0.1:9000", "memory: 8388608", r#"open: ["a", "b", "c"]"#, r#"keep: Some("d")"#] {
            assert!(options.contains(part), "{part} is not in {options}");
        }
        assert!(debug(&["--listen", ":9000"]).contains("127.0.0.1:9000"));
        assert!(debug(&["--listen", "[::1]:1"]).contains("[::1]:1"));
    }

    #[test]
    fn wrong_arguments_are_named() {
        assert!(debug(&["--listen", "here"]).contains("expected an address and a port"));
        assert!(debug(&["--memory", "much"]).starts_with("error"));
        assert!(debug(&["--nonsense"]).contains("--nonsense"));
    }
}
