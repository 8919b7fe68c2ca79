//! Tests of `sentry::protocol` and `sentry::types`, as programs use their names.

use sentry::protocol::{
    Attachment, ClientSdkInfo, Context, DebugMeta, EnvelopeItem, Event, Exception, Frame, Level, LogEntry,
    Map, Mechanism, MonitorCheckIn, MonitorCheckInStatus, MonitorConfig, MonitorSchedule, Request, SpanId,
    SpanStatus, Stacktrace, Thread, TraceContext, TraceId, Transaction, User, Uuid, Value, Values,
};
use sentry::types::Dsn;

#[test]
fn types_are_built_field_by_field() {
    let event: Event<'static> = Event {
        event_id: Uuid::nil(),
        level: Level::Error,
        logentry: Some(LogEntry { message: "%s failed".into(), params: vec![Value::from("x")] }),
        exception: Values {
            values: vec![Exception {
                ty: "E".into(),
                value: Some("v".into()),
                module: Some("m".into()),
                stacktrace: Some(Stacktrace {
                    frames: vec![Frame {
                        function: Some("f".into()),
                        filename: Some("main.rs".into()),
                        lineno: Some(7),
                        in_app: Some(true),
                        ..Default::default()
                    }],
                    ..Default::default()
                }),
                mechanism: Some(Mechanism {
                    ty: "generic".into(),
                    handled: Some(true),
                    ..Default::default()
                }),
                ..Default::default()
            }],
        },
        request: Some(Request { method: Some("GET".into()), ..Default::default() }),
        user: Some(User { ip_address: Some("127.0.0.1".parse().unwrap()), ..Default::default() }),
        threads: Values { values: vec![Thread { name: Some("main".into()), ..Default::default() }] },
        contexts: {
            let mut contexts = Map::new();
            let trace = TraceContext {
                trace_id: TraceId::default(),
                span_id: SpanId::default(),
                status: Some(SpanStatus::Ok),
                ..Default::default()
            };
            contexts.insert("trace".to_owned(), Context::Trace(Box::new(trace)));
            contexts
        },
        ..Default::default()
    };
    let json = serde_json::to_value(&event).unwrap();
    assert_eq!(json["exception"]["values"][0]["stacktrace"]["frames"][0]["lineno"], 7);
    assert_eq!(serde_json::from_value::<Event<'static>>(json).unwrap().level, Level::Error);
    let _named: (Option<DebugMeta>, Option<ClientSdkInfo>, Option<Transaction<'static>>) = (None, None, None);
    let _items: (Option<EnvelopeItem>, Option<Attachment>) = (None, None);
}

#[test]
fn check_ins_and_dsns_are_built_as_before() {
    let dsn: Dsn = "https://public@o1.ingest.sentry.io/42".parse().unwrap();
    assert_eq!(dsn.public_key(), "public");
    assert_eq!(dsn.project_id().to_string(), "42");
    // A literal works as well; `new` also checks the slug.
    let mut check_in = MonitorCheckIn::new("nightly", MonitorCheckInStatus::Ok).unwrap();
    check_in.monitor_config = Some(MonitorConfig {
        schedule: MonitorSchedule::from_crontab("0 3 * * *").unwrap(),
        checkin_margin: Some(5),
        max_runtime: Some(30),
        timezone: Some("UTC".into()),
        failure_issue_threshold: None,
        recovery_threshold: None,
    });
    assert_eq!(serde_json::to_value(&check_in).unwrap()["monitor_config"]["checkin_margin"], 5);
}
