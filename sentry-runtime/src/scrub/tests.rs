use super::*;
use crate::protocol::{
    Breadcrumb, Event, Exception, Frame, Map, Request, Span, Stacktrace, TraceContext, Transaction, User,
    Values,
};
use serde_json::json;

fn scrubbed(mut value: Value) -> Value {
    Scrubber::new(&[]).scrub_value(&mut value);
    value
}

#[test]
fn values_are_filtered_by_name_at_any_depth() {
    let value = json!({
        "password": "x",
        "nested": [{"api_key": {"a": 1}, "page": 2}],
        "is_authenticated": true,
        "token": null,
        "input_tokens": 12,
        "refresh_tokens": ["a"],
        "headers": [["Authorization", "Bearer x"], ["Accept", "*/*"]],
        "inner": "{\"secret\":\"x\"}",
        "url": "https://h/?sid=1",
        "note": "nothing to see",
    });
    let expected = json!({
        "password": "[Filtered]",
        "nested": [{"api_key": "[Filtered]", "page": 2}],
        "is_authenticated": true,
        "token": null,
        "input_tokens": 12,
        "refresh_tokens": "[Filtered]",
        "headers": [["Authorization", "[Filtered]"], ["Accept", "*/*"]],
        "inner": "{\"secret\":\"[Filtered]\"}",
        "url": "https://h/?sid=[Filtered]",
        "note": "nothing to see",
    });
    assert_eq!(scrubbed(value), expected);
    assert_eq!(scrubbed(expected.clone()), expected, "a second time changes nothing");
}

#[test]
fn what_is_too_deep_to_look_at_is_filtered() {
    let mut value = json!({"password": "x"});
    for _ in 0..MAX_DEPTH * 2 {
        value = json!([value]);
    }
    assert!(!scrubbed(value).to_string().contains('x'));
}

#[test]
fn an_event_is_filtered_everywhere() {
    let secrets = || Map::from([("db_password".to_owned(), Value::from("hunter2"))]);
    let texts = || {
        Map::from([
            ("X-Api-Key".to_owned(), "hunter2".to_owned()),
            ("Cookie".to_owned(), "sid=hunter2; a=b".to_owned()),
        ])
    };
    let stack = || {
        Some(Stacktrace {
            frames: vec![Frame { vars: secrets(), ..Frame::default() }],
            ..Stacktrace::default()
        })
    };
    let mut event = Event {
        request: Some(Request {
            url: Some("https://me:hunter2@h/".into()),
            query_string: Some("token=hunter2&page=1".into()),
            cookies: Some("sid=hunter2; theme=dark".into()),
            data: Some(r#"{"card":{"cvv":"hunter2"}}"#.into()),
            headers: texts(),
            env: texts(),
            ..Request::default()
        }),
        user: Some(User { other: secrets(), ..User::default() }),
        breadcrumbs: vec![Breadcrumb {
            message: Some("GET http://h/?key=hunter2".into()),
            data: secrets(),
            ..Breadcrumb::default()
        }]
        .into(),
        exception: Values::from(vec![Exception {
            value: Some("error for url (http://h/?jwt=hunter2)".into()),
            stacktrace: stack(),
            ..Exception::default()
        }]),
        extra: secrets(),
        stacktrace: stack(),
        ..Event::default()
    };
    event.tags = texts();
    event.contexts.insert("session".into(), Map::from([("a".to_owned(), "hunter2".into())]).into());
    event.contexts.insert("mine".into(), secrets().into());
    event.contexts.insert("trace".into(), TraceContext { data: secrets(), ..TraceContext::default() }.into());
    Scrubber::new(&[]).scrub_event(&mut event);
    let text = serde_json::to_string(&event).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("theme") && text.contains("page=1") && text.contains("db_password"), "{text}");
}

#[test]
fn a_transaction_is_filtered_everywhere() {
    let secrets = || Map::from([("api_key".to_owned(), Value::from("hunter2"))]);
    let mut transaction = Transaction {
        name: Some("GET /?token=hunter2".into()),
        spans: vec![Span {
            description: Some("http://h/?token=hunter2".into()),
            data: secrets(),
            ..Span::default()
        }],
        extra: secrets(),
        ..Transaction::default()
    };
    Scrubber::new(&[]).scrub_transaction(&mut transaction);
    let text = serde_json::to_string(&transaction).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn attributes_keep_their_type_unless_they_are_filtered() {
    let scrubber = Scrubber::new(&["tenant".to_owned()]);
    let scrub = |name: &str, value: AttributeValue| {
        let mut value = value;
        scrubber.scrub_attribute(name, &mut value);
        value
    };
    let filtered = AttributeValue::from_static(FILTERED);
    assert_eq!(scrub("user.api_key", "x".into()), filtered);
    assert_eq!(scrub("pin.cvv", 123.into()), filtered);
    assert_eq!(scrub("tenant.name", "x".into()), filtered);
    assert_eq!(scrub("gen_ai.usage.input_tokens", 7.into()), 7.into());
    assert_eq!(scrub("gen_ai.usage.tokens", "x".into()), filtered);
    assert_eq!(scrub("auth.ok", true.into()), true.into());
    assert_eq!(scrub("url.full", "http://a:b@h/".into()), "http://[Filtered]:[Filtered]@h/".into());
    assert_eq!(scrub("url.query", "a=1&pwd=2".into()), "a=1&pwd=[Filtered]".into());
    assert_eq!(scrub("http.request.header.cookie", "a=1; sid=2".into()), "a=1; sid=[Filtered]".into());
    let untouched = AttributeValue::from_static("same text");
    assert!(matches!(scrub("note", untouched), AttributeValue::Str("same text")));
}
