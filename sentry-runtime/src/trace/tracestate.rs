//! W3C's `tracestate`: the data of other tracing systems about a trace, which accompanies `traceparent` and is passed on.
//! This toolkit adds no entry of its own.
//!
//! [Spec](https://www.w3.org/TR/trace-context/#tracestate-header)

/// The maximum number of entries.
const MAX_MEMBERS: usize = 32;
/// The maximum length of a key, and of a value.
const MAX_TEXT: usize = 256;

/// The data of an incoming trace for other tracing systems.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ForeignState {
    /// The entries of `tracestate`. Empty if there are none, or if the header is malformed.
    pub(crate) tracestate: String,
    /// The flag of `traceparent` that says that the trace id is random.
    pub(crate) random: bool,
}

/// Returns the entries of all `tracestate` headers of a request. If one entry is malformed, or if there are too many, all
/// are discarded, as the specification demands. Of entries with the same key only the first, the newest, is kept.
pub(crate) fn parse(headers: &[String]) -> String {
    let mut entries: Vec<(&str, &str)> = Vec::new();
    let members = headers.iter().flat_map(|header| header.split(','));
    for member in members.map(|member| member.trim_matches([' ', '\t'])).filter(|member| !member.is_empty()) {
        let Some((key, value)) = member.split_once('=').filter(|(key, value)| is_key(key) && is_value(value))
        else {
            return String::new();
        };
        if entries.iter().any(|(known, _)| *known == key) {
            continue;
        }
        if entries.len() == MAX_MEMBERS {
            return String::new();
        }
        entries.push((key, value));
    }
    entries.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

fn is_key(key: &str) -> bool {
    let begins = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    key.len() <= MAX_TEXT
        && key.bytes().next().is_some_and(begins)
        && key.bytes().all(|byte| begins(byte) || matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@'))
}

fn is_value(value: &str) -> bool {
    let is_printable = |byte: u8| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=';
    !value.is_empty() && value.len() <= MAX_TEXT && value.bytes().all(is_printable)
}
