//! The style of the terminal: colours, columns, and text that cannot break out of its line.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use std::io::IsTerminal as _;

/// The number of columns if the width is unknown.
const DEFAULT_WIDTH: usize = 100;

/// The properties of the terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) color: bool,
    pub(super) width: usize,
}

impl Style {
    /// Detects the properties of stderr that the options do not set; `env` returns environment variables.
    pub(super) fn detect(
        color: Option<bool>,
        width: Option<usize>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
        let forced = |name: &str| set(name) && env(name).as_deref() != Some("0");
        let color = color.unwrap_or_else(|| {
            if set("NO_COLOR") {
                false
            } else if forced("FORCE_COLOR") || forced("CLICOLOR_FORCE") {
                true
            } else {
                std::io::stderr().is_terminal() && env("TERM").as_deref() != Some("dumb")
            }
        });
        let width = width.or_else(|| env("COLUMNS")?.trim().parse().ok()).filter(|&width| width > 0);
        Self { color, width: width.unwrap_or(DEFAULT_WIDTH).clamp(60, 200) }
    }
}

/// The colour and weight of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Bold,
    Dim,
    Red,
    BoldRed,
    Green,
    Yellow,
    Cyan,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Red => "31",
            Self::BoldRed => "1;31",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Cyan => "36",
        }
    }
}

/// A line that is built piece by piece. Every piece is cleaned, so that recorded data cannot move the cursor.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pieces: Vec<(Paint, String)>,
    width: usize,
}

impl Line {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Returns the line with more text.
    pub(super) fn with(mut self, paint: Paint, text: &str) -> Self {
        self.push(paint, text);
        self
    }

    /// Adds text.
    pub(super) fn push(&mut self, paint: Paint, text: &str) {
        let text: String = text
            .chars()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .filter(|c| !c.is_control() && !is_direction_mark(*c))
            .collect();
        if !text.is_empty() {
            self.width += width(&text);
            self.pieces.push((paint, text));
        }
    }

    /// Appends another line.
    pub(super) fn append(&mut self, other: Line) {
        self.width += other.width;
        self.pieces.extend(other.pieces);
    }

    /// Returns the current width in columns.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Cuts the line to the given width, with an ellipsis if it was longer.
    pub(super) fn cut(&mut self, columns: usize) {
        if self.width <= columns {
            return;
        }
        let mut left = columns.saturating_sub(1);
        let count = self.pieces.len();
        for at in 0..count {
            let (_, text) = &mut self.pieces[at];
            let wide = width(text);
            if wide > left || (wide == left && at + 1 < count) {
                text.truncate(prefix(text, left));
                text.truncate(text.trim_end().len());
                text.push('…');
                self.pieces.truncate(at + 1);
                break;
            }
            left -= wide;
        }
        self.width = self.pieces.iter().map(|(_, text)| width(text)).sum();
    }

    /// Fills the line up to the given width.
    pub(super) fn pad(&mut self, columns: usize) {
        if self.width < columns {
            let fill = " ".repeat(columns - self.width);
            self.push(Paint::Plain, &fill);
        }
    }

    /// Writes the line and its end.
    pub(super) fn write(&self, style: &Style, out: &mut String) {
        let start = out.len();
        for (paint, text) in &self.pieces {
            let code = paint.code();
            if style.color && !code.is_empty() {
                out.push_str("\x1b[");
                out.push_str(code);
                out.push('m');
                out.push_str(text);
                out.push_str("\x1b[0m");
            } else {
                out.push_str(text);
            }
        }
        let end = start + out[start..].trim_end_matches(' ').len();
        out.truncate(end);
        out.push('\n');
    }
}

/// Returns the length in bytes of the longest prefix that fits into the given width.
fn prefix(text: &str, columns: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += char_width(c);
        if used > columns {
            return at;
        }
    }
    text.len()
}

/// Returns the width of a text in columns.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Returns the width of a character: zero for combining marks, two for East Asian wide characters and emoji. Coarser
/// than the Unicode tables, but sufficient to align columns in nearly every case.
fn char_width(c: char) -> usize {
    UnicodeWidthChar::width(c).unwrap_or(1)
}

/// Whether a character changes the direction of the following text.
fn is_direction_mark(c: char) -> bool {
    matches!(u32::from(c), 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069)
}

