//! Secrets behind a name and an equals sign (`password=x`, `password = "x"`), behind the words that announce a
//! credential (`Bearer x`), and behind the arguments of commands (`--password x`).

use std::borrow::Cow;

use super::extents::group;
use super::fields::{depth, end_of_marked, end_of_text};
use super::names::is_secret;
use super::rewrite::Rewrite;
use super::wording::{is_of_statement, is_placeholder, looks_like_a_word};
use super::{FILTERED, Scrubber, effort};

impl Scrubber {
    /// Filters the values of `name=value`, what follows `Bearer` and `Basic`, and what follows `--name`.
    pub(super) fn scrub_words<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains(['=', '-']) && !CREDENTIALS.iter().chain(&HEADER).any(|word| text.contains(word)) {
            return Cow::Borrowed(text);
        }
        let mut rewrite = Rewrite::new(text);
        let mut at = 0;
        while let Some(start) = text[at..].find(|c: char| !ends_pair(c)).map(|found| at + found) {
            let end = text[start..].find(ends_pair).map_or(text.len(), |found| start + found);
            at = end;
            let word = &text[start..end];
            if is_announcement(word) || is_header(word) {
                let (mut next, mut value) = value_behind(text, end);
                if is_header(word) && is_scheme(&text[next..value]) {
                    (next, value) = value_behind(text, value);
                }
                let credential = &text[next..value];
                let has_name = credential.split_once('=').is_some_and(|(name, _)| self.is_sensitive(name));
                let is_argument = self.value_of_argument(text, credential, value).is_some();
                if has_name || is_argument || is_announcement(credential) {
                    // The word is not a credential, but announces one.
                    at = next;
                    continue;
                }
                if value > next && credential != FILTERED {
                    rewrite.replace(next..value, FILTERED);
                }
                at = value.max(end);
            } else if let Some((name, sign)) = self.name_in(word) {
                let value = start + sign + 1;
                let (from, to) = self.value_at(text, value);
                // What is behind a value that stays is searched, on the same word too.
                at = to.min(end);
                if to > from && self.is_value(name, &text[from..to]) {
                    rewrite.replace(from..to, FILTERED);
                    at = to.max(end);
                }
            } else if let Some((from, to)) = self.value_of_argument(text, word, end) {
                rewrite.replace(from..to, FILTERED);
                at = to;
            } else if let Some((from, to)) = self.value_of_assignment(text, word, end) {
                rewrite.replace(from..to, FILTERED);
                at = to;
            }
        }
        rewrite.finish()
    }

    /// The first sensitive name before an equals sign in a word, and the place of the sign: a pair may be the value of
    /// another (`body=password=x`).
    fn name_in<'a>(&self, word: &'a str) -> Option<(&'a str, usize)> {
        if word.contains("://") {
            return None;
        }
        let mut start = 0;
        word.match_indices('=').find_map(|(sign, _)| {
            let name = &word[start..sign];
            start = sign + 1;
            self.is_sensitive(name).then_some((name, sign))
        })
    }

    /// Returns whether this is a value to filter: not a place of one in a template or a statement, not the column of a
    /// join.
    fn is_value(&self, name: &str, value: &str) -> bool {
        let is_column = name.contains('.')
            && value.contains('.')
            && value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.'));
        let is_place = is_placeholder(value) || is_expression(value);
        value != FILTERED && !is_place && (!is_column || is_secret(name))
    }

    /// The value that begins here: inside quotes, in brackets, or a bare word.
    fn value_at(&self, text: &str, start: usize) -> (usize, usize) {
        if let Some(inside) = self.quoted(text, start) {
            return inside;
        }
        if let Some(end) = group(text, start) {
            return (start, end);
        }
        let end = text[start..].find(ends_value).map_or(text.len(), |found| start + found);
        // A quote in the middle of a word is part of the value, and so is what it opens.
        match text[end..].chars().next() {
            Some(mark @ ('"' | '\'' | '`')) if end > start && goes_on(&text[end + 1..]) => {
                let inside = end + 1;
                let end = match end_of_marked(text, inside, 0, mark as u8, Some(b'\n')) {
                    Some(end) => self.end_behind_names(text, inside, end),
                    None => text[inside..].find(ends_pair).map_or(text.len(), |found| inside + found),
                };
                (start, end)
            }
            _ => (start, end),
        }
    }

    /// The inside of a value in quotes that begins here, without its quotes, which may be escaped.
    fn quoted(&self, text: &str, start: usize) -> Option<(usize, usize)> {
        let backslashes = text[start..].bytes().take_while(|byte| *byte == b'\\').count();
        let inside = start + backslashes + 1;
        let depth = depth(backslashes);
        let end = match text.as_bytes().get(inside - 1)? {
            b'"' => end_of_text(text, inside, depth),
            mark @ (b'\'' | b'`') => end_of_marked(text, inside, depth, *mark, None).unwrap_or(text.len()),
            _ => return None,
        };
        Some((inside, self.end_behind_names(text, inside, end)))
    }

    /// The value of the argument of a command: `--password x`.
    fn value_of_argument(&self, text: &str, word: &str, end: usize) -> Option<(usize, usize)> {
        let name =
            word.strip_prefix("--").or_else(|| word.strip_prefix('-').filter(|name| is_secret(name)))?;
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_name
            || name.starts_with("no-")
            || !self.is_sensitive(name)
            || !text[end..].starts_with([' ', '\t'])
        {
            return None;
        }
        // The value is on the line of the argument.
        let next = text.len() - text[end..].trim_start_matches([' ', '\t']).len();
        let (from, to) = self.value_at(text, next);
        let value = &text[from..to];
        let is_value = !value.is_empty()
            && !value.starts_with('-')
            && !is_of_statement(value)
            && self.is_value("", value);
        is_value.then_some((from, to))
    }

    /// The value of an assignment with spaces around its sign: `password = "x"`.
    fn value_of_assignment(&self, text: &str, word: &str, end: usize) -> Option<(usize, usize)> {
        let rest = text[end..].trim_start_matches([' ', '\t']);
        let behind = rest.strip_prefix('=').filter(|behind| !behind.starts_with(['=', '>', '~']))?;
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']');
        let name = word.trim_matches(['"', '\'', '`']);
        if !name.chars().all(is_name) || !self.is_sensitive(name) {
            return None;
        }
        let value = text.len() - behind.trim_start_matches([' ', '\t']).len();
        if let Some((from, to)) = self.quoted(text, value) {
            return (to > from && &text[from..to] != FILTERED).then_some((from, to));
        }
        let (value, to) = self.value_at(text, value);
        let bare = &text[value..to];
        // In code and statements the other side is as likely a variable, a column or a number.
        let is_harmless =
            bare.is_empty() || is_of_statement(bare) || (looks_like_a_word(bare) && !is_secret(name));
        (!is_harmless && self.is_value(name, bare)).then_some((value, to))
    }
}

