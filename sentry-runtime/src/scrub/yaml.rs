//! The lines of YAML: a block of several lines as one value, and the lines around a value that say it is one of a mapping.

use super::extents::{MAX_WORD, is_part_of_name};
use super::text::boundary;

/// The lines of a block of YAML: those behind `|` or `>` that are indented.
pub(super) fn block(text: &str, start: usize) -> Option<(usize, usize)> {
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
