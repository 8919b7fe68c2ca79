//! Values whose quote or bracket is not closed, and the secrets behind them.

use crate::scrub::Scrubber;

const SECRET: &str = "hunter2value";

/// Returns the filtered text. Filtering it again changes nothing.
fn scrubbed(text: &str) -> String {
    let scrubber = Scrubber::new(&[]);
    let once = scrubber.scrub_text(text).into_owned();
    assert_eq!(scrubber.scrub_text(&once), once, "filtering {text:?} again changes nothing");
    once
}

/// The first names, and what is between them and their values.
const FIRST: [&str; 9] = [
    "password=",
    "password = ",
    "password: ",
    "password:",
    "\"password\":",
    "'password': ",
    "--password ",
    "key=",
    "key: ",
];

/// What opens a value without closing it, and values that are not filtered.
#[rustfmt::skip]
const OPENINGS: [&str; 44] = [
    "", "'", "\"", "`", "\\'", "\\\"", "\\`", "\\\\\\\"", "\\\\\\'", "''", "'''", "\"\"\"", "b'", "b\"", "r#\"",
    "{", "[", "(", "'{", "'[", "'(", "\"{", "\"[", "\"(", "`{", "`[", "`(", "{'", "{\"", "[\"", "[(\"", "\\\"{", "\\'{",
    "Some(", "Some(\"", "Some({", "Login {", "Login { a: '", "{}", "{a}", "'{a}", "%s", "null", "'null",
];

/// What stands between a value that is not closed and the next name.
const BETWEEN: [&str; 8] = ["\n", "\r\n", "\u{2028}", ", ", "&", " ", "{a}\n", "x y\n  "];

/// A name and what is between it and its secret, and what closes that.
#[rustfmt::skip]
const NAMES: [(&str, &str); 20] = [
    ("password=", ""), ("password='", "'"), ("password=\"", "\""), ("password=`", "`"), ("password = ", ""),
    ("password = '", "'"), ("password = \"", "\""), ("password: ", ""), ("password: '", "'"), ("password: \"", "\""),
    ("password: `", "`"), ("\"password\": \"", "\""), ("'password': '", "'"), ("\\\"password\\\": \\\"", "\\\""),
    ("--password ", ""), ("--password '", "'"), ("--password \"", "\""), ("Bearer ", ""), ("Password(\"", "\")"),
    ("password=[", "]"),
];

#[test]
fn a_value_that_is_not_closed_hides_no_later_name() {
    let scrubber = Scrubber::new(&[]);
    let (mut leaks, mut unstable) = (Vec::new(), Vec::new());
    for (first, opening) in FIRST.iter().flat_map(|first| OPENINGS.map(|opening| (first, opening))) {
        // Directly behind the first name, the next one is its value.
        let between = BETWEEN.iter().filter(|between| !opening.is_empty() || !matches!(**between, " " | "&"));
        for (between, (name, close)) in between.flat_map(|between| NAMES.map(|name| (between, name))) {
            for close in [close, ""] {
                let text = format!("{first}{opening}{between}{name}{SECRET}{close}");
                let filtered = scrubber.scrub_text(&text).into_owned();
                let again = scrubber.scrub_text(&filtered).into_owned();
                if again != filtered {
                    unstable.push((text, filtered, again));
                } else if filtered.contains(SECRET) {
                    leaks.push((text, filtered));
                }
            }
        }
    }
    assert!(unstable.is_empty(), "filtering again changes: {:#?}", &unstable[..unstable.len().min(20)]);
    assert!(leaks.is_empty(), "texts, and what they became: {:#?}", &leaks[..leaks.len().min(20)]);
}

#[test]
fn a_brace_in_an_open_quote_hides_no_later_name() {
    let text = "password='{\npassword=hunter2value";
    assert_eq!(scrubbed(text), "password='[Filtered]");
}

#[test]
fn a_pair_may_be_the_value_of_another() {
    for (text, expected) in [
        ("body=password=hunter2value, a=b", "body=password=[Filtered], a=b"),
        ("body='password=hunter2value' a=b", "body='password=[Filtered]' a=b"),
        ("a=b=token=\"x y\" c", "a=b=token=\"[Filtered]\" c"),
        ("password={a}password=hunter2value", "password={a}password=[Filtered]"),
    ] {
        assert_eq!(scrubbed(text), expected);
    }
    assert_eq!(scrubbed("a=b=c"), "a=b=c");
}
