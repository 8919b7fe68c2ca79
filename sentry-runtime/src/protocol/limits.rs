//! Limits of payloads: the lengths, depths and names at which the server cuts data.
//!
//! Cutting data here keeps envelopes small and marks the cut: a cut string ends in `...`, an object that is too deep
//! becomes `[Object]`.
//!
//! Spec: [data handling, "Variable Size"](https://develop.sentry.dev/sdk/expected-features/data-handling/),
//! [event payloads, attribute `tags`](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/).

use std::borrow::Cow;

use serde_json::Value;

use super::stacktrace::{Frame, Stacktrace};
use super::{AttributeValue, Map, map_of};

/// The maximum length of a tag's value, in characters.
pub(crate) const MAX_TAG_VALUE: usize = 200;
/// The maximum length of a tag's key, in characters.
pub(crate) const MAX_TAG_KEY: usize = 32;
/// The maximum length of an exception's text, in characters.
pub(crate) const MAX_EXCEPTION_VALUE: usize = 8_192;
/// The maximum length of a message, in characters.
pub(crate) const MAX_MESSAGE: usize = 8_192;
/// The maximum length of a function's name or a symbol in a frame, in characters.
pub(crate) const MAX_SYMBOL: usize = 512;
/// The maximum length of the path of a frame's file, in characters.
pub(crate) const MAX_FRAME_PATH: usize = 256;
/// The maximum number of frames in a stack trace.
pub(crate) const MAX_FRAMES: usize = 250;
/// The maximum number of entries in one list or object of a value.
pub(crate) const MAX_BREADTH: usize = 1_000;

/// The maximum number of attributes of a log, a metric or a scope.
pub(crate) const MAX_ATTRIBUTES: usize = 128;

/// The maximum length of the name of an attribute or of an object's entry, in characters.
pub(crate) const MAX_KEY: usize = 200;
/// The maximum length of an operation, in characters.
pub(crate) const MAX_OP: usize = 200;

/// The maximum length of a string until it is sent, in characters. It is cut to its final length after filtering,
/// because filters work better on uncut strings.
pub(crate) const MAX_HELD: usize = 65_536;

/// The end of a cut string.
const CUT: &str = "...";

/// Returns the string cut to fit `max` characters with the mark, or `None` if it is short enough.
fn cut(text: &str, max: usize) -> Option<&str> {
    // A string has at least as many bytes as characters: most strings end here.
    if text.len() <= max {
        return None;
    }
    let (end, _) = text.char_indices().nth(max.saturating_sub(CUT.len()))?;
    text.char_indices().nth(max).is_some().then(|| &text[..end])
}

/// Cuts a string to `max` characters, including the mark. Returns whether it was cut.
pub(crate) fn truncate(text: &mut String, max: usize) -> bool {
    let Some(end) = cut(text, max).map(str::len) else {
        return false;
    };
    text.truncate(end);
    // A limit smaller than the mark only leaves room for a part of it.
    text.push_str(&CUT[..CUT.len().min(max)]);
    true
}

/// Returns the string cut to `max` characters, including the mark.
pub(crate) fn truncated(text: &str, max: usize) -> Cow<'_, str> {
    match cut(text, max) {
        None => Cow::Borrowed(text),
        Some(kept) => Cow::Owned(format!("{kept}{}", &CUT[..CUT.len().min(max)])),
    }
}

/// Cuts a string to `max` characters, including the mark, in its middle: the ends of a function's name or a file's path
/// matter most, the rest is what they have in common with others.
pub(crate) fn truncate_middle(text: &mut String, max: usize) {
    // Most strings end here, see `cut`.
    if text.len() <= max {
        return;
    }
    let excess = text.chars().count().saturating_sub(max);
    let kept = max.saturating_sub(CUT.len());
    if excess == 0 {
        return;
    }
    let position = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    let start = position(kept / 2);
    let end = position(kept / 2 + excess + (max - kept));
    text.replace_range(start..end, &CUT[..CUT.len().min(max)]);
}

