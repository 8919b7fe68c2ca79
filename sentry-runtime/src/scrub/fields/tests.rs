use super::*;

fn scrubbed(text: &str) -> String {
    let scrubber = Scrubber::new(&[]);
    let once = scrubber.scrub_fields(text).into_owned();
    assert_eq!(scrubber.scrub_fields(&once), once, "filtering again changes nothing");
    once
}

#[test]
fn fields_in_the_middle_of_a_text_are_filtered() {
    for (text, expected) in [
        (r#"body: {"password":"x"}"#, r#"body: {"password":"[Filtered]"}"#),
        (
            r#"got {"a" : 1, "api_key" : "x\"y\\", "b":"c"} here"#,
            r#"got {"a" : 1, "api_key" : "[Filtered]", "b":"c"} here"#,
        ),
        (r#"{"pin": 1, "cvv": 123, "z":2}"#, r#"{"pin": 1, "cvv": "[Filtered]", "z":2}"#),
        (r#"<{"secret":{"a":["}"]},"b":[1]}>"#, r#"<{"secret":"[Filtered]","b":[1]}>"#),
        (r#"x "tokens":["a","b"] y"#, r#"x "tokens":"[Filtered]" y"#),
        (r#"x "tokens":("a", Some(1)) y"#, r#"x "tokens":"[Filtered]" y"#),
        (r#"x "input_tokens":12, "tokens":"y""#, r#"x "input_tokens":12, "tokens":"[Filtered]""#),
        (r#"a "quote, then {"password":"x"}"#, r#"a "quote, then {"password":"[Filtered]"}"#),
        (r#"cut {"password":"hunt"#, r#"cut {"password":"[Filtered]"#),
        (r#"cut {"password":{"a":"hunt"#, r#"cut {"password":"[Filtered]""#),
        (r#"ż {"p\u0061ssword":"ó"} ł"#, r#"ż {"p\u0061ssword":"[Filtered]"} ł"#),
        (
            r#"{"password": Some("x"), "secret": String("y"), "a": None}"#,
            r#"{"password": "[Filtered]", "secret": "[Filtered]", "a": None}"#,
        ),
    ] {
        assert_eq!(scrubbed(text), expected);
    }
}

#[test]
fn pairs_and_arguments_are_filtered() {
    for (text, expected) in [
        (r#"[("user", "ada"), ("password", "x")]"#, r#"[("user", "ada"), ("password", "[Filtered]")]"#),
        (r#"form [["password","x"]]"#, r#"form [["password","[Filtered]"]]"#),
        (r#"[["a","b"], ["password","x"]]"#, r#"[["a","b"], ["password","[Filtered]"]]"#),
        (r#"Command "mysql" "--password" "x" "-v""#, r#"Command "mysql" "--password" "[Filtered]" "-v""#),
        (r#"args: ["--api-key", "x"]"#, r#"args: ["--api-key", "[Filtered]"]"#),
        (r#"Err("[(\"password\", \"x\")]")"#, r#"Err("[(\"password\", \"[Filtered]\")]")"#),
        (r#"{"password"=>"x"}"#, r#"{"password"=>"[Filtered]"}"#),
    ] {
        assert_eq!(scrubbed(text), expected);
    }
}

#[test]
fn escaped_fields_are_filtered() {
    let mut text = r#"{"password":"hunter\"2","card":{"cvv":[1]},"user":"ada"}"#.to_owned();
    for _ in 0..4 {
        text = format!("Error({text:?}), next: \"z\"");
        let scrubbed = scrubbed(&text);
        let lost = ["hunter", "[1]"].iter().all(|secret| !scrubbed.contains(secret));
        assert!(lost && scrubbed.contains("ada") && scrubbed.ends_with("next: \"z\""), "{scrubbed}");
        assert_eq!(scrubbed.matches(FILTERED).count(), 2, "{scrubbed}");
    }
    assert_eq!(
        scrubbed(r#"Parse("{\"password\":\"x\\\"y\",\"cvv\":1}")"#),
        r#"Parse("{\"password\":\"[Filtered]\",\"cvv\":\"[Filtered]\"}")"#
    );
    assert_eq!(scrubbed(r#"Parse("{\"secret\":[1,")"#), r#"Parse("{\"secret\":\"[Filtered]\"")"#);
    assert_eq!(
        scrubbed(r#"Outer("Parse(\"{\\\"secret\\\":[1,\")")"#),
        r#"Outer("Parse(\"{\\\"secret\\\":\\\"[Filtered]\\\"\")")"#
    );
}

#[test]
fn brackets_in_the_texts_of_a_group_do_not_end_it() {
    for (text, expected) in [
        (r#"{"secret":{"a":"x\"}y"},"b":1}"#, r#"{"secret":"[Filtered]","b":1}"#),
        (r#"{"secret":{"a":"{"},"b":1}"#, r#"{"secret":"[Filtered]","b":1}"#),
        (r#"Parse("{\"secret\":{\"a\":\"}\"},\"b\":1}")"#, r#"Parse("{\"secret\":\"[Filtered]\",\"b\":1}")"#),
    ] {
        assert_eq!(scrubbed(text), expected);
    }
}

#[test]
fn texts_in_single_quotes_end_at_a_mark_of_their_depth() {
    for (text, depth, expected) in [
        ("a' b'", 0, Some(1)),
        ("' b'", 0, Some(0)),
        ("''", 0, Some(0)),
        ("'' b' c'", 0, Some(4)),
        ("a''b' c'", 0, Some(4)),
        ("a''''b' c'", 0, Some(6)),
        (r"a\'b' c'", 0, Some(4)),
        (r"a\\' c'", 0, Some(3)),
        (r"a\' c", 1, Some(1)),
        (r"a\\\'b\' c", 1, Some(6)),
        ("a' c", 1, Some(1)),
        (r"a\' c", 0, Some(2)),
        ("a''", 0, Some(1)),
        ("a", 0, None),
        ("", 0, None),
    ] {
        let found = end_of_marked(&format!("x'{text}"), 2, depth, b'\'', None);
        assert_eq!(found, expected.map(|at: usize| at + 2), "{text}");
    }
    assert_eq!(end_of_marked("`a'b`", 1, 0, b'`', None), Some(4));
    assert_eq!(end_of_marked("`a\nb`", 1, 0, b'`', None), Some(4));
    assert_eq!(end_of_marked("`a\nb`", 1, 0, b'`', Some(b'\n')), None);
    assert_eq!(end_of_marked("`a\\`\nb`", 1, 0, b'`', Some(b'\n')), Some(3));
}

#[test]
fn numbers_and_booleans_may_be_inside_types() {
    for value in ["1", "-2.5", "(1)", "Some(1)", "Some(serde::Number(1))", "U_64(1"] {
        assert!(is_number(value) && !is_boolean(value), "{value}");
    }
    for value in ["true", "(false)", "Some(true)", "Some(Bool(false))"] {
        assert!(is_boolean(value) && !is_number(value), "{value}");
    }
    for value in ["", "x", "Some(x)", "(x, Some(1))", "\"x\"(true)", "[(1)", "[(true)"] {
        assert!(!is_number(value) && !is_boolean(value), "{value}");
    }
}

#[test]
fn arguments_with_a_name_of_one_letter_are_filtered() {
    let scrubber = Scrubber::new(&["x".to_owned()]);
    for (text, expected) in [
        (r#"args: ["--x", "hunter2"]"#, r#"args: ["--x", "[Filtered]"]"#),
        (r#"args: ["--", "x"]"#, r#"args: ["--", "x"]"#),
    ] {
        assert_eq!(scrubber.scrub_fields(text), expected);
    }
}

#[test]
fn arguments_of_commands_are_recognised() {
    for (name, expected) in [
        ("--password", true),
        ("--pw", true),
        ("--p", true),
        ("--", false),
        ("-password", false),
        ("password", false),
        ("--no-auth", false),
        ("--password=x", false),
    ] {
        assert_eq!(is_argument(name), expected, "{name}");
    }
}

#[test]
fn what_has_no_such_field_stays_as_it_is() {
    let scrubber = Scrubber::new(&[]);
    for text in [
        "",
        "\"",
        "a:b",
        r#"say "token" to whom: "me""#,
        r#""key": lost"#,
        r#"{"password": null, "secret": true, "token":""}"#,
        r#"{"token": Bool(true), "auth": None}"#,
        r#"{"monkey" : "x" , "author":"y"}"#,
        r#"{"input_tokens": Number(12)}"#,
        r#"\\\"\":"\""#,
    ] {
        assert!(matches!(scrubber.scrub_fields(text), Cow::Borrowed(same) if same == text), "{text}");
    }
}
