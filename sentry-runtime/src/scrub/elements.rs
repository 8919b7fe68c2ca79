//! The content of the elements of XML that are named for a secret: `<password>x</password>`.

use std::borrow::Cow;

use super::extents::is_part_of_name;
use super::rewrite::Rewrite;
use super::{FILTERED, Scrubber};

impl Scrubber {
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
