//! The style of the lines: colours, columns, and text that cannot break out of its line.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The properties of the lines to print.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) color: bool,
    pub(super) width: usize,
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

/// Breaks a line of text into lines of at most this width: between words, or inside a word that does not fit.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text.trim_end();
    while width(rest) > columns.max(2) {
        let fits = prefix(rest, columns.max(2));
        if fits == rest.len() {
            break;
        }
        // A space right behind the line is a good place too.
        let line = rest.get(..=fits).unwrap_or(&rest[..fits]);
        let space = line.rfind(' ').filter(|&at| !rest[..at].trim().is_empty());
        let (line, next) = rest.split_at(space.unwrap_or(fits));
        lines.push(line.trim_end());
        rest = next.trim_start();
    }
    lines.push(rest);
    lines
}

/// Returns the end of a text in at most this width, with an ellipsis if it was longer: the end of a path says more than
/// its beginning.
pub(super) fn end_of(text: &str, columns: usize) -> Cow<'_, str> {
    let mut left = width(text);
    if left <= columns {
        return Cow::Borrowed(text);
    }
    let mut characters = text.chars();
    while left + 1 > columns {
        let Some(c) = characters.next() else { break };
        left -= char_width(c).min(left);
    }
    Cow::Owned(format!("…{}", characters.as_str()))
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

/// Returns whether a character changes the direction of the following text.
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
    #[test]
    fn text_is_wrapped_between_words_and_loses_none() {
        assert_eq!(wrapped("the card was declined", 100), ["the card was declined"]);
        assert_eq!(wrapped("the card was declined", 12), ["the card was", "declined"]);
        assert_eq!(wrapped("the card was declined", 11), ["the card", "was", "declined"]);
        assert_eq!(wrapped("unbreakable", 4), ["unbr", "eaka", "ble"]);
        assert_eq!(wrapped("注文を送る", 5), ["注文", "を送", "る"]);
        assert_eq!(wrapped("注文 を", 0), ["注", "文", "を"]);
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn a_path_is_cut_at_its_start() {
        assert_eq!(end_of("src/main.rs:7", 13), "src/main.rs:7");
        assert_eq!(end_of("src/main.rs:7", 9), "…ain.rs:7");
        assert_eq!(end_of("注文:7", 5), "…文:7");
        assert_eq!(end_of("注文:7", 4), "…:7");
        assert_eq!(end_of("abc", 0), "…");
    }
}
