//! Texts without what differs from call to call: queries, URLs and messages that mean the same become equal.

/// Replaces the literals of a query by `?`, and lists of them by one.
pub(crate) fn query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let byte = bytes[at];
        let in_word = out.bytes().next_back().is_some_and(is_word);
        if byte.is_ascii_whitespace() {
            if !out.ends_with(' ') && !out.is_empty() {
                out.push(' ');
            }
            at += 1;
        } else if byte == b'\'' {
            at += quoted(rest);
            push_literal(&mut out);
        } else if byte.is_ascii_digit() && !in_word {
            at += rest.bytes().take_while(|byte| is_word(*byte) || *byte == b'.').count();
            push_literal(&mut out);
        } else if (byte == b'$' || byte == b':')
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
            && !in_word
        {
            at += 1 + rest[1..].bytes().take_while(u8::is_ascii_digit).count();
            push_literal(&mut out);
        } else if rest.starts_with("%s") {
            at += 2;
            push_literal(&mut out);
        } else if byte == b'?' {
            at += 1;
            push_literal(&mut out);
        } else {
            let character = rest.chars().next().unwrap_or(' ');
            out.push(character);
            at += character.len_utf8();
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Adds `?`, unless the list that it belongs to has one already.
fn push_literal(out: &mut String) {
    let list = out.trim_end().strip_suffix(',').map(str::trim_end);
    if let Some(list) = list.filter(|list| list.ends_with('?')) {
        out.truncate(list.len());
    } else if out.ends_with('-') && out.trim_end_matches('-').trim_end().ends_with(['(', ',', '=']) {
        out.pop();
        push_literal(out);
    } else {
        out.push('?');
    }
}

/// Returns the length of a quoted literal, in which a quote is doubled.
fn quoted(text: &str) -> usize {
    let mut at = 1;
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\\' => at += 1,
            b'\'' if bytes.get(at) == Some(&b'\'') => at += 1,
            b'\'' => break,
            _ => {}
        }
    }
    let at = at.min(text.len());
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Replaces identifiers in the path of a URL (perhaps after a method) by `*`, and drops query and fragment.
pub(crate) fn url(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or(text);
    let (head, path) = match text.find("://") {
        Some(at) => match text[at + 3..].find('/') {
            Some(slash) => text.split_at(at + 3 + slash),
            None => (text, ""),
        },
        None => text.split_at(text.find('/').unwrap_or(text.len())),
    };
    let parts: Vec<&str> = path.split('/').map(|part| if is_identifier(part) { "*" } else { part }).collect();
    format!("{head}{}", parts.join("/"))
}

/// Replaces numbers, hexadecimal words, identifiers and addresses in a message.
pub(crate) fn message(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for character in text.chars().chain([' ']) {
        if character.is_alphanumeric() || matches!(character, '-' | '_') {
            word.push(character);
            continue;
        }
        push_word(&mut out, &word);
        word.clear();
        out.push(character);
    }
    out.pop();
    out
}

fn push_word(out: &mut String, word: &str) {
    if is_identifier(word) {
        out.push_str("<id>");
        return;
    }
    let mut in_number = false;
    for character in word.chars() {
        if character.is_ascii_digit() {
            if !in_number {
                out.push_str("<n>");
            }
            in_number = true;
        } else {
            in_number = false;
            out.push(character);
        }
    }
}

/// Returns whether a word is a number or an identifier such as a UUID: hexadecimal digits with at least one figure.
fn is_identifier(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let hex = word.bytes().filter(|byte| byte.is_ascii_hexdigit() || *byte == b'-').count();
    digits > 0 && (digits == word.len() || (word.len() >= 8 && hex == word.len()))
}

#[cfg(test)]
mod tests {
    use super::{message, query, url};

    #[test]
    fn queries_lose_their_literals() {
        assert_eq!(
            query("SELECT * FROM t1\n WHERE id = 42 AND name='O''Neil'"),
            "SELECT * FROM t1 WHERE id = ? AND name=?"
        );
        assert_eq!(query("… IN (1, 2,3)"), query("… IN ($1, $2)"));
        assert_eq!(query("WHERE x = -1.5e3"), "WHERE x = ?");
        assert_eq!(query("SELECT a - 1"), "SELECT a - ?");
        assert_eq!(query("SELECT 'unterminated é"), "SELECT ?");
        assert_eq!(query("GET user:123"), "GET user:?");
        assert_eq!(query(""), "");
    }

    #[test]
    fn urls_lose_their_identifiers() {
        assert_eq!(url("GET http://h:80/users/17?x=1"), "GET http://h:80/users/*");
        assert_eq!(url("http://h"), "http://h");
        assert_eq!(url("/a/0123abcd-0000-4000-8000-0123456789ab/b#f"), "/a/*/b");
        assert_eq!(url("/v2/users"), "/v2/users");
    }

    #[test]
    fn messages_lose_their_numbers() {
        assert_eq!(message("order 17 failed after 3.5s"), message("order 204 failed after 1.2s"));
        assert_eq!(message("id 0123abcd4567ef89"), "id <id>");
        assert_eq!(message("HTTP2 is fine"), "HTTP<n> is fine");
        assert_eq!(message("deadbeef cafe"), "deadbeef cafe");
    }
}
