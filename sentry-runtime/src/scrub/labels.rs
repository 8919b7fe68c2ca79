//! Values behind a name and a colon, without quotes around the name: the output of `Debug`
//! (`Login { password: "x", api_key: Some("y") }`), YAML (`password: x`), headers (`x-api-key: x`); and values wrapped
//! in a type that is named for them (`Password("x")`).
//!
//! People write colons too: `the password: prompt was shown`. What is in quotes or brackets is a value, and so is a
//! single word up to the end of the line or the next separator. The first of several words is a value only when it
//! does not look like a word: `password: hunter2 was refused`.

use std::borrow::Cow;

use super::fields::{depth, end_of_text, is_number};
use super::names::is_secret;
use super::text::{Rewrite, boundary};
use super::{FILTERED, Scrubber, Verdict};

/// The longest name, and the longest word that is judged by its letters; a longer one is a secret.
const MAX_WORD: usize = 256;

/// A name before a colon.
struct Label<'a> {
    name: &'a str,
    /// Whether the name is where a field would be: at the beginning of a line, or behind a bracket or separator.
    is_field: bool,
    /// Whether nothing but space or the dash of a list is before the name on its line.
    begins_line: bool,
}

impl Scrubber {
    /// Filters the values behind sensitive names and a colon.
    pub(super) fn scrub_labels<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut rewrite = Rewrite::new(text);
        let mut at = 0;
        while let Some(found) = text[at..].find([':', '(']).map(|found| at + found) {
            at = found + 1;
            let value = match text.as_bytes()[found] {
                b'(' => self.wrapped(text, found, rewrite.replaced_to()),
                // The path of an item. The last of several colons has no name before it.
                _ if text[at..].starts_with(':') => None,
                _ => self.labelled(text, found, rewrite.replaced_to()),
            };
            if let Some((start, end)) = value {
                if end > start && &text[start..end] != FILTERED {
                    rewrite.replace(start..end, FILTERED);
                }
                at = end.max(at);
            }
        }
        rewrite.finish()
    }

    /// The value of a newtype that is named for a secret. The names of errors say what is wrong with one instead.
    fn wrapped(&self, text: &str, bracket: usize, from: usize) -> Option<(usize, usize)> {
        let name = word_before(&text[from..bracket]);
        let is_type = name.starts_with(|c: char| c.is_ascii_uppercase());
        if !is_type || ERRORS.iter().any(|word| name.starts_with(word)) || !is_secret_type(name) {
            return None;
        }
        quoted(text, bracket + 1)
    }

    /// The value behind a colon, if the name before it is sensitive and the value looks like one.
    fn labelled(&self, text: &str, colon: usize, from: usize) -> Option<(usize, usize)> {
        let label = Label::before(text, colon, from)?;
        let mut name = label.name;
        let mut verdict = self.names.verdict(name);
        if verdict == Verdict::Harmless {
            // `Pass Word: x`, where neither word says it alone.
            let (first, both) = two_words_before(&text[from..colon])?;
            name = both;
            verdict = self.names.verdict(both);
            if self.names.verdict(first) == Verdict::Sensitive {
                return None;
            }
        }
        // The filter of headers recognises the kind of credential that follows.
        if verdict == Verdict::Harmless || name.ends_with("uthorization") || name.ends_with("UTHORIZATION") {
            return None;
        }
        let is_apart = text[colon + 1..].starts_with(|c: char| c.is_whitespace());
        let start =
            colon + 1 + text[colon + 1..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if let Some(inside) = quoted(text, start) {
            return Some(inside);
        }
        if let Some(end) = group(text, start) {
            let value = &text[start..end];
            let is_harmless = value.ends_with("(true)")
                || value.ends_with("(false)")
                || is_placeholder(value)
                || (verdict == Verdict::Count && is_number(value));
            return (!is_harmless).then_some((start, end));
        }
        if label.begins_line
            && let Some(block) = block(text, start)
        {
            return Some(block);
        }
        self.bare(text, start, &label, verdict, is_secret(name), is_apart)
    }

    /// A value without quotes or brackets.
    fn bare(
        &self,
        text: &str,
        start: usize,
        label: &Label<'_>,
        verdict: Verdict,
        is_secret: bool,
        is_apart: bool,
    ) -> Option<(usize, usize)> {
        let rest = &text[start..];
        let end = start + rest.find(ends_value).unwrap_or(rest.len());
        let word = &text[start..end];
        let trimmed = word.trim_end_matches(['.', '!', '?']);
        if word.len() > MAX_WORD {
            return Some((start, end));
        }
        let is_label = word.ends_with(':');
        if trimmed.is_empty()
            || is_label
            || word.starts_with("//")
            || is_placeholder(word)
            || is_of_statement(trimmed)
        {
            return None;
        }
        if verdict == Verdict::Count && is_number(trimmed) {
            return None;
        }
        if label.begins_line && is_apart && in_mapping(text, start) {
            let line = rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())].trim_end();
            if is_secret || !line.split(' ').all(looks_like_a_word) {
                return Some((start, start + line.len()));
            }
        }
        let is_number = trimmed.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
        let is_word = looks_like_a_word(trimmed);
        let is_value = if !is_apart {
            // `password:x`, but not `auth:read`, `session:42`, `auth.rs:10:5`, `secrets:8080`.
            is_secret || !(is_word || is_number)
        } else if is_number && trimmed.len() <= 3 && !is_secret {
            false
        } else if is_alone(&text[end..]) {
            is_secret || label.is_field || !is_word
        } else {
            !is_word
        };
        is_value.then_some((start, start + trimmed.len()))
    }

    /// Filters the content of sensitive elements of XML: `<password>x</password>`.
    pub(super) fn scrub_elements<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains("</") {
            return Cow::Borrowed(text);
        }
        let mut rewrite = Rewrite::new(text);
        let mut opened: Option<(&str, usize)> = None;
        for (at, _) in text.match_indices('<') {
            let rest = &text[at + 1..];
            if let Some((name, inside)) = opened.take()
                && let Some(closing) = rest.strip_prefix('/')
                && closing.strip_prefix(name).is_some_and(|rest| rest.starts_with('>'))
                && at > inside
                && &text[inside..at] != FILTERED
                && self.is_sensitive(name)
            {
                rewrite.replace(inside..at, FILTERED);
                continue;
            }
            let name = &rest[..rest.find(|c: char| !is_part_of_name(c) && c != ':').unwrap_or(rest.len())];
            let close = rest.find(['<', '>']).filter(|close| rest[*close..].starts_with('>'));
            opened = close.filter(|_| !name.is_empty()).map(|close| (name, at + 1 + close + 1));
        }
        rewrite.finish()
    }
}