/// The words before a credential.
const CREDENTIALS: [&str; 2] = ["Bearer", "Basic"];

/// The end of the name of the header that holds a credential, in either case.
const HEADER: [&str; 2] = ["uthorization:", "UTHORIZATION:"];

/// Returns whether a word is the name of a header with a credential.
fn is_header(word: &str) -> bool {
    HEADER.iter().any(|name| word.ends_with(name))
}

/// Returns whether a word behind that name is a kind of credential. Headers are written in any case.
fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "digest", "negotiate", "token", "apikey"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// The range of the value that follows some space.
fn value_behind(text: &str, end: usize) -> (usize, usize) {
    let next = text[end..].find(|c: char| !c.is_whitespace()).map_or(text.len(), |found| end + found);
    (next, text[next..].find(ends_value).map_or(text.len(), |found| next + found))
}

fn is_announcement(word: &str) -> bool {
    CREDENTIALS.iter().any(|credential| word.ends_with(credential))
}

/// Returns whether a character separates pairs of name and value: words, the fields of a form or of a connection string.
fn ends_pair(c: char) -> bool {
    effort::count();
    c.is_whitespace() || matches!(c, ',' | ';' | '&')
}

/// Returns whether a character ends a value in a text.
fn ends_value(c: char) -> bool {
    effort::count();
    c.is_whitespace() || matches!(c, ',' | ';' | '&' | '"' | '\'' | ')' | '}')
}

