//! Names in quotes anywhere in a text: the fields of JSON (`no such user: {"login":"ada","password":"x"}`), of a map
//! or of pairs as `Debug` prints them (`("password", "x")`), and arguments (`"--password" "x"`). The surrounding text
//! need not be JSON, and the fields may be escaped, as `Debug` prints a text that contains them:
//! `"{\"password\":\"x\"}"`.
//!
//! The backslashes before a quote give its depth. Each time a text is escaped, its quotes get one backslash and its
//! backslashes double: a quote of the outermost text has none, a quote of a text inside it has 1, then 3, 7, and so
//! on. A quote behind an even number of backslashes closes a text that ends with backslashes. The depth of a quote is
//! therefore the number of trailing ones in the binary form of that number, and a text ends at the first quote of the
//! same or a smaller depth.
//!
//! The text is read once, from beginning to end.

use std::borrow::Cow;

use super::rewrite::Rewrite;
use super::{FILTERED, Scrubber, Verdict, effort};

/// The greatest depth that is told apart; deeper quotes have more than 255 backslashes.
const DEEPEST: usize = 8;

/// A quote in a text.
#[derive(Debug, Clone, Copy)]
struct Quote {
    at: usize,
    depth: usize,
}

impl Quote {
    /// Returns the first quote from here on, which is this mark. There must be no backslash right before `from`.
    fn next(text: &str, from: usize, mark: u8) -> Option<Self> {
        Self::next_before(text, from, mark, None)
    }

    /// Like [`next`](Self::next), up to the first byte of this value.
    fn next_before(text: &str, from: usize, mark: u8, stop: Option<u8>) -> Option<Self> {
        let mut backslashes = 0_usize;
        for (at, byte) in text.as_bytes().iter().enumerate().skip(from) {
            effort::count();
            match byte {
                b'\\' => backslashes += 1,
                byte if *byte == mark => return Some(Self { at, depth: depth(backslashes) }),
                byte if Some(*byte) == stop => return None,
                _ => backslashes = 0,
            }
        }
        None
    }

    /// Where the backslashes of the quote begin.
    fn start(self) -> usize {
        self.at - own_backslashes(self.depth)
    }

    fn end(self) -> usize {
        self.at + 1
    }
}

pub(super) fn depth(backslashes: usize) -> usize {
    (backslashes.trailing_ones() as usize).min(DEEPEST)
}

fn own_backslashes(depth: usize) -> usize {
    (1 << depth) - 1
}

/// The value behind a name.
enum Found {
    /// The inside of a text, without its quotes.
    Text { start: usize, end: usize },
    /// Any other value.
    Other { start: usize, end: usize },
}

impl Scrubber {
    /// Filters the values of sensitive names in quotes.
    pub(super) fn scrub_fields<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains('"') {
            return Cow::Borrowed(text);
        }
        let mut rewrite = Rewrite::new(text);
        // The last quote of each depth, unless a less deep one followed.
        let mut before: [Option<Quote>; DEEPEST + 1] = [None; DEEPEST + 1];
        let mut at = 0;
        while let Some(quote) = Quote::next(text, at, b'"') {
            at = quote.end();
            let opening = before[quote.depth];
            before[quote.depth] = Some(quote);
            before[quote.depth + 1..].fill(None);
            let Some(opening) = opening else { continue };
            let name = &text[opening.end()..quote.start().max(opening.end())];
            let value = behind_colon(text, quote.end()).or_else(|| behind_comma(text, opening, quote, name));
            let Some(value) = value else { continue };
            let verdict = self.verdict_of_field(name);
            if verdict == Verdict::Harmless {
                continue;
            }
            match found(text, value, quote.depth) {
                Some(Found::Text { start, end }) => {
                    let end = self.end_behind_names(text, start, end);
                    if end > start && &text[start..end] != FILTERED {
                        rewrite.replace(start..end, FILTERED);
                    }
                    at = end;
                }
                Some(Found::Other { start, end }) => {
                    if verdict == Verdict::Sensitive || !is_number(&text[start..end]) {
                        let quote = format!("{}\"", "\\".repeat(own_backslashes(quote.depth)));
                        rewrite.replace(start..end, &format!("{quote}{FILTERED}{quote}"));
                    }
                    at = end;
                }
                None => {}
            }
        }
        rewrite.finish()
    }

    /// Returns the meaning of a name that may be written with escapes.
    fn verdict_of_field(&self, name: &str) -> Verdict {
        if name.contains("\\u") { self.names.verdict(&unescaped(name)) } else { self.names.verdict(name) }
    }
}

/// Where the value begins if a colon follows, or the arrow of other languages.
fn behind_colon(text: &str, at: usize) -> Option<usize> {
    let rest = text[at..].trim_ascii_start();
    let rest = rest.strip_prefix(':').or_else(|| rest.strip_prefix("=>"))?;
    Some(text.len() - rest.trim_ascii_start().len())
}

/// Where the value begins of a name that is the first of a pair (`("password", "x")`, `[["password", "x"]]`), or an
/// argument that another one follows (`"--password", "x"`, `"--password" "x"`). A list of two texts is not a pair.
fn behind_comma(text: &str, opening: Quote, closing: Quote, name: &str) -> Option<usize> {
    let rest = text[closing.end()..].trim_ascii_start();
    let behind = rest.strip_prefix(',').map(str::trim_ascii_start);
    let value = if is_argument(name) {
        behind.unwrap_or(rest)
    } else {
        let before = &text.as_bytes()[..opening.start()];
        let outer = before.split_last().map(|(last, rest)| (last, rest.trim_ascii_end().last()));
        let is_pair = matches!(outer, Some((b'(', _) | (b'[', Some(b'[' | b','))));
        behind.filter(|_| is_pair)?
    };
    let start = text.len() - value.len();
    opened(text, start, closing.depth).map(|_| start)
}