impl<'a> Label<'a> {
    /// The name before a colon, in quotes of another language or in none.
    fn before(text: &'a str, colon: usize, from: usize) -> Option<Self> {
        let before = text[from..colon].trim_end_matches(['\'', '`']);
        let name = word_before(before);
        if name.is_empty() || name.len() > MAX_WORD {
            return None;
        }
        let before = before[..before.len() - name.len()].trim_end_matches(['\'', '`']);
        let indent = before.trim_end_matches([' ', '\t', '-']);
        let begins_line = match indent.chars().next_back() {
            Some(c) => c == '\n',
            None => from == 0,
        };
        let last = before.trim_end_matches([' ', '\t']).chars().next_back();
        let is_field =
            begins_line || last.is_some_and(|c| matches!(c, '{' | '[' | '(' | ',' | ';' | '&' | '|' | '"'));
        Some(Self { name, is_field, begins_line })
    }
}

/// The names of errors and other things that are not the secret itself.
#[rustfmt::skip]
const ERRORS: [&str; 12] = [
    "Invalid", "Missing", "Unknown", "Expired", "Bad", "Wrong", "No", "Unsupported", "Duplicate", "Unexpected", "Empty",
    "Weak",
];

/// Returns whether a type is named for a secret.
fn is_secret_type(name: &str) -> bool {
    let is = |end: &str| name.ends_with(end);
    is_secret(name) || ["Token", "SessionId", "Jwt", "Bearer", "Secret", "ApiKey"].iter().any(|end| is(end))
}

/// Words of a statement about a secret, which follow its name in the place of a value: "password is missing".
#[rustfmt::skip]
const STATEMENT_WORDS: [&str; 55] = [
    "is", "was", "are", "were", "has", "not", "must", "cannot", "can", "should", "needs", "requires", "required",
    "none", "null", "nil", "true", "false", "yes", "no", "ok", "empty", "missing", "invalid", "expired", "revoked",
    "unknown", "wrong", "incorrect", "denied", "refused", "rejected", "failed", "failure", "error", "timeout",
    "found", "and", "or", "to", "for", "with", "instead", "option", "flag", "argument", "when", "if", "in", "on", "from",
    "given", "via", "as", "by",
];

