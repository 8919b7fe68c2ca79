//! The placeholders of a template, such as `password={}`: the text around one may make its value sensitive.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Scrubber, effort};

impl Scrubber {
    /// Returns the placeholders of a template whose values the text around them makes sensitive, by their name or number:
    /// `{}`, `{0}`, `{name}`, `{name:?}`, `%s`. The template is filled in with marks, and filtered.
    pub(super) fn secret_placeholders(&self, template: &str) -> HashSet<String> {
        const MARK: &str = "q7x9zw";
        // Each mark is searched in the whole text. The placeholders behind these share a mark that is never found, so
        // that their values are filtered unseen wherever one of them is.
        const MAX_MARKS: usize = 128;
        let mark = |number: usize| format!("{MARK}{}z", number.min(MAX_MARKS));
        let (mut text, mut names, mut next) = (String::new(), Vec::new(), 0);
        let mut rest = template;
        // Where less is left than from the last closing bracket on, there is none to search for.
        let from_last_close = template.rfind('}').map_or(usize::MAX, |at| template.len() - at);
        while let Some(at) = rest.find(['{', '%']) {
            text.push_str(&rest[..at]);
            let sign = &rest[at..=at];
            rest = &rest[at + 1..];
            let inside = match sign {
                _ if rest.starts_with(sign) => {
                    rest = &rest[1..];
                    None
                }
                "{" if rest.len() < from_last_close => None,
                "{" => rest.split_once(closes).map(|(name, after)| {
                    rest = after;
                    name.split(':').next().unwrap_or_default()
                }),
                _ => rest.chars().next().filter(char::is_ascii_alphabetic).map(|_| {
                    rest = &rest[1..];
                    ""
                }),
            };
            let Some(name) = inside else {
                text.push_str(sign);
                continue;
            };
            let name = if name.is_empty() {
                next += 1;
                (next - 1).to_string()
            } else {
                name.to_owned()
            };
            text.push_str(&mark(names.len()));
            names.push(name);
        }
        text.push_str(rest);
        let filtered = match self.scrub_text(&text) {
            Cow::Borrowed(_) => return HashSet::new(),
            Cow::Owned(filtered) => filtered,
        };
        let is_lost = |number: usize| number >= MAX_MARKS || !filtered.contains(&mark(number));
        names.into_iter().enumerate().filter(|(number, _)| is_lost(*number)).map(|(_, name)| name).collect()
    }
}

/// Returns whether a character closes a placeholder.
fn closes(c: char) -> bool {
    effort::count();
    c == '}'
}