/// Formats a duration in a readable unit, in at most eight columns.
pub(super) fn duration(seconds: f64) -> String {
    let seconds = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
    let micros = seconds * 1e6;
    if micros < 0.5 {
        "0 µs".to_owned()
    } else if micros < 999.5 {
        format!("{micros:.0} µs")
    } else if micros < 9_995.0 {
        format!("{:.2} ms", micros / 1e3)
    } else if micros < 99_950.0 {
        format!("{:.1} ms", micros / 1e3)
    } else if micros < 999_500.0 {
        format!("{:.0} ms", micros / 1e3)
    } else if seconds < 9.995 {
        format!("{seconds:.2} s")
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else if seconds < 3_599.5 {
        let whole = seconds.round();
        format!("{:.0}m {:02.0}s", (whole / 60.0).floor(), whole % 60.0)
    } else if seconds < 356_400.0 {
        let minutes = (seconds / 60.0).round();
        format!("{:.0}h {:02.0}m", (minutes / 60.0).floor(), minutes % 60.0)
    } else {
        format!("{:.0}d", (seconds / 86_400.0).min(99_999.0))
    }
}

/// Formats seconds since 1970 as the time of day in UTC.
pub(super) fn clock(seconds: f64) -> String {
    let day = if seconds.is_finite() { seconds.rem_euclid(86_400.0) } else { 0.0 };
    format!(
        "{:02.0}:{:02.0}:{:02.0}Z",
        (day / 3600.0).floor(),
        (day / 60.0).floor() % 60.0,
        day.floor() % 60.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_as_a_person_would() {
        for (seconds, expected) in [
            (0.0, "0 µs"),
            (-1.0, "0 µs"),
            (f64::NAN, "0 µs"),
            (0.000_842, "842 µs"),
            (0.000_999_6, "1.00 ms"),
            (0.001_234, "1.23 ms"),
            (0.009_996, "10.0 ms"),
            (0.0482, "48.2 ms"),
            (0.099_96, "100 ms"),
            (0.9996, "1.00 s"),
            (1.239, "1.24 s"),
            (59.96, "1m 00s"),
            (123.0, "2m 03s"),
            (3_599.6, "1h 00m"),
            (7_380.0, "2h 03m"),
            (432_000.0, "5d"),
            (f64::MAX, "99999d"),
        ] {
            assert_eq!(duration(seconds), expected, "{seconds}");
            assert!(width(expected) <= 8);
        }
        assert_eq!(clock(1_795_262_645.7), "12:04:05Z");
    }

    #[test]
    fn the_environment_decides_on_colour_and_columns() {
        let detect = |env: &[(&str, &str)]| {
            let read = |name: &str| {
                env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            Style::detect(None, None, read)
        };
        assert!(detect(&[("FORCE_COLOR", "1")]).color);
        assert!(detect(&[("CLICOLOR_FORCE", "1")]).color);
        assert!(!detect(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]).color);
        assert!(!detect(&[("TERM", "dumb"), ("FORCE_COLOR", "0")]).color);
        assert_eq!(detect(&[("COLUMNS", "120")]).width, 120);
        assert_eq!(detect(&[("COLUMNS", "7")]).width, 60);
        assert_eq!(detect(&[("COLUMNS", "wide")]).width, DEFAULT_WIDTH);
        assert!(!Style::detect(Some(false), None, |_| Some("1".to_owned())).color);
        assert_eq!(Style::detect(None, Some(80), |_| Some("1".to_owned())).width, 80);
    }

    #[test]
    fn a_line_is_cut_between_characters() {
        let cut = |columns: usize| {
            let mut line = Line::new().with(Paint::Plain, "注文 x").with(Paint::Dim, "yz");
            line.cut(columns);
            let mut out = String::new();
            line.write(&Style { color: false, width: 100 }, &mut out);
            assert_eq!(line.width(), width(out.trim_end()));
            out
        };
        assert_eq!(cut(8), "注文 xyz\n");
        assert_eq!(cut(7), "注文 x…\n");
        assert_eq!(cut(6), "注文…\n");
        assert_eq!(cut(4), "注…\n");
        assert_eq!(cut(1), "…\n");
    }
}
