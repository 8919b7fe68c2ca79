use super::*;
use crate::protocol::{
    Breadcrumb, Event, Exception, Frame, Map, Request, Span, Stacktrace, TraceContext, Transaction, User,
    Values,
};

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
