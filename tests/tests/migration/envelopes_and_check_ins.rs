//! Tests of events, envelopes and check-ins that a command-line client makes by hand and reads from files.
#![allow(deprecated, reason = "some of the names are deprecated")]

use sentry::protocol::{
    Attachment, EnvelopeHeaders, EnvelopeItem, Event, ItemType, Level, MonitorCheckIn, MonitorCheckInStatus,
    MonitorConfig, MonitorSchedule,
};
use sentry::test::TestTransport;
use sentry::types::{Auth, Dsn, ProjectId, Scheme, random_uuid};
use sentry::{Client, ClientOptions, Envelope, Scope};

fn check_in() -> MonitorCheckIn {
    MonitorCheckIn {
        check_in_id: random_uuid(),
        monitor_slug: "nightly".into(),
        status: MonitorCheckInStatus::InProgress,
        environment: Some("production".into()),
        duration: None,
        monitor_config: Some(MonitorConfig {
            schedule: MonitorSchedule::Crontab { value: "0 3 * * *".into() },
            checkin_margin: Some(5),
            max_runtime: Some(30),
            timezone: Some("UTC".into()),
            failure_issue_threshold: None,
            recovery_threshold: None,
        }),
    }
}

fn client() -> (std::sync::Arc<Client>, std::sync::Arc<TestTransport>) {
    let transport = TestTransport::new();
    let options = ClientOptions::new().dsn("https://public@o1.ingest.sentry.io/1").release("shop@1.4.2");
    (Client::new(options.transport(transport.clone())).expect("valid options"), transport)
}

#[test]
fn an_envelope_goes_through_a_file() {
    let event = Event { message: Some("by hand".into()), level: Level::Warning, ..Event::new() };
    let event_id = event.event_id;
    let mut envelope = Envelope::new();
    envelope.add_item(event);
    envelope.add_item(Attachment {
        buffer: b"a\nb".to_vec(),
        filename: "a.log".into(),
        ..Default::default()
    });
    envelope.add_item(check_in());
    assert_eq!(envelope.uuid(), Some(&event_id));

    let path = std::env::temp_dir().join(format!("sentry-envelope-{}", random_uuid()));
    envelope.to_writer(std::fs::File::create(&path).unwrap()).unwrap();
    let read = Envelope::from_path(&path).unwrap();
    let raw = Envelope::from_path_raw(&path).unwrap();
    assert_eq!(Envelope::from_bytes_raw(std::fs::read(&path).unwrap()).unwrap().items().len(), 3);
    std::fs::remove_file(path).unwrap();

    assert_eq!(read.event().unwrap().message.as_deref(), Some("by hand"));
    assert_eq!(read.headers().event_id(), Some(event_id));
    let own = read.clone().with_headers(EnvelopeHeaders::new().with_event_id(random_uuid()));
    assert_ne!(own.uuid(), Some(&event_id));
    let monitors: Vec<_> = read.items().iter().filter_map(EnvelopeItem::as_check_in).collect();
    assert_eq!(
        (&*monitors[0].monitor_slug, monitors[0].status),
        ("nightly", MonitorCheckInStatus::InProgress)
    );
    let rest = read.filter(|item| item.ty() != ItemType::Event).unwrap();
    assert_eq!(rest.into_items().map(|item| item.ty()).collect::<Vec<_>>(), [ItemType::CheckIn]);

    let (client, transport) = client();
    client.send_envelope(raw);
    client.send_envelope(check_in().into());
    let sent = transport.fetch_and_clear_envelopes();
    assert_eq!(sent.iter().map(|envelope| envelope.items().len()).collect::<Vec<_>>(), [3, 1]);
    client.close(None);
}

#[test]
fn what_is_no_envelope_is_an_error() {
    assert!(Envelope::from_path("/does/not/exist").is_err());
    assert!(Envelope::from_bytes_raw(b"hello".to_vec()).is_err());
    assert!(Envelope::new().filter(|_| true).is_none());
}

#[test]
fn an_event_is_prepared_and_captured_by_a_client() {
    let (client, transport) = client();
    let mut scope = Scope::default();
    scope.set_tag("tool", "cli");
    scope.set_extra("password", "hunter2".into());
    let event = Event { message: Some("prepared".into()), ..Event::new() };
    let prepared = client.prepare_event(event.clone(), Some(&scope)).unwrap();
    assert_eq!(prepared.release.as_deref(), Some("shop@1.4.2"));
    assert_eq!(prepared.tags["tool"], "cli");
    assert_eq!(prepared.extra["password"], "[Filtered]");
    assert!(prepared.contexts.contains_key("os"));
    assert!(transport.fetch_and_clear_envelopes().is_empty(), "it is not sent");

    let id = client.capture_event(event, Some(&scope));
    assert!(client.flush(None));
    let sent = transport.fetch_and_clear_events();
    assert_eq!((sent[0].event_id, &*sent[0].tags["tool"]), (id, "cli"));
    client.close(None);
}

/// A tool uses this client only to complete events, and posts them itself.
#[test]
fn an_event_is_prepared_without_a_destination() {
    let options = ClientOptions { release: Some("shop@1.4.2".into()), ..Default::default() };
    let client = Client::from_config(sentry::apply_defaults(options));
    let event =
        client.prepare_event(Event { message: Some("by hand".into()), ..Event::new() }, None).unwrap();
    assert_eq!(event.release.as_deref(), Some("shop@1.4.2"));
    assert!(event.contexts.contains_key("os"));
    let mut body = Vec::new();
    Envelope::from(event).to_writer(&mut body).unwrap();
    assert!(Envelope::from_slice(&body).unwrap().event().is_some());
}

#[test]
fn a_dsn_is_read_in_pieces() {
    let dsn: Dsn = "https://public:secret@o1.ingest.sentry.io:8443/a/42".parse().unwrap();
    assert_eq!((dsn.scheme(), dsn.scheme().default_port(), dsn.port()), (Scheme::Https, 443, 8443));
    assert_eq!((dsn.public_key(), dsn.secret_key()), ("public", Some("secret")));
    assert_eq!((dsn.host(), dsn.path(), dsn.project_id().value()), ("o1.ingest.sentry.io", "/a/", "42"));
    assert_eq!(dsn.project_id(), &ProjectId::new("42"));
    let auth: Auth = dsn.to_auth(Some("shop/1.4"));
    assert_eq!((auth.version(), auth.public_key(), auth.client_agent()), (7, "public", Some("shop/1.4")));
    assert!(!auth.to_string().contains("secret"));
    assert_eq!(dsn.envelope_api_url().to_string(), "https://o1.ingest.sentry.io:8443/a/api/42/envelope/");
    assert!("".parse::<ProjectId>().is_err());
}
