//! The lines of YAML: a block of several lines as one value, and the lines around a value that say it is one of a mapping.

use super::extents::{MAX_WORD, is_part_of_name};
use super::rewrite::boundary;

/// The lines of a block of YAML: those behind `|` or `>` that are indented.
pub(super) fn block(text: &str, start: usize) -> Option<(usize, usize)> {
    let (header, rest) = text[start..].split_once('\n')?;
    if !header.starts_with(['|', '>']) || header.trim_end().len() > 3 {
        return None;
    }
    let is_inside = |line: &&str| line.trim().is_empty() || line.starts_with([' ', '\t']);
    let len = rest.split_inclusive('\n').take_while(is_inside).map(str::len).sum();
    let lines = rest[..len].trim_start();
    let begin = text.len() - rest.len() + len - lines.len();
    let end = begin + lines.trim_end().len();
    (end > begin).then_some((begin, end))
}

/// Returns whether the line before or behind the one of a value is a name with a colon too.
pub(super) fn in_mapping(text: &str, value: usize) -> bool {
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

    /// Returns the block of the first key of a text.
    fn block_of(text: &str) -> Option<&str> {
        block(text, text.find(": ").unwrap() + 2).map(|(start, end)| &text[start..end])
    }

    #[test]
    fn a_block_is_what_is_indented_behind_its_mark() {
        for (text, expected) in [
            ("key: |\n  a b\n  c\nport: 1", Some("a b\n  c")),
            ("key: >-\n  a\n\n\tb\n", Some("a\n\n\tb")),
            ("key: |+2\n  a", Some("a")),
            ("key: |\r\n  a\r\n  b\r\nport: 1", Some("a\r\n  b")),
            ("key: |-\r\n\r\n  ż\r\n", Some("ż")),
            ("key: |\nport: 1", None),
            ("key: |\n\n", None),
            ("key: |", None),
            ("key: |abc\n  a", None),
            ("key: a\n  b", None),
        ] {
            assert_eq!(block_of(text), expected, "{text}");
        }
    }

    #[test]
    fn a_mapping_has_a_name_on_the_line_before_or_behind() {
        let in_mapping = |text: &str| in_mapping(text, text.find("key: ").unwrap() + 5);
        let long = |len: usize| "a ".repeat(len / 2);
        for text in [
            "key: a b\nport: 1",
            "key: a b\nports:",
            "key: a b\r\n  - port: 1",
            "host: h\nkey: a b",
            "hosts:\n  key: a b",
            "host: h\nkey: a b\nand so on",
        ] {
            assert!(in_mapping(text), "{text}");
        }
        for text in [
            "key: a b",
            "key: a b\nport is 1",
            "key: a b\n: 1",
            "key: a b\n:",
            "key: a b\nport:1",
            "key: a b\nport :",
            "so it is\nkey: a b\nand so on",
            "key: a b\n\nport: 1",
        ] {
            assert!(!in_mapping(text), "{text}");
        }
        assert!(in_mapping(&format!("key: {}\nport: 1", long(4 * MAX_WORD - 8))));
        assert!(!in_mapping(&format!("key: {}\nport: 1", long(4 * MAX_WORD))));
        assert!(in_mapping(&format!("key: a b\nport: {}", "a".repeat(MAX_WORD - 6))));
        assert!(!in_mapping(&format!("key: a b\nport: {}", "a".repeat(MAX_WORD - 5))));
        assert!(in_mapping(&format!("port: {}\nkey: a b", "a".repeat(MAX_WORD - 6))));
    }
}
