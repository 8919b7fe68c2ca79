//! Words in the place of a value that are no secret: those of a statement (`password: must be longer`), those of a
//! language, and placeholders.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_values_are_told_from_values() {
        let places = "{} {user_name} {0} {name:?} {:>8.3} %s %02 %d $1 $12 $id ? ?1 :user_name @user_name";
        for place in places.split(' ') {
            assert!(is_placeholder(place), "{place}");
        }
        for value in [
            "{a b}",
            "{a-b}",
            "{a-b:?}",
            "{a:b c}",
            "{a:123456789}",
            "{a:\"}",
            "{a",
            "a}",
            "%abc",
            "%-",
            "%",
            "$abcd",
            "$a-",
            ":a-b",
            "hunter2",
            "",
        ] {
            assert_eq!(is_placeholder(value), value == "%", "{value}");
        }
    }

    #[test]
    fn words_of_a_language_are_told_from_what_a_machine_made() {
        for word in
            ["expired", "don't", "don\u{2019}t", "read-only", "and/or", "żółć", "42", "7", "404", "a:b"]
        {
            assert!(looks_like_a_word(word), "{word}");
        }
        for word in ["hunter2", "abcDef", "1234", "4x", "a_b", "sk+x"] {
            assert!(!looks_like_a_word(word), "{word}");
        }
        assert!(looks_like_a_word(&"a".repeat(32)) && !looks_like_a_word(&"a".repeat(33)));
    }
}
