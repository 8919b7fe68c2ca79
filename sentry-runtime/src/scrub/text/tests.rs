use super::*;
use crate::scrub::MAX_DEPTH;

#[test]
fn urls_lose_user_info_and_sensitive_parameters() {
    let scrubber = Scrubber::new(&[]);
    let cases = [
        (
            "https://me:pw@host/p?token=x&page=2#top",
            "https://[Filtered]:[Filtered]@host/p?token=[Filtered]&page=2#top",
        ),
        ("redis://me@host", "redis://[Filtered]@host"),
        (
            "http://h/?next=http://u:p@x/&key=1",
            "http://h/?next=http://[Filtered]:[Filtered]@x/&key=[Filtered]",
        ),
        ("http://u:p@h,http://v:q@i", "http://[Filtered]:[Filtered]@h,http://[Filtered]:[Filtered]@i"),
        ("pg://u:p/w?x@host:1/db?a=1&pwd=2", "pg://[Filtered]:[Filtered]@host:1/db?a=1&pwd=[Filtered]"),
        ("pg://u:p(1)'x@host/db", "pg://[Filtered]:[Filtered]@host/db"),
        ("/p?user[password]=x&p%61sswd=y&key=", "/p?user[password]=[Filtered]&p%61sswd=[Filtered]&key="),
        ("https://h/cb#access_token=abc&state=1", "https://h/cb#access_token=[Filtered]&state=1"),
        (
            "GET http://a/?jwt=1 then (http://b:c@d/?x=@&sid=żó)",
            "GET http://a/?jwt=[Filtered] then (http://[Filtered]:[Filtered]@d/?x=@&sid=[Filtered])",
        ),
    ];
    for (url, expected) in cases {
        assert_eq!(scrubber.scrub_url(url), expected);
    }
    for url in [
        "https://host/?page=2",
        "no url at all?",
        "a://",
        "http://h:80/@scope/x",
        "http://[::1]:80/@x",
        "?",
        "#=",
        "mail me@host",
        "(http://h:80) of me@host",
        "see 'http://h' or me@host",
    ] {
        assert!(matches!(scrubber.scrub_url(url), Cow::Borrowed(same) if same == url), "{url}");
    }
}

#[test]
fn cookies_are_filtered_by_name_and_whole_when_they_have_none() {
    let scrubber = Scrubber::new(&[]);
    assert_eq!(
        scrubber.scrub_cookies("user_session=abc; theme=dark-mode"),
        "user_session=[Filtered]; theme=dark-mode"
    );
    assert_eq!(scrubber.scrub_cookies("opaque"), "[Filtered]");
    for name in ["remember_web_1", "__Host-id", "AWSALBCORS", "sb-abc", "__stripe_mid"] {
        assert_eq!(scrubber.scrub_cookies(&format!("{name}=1")), format!("{name}=[Filtered]"));
    }
    assert_eq!(scrubber.scrub_cookies("sid=1; Path=/; HttpOnly"), "sid=[Filtered]; Path=/; HttpOnly");
}

