//! The terminal on stderr: its width, and whether it shows colours.

#![cfg_attr(
    unix,
    expect(unsafe_code, reason = "the standard library has no call for the size of a terminal")
)]

use std::io::IsTerminal as _;

use super::style::Style;

/// The number of columns if the width is unknown.
const DEFAULT_WIDTH: usize = 100;
/// The widths for which the view has a layout; a narrower terminal wraps the lines.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=200;

/// The terminal, which may be resized while the program runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    color: bool,
    /// The width that the options or the environment set.
    width: Option<usize>,
}

impl Terminal {
    /// Detects the properties of stderr that the options do not set; `env` returns environment variables.
    pub(super) fn detect(
        color: Option<bool>,
        width: Option<usize>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
        let on = |name: &str| set(name) && !matches!(env(name).as_deref(), Some("0" | "false"));
        let color = color.unwrap_or_else(|| {
            if set("NO_COLOR") {
                false
            } else if on("FORCE_COLOR") || on("CLICOLOR_FORCE") {
                true
            } else {
                // Logs of CI systems are stored as text, even if the system provides a terminal.
                !on("CI") && env("TERM").as_deref() != Some("dumb") && std::io::stderr().is_terminal()
            }
        });
        let width = width.or_else(|| env("COLUMNS")?.trim().parse().ok()).filter(|&width| width > 0);
        Self { color, width }
    }

    /// Returns the style of the next lines, for the current width of the terminal.
    pub(super) fn style(&self) -> Style {
        let width = self.width.or_else(current_width).unwrap_or(DEFAULT_WIDTH);
        Style { color: self.color, width: width.clamp(*WIDTHS.start(), *WIDTHS.end()) }
    }
}

/// Asks the terminal on stderr for its width; `None` if stderr is no terminal, or one that does not know its width.
#[cfg(unix)]
fn current_width() -> Option<usize> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: for `TIOCGWINSZ` the kernel writes one `winsize` to the address, which is that of a live local variable
    // of this type, and keeps no pointer to it. A descriptor that is closed or no terminal is an error.
    let answer = unsafe { libc::ioctl(libc::STDERR_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    (answer == 0 && size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// The width is unknown: only `COLUMNS` sets it.
#[cfg(not(unix))]
fn current_width() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(env: &[(&str, &str)]) -> Terminal {
        let read =
            |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Terminal::detect(None, None, read)
    }

    #[test]
    fn the_environment_decides_on_colour() {
        assert!(detect(&[("FORCE_COLOR", "1")]).color);
        assert!(detect(&[("CLICOLOR_FORCE", "1")]).color);
        assert!(detect(&[("CI", "true"), ("CLICOLOR_FORCE", "1")]).color);
        assert!(!detect(&[("CI", "true")]).color);
        assert!(!detect(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]).color);
        assert!(!detect(&[("TERM", "dumb"), ("FORCE_COLOR", "0")]).color);
        assert!(!Terminal::detect(Some(false), None, |_| Some("1".to_owned())).color);
    }

    #[test]
    fn the_options_and_the_environment_set_the_width() {
        let width = |env: &[(&str, &str)]| detect(env).style().width;
        assert_eq!(width(&[("COLUMNS", "120")]), 120);
        assert_eq!(width(&[("COLUMNS", "7")]), 40);
        assert_eq!(width(&[("COLUMNS", "4000")]), 200);
        assert_eq!(detect(&[("COLUMNS", "wide")]).width, None);
        assert_eq!(Terminal::detect(None, Some(80), |_| Some("1".to_owned())).style().width, 80);
    }
}