/// Returns whether a value goes on behind a quote: nothing that follows a closing quote is there.
fn goes_on(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Returns whether a value is an expression in braces, the place of a value in a template: `{user.name}`, `{{name}}`.
fn is_expression(value: &str) -> bool {
    let inside = value.strip_prefix('{').and_then(|value| value.strip_suffix('}'));
    let is_part = |c: char| c.is_alphanumeric() || "_.()[]{}#$&*".contains(c);
    inside.is_some_and(|inside| inside.chars().all(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lose_what_stands_behind_a_sensitive_name() {
        let scrubber = Scrubber::new(&[]);
        for (text, expected) in [
            ("login failed password=x, user=ada", "login failed password=[Filtered], user=ada"),
            ("pwd='a b' then token=\"c\"", "pwd='[Filtered]' then token=\"[Filtered]\""),
            ("posted user=ada&password=x&page=2", "posted user=ada&password=[Filtered]&page=2"),
            (
                "Server=db;User Id=sa;Password=x;Timeout=5",
                "Server=db;User Id=sa;Password=[Filtered];Timeout=5",
            ),
            (
                "at http://h/?a=1&key=2&b=3, user=ada,pwd=x",
                "at http://h/?a=1&key=[Filtered]&b=3, user=ada,pwd=[Filtered]",
            ),
            ("Authorization: Bearer abc.def", "Authorization: Bearer [Filtered]"),
            ("authorization: bearer abc.def, accept: */*", "authorization: bearer [Filtered], accept: */*"),
            ("got PROXY-AUTHORIZATION: abc", "got PROXY-AUTHORIZATION: [Filtered]"),
            ("Bearer Basic abc=", "Bearer Basic [Filtered]"),
            ("Bearer password='a b'", "Bearer password='[Filtered]'"),
            (
                r#"posted {"password":"x"} to http://h/?key=1 with pwd=y"#,
                r#"posted {"password":"[Filtered]"} to http://h/?key=[Filtered] with pwd=[Filtered]"#,
            ),
        ] {
            assert_eq!(scrubber.scrub_text(text), expected);
        }
        for text in ["a = b", "x=1 monkey=2", "the bearer of this", "Bearer", "password="] {
            assert!(matches!(scrubber.scrub_text(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn columns_of_a_join_are_no_values() {
        let scrubber = Scrubber::new(&[]);
        for (text, expected) in [
            ("a.key=b.key1", "a.key=[Filtered]"),
            ("a.key=hunter", "a.key=[Filtered]"),
            ("key=b.key", "key=[Filtered]"),
            ("a.api_key=b.key", "a.api_key=[Filtered]"),
            ("a.key=b.key-c", "a.key=[Filtered]"),
        ] {
            assert_eq!(scrubber.scrub_words(text), expected);
        }
        for text in ["on a.key=b.key", "on a.session_key=b.last_key"] {
            assert_eq!(scrubber.scrub_words(text), text);
        }
    }

    #[test]
    fn arguments_of_commands_are_followed_by_their_value() {
        let scrubber = Scrubber::new(&["x".to_owned()]);
        for (text, expected) in [
            ("mysql -password hunter2 -h db", "mysql -password [Filtered] -h db"),
            ("mysql --password\thunter2", "mysql --password\t[Filtered]"),
            ("tool --api_key2 hunter2", "tool --api_key2 [Filtered]"),
            ("tool --x hunter2", "tool --x [Filtered]"),
        ] {
            assert_eq!(scrubber.scrub_words(text), expected);
        }
        let scrubber = Scrubber::new(&[]);
        for text in [
            "give --password. Then go",
            "give --password\nthen go",
            "give --password",
            "give --password ",
            "tool -key part",
            "tool --verbose part",
            "tool --no-password part",
            "tool --password --verbose",
            "tool --password ''",
            "tool --password {password}",
        ] {
            assert_eq!(scrubber.scrub_words(text), text);
        }
    }

    #[test]
    fn assigned_values_are_told_from_comparisons_and_code() {
        let scrubber = Scrubber::new(&[]);
        for (text, expected) in [
            ("password = hunter2, a = b", "password = [Filtered], a = b"),
            ("\"api_key\" = hunter2", "\"api_key\" = [Filtered]"),
            ("`password` =\t'a b'", "`password` =\t'[Filtered]'"),
            ("password = hunter", "password = [Filtered]"),
            ("session = x9K2jQ", "session = [Filtered]"),
            ("user[password] = hunter2", "user[password] = [Filtered]"),
        ] {
            assert_eq!(scrubber.scrub_words(text), expected);
        }
        for text in [
            "password == hunter2",
            "password => hunter2",
            "password =~ hunter2",
            "(password) = hunter2",
            "password = ''",
            "password = '[Filtered]'",
            "password = ",
            "password = null",
            "session = closed",
            "city = hunter2",
            "password = {password}",
        ] {
            assert_eq!(scrubber.scrub_words(text), text);
        }
    }
}
