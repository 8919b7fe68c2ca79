//! Tests of the layers for servers and of the logger, at the official paths.
#![allow(deprecated, reason = "some of the names are deprecated")]

use std::convert::Infallible;

use sentry::integrations::actix::Sentry;
use sentry::integrations::log::{
    LogFilter, NoopLogger, RecordMapping, SentryLogger, breadcrumb_from_record, default_filter,
    event_from_record, exception_from_record,
};
use sentry::integrations::panic::{message_from_panic_info, panic_handler};
use sentry::integrations::tower::{NewSentryLayer, SentryHttpLayer};
use sentry_tests::support::{block_on, options};
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

use crate::observe;

type Request = http::Request<axum::body::Body>;
type Response = http::Response<axum::body::Body>;

#[test]
fn a_service_of_any_request_has_scopes_of_its_own() {
    let seen = observe(options(), || {
        let service = ServiceBuilder::new().layer(NewSentryLayer::<String>::new_from_top()).service(
            service_fn(|request: String| async move {
                sentry::configure_scope(|scope| scope.set_tag(&request, "yes"));
                sentry::capture_message("handled", sentry::Level::Info);
                Ok::<_, Infallible>(())
            }),
        );
        for request in ["one", "two"] {
            block_on(service.clone().oneshot(request.to_owned())).unwrap();
        }
    });
    assert_eq!(seen.events().len(), 2);
    for (event, (own, other)) in seen.events().iter().zip([("one", "two"), ("two", "one")]) {
        assert!(event["tags"][own] == "yes" && event["tags"][other].is_null());
    }
}

#[test]
fn both_layers_of_http_are_stacked() {
    let seen = observe(options(), || {
        let service = ServiceBuilder::new()
            .layer(NewSentryLayer::<Request>::new_from_top())
            .layer(SentryHttpLayer::new().enable_transaction().enable_pii())
            .service(service_fn(|_: Request| async { Ok::<Response, Infallible>(Response::default()) }));
        let request = http::Request::get("/orders").body(axum::body::Body::empty()).unwrap();
        block_on(async {
            let response = service.oneshot(request).await.unwrap();
            axum::body::to_bytes(axum::body::Body::new(response.into_body()), 1).await.unwrap();
        });
    });
    assert_eq!(seen.transaction()["contexts"]["trace"]["op"], "http.server");
    let _layer = SentryHttpLayer::with_transaction();
}

#[test]
fn the_middleware_of_actix_has_its_constructors() {
    let _new = Sentry::new();
    let _old = Sentry::with_transaction();
    let _built =
        Sentry::builder().start_transaction(true).capture_server_errors(true).with_default_hub().finish();
}

fn logged(logger: &dyn log::Log, level: log::Level, text: &str) {
    let arguments = format_args!("{text}");
    logger.log(&log::Record::builder().level(level).target("shop").args(arguments).build());
}

#[test]
fn a_logger_maps_records_itself() {
    let seen = observe(options(), || {
        let logger = SentryLogger::with_dest(NoopLogger).mapper(|record| match record.level() {
            log::Level::Error => {
                let mut event = event_from_record(record);
                event.tags.insert("mapped".into(), "yes".into());
                vec![
                    RecordMapping::Event(Box::new(event)),
                    RecordMapping::Breadcrumb(breadcrumb_from_record(record)),
                ]
            }
            log::Level::Warn => RecordMapping::Event(Box::new(exception_from_record(record))).into(),
            _ => RecordMapping::Ignore.into(),
        });
        logged(&logger, log::Level::Info, "opened");
        logged(&logger, log::Level::Error, "refused");
        logged(&logger, log::Level::Warn, "late");
        let filtered = SentryLogger::new().filter(|metadata| match metadata.level() {
            log::Level::Error => LogFilter::Exception,
            _ => default_filter(metadata) | LogFilter::Ignore,
        });
        logged(&filtered, log::Level::Error, "filtered");
    });
    let events = seen.events();
    let text = |at: usize| events[at]["message"].as_str().or(events[at]["logentry"]["message"].as_str());
    assert_eq!((text(0), text(1), text(2)), (Some("refused"), Some("late"), Some("filtered")));
    assert_eq!((&events[0]["tags"]["mapped"], &events[0]["logger"]), (&"yes".into(), &"shop".into()));
    assert_eq!(events[1]["breadcrumbs"]["values"][0]["message"], "refused");
}

#[test]
fn a_hook_of_the_programs_own_captures_panics() {
    // This code is only compiled, because the hook belongs to the whole process.
    let _hook: Box<dyn Fn(&std::panic::PanicHookInfo<'_>) + Send + Sync> = Box::new(|info| {
        eprintln!("{}", message_from_panic_info(info));
        panic_handler(info);
    });
}