/// Limits a value to `depth` levels of lists and objects, `MAX_BREADTH` entries each, and strings of `max_text`
/// characters. Lists below the last level are replaced by `[Array]`, objects by `[Object]`.
///
/// Values in `extra` or a context are already one or two levels deep: the caller subtracts these levels.
pub(crate) fn limit_value(value: &mut Value, depth: usize, max_text: usize) {
    match value {
        Value::String(text) => {
            truncate(text, max_text);
        }
        // An empty list is shorter than its replacement.
        Value::Array(items) if depth == 0 && !items.is_empty() => *value = "[Array]".into(),
        Value::Object(fields) if depth == 0 && !fields.is_empty() => *value = "[Object]".into(),
        Value::Array(items) => {
            let left_out = items.len().saturating_sub(MAX_BREADTH);
            items.truncate(MAX_BREADTH);
            items.iter_mut().for_each(|item| limit_value(item, depth - 1, max_text));
            if left_out > 0 {
                items.push(format!("[{left_out} more]").into());
            }
        }
        Value::Object(fields) => {
            let left_out = fields.len().saturating_sub(MAX_BREADTH);
            if left_out > 0 || fields.keys().any(|key| key.len() > MAX_KEY) {
                let kept = std::mem::take(fields).into_iter().take(MAX_BREADTH);
                *fields = map_of(kept.map(|(key, field)| (truncated(&key, MAX_KEY).into_owned(), field)));
            }
            fields.values_mut().for_each(|field| limit_value(field, depth - 1, max_text));
            if left_out > 0 {
                fields.insert("...".to_owned(), format!("[{left_out} more]").into());
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Limits the entries of a container to `MAX_BREADTH`, and their names to `MAX_KEY` characters. Returns the number of
/// entries that were left out.
pub(crate) fn limit_entries<V>(fields: &mut Map<String, V>) -> usize {
    let left_out = fields.len().saturating_sub(MAX_BREADTH);
    if left_out > 0 || fields.keys().any(|key| key.len() > MAX_KEY) {
        let kept = std::mem::take(fields).into_iter().take(MAX_BREADTH);
        *fields = map_of(kept.map(|(key, field)| (truncated(&key, MAX_KEY).into_owned(), field)));
    }
    left_out
}

/// Limits the strings of an attribute to `max_text` characters, and a list to `MAX_BREADTH` entries.
pub(crate) fn limit_attribute(value: &mut AttributeValue, max_text: usize) {
    match value {
        AttributeValue::String(text) if text.len() > max_text => {
            *text = truncated(text, max_text).into_owned().into();
        }
        AttributeValue::Str(text) if text.len() > max_text => *value = (&*truncated(text, max_text)).into(),
        AttributeValue::Array(items) => {
            if items.len() > MAX_BREADTH {
                let mut kept = std::mem::take(items).into_vec();
                let left_out = kept.len() - MAX_BREADTH;
                kept.truncate(MAX_BREADTH);
                kept.push(format!("[{left_out} more]").into());
                *items = kept.into();
            }
            items.iter_mut().for_each(|item| limit_attribute(item, max_text));
        }
        _ => {}
    }
}

/// A tag that the server accepts, and the changes that this required.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CheckedTag<'a> {
    /// The key and the value; `None` if the tag cannot be sent.
    pub tag: Option<(Cow<'a, str>, Cow<'a, str>)>,
    /// The changes and their reasons, for the debug output.
    pub note: Option<String>,
}

/// Returns whether [`check_tag`] has nothing to change, as for most tags.
pub(crate) fn is_plain_tag(key: &str, value: &str) -> bool {
    const PLAIN: [bool; 256] = {
        let mut plain = [false; 256];
        let mut byte = 0_u8;
        while byte < u8::MAX {
            plain[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
            byte += 1;
        }
        plain
    };
    (1..=MAX_TAG_KEY).contains(&key.len())
        && (1..=MAX_TAG_VALUE).contains(&value.len())
        && key.bytes().all(|byte| PLAIN[usize::from(byte)])
        && !value.bytes().any(|b| matches!(b, b'\n' | b'\r'))
        && !matches!(key, "release" | "environment" | "dist")
}

/// Applies the rules for tags: keys of at most 32 characters of `a-zA-Z0-9_.:-` (others become `_`), values of at most
/// 200 characters without newlines (these become spaces). Tags without key or value, and the reserved keys `release`,
/// `environment` and `dist`, cannot be sent.
pub(crate) fn check_tag<'a>(key: &'a str, value: &'a str) -> CheckedTag<'a> {
    let dropped = |why: &str| CheckedTag {
        tag: None,
        note: Some(format!("tag `{}` is not sent: {why}", truncated(key, 64))),
    };
    if key.is_empty() {
        return dropped("its key is empty; give it a name");
    }
    if value.is_empty() {
        return dropped("its value is empty; leave it out instead");
    }
    if matches!(key, "release" | "environment" | "dist") {
        return dropped("the name is reserved; set the option of that name");
    }
    let mut changes = Vec::new();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    let mut new_key = Cow::Borrowed(key);
    if !key.chars().all(allowed) {
        new_key = key.chars().map(|c| if allowed(c) { c } else { '_' }).collect::<String>().into();
        changes.push("its key may only consist of a-zA-Z0-9_.:-");
    }
    if new_key.len() > MAX_TAG_KEY {
        // The key is ASCII, so every index is a boundary; the mark would break the rule for keys.
        let mut key = new_key.into_owned();
        key.truncate(MAX_TAG_KEY);
        new_key = key.into();
        changes.push("its key may have at most 32 characters");
    }
    let mut new_value = Cow::Borrowed(value);
    if value.contains(['\n', '\r']) {
        new_value = value.replace("\r\n", " ").replace(['\n', '\r'], " ").into();
        changes.push("its value may not contain a newline");
    }
    if cut(&new_value, MAX_TAG_VALUE).is_some() {
        new_value = truncated(&new_value, MAX_TAG_VALUE).into_owned().into();
        changes.push("its value may have at most 200 characters");
    }
    let note = (!changes.is_empty())
        .then(|| format!("tag `{}` was changed: {}", truncated(key, 64), changes.join(", ")));
    CheckedTag { tag: Some((new_key, new_value)), note }
}

/// Cuts a stack trace to [`MAX_FRAMES`] frames. Removes frames from the middle, because both ends matter most. Returns
/// whether it was cut.
pub(crate) fn limit_frames(stacktrace: &mut Stacktrace) -> bool {
    let frames: &mut Vec<Frame> = &mut stacktrace.frames;
    if frames.len() <= MAX_FRAMES {
        return false;
    }
    let first = MAX_FRAMES / 2;
    let end = frames.len() - (MAX_FRAMES - first);
    frames.drain(first..end);
    stacktrace.frames_omitted = Some((first as u64, end as u64));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_name_are_kept() {
        for (text, max, cut) in [
            ("shop::cart", 10, "shop::cart"),
            ("shop::cart::total", 10, "sho...otal"),
            ("shop::cart::total", 9, "sho...tal"),
            ("äöüäöüäöü", 5, "ä...ü"),
            ("äöüäöüäöü", 9, "äöüäöüäöü"),
            ("abcdef", 3, "..."),
            ("abcdef", 1, "."),
            ("abcdef", 0, ""),
        ] {
            let mut kept = text.to_owned();
            truncate_middle(&mut kept, max);
            assert_eq!(kept, cut, "{text} {max}");
        }
    }
    use serde_json::json;

    #[test]
    fn texts_are_cut_at_characters() {
        assert_eq!(truncated("zażółć", 6), "zażółć");
        assert_eq!(truncated("zażółć!", 6), "zaż...");
        assert_eq!(truncated("🦀🦀🦀🦀🦀", 4), "🦀...");
        assert_eq!(truncated("abcdef", 2), "..");
        let mut text = "x".repeat(300);
        assert!(truncate(&mut text, MAX_TAG_VALUE));
        assert_eq!((text.len(), text.ends_with("x...")), (200, true));
        assert!(!truncate(&mut text, MAX_TAG_VALUE));
    }

    #[test]
    fn what_is_too_deep_is_replaced_by_its_kind() {
        let mut value = json!({"a": {"b": {"c": 1}, "d": [1], "e": []}, "f": 2});
        limit_value(&mut value, 2, 100);
        assert_eq!(value, json!({"a": {"b": "[Object]", "d": "[Array]", "e": []}, "f": 2}));
        let mut wide = json!(vec![0; MAX_BREADTH + 5]);
        limit_value(&mut wide, 1, 100);
        assert_eq!(wide.as_array().unwrap().len(), MAX_BREADTH + 1);
        assert_eq!(wide[MAX_BREADTH], "[5 more]");
    }

    #[test]
    fn tags_follow_the_rules() {
        let sent = |key: &str, value: &str| check_tag(key, value).tag.map(|(k, v)| format!("{k}={v}"));
        assert_eq!(check_tag("os.name", "Linux").note, None);
        assert_eq!(sent("os name!", "a\r\nb\nc").as_deref(), Some("os_name_=a b c"));
        assert_eq!(sent(&"k".repeat(40), "v"), Some(format!("{}=v", "k".repeat(32))));
        for (key, value) in [("", "v"), ("k", ""), ("release", "1"), ("environment", "x")] {
            let checked = check_tag(key, value);
            assert!(checked.tag.is_none() && checked.note.is_some(), "{key}={value}");
        }
    }

    #[test]
    fn both_ends_of_a_stack_are_kept() {
        let frames = (0..300).map(|line| Frame { lineno: Some(line), ..Frame::default() }).collect();
        let mut stack = Stacktrace { frames, ..Stacktrace::default() };
        assert!(limit_frames(&mut stack));
        assert_eq!(stack.frames.len(), MAX_FRAMES);
        assert_eq!(stack.frames_omitted, Some((125, 175)));
        assert_eq!((stack.frames[124].lineno, stack.frames[125].lineno), (Some(124), Some(175)));
        assert_eq!(stack.frames[249].lineno, Some(299));
    }
}
