use super::*;

fn scrubbed(text: &str) -> String {
    let scrubber = Scrubber::new(&[]);
    let once = scrubber.scrub_text(text).into_owned();
    assert_eq!(scrubber.scrub_text(&once), once, "filtering again changes nothing");
    once
}

#[test]
fn the_output_of_debug_is_filtered() {
    for (text, expected) in [
        (
            r#"Login { password: "x", api_key: Some("sk_1"), user: "ada" }"#,
            r#"Login { password: "[Filtered]", api_key: [Filtered], user: "ada" }"#,
        ),
        (
            "Login {\n    password: \"x\",\n    api_key: Some(\n        \"sk_1\",\n    ),\n}",
            "Login {\n    password: \"[Filtered]\",\n    api_key: [Filtered],\n}",
        ),
        (
            r#"Err("Login { password: \"a\\\"b\", city: \"Linz\" }")"#,
            r#"Err("Login { password: \"[Filtered]\", city: \"Linz\" }")"#,
        ),
        (
            r#"Db { credentials: Credentials { user: "a", pass: "b" }, port: 1 }"#,
            r#"Db { credentials: [Filtered], port: 1 }"#,
        ),
        (r#"Pin { pin_code: 1234, cvv: Some(123) }"#, r#"Pin { pin_code: [Filtered], cvv: [Filtered] }"#),
        (r#"Raw { secret: [104, 117], key: b"x" }"#, r#"Raw { secret: [Filtered], key: b"[Filtered]" }"#),
        (r#"Password("x") ApiKey("y")"#, r#"Password("[Filtered]") ApiKey("[Filtered]")"#),
        (r#"Login { password: "hunt"#, r#"Login { password: "[Filtered]"#),
        (r#"{'password': 'x', 'a': 'b'}"#, r#"{'password': '[Filtered]', 'a': 'b'}"#),
    ] {
        assert_eq!(scrubbed(text), expected);
    }
}

#[test]
fn yaml_headers_and_arguments_are_filtered() {
    for (text, expected) in [
        ("password: x", "password: [Filtered]"),
        ("login failed, password: hunter2", "login failed, password: [Filtered]"),
        ("bad password: hunter2 for ada", "bad password: [Filtered] for ada"),
        ("x-api-key: x", "x-api-key: [Filtered]"),
        ("X-Api-Key:abc123", "X-Api-Key:[Filtered]"),
        ("Pass Word: x", "Pass Word: [Filtered]"),
        (
            "db:\n  user: ada\n  password: correct horse\n  port: 1",
            "db:\n  user: ada\n  password: [Filtered]\n  port: 1",
        ),
        ("secret: |\n  a b\n  c\nport: 1", "secret: |\n  [Filtered]\nport: 1"),
        (
            "GET / HTTP/1.1\r\nHost: h\r\nX-Api-Key: a b\r\nAccept: */*",
            "GET / HTTP/1.1\r\nHost: h\r\nX-Api-Key: [Filtered]\r\nAccept: */*",
        ),
        ("mysql --password x -h db", "mysql --password [Filtered] -h db"),
        ("mysql --password=x -h db", "mysql --password=[Filtered] -h db"),
        ("tool --api-key 'a b' run", "tool --api-key '[Filtered]' run"),
        ("password = \"x\"\nuser = \"ada\"", "password = \"[Filtered]\"\nuser = \"ada\""),
        ("<user>ada</user><password>x</password>", "<user>ada</user><password>[Filtered]</password>"),
        (
            "UPDATE users SET password = 'x' WHERE id = 1",
            "UPDATE users SET password = '[Filtered]' WHERE id = 1",
        ),
    ] {
        assert_eq!(scrubbed(text), expected);
    }
}

#[test]
fn quoted_values_end_at_their_closing_quote() {
    for (text, expected) in [
        ("{'password': 'hunter2', 'a': 'b'}", "{'password': '[Filtered]', 'a': 'b'}"),
        ("password: 'hunter2'\nport", "password: '[Filtered]'\nport"),
        ("key: 'it\nis'", "key: 'it\nis'"),
        ("password: `hunter2` or", "password: `[Filtered]` or"),
        (r"password: \'hunter2\' or", r"password: \'[Filtered]\' or"),
        (r"password: 'it\'s me' or 'x'", "password: '[Filtered]' or 'x'"),
        (r"password: \'it\\\'s me\' or 'x'", r"password: \'[Filtered]\' or 'x'"),
        ("password: 'it''s me' or 'x'", "password: '[Filtered]' or 'x'"),
        (r"password: 'c:\' or", "password: '[Filtered]' or"),
        (r"password='it\'s me' or 'x'", "password='[Filtered]' or 'x'"),
        (r"password=\'it is me\' or", r"password=\'[Filtered]\' or"),
        ("password = 'it''s me' or 'x'", "password = '[Filtered]' or 'x'"),
        (r"tool --password 'it\'s me' 'x'", "tool --password '[Filtered]' 'x'"),
        ("password='''it is'' me' or 'x'", "password='[Filtered]' or 'x'"),
        ("password='', user='ada'", "password='', user='ada'"),
        ("password='it is", "password='[Filtered]"),
    ] {
        assert_eq!(scrubbed(text), expected);
    }
}

#[test]
fn groups_end_at_their_closing_bracket() {
    for (text, expected) in [
        (r#"Wrapper(secret: SecretString("x", "y"), port: 1)"#, "Wrapper(secret: [Filtered], port: 1)"),
        (r#"{ secret: Some("a)b"), port: 1 }"#, "{ secret: [Filtered], port: 1 }"),
        (r#"{ secret: ("a", Some(true)"#, "{ secret: [Filtered]"),
        (r#"{ tokens: ("a", Some(1)), port: 1 }"#, "{ tokens: [Filtered], port: 1 }"),
        (r#"{ secret: Some("a\")b"), port: 1 }"#, "{ secret: [Filtered], port: 1 }"),
        (
            r#"Db { credentials: Credentials { pass: "b" }, port: 1 }"#,
            "Db { credentials: [Filtered], port: 1 }",
        ),
        ("bad password: Hunter2 for ada", "bad password: [Filtered] for ada"),
        (r#"bad password: hunter2 {"a":1}"#, r#"bad password: [Filtered] {"a":1}"#),
    ] {
        assert_eq!(scrubbed(text), expected);
    }
}

#[test]
fn single_words_are_values_where_they_look_like_one() {
    for (text, expected) in [
        // A filtered value is not read as the name of another value.
        ("key: 4pass word: hunter2", "key: [Filtered] word: hunter2"),
        ("behind three colons::: password: hunter2", "behind three colons::: password: [Filtered]"),
        (
            "Host: h\nAuthorization: Bearer abc9\nAccept: */*",
            "Host: h\nAuthorization: Bearer [Filtered]\nAccept: */*",
        ),
        ("password:hunter", "password:[Filtered]"),
        ("was auth: x9K2jQ", "was auth: [Filtered]"),
        ("call(auth: reader)", "call(auth: [Filtered])"),
        ("session: x9 K2jQ\nport: 1", "session: [Filtered]\nport: 1"),
        ("was session: 4242", "was session: [Filtered]"),
        ("password: 42", "password: [Filtered]"),
    ] {
        assert_eq!(scrubbed(text), expected);
    }
    let long = |len: usize| format!("token: //{}", "a".repeat(len - 2));
    assert_eq!(scrubbed(&long(MAX_WORD)), long(MAX_WORD));
    assert_eq!(scrubbed(&long(MAX_WORD + 1)), "token: [Filtered]");
}

#[test]
fn names_are_looked_at_up_to_a_length() {
    let text = |len: usize| format!("see {}_password: hunter2", "a".repeat(len - "_password".len()));
    assert!(!scrubbed(&text(MAX_WORD)).contains("hunter2"));
    assert_eq!(scrubbed(&text(MAX_WORD + 1)), text(MAX_WORD + 1));
}

#[test]
fn ordinary_text_stays() {
    let scrubber = Scrubber::new(&[]);
    for text in [
        "the password: prompt was shown",
        "password: must be longer than 8 characters",
        "auth: connection refused (os error 111)",
        "INFO auth: started",
        "token: expired",
        "invalid token: expected a string",
        "key: not found",
        "session: closed by peer",
        "session: 42",
        "Point { x: 1, y: -2 }",
        "Order { id: 7, author: \"ada\", monkey: Some(\"x\"), state: Open }",
        "Config { is_authenticated: true, token: None, auth: Some(true), max_tokens: 7 }",
        "InvalidToken(\"expired at noon\") MissingKey(\"city\")",
        "src/auth.rs:10:5 and session.rs:7",
        "std::collections::HashMap<Key, Token>::new(key)",
        "auth-service:8080 refused",
        "scopes auth:read token:write",
        "SELECT * FROM t WHERE session_id = $1 AND token = ? AND api_key=:key",
        "SELECT * FROM a JOIN b ON a.key = b.key",
        "if token == other && key != 1 { }",
        "unexpected argument '--password' found",
        "the flag --password is required",
        "run with --no-auth now",
        "password={} token={token} key: {key}",
        "Option<Token> was None, Vec<u8>",
        "order 4242424242424243 shipped",
        "git@github.com:me/repo.git, mailto:ada@example.com",
        "// see: ada@example.com",
        "at 12:30:45, ratio 1:2",
        "passengers: 3, passing: yes",
        "crypt::secret::v1-2 failed",
        "password: \"\"",
        "Password(\"\") ''",
        "the city: \"Linz\"",
        "the secret: next:",
        "token: //host/path-2",
        "token: %s",
        "token: :token",
        "password: !",
        "<user></user><password></password>",
        "Word: x",
        "session: closed early\nport: 1",
    ] {
        assert!(
            matches!(scrubber.scrub_text(text), Cow::Borrowed(same) if same == text),
            "{text} became {}",
            scrubber.scrub_text(text)
        );
    }
}