#[test]
fn json_in_a_text_is_filtered_inside() {
    let scrubber = Scrubber::new(&[]);
    assert_eq!(
        scrubber.scrub_text_json(r#" {"a":1,"password":"x"}"#, 0),
        r#"{"a":1,"password":"[Filtered]"}"#
    );
    assert_eq!(scrubber.scrub_text_json(r#"[{"token":"x"}]"#, 0), r#"[{"token":"[Filtered]"}]"#);
    assert_eq!(scrubber.scrub_text_json(r#"{"password":"hunter2","x":"#, 0), "[Filtered]");
    assert_eq!(scrubber.scrub_text_json(r#"{"p\u0061ssword":"x"}"#, 0), r#"{"password":"[Filtered]"}"#);
    for text in ["[worker] token refreshed", r#"{"b": 1,  "a":2}"#, r#"{"monkey":"#] {
        assert!(matches!(scrubber.scrub_text_json(text, 0), Cow::Borrowed(same) if same == text), "{text}");
    }
}

#[test]
fn json_in_a_text_is_as_deep_as_the_text() {
    let scrubber = Scrubber::new(&[]);
    let text = r#"[[{"a":1}]]"#;
    // The result for a harmless text is not reused at a deeper level.
    for (depth, expected) in [
        (0, text),
        (1, text),
        (MAX_DEPTH - 1, r#"["[Filtered]"]"#),
        (MAX_DEPTH, r#""[Filtered]""#),
        (0, text),
    ] {
        assert_eq!(scrubber.scrub_text_at(text, depth), expected, "{depth}");
    }
}

#[test]
fn bodies_are_json_forms_or_opaque() {
    let scrubber = Scrubber::new(&[]);
    assert_eq!(scrubber.scrub_body("name=Joe&password=x"), "name=Joe&password=[Filtered]");
    assert_eq!(scrubber.scrub_body(r#"{"password":"x"}"#), r#"{"password":"[Filtered]"}"#);
    assert_eq!(scrubber.scrub_body("my password is x"), "[Filtered]");
    assert_eq!(scrubber.scrub_body("hello there"), "hello there");
}

#[test]
fn cookies_keep_the_space_around_them() {
    let scrubber = Scrubber::new(&[]);
    assert_eq!(
        scrubber.scrub_cookies("theme=a;  sid=hunter2 ;HttpOnly; opaque; Secure;Partitioned;"),
        "theme=a;  sid=[Filtered] ;HttpOnly; [Filtered]; Secure;Partitioned;"
    );
    for header in ["sid=; theme=dark", "", " ; ", "theme=remember"] {
        assert!(matches!(scrubber.scrub_cookies(header), Cow::Borrowed(same) if same == header), "{header}");
    }
    assert_eq!(scrubber.scrub_cookies("theme=4242424242424242"), "theme=[Filtered]");
}

#[test]
fn cookies_of_frameworks_are_recognised_by_their_whole_name_or_a_part() {
    for name in ["symfony", "SUDO", "su", "remember_web_1", "my-__Secure-id", "x.oidc"] {
        assert!(is_secret_cookie(name), "{name}");
    }
    for name in ["sum", "symfony2", "theme", "", "_host-"] {
        assert!(!is_secret_cookie(name), "{name}");
    }
}

#[test]
fn percent_encoded_values_are_searched_once() {
    let scrubber = Scrubber::new(&[]);
    for (query, expected) in [
        ("next=https%3A%2F%2Fme%3Ahunter2%40h%2F&a=1", "next=[Filtered]&a=1"),
        ("note=4242%204242%204242%204242&a=1", "note=[Filtered]&a=1"),
        ("body=%7B%22password%22%3A%22hunter2%22%7D&a=1", "body=[Filtered]&a=1"),
        ("state=a%3D1%26token%3Dhunter2&a=1", "state=[Filtered]&a=1"),
        ("state=a%3D1%3Btoken%3Dhunter2;a=1", "state=[Filtered];a=1"),
        ("to=%2Fp%3Ftoken%3Dhunter2", "to=[Filtered]"),
        ("to=%2Fp%23token%3Dhunter2", "to=[Filtered]"),
    ] {
        assert_eq!(scrubber.scrub_query(query), expected);
    }
    for query in ["q=100%25", "q=a%3D1", "q=token%3D", "q=%74oken", "q=token", "state=a%3D1%26token%3D"] {
        assert!(matches!(scrubber.scrub_query(query), Cow::Borrowed(same) if same == query), "{query}");
    }
}

#[test]
fn signatures_users_and_cards_in_a_query_are_filtered() {
    let scrubber = Scrubber::new(&[]);
    for (query, expected) in [
        ("sig=hunter2&a=1", "sig=[Filtered]&a=1"),
        ("X-Amz-Signature=hunter2;a=1", "X-Amz-Signature=[Filtered];a=1"),
        ("SIGNATURE=hunter2", "SIGNATURE=[Filtered]"),
        ("to=http://ada:hunter2@h", "to=http://[Filtered]:[Filtered]@h"),
        ("note=4242424242424242&a=1", "note=[Filtered]&a=1"),
    ] {
        assert_eq!(scrubber.scrub_query(query), expected);
    }
    for query in ["design=1&sig=", "sign=1", "token=[Filtered]&a", "=token", ""] {
        assert!(matches!(scrubber.scrub_query(query), Cow::Borrowed(same) if same == query), "{query}");
    }
}

#[test]
fn values_of_queries_are_filtered_unless_their_name_is_kept() {
    let filtered = |text: &str| without_query_values(text, |name| name == "page").into_owned();
    for (text, expected) in [
        (
            "GET https://h/p?page=2&q=hunter2#top failed",
            "GET https://h/p?page=2&q=[Filtered]#[Filtered] failed",
        ),
        ("no answer from https://h/?q=a,b.", "no answer from https://h/?q=[Filtered]."),
        ("https://h/?flag&q=&page=3", "https://h/?[Filtered]&q=&page=3"),
        ("(https://h/) of (https://i/?q=x)", "(https://h/) of (https://i/?q=[Filtered])"),
        (
            "https://h/?q=x then https://i/?page=1&r=y",
            "https://h/?q=[Filtered] then https://i/?page=1&r=[Filtered]",
        ),
        ("https://h/?p%61ge=2&p%61=3", "https://h/?p%61ge=2&p%61=[Filtered]"),
        ("https://h/?page", "https://h/?page"),
    ] {
        assert_eq!(filtered(text), expected);
        assert_eq!(filtered(expected), expected);
    }
    for text in ["https://h/?q=[Filtered]&page=2", "is it? q=x", "https://h/?", "https://h/?q=.", "://"] {
        assert!(
            matches!(without_query_values(text, |_| false), Cow::Borrowed(_)) || text.contains("page"),
            "{text}"
        );
        assert_eq!(filtered(text), text);
    }
}

#[test]
fn a_filter_keeps_query_values_only_if_it_was_told_to() {
    let url = "https://h/?page=2&q=x";
    let scrubber = Scrubber::new(&[]);
    assert_eq!(scrubber.scrub_query_values(url), "https://h/?page=[Filtered]&q=[Filtered]");
    let scrubber = scrubber.keep_query_values_if(|name| name == "page");
    assert_eq!(scrubber.scrub_query_values(url), "https://h/?page=2&q=[Filtered]");
}

#[test]
fn names_are_percent_decoded_once() {
    for (name, decoded) in [
        ("p%61ssword", "password"),
        ("%61", "a"),
        ("%6", "%6"),
        ("%", "%"),
        ("%zz%6a", "%zzj"),
        ("100%2525", "100%25"),
        ("%c5%bc%FF", "ż\u{fffd}"),
        ("%+1", "%+1"),
        ("a", "a"),
    ] {
        assert_eq!(percent_decoded(name), decoded);
    }
    assert!(matches!(percent_decoded("password"), Cow::Borrowed(_)));
}

#[test]
fn json_begins_with_a_name_or_a_list() {
    for text in [r#"{"a""#, "[{", "[[", " [ {", "\n{\n \"a", "{\t\""] {
        assert!(looks_like_json(text), "{text}");
    }
    for text in ["{a", "{", "[", "[\"a", "[1", "{}", "\"a\"", "", "({\"", "a"] {
        assert!(!looks_like_json(text), "{text}");
    }
}

#[test]
fn a_body_that_is_no_form_is_filtered_whole_if_it_mentions_a_name() {
    let scrubber = Scrubber::new(&[]);
    for body in [
        "mypassword",
        "a=b password",
        "<a b=\"1\">password</a>",
        "password\n=x",
        "password\t=x",
        "{password=x}",
    ] {
        assert_eq!(scrubber.scrub_body(body), FILTERED, "{body}");
    }
    for body in ["hello", "a=b", "<a/>"] {
        assert_eq!(scrubber.scrub_body(body), body);
    }
}

#[test]
fn a_line_of_source_loses_what_is_a_secret_without_a_name() {
    let scrubber = Scrubber::new(&[]);
    for (line, expected) in [
        (r#"open("pg://ada:hunter2@db/");"#, r#"open("pg://[Filtered]:[Filtered]@db/");"#),
        ("pay(\"4242424242424242\");", "pay(\"[Filtered]\");"),
        ("-----BEGIN PRIVATE KEY-----MIIB", "-----BEGIN PRIVATE KEY-----[Filtered]"),
    ] {
        assert_eq!(scrubber.scrub_source(line), expected);
    }
    let line = "let password = read(token);";
    assert!(matches!(scrubber.scrub_source(line), Cow::Borrowed(same) if same == line));
}
