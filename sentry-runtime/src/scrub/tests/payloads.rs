use super::*;
use crate::protocol::{
    AppContext, Breadcrumb, BrowserContext, Context, DeviceContext, Event, Exception, Frame, Log, LogEntry,
    LogLevel, Map, Mechanism, Metric, MetricType, OsContext, Request, ResponseContext, RuntimeContext, Span,
    SpanLink, Stacktrace, TemplateInfo, Thread, TraceContext, TraceId, Transaction, User, Values,
};

/// A text that contains a secret.
const TEXT: &str = "sign-in failed: password=hunter2";

/// A line of source code that contains a secret.
const LINE: &str = r#"connect("postgres://ada:hunter2@db/")"#;

fn text() -> Option<String> {
    Some(TEXT.to_owned())
}

fn fields() -> Map<String, Value> {
    Map::from([("db_password".to_owned(), Value::from("hunter2"))])
}

fn link() -> Vec<SpanLink> {
    vec![
        SpanLink::new("1".repeat(32).parse().unwrap(), "2".repeat(16).parse().unwrap())
            .attribute("api_key", "hunter2"),
    ]
}

/// Asserts that a payload has this number of secrets, and none after the filter.
#[track_caller]
fn assert_filtered(before: &impl serde::Serialize, after: &impl serde::Serialize, secrets: usize) {
    let (before, after) = (serde_json::to_string(before).unwrap(), serde_json::to_string(after).unwrap());
    assert_eq!(before.matches("hunter2").count(), secrets, "{before}");
    assert!(!after.contains("hunter2"), "{after}");
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
fn the_texts_of_an_event_are_filtered() {
    let before = Event {
        message: text(),
        transaction: text(),
        culprit: text(),
        logger: text(),
        fingerprint: vec!["kept".into(), TEXT.into()].into(),
        ..Event::default()
    };
    let mut after = before.clone();
    Scrubber::new(&[]).scrub_event(&mut after);
    assert_filtered(&before, &after, 5);
    assert_eq!(after.fingerprint[..], ["kept", "sign-in failed: password=[Filtered]"]);
}

#[test]
fn a_fingerprint_without_secrets_is_not_copied() {
    let parts = ["a".into(), "b".into()];
    let mut event = Event { fingerprint: Cow::Borrowed(&parts), ..Event::default() };
    Scrubber::new(&[]).scrub_event(&mut event);
    assert!(matches!(event.fingerprint, Cow::Borrowed(_)));
}

#[test]
fn stacks_of_exceptions_threads_and_templates_are_filtered() {
    let stack = || {
        Some(Stacktrace {
            frames: vec![Frame {
                vars: fields(),
                pre_context: vec![LINE.to_owned()],
                context_line: Some(LINE.to_owned()),
                post_context: vec!["}".to_owned(), LINE.to_owned()],
                ..Frame::default()
            }],
            ..Stacktrace::default()
        })
    };
    let mechanism =
        Mechanism { description: text(), help_link: text(), data: fields(), ..Mechanism::default() };
    let before = Event {
        exception: vec![Exception {
            value: text(),
            stacktrace: stack(),
            raw_stacktrace: stack(),
            mechanism: Some(mechanism),
            ..Exception::default()
        }]
        .into(),
        threads: vec![Thread {
            name: text(),
            stacktrace: stack(),
            raw_stacktrace: stack(),
            ..Thread::default()
        }]
        .into(),
        stacktrace: stack(),
        template: Some(TemplateInfo {
            pre_context: vec![LINE.to_owned()],
            context_line: Some(LINE.to_owned()),
            post_context: vec![LINE.to_owned()],
            ..TemplateInfo::default()
        }),
        ..Event::default()
    };
    let mut after = before.clone();
    Scrubber::new(&[]).scrub_event(&mut after);
    assert_filtered(&before, &after, 5 * 4 + 4 + 1 + 3);
}

#[test]
fn contexts_of_every_kind_are_filtered() {
    let contexts: Map<String, Context> = [
        ("device", DeviceContext { other: fields(), ..DeviceContext::default() }.into()),
        ("os", OsContext { other: fields(), ..OsContext::default() }.into()),
        ("runtime", RuntimeContext { other: fields(), ..RuntimeContext::default() }.into()),
        ("app", AppContext { other: fields(), ..AppContext::default() }.into()),
        ("browser", BrowserContext { other: fields(), ..BrowserContext::default() }.into()),
        (
            "trace",
            TraceContext { description: text(), data: fields(), links: link(), ..TraceContext::default() }
                .into(),
        ),
        (
            "response",
            ResponseContext {
                cookies: Some("sid=hunter2".to_owned()),
                headers: Map::from([("X-Api-Key".to_owned(), "hunter2".to_owned())]),
                data: Some(json!({"card": {"cvv": "hunter2"}})),
                ..ResponseContext::default()
            }
            .into(),
        ),
        ("session", Context::Other(Map::from([("a".to_owned(), "hunter2".into())]))),
        ("mine", Context::Other(fields())),
    ]
    .into_iter()
    .map(|(name, context)| (name.to_owned(), context))
    .collect();
    let before = Event { contexts, ..Event::default() };
    let mut after = before.clone();
    Scrubber::new(&[]).scrub_event(&mut after);
    assert_filtered(&before, &after, 5 + 3 + 3 + 2);
}

#[test]
fn a_context_without_a_secret_is_kept() {
    let context = Context::Other(Map::from([("city".to_owned(), "Linz".into())]));
    let mut event = Event::default();
    event.contexts.insert("address".to_owned(), context.clone());
    Scrubber::new(&[]).scrub_event(&mut event);
    assert_eq!(event.contexts.get("address"), Some(&context));
}

#[test]
fn users_breadcrumbs_and_tags_are_filtered() {
    let before = Event {
        user: Some(User { id: text(), email: text(), username: text(), other: fields(), ..User::default() }),
        breadcrumbs: vec![Breadcrumb {
            category: text(),
            message: text(),
            data: fields(),
            ..Breadcrumb::default()
        }]
        .into(),
        tags: Map::from([("api_key".to_owned(), "hunter2".to_owned()), ("note".to_owned(), TEXT.to_owned())]),
        extra: fields(),
        ..Event::default()
    };
    let mut after = before.clone();
    Scrubber::new(&[]).scrub_event(&mut after);
    assert_filtered(&before, &after, 4 + 3 + 2 + 1);
}

#[test]
fn an_empty_header_stays_empty() {
    let headers = Map::from([("Authorization".to_owned(), String::new())]);
    let mut request = Request { headers: headers.clone(), ..Request::default() };
    Scrubber::new(&[]).scrub_request(&mut request);
    assert_eq!(request.headers, headers);
}

#[test]
fn spans_with_their_tags_and_links_are_filtered() {
    let span = Span {
        description: text(),
        tags: Map::from([("api_key".to_owned(), "hunter2".to_owned())]),
        data: fields(),
        links: link(),
        ..Span::default()
    };
    let before = Transaction { name: text(), spans: vec![span], extra: fields(), ..Transaction::default() };
    let mut after = before.clone();
    Scrubber::new(&[]).scrub_transaction(&mut after);
    assert_filtered(&before, &after, 4 + 2);
}

fn log(body: &str, attributes: &[(&'static str, &'static str)]) -> Log {
    Log {
        timestamp: std::time::UNIX_EPOCH,
        trace_id: TraceId::default(),
        span_id: None,
        level: LogLevel::Info,
        body: body.to_owned(),
        severity_number: 9,
        attributes: attributes.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    }
}

#[test]
fn logs_and_metrics_are_filtered() {
    let before = log(TEXT, &[("api_key", "hunter2"), ("note", TEXT)]);
    let mut after = before.clone();
    Scrubber::new(&[]).scrub_log(&mut after);
    assert_filtered(&before, &after, 3);
    let before = Metric {
        timestamp: std::time::UNIX_EPOCH,
        trace_id: TraceId::default(),
        span_id: None,
        name: "logins".into(),
        ty: MetricType::Counter,
        value: 1.into(),
        unit: None,
        attributes: before.attributes,
    };
    let mut after = before.clone();
    Scrubber::new(&[]).scrub_metric(&mut after);
    assert_filtered(&before, &after, 2);
}

#[test]
fn parameters_of_a_log_are_filtered_where_its_template_names_a_secret() {
    let mut log = log(
        "sent",
        &[
            ("sentry.message.template", "user {name} with password={code}"),
            ("sentry.message.parameter.name", "ada"),
            ("sentry.message.parameter.code", "hunter2"),
            ("code", "42"),
        ],
    );
    Scrubber::new(&[]).scrub_log(&mut log);
    let value = |name: &str| log.attributes.get(name).and_then(AttributeValue::as_str);
    assert_eq!(value("sentry.message.parameter.code"), Some(FILTERED));
    assert_eq!(value("sentry.message.parameter.name"), Some("ada"));
    assert_eq!(value("code"), Some("42"));
}

/// Returns the filtered parameters of a message. Before the filter, the parameter at place `n` is `x` and `n`.
fn parameters(message: &str, count: usize) -> Vec<Value> {
    let params = (0..count).map(|place| format!("x{place}").into()).collect();
    let logentry = Some(LogEntry { message: message.to_owned(), params });
    let mut event = Event { logentry, ..Event::default() };
    Scrubber::new(&[]).scrub_event(&mut event);
    event.logentry.unwrap().params
}

#[test]
fn parameters_are_filtered_where_the_message_names_a_secret() {
    for (message, expected) in [
        ("user {} with password={} on {}", ["x0", FILTERED, "x2"]),
        ("user {0} with password={1} on {2}", ["x0", FILTERED, "x2"]),
        ("{2} with password={0} on {1}", [FILTERED, "x1", "x2"]),
        ("user {} with password={:?} on {}", ["x0", FILTERED, "x2"]),
        ("user %s with password=%s on %s", ["x0", FILTERED, "x2"]),
        ("100%% of {{}} with password={}, token={}", [FILTERED, FILTERED, "x2"]),
        ("100%%s with password=%s", [FILTERED, "x1", "x2"]),
        ("50% of password={", ["x0", "x1", "x2"]),
        ("%ż password=%s", [FILTERED, "x1", "x2"]),
        ("password=hunter2 of {} and {}", ["x0", "x1", "x2"]),
        ("no secret of {}", ["x0", "x1", "x2"]),
    ] {
        assert_eq!(parameters(message, 3), expected, "{message}");
    }
}

#[test]
fn a_parameter_is_filtered_by_its_own_text_too() {
    let params = vec![TEXT.into(), Value::Null, json!({"pin_code": "hunter2"})];
    let logentry = Some(LogEntry { message: "{} password={} {}".to_owned(), params });
    let mut event = Event { logentry, ..Event::default() };
    Scrubber::new(&[]).scrub_event(&mut event);
    let params = event.logentry.unwrap().params;
    assert_eq!(
        params,
        [json!("sign-in failed: password=[Filtered]"), Value::Null, json!({"pin_code": FILTERED})]
    );
}

#[test]
fn parameters_behind_many_others_are_filtered_if_any_is() {
    let message = |before: usize, last: &str| format!("{}{last}", "{} ".repeat(before));
    for (before, last, expected) in [
        (127, "password={}", FILTERED),
        (128, "password={}", FILTERED),
        (500, "password={}", FILTERED),
        (128, "city={}", "x128"),
    ] {
        let params = parameters(&message(before, last), before + 1);
        assert_eq!(params[before], expected, "{before} and {last}");
        assert_eq!(params[126], "x126");
    }
    // The filter does not look up which of these parameters the name belongs to.
    assert_eq!(parameters(&format!("password={{}} {}", "{} ".repeat(128)), 129)[127..], ["x127", FILTERED]);
}