/// Returns whether a word is of a statement about a secret, not a value.
pub(super) fn is_of_statement(word: &str) -> bool {
    STATEMENT_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Returns whether a word is one of a language, rather than made by a machine or to be hard to guess.
pub(super) fn looks_like_a_word(word: &str) -> bool {
    let is_letter = |c: char| c.is_alphabetic() || matches!(c, '\'' | '-' | '/' | '.' | ':' | '\u{2019}');
    let changes_case =
        word.as_bytes().windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
    let is_short = word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    is_short || (word.chars().all(is_letter) && !changes_case && word.len() <= 32)
}

/// Returns whether a value is only the place of one: `{}`, `{name}`, `%s`, `$1`, `?`, `:name`.
pub(super) fn is_placeholder(value: &str) -> bool {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let inside = value.strip_prefix('{').and_then(|value| value.strip_suffix('}'));
    let is_format = |inside: &str| {
        let (name, format) = inside.split_once(':').unwrap_or((inside, ""));
        is_name(name) && format.len() <= 8 && !format.contains([' ', '"'])
    };
    let is_printf = value.strip_prefix('%').is_some_and(|kind| kind.len() <= 2 && is_name(kind));
    let number = value.strip_prefix(['$', '?', ':', '@']);
    inside.is_some_and(is_format)
        || is_printf
        || (number.is_some_and(is_name)
            && (!value.starts_with('$') || number.is_some_and(|it| it.len() <= 3)))
}

fn is_part_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '[' | ']')
}

/// The word of a name at the end of a text.
fn word_before(text: &str) -> &str {
    let start = text.char_indices().rev().take(MAX_WORD + 1).find(|(_, c)| !is_part_of_name(*c));
    let start = start.map_or(0, |(at, c)| at + c.len_utf8());
    text[start..].trim_start_matches(['-', '.', '[', ']'])
}

/// The last but one word of a text, and the last two words, if exactly one space separates them.
fn two_words_before(text: &str) -> Option<(&str, &str)> {
    let last = word_before(text);
    let before = text[..text.len() - last.len()].strip_suffix(' ')?;
    let first = word_before(before);
    (!first.is_empty() && !last.is_empty()).then(|| (first, &text[before.len() - first.len()..]))
}

/// Where a value without quotes ends.
fn ends_value(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '&' | '|' | '"' | '\'' | '`' | ')' | '}' | ']' | '>')
}

/// Returns whether nothing follows a word that would make it part of a sentence.
fn is_alone(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t']);
    rest.is_empty() || rest.starts_with(|c: char| c != '\'' && (ends_value(c) || c == '#'))
}

/// The inside of a text in quotes that begins here, behind the characters that may precede a quote.
fn quoted(text: &str, start: usize) -> Option<(usize, usize)> {
    let rest = &text[start..];
    let prefix = rest.bytes().take_while(|byte| matches!(byte, b'&' | b'b' | b'r' | b'#')).take(8).count();
    let backslashes = rest[prefix..].bytes().take_while(|byte| *byte == b'\\').count();
    let quote = start + prefix + backslashes;
    match text[quote..].chars().next()? {
        '"' => {
            let inside = quote + 1;
            Some((inside, end_of_text(text, inside, depth(backslashes))))
        }
        mark @ ('\'' | '`') if backslashes == 0 => {
            let len = text[quote + 1..].find([mark, '\n'])?;
            text[quote + 1 + len..].starts_with(mark).then_some(())?;
            Some((quote + 1, quote + 1 + len))
        }
        _ => None,
    }
}