/// Returns whether a name is an argument of a command.
fn is_argument(name: &str) -> bool {
    name.len() > 2 && name.starts_with("--") && !name.starts_with("--no-") && !name.contains('=')
}

/// The value that begins here, of a name whose quotes have this depth. `null`, booleans and words are not values.
fn found(text: &str, start: usize, depth: usize) -> Option<Found> {
    let rest = &text[start..];
    if let Some(inside) = opened(text, start, depth) {
        return Some(Found::Text { start: inside, end: end_of_text(text, inside, depth) });
    }
    if rest.strip_prefix('-').unwrap_or(rest).starts_with(|c: char| c.is_ascii_digit()) {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_');
        let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        return Some(Found::Other { start, end: start + len });
    }
    // `Debug` names the type: `Some("x")`, `String("x")`.
    let ty = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    if &rest[..ty] == "Bool" || !rest[ty..].starts_with(['{', '[', '(']) {
        return None;
    }
    Some(Found::Other { start, end: end_of_group(text, start + ty, depth) })
}

/// The inside of a text whose opening quote is here and has this depth.
fn opened(text: &str, at: usize, depth: usize) -> Option<usize> {
    let backslashes = text[at..].bytes().take_while(|byte| *byte == b'\\').count();
    let is_quote = text[at + backslashes..].starts_with('"');
    (is_quote && self::depth(backslashes) == depth).then_some(at + backslashes + 1)
}

/// Where the inside of a text ends: at its closing quote, where a text around it ends, or with everything.
pub(super) fn end_of_text(text: &str, inside: usize, depth: usize) -> usize {
    end_at_mark(text, inside, depth, b'"')
}

/// Like [`end_of_text`], for a text between these marks.
pub(super) fn end_at_mark(text: &str, inside: usize, depth: usize, mark: u8) -> usize {
    let mut at = inside;
    while let Some(quote) = Quote::next(text, at, mark) {
        if quote.depth <= depth {
            return quote.start().max(inside);
        }
        at = quote.end();
    }
    text.len()
}

/// Where the inside of a text in single quotes or backticks ends, if it does. In SQL and YAML, two marks inside the text
/// are one of its characters. Where a backslash is a character like others, it does not keep a mark from closing: if no
/// other mark does, the first one closes. No mark closes behind the first byte `stop`.
pub(super) fn end_of_marked(
    text: &str,
    inside: usize,
    depth: usize,
    mark: u8,
    stop: Option<u8>,
) -> Option<usize> {
    let (mut at, mut first) = (inside, None);
    while let Some(quote) = Quote::next_before(text, at, mark, stop) {
        first = first.or(Some(quote.at));
        let is_doubled = text.as_bytes().get(quote.end()) == Some(&mark);
        if quote.depth <= depth && !is_doubled {
            return Some(quote.start().max(inside));
        }
        at = quote.end() + usize::from(is_doubled);
    }
    first
}

/// Behind the bracket that closes the one here, or where a text around it ends.
fn end_of_group(text: &str, start: usize, depth: usize) -> usize {
    let (mut open, mut quoted, mut backslashes) = (0_usize, false, 0_usize);
    for (at, byte) in text.as_bytes().iter().enumerate().skip(start) {
        effort::count();
        match byte {
            b'"' if self::depth(backslashes) < depth => {
                return at - own_backslashes(self::depth(backslashes));
            }
            b'"' if self::depth(backslashes) == depth => quoted = !quoted,
            b'{' | b'[' | b'(' if !quoted => open += 1,
            b'}' | b']' | b')' if !quoted => {
                open -= 1;
                if open == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        backslashes = if *byte == b'\\' { backslashes + 1 } else { 0 };
    }
    text.len()
}

/// Returns whether a value is a number, possibly inside the names of its types: `Some(Number(1))`.
pub(super) fn is_number(value: &str) -> bool {
    without_types(value).is_some_and(|value| value.parse::<f64>().is_ok())
}

/// Returns whether a value is a boolean, possibly inside the names of its types: `Some(Bool(true))`.
pub(super) fn is_boolean(value: &str) -> bool {
    matches!(without_types(value), Some("true" | "false"))
}

/// Returns the value inside the names of its types; `None` if anything else is around it.
fn without_types(value: &str) -> Option<&str> {
    let inside = value.trim_end_matches(')');
    let (types, value) = inside.rsplit_once('(').unwrap_or(("", inside));
    let is_of_types = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'(');
    types.bytes().all(is_of_types).then_some(value)
}

/// A name without the escapes of letters: `p\u0061ssword`.
fn unescaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut pieces = name.split("\\u");
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let code =
            piece.get(..4).and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        match code {
            Some(letter) => {
                // A name in an escaped text has more backslashes, and all of them belong to the escape.
                out.truncate(out.trim_end_matches('\\').len());
                out.push(letter);
                out.push_str(&piece[4..]);
            }
            None => out.push_str(piece),
        }
    }
    out
}

#[cfg(test)]
mod tests;
