//! Misspelt environment variables: names that differ in one letter from one that is read.
//!
//! Other names with the prefix are not reported, because Sentry's command line and SDKs of other languages have variables of
//! their own. Those of `SENTRY_DATA_COLLECTION` are checked more strictly, beside their categories.

use sentry_rules::is_one_edit;

const PREFIX: &str = "SENTRY_";

/// The variables that are read, without the prefix.
const KNOWN: &[&str] = &[
    "BAGGAGE",
    "DASHBOARD",
    "DASHBOARD_IN_RELEASE",
    "DASHBOARD_TOKEN",
    "DEBUG",
    "DSN",
    "ENVIRONMENT",
    "LOCAL",
    "RELEASE",
    "SAMPLE_RATE",
    "SPOTLIGHT",
    "TRACE",
    "TRACES_SAMPLE_RATE",
];

/// Returns a note on each name that is misspelt.
pub(super) fn notes(names: &[String]) -> Vec<String> {
    let note = |name: &String| {
        let word = name.strip_prefix(PREFIX)?;
        let meant = KNOWN.iter().find(|known| is_one_edit(word, known)).filter(|_| !KNOWN.contains(&word))?;
        Some(format!(
            "the variable `{}` is unknown and has no effect; did you mean `{PREFIX}{meant}`?",
            name.escape_debug()
        ))
    };
    names.iter().filter_map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes_of(names: &[&str]) -> Vec<String> {
        notes(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn names_with_one_wrong_letter_are_noticed() {
        for (name, meant) in [
            ("SENTRY_TRACE_SAMPLE_RATE", "SENTRY_TRACES_SAMPLE_RATE"),
            ("SENTRY_ENVIROMENT", "SENTRY_ENVIRONMENT"),
            ("SENTRY_SDN", "SENTRY_DSN"),
            ("SENTRY_LOCALS", "SENTRY_LOCAL"),
            ("SENTRY_DASHBORD", "SENTRY_DASHBOARD"),
        ] {
            let expected =
                format!("the variable `{name}` is unknown and has no effect; did you mean `{meant}`?");
            assert_eq!(notes_of(&[name]), [expected]);
        }
    }

    #[test]
    fn names_of_other_programs_are_left_alone() {
        let others = [
            "SENTRY_AUTH_TOKEN",
            "SENTRY_ORG",
            "SENTRY_PROJECT",
            "SENTRY_URL",
            "SENTRY_LOG_LEVEL",
            "SENTRY_PROFILES_SAMPLE_RATE",
            "SENTRY_DIST",
            "SENTRY_",
            "SENTRY",
            "HOME",
            "DSM",
        ];
        assert_eq!(notes_of(&others), <[String; 0]>::default());
        assert!(KNOWN.iter().all(|known| notes_of(&[&format!("{PREFIX}{known}")]).is_empty()));
    }

    #[test]
    fn the_list_is_that_of_the_guide() {
        let guide = include_str!("../../docs/options.md");
        let mut named: Vec<_> = guide
            .split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
            .filter_map(|word| word.strip_prefix(PREFIX))
            .filter(|word| !word.is_empty() && !word.starts_with("DATA_COLLECTION"))
            // The example of a misspelt name.
            .filter(|&word| word != "TRACE_SAMPLE_RATE")
            .collect();
        named.sort_unstable();
        named.dedup();
        assert_eq!(named, KNOWN);
    }
}