/// Behind the bracket that closes the group that begins here, perhaps with the name of a type.
fn group(text: &str, start: usize) -> Option<usize> {
    let rest = &text[start..];
    let ty =
        rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))).unwrap_or(rest.len());
    let opening = match &rest[ty..] {
        behind if behind.starts_with(['(', '[', '{']) => start + ty,
        behind if behind.starts_with(" {") && rest.starts_with(|c: char| c.is_ascii_uppercase()) => {
            start + ty + 1
        }
        _ => return None,
    };
    let (mut open, mut backslashes) = (0_usize, 0_usize);
    let mut quoted: Option<usize> = None;
    for (at, byte) in text.as_bytes().iter().enumerate().skip(opening) {
        match (byte, quoted) {
            (b'"', None) => quoted = Some(depth(backslashes)),
            (b'"', Some(of)) if depth(backslashes) <= of => quoted = None,
            (b'{' | b'[' | b'(', None) => open += 1,
            (b'}' | b']' | b')', None) => {
                open -= 1;
                if open == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        backslashes = if *byte == b'\\' { backslashes + 1 } else { 0 };
    }
    Some(text.len())
}

/// The lines of a block of YAML: those behind `|` or `>` that are indented.
fn block(text: &str, start: usize) -> Option<(usize, usize)> {
    if !text[start..].starts_with(['|', '>']) {
        return None;
    }
    let header = text[start..].split(['\n', '\r']).next()?;
    let is_block = header.len() <= 3;
    let begin = start + header.len() + text[start + header.len()..].find('\n').filter(|_| is_block)?;
    let mut end = begin;
    for line in text[begin + 1..].split_inclusive('\n') {
        if !line.trim().is_empty() && !line.starts_with([' ', '\t']) {
            break;
        }
        end += line.len();
    }
    let inside = begin + 1;
    let end = (end + 1).min(text.len());
    Some((
        inside + (text[inside..end].len() - text[inside..end].trim_start().len()),
        inside + text[inside..end].trim_end().len(),
    ))
    .filter(|(start, end)| end > start)
}

/// Returns whether the line before or behind the one of a value is a name with a colon too.
fn in_mapping(text: &str, value: usize) -> bool {
    let is_entry = |line: &str| {
        let line = line.trim_start_matches([' ', '\t', '-']).trim_end();
        let name = line.find(|c: char| !is_part_of_name(c)).unwrap_or(line.len());
        name > 0 && (line[name..].starts_with(": ") || &line[name..] == ":")
    };
    let near = |range: &str| range.len() <= MAX_WORD;
    let line_start = text[..value].rfind('\n');
    let before = line_start
        .and_then(|end| text[boundary(text, end.saturating_sub(MAX_WORD))..end].lines().next_back());
    let rest = &text[value..boundary(text, value + 4 * MAX_WORD)];
    let behind = rest.split_once('\n').and_then(|(_, rest)| rest.lines().next());
    before.into_iter().chain(behind).any(|line| near(line) && is_entry(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(text: &str) -> String {
        let scrubber = Scrubber::new(&[]);
        let once = scrubber.scrub_text(text).into_owned();
        assert_eq!(scrubber.scrub_text(&once), once, "a second time changes nothing");
        once
    }

    #[test]
    fn the_output_of_debug_is_filtered() {
        for (text, expected) in [
            (
                r#"Login { password: "x", api_key: Some("sk_1"), user: "ada" }"#,
                r#"Login { password: "[Filtered]", api_key: [Filtered], user: "ada" }"#,
            ),
            (
                "Login {\n    password: \"x\",\n    api_key: Some(\n        \"sk_1\",\n    ),\n}",
                "Login {\n    password: \"[Filtered]\",\n    api_key: [Filtered],\n}",
            ),
            (
                r#"Err("Login { password: \"a\\\"b\", city: \"Linz\" }")"#,
                r#"Err("Login { password: \"[Filtered]\", city: \"Linz\" }")"#,
            ),
            (
                r#"Db { credentials: Credentials { user: "a", pass: "b" }, port: 1 }"#,
                r#"Db { credentials: [Filtered], port: 1 }"#,
            ),
            (r#"Pin { pin_code: 1234, cvv: Some(123) }"#, r#"Pin { pin_code: [Filtered], cvv: [Filtered] }"#),
            (r#"Raw { secret: [104, 117], key: b"x" }"#, r#"Raw { secret: [Filtered], key: b"[Filtered]" }"#),
            (r#"Password("x") ApiKey("y")"#, r#"Password("[Filtered]") ApiKey("[Filtered]")"#),
            (r#"Login { password: "hunt"#, r#"Login { password: "[Filtered]"#),
            (r#"{'password': 'x', 'a': 'b'}"#, r#"{'password': '[Filtered]', 'a': 'b'}"#),
        ] {
            assert_eq!(scrubbed(text), expected);
        }
    }

    #[test]
    fn yaml_headers_and_arguments_are_filtered() {
        for (text, expected) in [
            ("password: x", "password: [Filtered]"),
            ("login failed, password: hunter2", "login failed, password: [Filtered]"),
            ("bad password: hunter2 for ada", "bad password: [Filtered] for ada"),
            ("x-api-key: x", "x-api-key: [Filtered]"),
            ("X-Api-Key:abc123", "X-Api-Key:[Filtered]"),
            ("Pass Word: x", "Pass Word: [Filtered]"),
            (
                "db:\n  user: ada\n  password: correct horse\n  port: 1",
                "db:\n  user: ada\n  password: [Filtered]\n  port: 1",
            ),
            ("secret: |\n  a b\n  c\nport: 1", "secret: |\n  [Filtered]\nport: 1"),
            (
                "GET / HTTP/1.1\r\nHost: h\r\nX-Api-Key: a b\r\nAccept: */*",
                "GET / HTTP/1.1\r\nHost: h\r\nX-Api-Key: [Filtered]\r\nAccept: */*",
            ),
            ("mysql --password x -h db", "mysql --password [Filtered] -h db"),
            ("mysql --password=x -h db", "mysql --password=[Filtered] -h db"),
            ("tool --api-key 'a b' run", "tool --api-key '[Filtered]' run"),
            ("password = \"x\"\nuser = \"ada\"", "password = \"[Filtered]\"\nuser = \"ada\""),
            ("<user>ada</user><password>x</password>", "<user>ada</user><password>[Filtered]</password>"),
            (
                "UPDATE users SET password = 'x' WHERE id = 1",
                "UPDATE users SET password = '[Filtered]' WHERE id = 1",
            ),
        ] {
            assert_eq!(scrubbed(text), expected);
        }
    }

    #[test]
    fn single_words_are_values_where_they_look_like_one() {
        for (text, expected) in [
            ("behind three colons::: password: hunter2", "behind three colons::: password: [Filtered]"),
            (
                "Host: h\nAuthorization: Bearer abc9\nAccept: */*",
                "Host: h\nAuthorization: Bearer [Filtered]\nAccept: */*",
            ),
            ("password:hunter", "password:[Filtered]"),
            ("was auth: x9K2jQ", "was auth: [Filtered]"),
            ("call(auth: reader)", "call(auth: [Filtered])"),
            ("session: x9 K2jQ\nport: 1", "session: [Filtered]\nport: 1"),
            ("was session: 4242", "was session: [Filtered]"),
            ("password: 42", "password: [Filtered]"),
        ] {
            assert_eq!(scrubbed(text), expected);
        }
        let long = |len: usize| format!("token: //{}", "a".repeat(len - 2));
        assert_eq!(scrubbed(&long(MAX_WORD)), long(MAX_WORD));
        assert_eq!(scrubbed(&long(MAX_WORD + 1)), "token: [Filtered]");
    }

    #[test]
    fn ordinary_text_stays() {
        let scrubber = Scrubber::new(&[]);
        for text in [
            "the password: prompt was shown",
            "password: must be longer than 8 characters",
            "auth: connection refused (os error 111)",
            "INFO auth: started",
            "token: expired",
            "invalid token: expected a string",
            "key: not found",
            "session: closed by peer",
            "session: 42",
            "Point { x: 1, y: -2 }",
            "Order { id: 7, author: \"ada\", monkey: Some(\"x\"), state: Open }",
            "Config { is_authenticated: true, token: None, auth: Some(true), max_tokens: 7 }",
            "InvalidToken(\"expired at noon\") MissingKey(\"city\")",
            "src/auth.rs:10:5 and session.rs:7",
            "std::collections::HashMap<Key, Token>::new(key)",
            "auth-service:8080 refused",
            "scopes auth:read token:write",
            "SELECT * FROM t WHERE session_id = $1 AND token = ? AND api_key=:key",
            "SELECT * FROM a JOIN b ON a.key = b.key",
            "if token == other && key != 1 { }",
            "unexpected argument '--password' found",
            "the flag --password is required",
            "run with --no-auth now",
            "password={} token={token} key: {key}",
            "Option<Token> was None, Vec<u8>",
            "order 4242424242424243 shipped",
            "git@github.com:me/repo.git, mailto:ada@example.com",
            "// see: ada@example.com",
            "at 12:30:45, ratio 1:2",
            "passengers: 3, passing: yes",
            "crypt::secret::v1-2 failed",
            "password: \"\"",
            "Password(\"\") ''",
            "the city: \"Linz\"",
            "the secret: next:",
            "token: //host/path-2",
            "token: %s",
            "token: :token",
            "password: !",
            "session: closed early\nport: 1",
        ] {
            assert!(
                matches!(scrubber.scrub_text(text), Cow::Borrowed(same) if same == text),
                "{text} became {}",
                scrubber.scrub_text(text)
            );
        }
    }

    #[test]
    fn the_time_it_takes_grows_with_the_text() {
        let scrubber = Scrubber::new(&[]);
        for piece in [
            "key:",
            "key: ",
            "password: a ",
            "Token(",
            "Token(\"",
            "key: {",
            "key:'a' ",
            "a: |\n",
            "password: |\n ",
            "<key>",
            "</",
            "://",
            "//",
            "\\/\\/",
            "://a@",
            "--key ",
            "key = ",
            "4242 ",
            "-----BEGIN ",
            "-----BEGIN PRIVATE KEY-----",
            "a@tcp(",
        ] {
            let text = piece.repeat(30_000);
            let started = std::time::Instant::now();
            scrubber.scrub_text(&text);
            // The square of it would take minutes; a busy machine takes some seconds.
            assert!(started.elapsed() < std::time::Duration::from_secs(60), "{piece}");
        }
    }
}
