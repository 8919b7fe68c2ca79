//! Checks of names by the server's rules: release, environment, distribution, organisation.
//!
//! The server discards names that break these rules, and sessions of such a release. So an invalid option is an error.
//! An invalid variable is only reported, because the program's author may not have set it.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/); the server parses releases with
//! `sentry-release-parser`.

use std::borrow::Cow;

use super::{ClientOptions, OptionsError};
use crate::base::diagnostics;

const RELEASE: &str = "1 to 200 bytes without slashes, line breaks, tabs and control characters, and not `.`, `..` or \
    `latest`, such as `shop@1.4.2`";
const ENVIRONMENT: &str = "1 to 64 bytes without slashes, line breaks, tabs and control characters, and not `.`, `..` or \
    `none`, such as `production`";
const DIST: &str = "1 to 64 of the letters a to z and A to Z, digits, `_`, `.` and `-`, such as `build-42`";
const ORG_ID: &str =
    "the number of the organisation, such as the `123` of a DSN with the host o123.ingest.sentry.io";

/// Checks the names that the program set.
pub(crate) fn check(options: &ClientOptions) -> Result<(), OptionsError> {
    let ClientOptions { release, environment, dist, org_id, .. } = options;
    let org_id = org_id.as_deref().map(Cow::Borrowed);
    for (option, value, is_right, rule) in [
        ("release", release, is_release as fn(&str) -> bool, RELEASE),
        ("environment", environment, is_environment, ENVIRONMENT),
        ("dist", dist, is_dist, DIST),
        ("org_id", &org_id, is_org_id, ORG_ID),
    ] {
        if let Some(value) = value.as_deref().filter(|value| !is_right(value)) {
            return Err(OptionsError::Value { option, value: value.escape_debug().to_string(), rule });
        }
    }
    Ok(())
}

/// Reports the release in a variable if it is invalid.
pub(crate) fn check_release_of(variable: &'static str, value: String) {
    let _ = accepted(variable, value, is_release, RELEASE);
}

/// Returns the environment that a variable names, unless it is invalid.
pub(crate) fn environment_of(variable: &'static str, value: String) -> Option<Cow<'static, str>> {
    accepted(variable, value, is_environment, ENVIRONMENT)
}

fn accepted(
    variable: &str,
    value: String,
    is_right: fn(&str) -> bool,
    rule: &str,
) -> Option<Cow<'static, str>> {
    let value = value.trim();
    if is_right(value) {
        return Some(Cow::Owned(value.to_owned()));
    }
    let value = value.escape_debug();
    diagnostics::error(format_args!("ignoring {variable}=`{value}`: expected {rule}"));
    None
}

pub(crate) fn is_release(name: &str) -> bool {
    is_name(name, 200) && !name.eq_ignore_ascii_case("latest")
}

/// Accepts spaces: the documentation forbids them, but the server does not.
pub(crate) fn is_environment(name: &str) -> bool {
    is_name(name, 64) && !name.eq_ignore_ascii_case("none")
}

fn is_name(name: &str, longest: usize) -> bool {
    let is_bad = |c: char| c.is_ascii_control() || matches!(c, '/' | '\\');
    !name.trim().is_empty() && name.len() <= longest && !name.contains(is_bad) && !matches!(name, "." | "..")
}

fn is_dist(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(is_part)
}

fn is_org_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_server_throws_away_are_refused() {
        let long = |len| "a".repeat(len);
        for name in ["a/b", "a\\b", ".", "..", "Latest", " ", "", "a\nb", "a\u{7f}", &long(201)] {
            assert!(!is_release(name), "{name:?}");
        }
        for name in ["shop@1.4.2+7", "latest-1", "a b", "żółć", "...", &long(200)] {
            assert!(is_release(name), "{name:?}");
        }
        for name in ["None", "none", "a/b", "a\tb", "", &long(65)] {
            assert!(!is_environment(name), "{name:?}");
        }
        assert!(is_environment("nonesuch") && is_environment(&long(64)));
        assert!(is_dist("42") && !is_dist("bad dist!\n") && !is_dist(&long(65)) && !is_dist(""));
        assert!(is_org_id("123") && !is_org_id("o123") && !is_org_id("") && !is_org_id("-1"));
    }

    #[test]
    fn the_error_names_value_rule_and_fix() {
        let options = ClientOptions::new().environment("my/place");
        let message = check(&options).unwrap_err().to_string();
        assert!(message.starts_with("environment is `my/place`, but must be 1 to 64 bytes"), "{message}");
        let message = check(&ClientOptions::new().org_id("o1\n")).unwrap_err().to_string();
        assert!(message.starts_with("org_id is `o1\\n`, but must be the number"), "{message}");
        assert_eq!(check(&ClientOptions::new().release("a b").dist("b-1").org_id("1")), Ok(()));
    }

    #[test]
    fn variables_are_taken_or_left_out() {
        assert_eq!(environment_of("SENTRY_ENVIRONMENT", "my place".to_owned()).as_deref(), Some("my place"));
        assert_eq!(environment_of("SENTRY_ENVIRONMENT", "None".to_owned()), None);
    }
}
