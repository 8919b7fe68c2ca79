//! Tests of records of `log`, which become breadcrumbs, logs and events.

use std::sync::{Arc, Mutex, OnceLock};

use log::{Level, Log, Metadata, Record};
use sentry::integrations::log::{LogFilter, SentryLogger};
use sentry_tests::support::{observe, only, options, untraced, without_client};
use serde_json::json;

use crate::alone;

/// A logger that stores the texts of its records.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<String>>>);

impl Log for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Warn
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.lock().unwrap().push(record.args().to_string());
        }
    }

    fn flush(&self) {
        self.0.lock().unwrap().push("flushed".to_owned());
    }
}

/// Writes a record to a logger of the test, like the macros of `log`.
fn write(logger: &dyn Log, level: Level, text: &str, values: &[(&str, log::kv::Value<'_>)]) {
    logger.log(
        &Record::builder()
            .level(level)
            .target("shop")
            .module_path(Some("shop::till"))
            .file(Some("till.rs"))
            .line(Some(7))
            .key_values(&values)
            .args(format_args!("{text}"))
            .build(),
    );
}

#[test]
fn records_become_breadcrumbs_and_events_with_their_values() {
    let seen = observe(untraced(), || {
        alone(|| {
            let logger = SentryLogger::new();
            write(&logger, Level::Debug, "unheard", &[]);
            write(&logger, Level::Info, "open", &[("lamps", 3.into()), ("by", "ada".into())]);
            write(&logger, Level::Warn, "slow", &[("ratio", 0.5.into())]);
            write(
                &logger,
                Level::Error,
                "not paid",
                &[("tags.shop", "north".into()), ("paid", false.into())],
            );
        });
    });
    let event = seen.event();
    assert_eq!((&event["level"], &event["logger"]), (&json!("error"), &json!("shop")));
    assert_eq!(event["tags"]["shop"], "north");
    assert_eq!(event["contexts"]["Rust Log Attributes"]["paid"], false);
    assert_eq!(event["contexts"]["Rust Log Metadata"]["line"], 7);
    let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
    assert_eq!(crumbs.len(), 2, "{crumbs:#?}");
    assert_eq!(
        (&crumbs[0]["message"], &crumbs[0]["data"]),
        (&json!("open"), &json!({"lamps": 3, "by": "ada"}))
    );
    assert_eq!((&crumbs[1]["level"], &crumbs[1]["data"]["ratio"]), (&json!("warning"), &json!(0.5)));
}

#[test]
fn logs_are_collected_on_request_only() {
    let write = || write(&SentryLogger::new(), Level::Info, "open", &[]);
    assert!(observe(untraced(), write).logs().is_empty());
    assert_eq!(observe(untraced().collect_logs(true), write).logs().len(), 1);
    assert!(observe(untraced().collect_logs(true).enable_logs(false), write).logs().is_empty());
}

#[test]
fn logs_stand_in_the_active_span() {
    let seen = observe(options().collect_logs(true), || {
        sentry::start_span("root", |_| {
            write(&SentryLogger::new(), Level::Info, "open", &[("lamps", 3.into())]);
        });
    });
    let log = only(seen.logs());
    assert_eq!((&log["body"], &log["level"]), (&json!("open"), &json!("info")));
    let root = seen.span("root");
    assert_eq!((&log["trace_id"], &log["span_id"]), (&json!(root.trace), &json!(root.id)));
    let value = |name: &str| log["attributes"][name]["value"].clone();
    assert_eq!(value("lamps"), 3);
    assert_eq!((value("sentry.origin"), value("logger.name")), (json!("auto.log.log"), json!("shop")));
    assert_eq!((value("code.file.path"), value("code.line.number")), (json!("till.rs"), json!(7)));
}

#[test]
fn another_logger_is_served_in_any_case() {
    let kept = Kept::default();
    let logger = SentryLogger::with_dest(kept.clone()).filter(|_| LogFilter::Ignore);
    let seen = observe(untraced(), || {
        write(&logger, Level::Error, "one", &[]);
        write(&logger, Level::Info, "not for that one", &[]);
    });
    assert!(seen.events().is_empty(), "the filter ignores all");
    without_client(|| write(&logger, Level::Warn, "two", &[]));
    logger.flush();
    assert_eq!(*kept.0.lock().unwrap(), ["one", "two", "flushed"]);

    let metadata = |level| Metadata::builder().level(level).target("shop").build();
    assert!(logger.enabled(&metadata(Level::Error)) && !logger.enabled(&metadata(Level::Info)));
    assert!(SentryLogger::with_dest(kept).enabled(&metadata(Level::Info)));
}

#[test]
fn a_filter_may_ask_whether_it_is_worth_it_to_log() {
    static LOGGER: OnceLock<SentryLogger> = OnceLock::new();
    let error = || Metadata::builder().level(Level::Error).target("shop").build();
    let logger = SentryLogger::new().filter(move |_| {
        // The macro `log_enabled` calls it in the same way.
        assert!(!LOGGER.get().unwrap().enabled(&error()), "nothing is captured inside of the filter");
        LogFilter::Event
    });
    let logger = LOGGER.get_or_init(|| logger);
    let seen = observe(untraced(), || {
        assert!(logger.enabled(&error()));
        write(logger, Level::Error, "heard", &[]);
    });
    assert!(seen.event().to_string().contains("heard"));
}

#[test]
fn a_filter_that_panics_or_logs_is_contained() {
    let seen = observe(untraced(), || {
        let logger = SentryLogger::new().filter(|_| panic!("no"));
        write(&logger, Level::Error, "unheard", &[]);
        let logger = SentryLogger::new().filter(|_| {
            write(&SentryLogger::new(), Level::Error, "from the filter", &[]);
            LogFilter::Exception
        });
        write(&logger, Level::Error, "heard", &[]);
    });
    assert!(seen.event().to_string().contains("heard"));
}
