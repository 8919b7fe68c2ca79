//! Tests of structured logs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sentry::protocol::{Log, LogLevel};
use sentry::{ClientOptions, User, logger};
use sentry_tests::Answer;
use sentry_tests::support::{LONG, Seen, observe, observe_server, only, options, untraced};
use serde_json::{Value, json};

fn with_logs() -> ClientOptions {
    untraced()
}

fn log<R>(seen: &Seen<R>) -> Value {
    only(seen.logs())
}

fn text(value: &str) -> Value {
    json!({"value": value, "type": "string"})
}

#[test]
fn a_log_has_level_text_trace_and_what_is_known_of_the_program() {
    let seen = observe(with_logs(), || sentry::logger_info!("the shop is open"));
    let log = log(&seen);
    assert_eq!((&log["level"], &log["body"]), (&"info".into(), &"the shop is open".into()));
    assert_eq!(log["severity_number"], 9);
    assert!(log.get("span_id").is_none());
    assert_eq!(
        log["attributes"],
        json!({
            "sentry.environment": text("testing"),
            "sentry.release": text("shop@1.4.2"),
            "sentry.sdk.name": text("sentry.rust.runtime"),
            "sentry.sdk.version": text(env!("CARGO_PKG_VERSION")),
            "server.address": text("box-7"),
        })
    );
    let envelope = only(seen.envelopes());
    assert!(envelope.header.get("trace").is_none() && envelope.header.get("event_id").is_none());
}

#[test]
fn nothing_is_sent_if_logs_are_switched_off() {
    let seen = observe(with_logs().collect_logs(true).enable_logs(false), || {
        sentry::logger_info!("unheard");
        logger::info("unheard", [("by", "ada")]);
    });
    assert_eq!(seen.requests().len(), 0);
    assert_eq!(seen.stats.lost(), 0);
}

#[test]
fn every_level_has_its_name_and_number_and_the_order_is_kept() {
    let seen = observe(with_logs(), || {
        logger::trace!("1");
        logger::debug!("2");
        logger::info!("3");
        logger::warn!("4");
        logger::error!("5");
        logger::fatal!("6");
    });
    let of = |name: &str| seen.logs().iter().map(|log| log[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("level"), ["trace", "debug", "info", "warn", "error", "fatal"]);
    assert_eq!(of("severity_number"), [1, 5, 9, 13, 17, 21]);
    assert_eq!(of("body"), ["1", "2", "3", "4", "5", "6"]);
}

#[test]
fn parameters_are_filled_in_and_kept_beside_their_template() {
    let user = String::from("ada");
    let seen = observe(with_logs(), || logger::info!("{} ordered {lamps} lamps", user, lamps = 3));
    let log = log(&seen);
    assert_eq!(log["body"], "ada ordered 3 lamps");
    let attributes = &log["attributes"];
    assert_eq!(attributes["sentry.message.template"], text("{} ordered {lamps} lamps"));
    assert_eq!(attributes["sentry.message.parameter.0"], text("ada"));
    assert_eq!(attributes["sentry.message.parameter.lamps"], json!({"value": 3, "type": "integer"}));
}

#[test]
fn texts_say_what_format_would_say() {
    struct Silent;
    impl std::fmt::LowerHex for Silent {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("5e")
        }
    }
    #[derive(Debug)]
    struct Lamp;
    struct Money(u32);
    impl std::fmt::Display for Money {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{} EUR", self.0)
        }
    }
    let (name, width, height) = ("ada", 5, 5_i32);
    let seen = observe(with_logs(), || {
        logger::info!("{:>5}|{:?}|{}", 7, Lamp, Money(3));
        logger::info!("{name} {{}} {}", 0.1_f32);
        logger::info!("{:width$.2}|{0}", 1.0, width = width);
        logger::info!("{0} {0} {1}", -1, 'x',);
        logger::info!("100 % {{of}} it");
        logger::info!("{}", -height);
        logger::info!("{:x}", Silent);
    });
    let bodies: Vec<_> = seen.logs().iter().map(|log| log["body"].clone()).collect();
    assert_eq!(bodies, ["    7|Lamp|3 EUR", "ada {} 0.1", " 1.00|1", "-1 -1 x", "100 % {of} it", "-5", "5e"]);
    let parameter = |log: usize, name: &str| {
        seen.logs()[log]["attributes"][format!("sentry.message.parameter.{name}")]["value"].clone()
    };
    assert_eq!(
        [parameter(0, "0"), parameter(0, "1"), parameter(0, "2")],
        [json!(7), json!("Lamp"), json!("3 EUR")]
    );
    assert_eq!(parameter(1, "0"), 0.1);
}

#[test]
fn arguments_are_evaluated_once_and_only_when_logs_are_on() {
    static CALLED: AtomicUsize = AtomicUsize::new(0);
    fn argument() -> usize {
        CALLED.fetch_add(1, Ordering::Relaxed)
    }
    observe(with_logs().enable_logs(false), || {
        logger::info!(a = argument(), "{} {:?}", argument(), argument())
    });
    assert_eq!(CALLED.load(Ordering::Relaxed), 0);
    let seen = observe(with_logs(), || logger::info!(a = argument(), "{} {:?}", argument(), argument()));
    assert_eq!(CALLED.load(Ordering::Relaxed), 3);
    assert_eq!(log(&seen)["body"], "1 2");
}

#[test]
fn attributes_have_types_and_names_with_dots() {
    let rows = 7_i64;
    let seen = observe(with_logs(), || {
        logger::error!(
            order.id = 1002,
            "order.paid" = false,
            share = rows as f64 / 2.0,
            minus = -rows,
            names = vec!["a", "b"],
            huge = u64::MAX,
            none = None::<u8>,
            "not paid"
        );
    });
    let attributes = &log(&seen)["attributes"];
    assert_eq!(attributes["order.id"], json!({"value": 1002, "type": "integer"}));
    assert_eq!(attributes["order.paid"], json!({"value": false, "type": "boolean"}));
    assert_eq!(attributes["share"], json!({"value": 3.5, "type": "double"}));
    assert_eq!(attributes["minus"], json!({"value": -7, "type": "integer"}));
    assert_eq!(attributes["names"], json!({"value": ["a", "b"], "type": "array"}));
    assert_eq!(attributes["huge"], text("18446744073709551615"));
    assert!(attributes.get("none").is_none());
    assert!(attributes.get("sentry.message.template").is_none(), "there are no parameters");
}

#[test]
fn texts_of_run_time_are_taken_as_they_are() {
    let line = String::from("{not} a template");
    let seen = observe(with_logs(), || {
        logger::log(LogLevel::Warn, line, [("source", "stdin")]);
        logger::warn(String::from("second"), Vec::<(&str, bool)>::new());
    });
    let logs = seen.logs();
    assert_eq!(logs[0]["body"], "{not} a template");
    assert_eq!(logs[0]["attributes"]["source"], text("stdin"));
    assert_eq!((&logs[1]["body"], &logs[1]["level"]), (&"second".into(), &"warn".into()));
}

#[sentry::span(name = "work")]
fn work() {
    logger::info!("in a span");
}

#[test]
fn a_log_belongs_to_the_trace_and_the_span_in_which_it_is_written() {
    let seen = observe(options().enable_logs(true), work);
    let (log, span) = (log(&seen), seen.span("work"));
    assert_eq!((&log["trace_id"], &log["span_id"]), (&span.trace.into(), &span.id.into()));
}

#[test]
fn before_send_log_changes_and_drops() {
    let look = |mut log: Log| {
        assert_ne!(log.body, "bad", "thrown by the callback");
        log.attributes.insert("seen".into(), log.attributes["sentry.release"].clone());
        (log.body != "secret").then_some(log)
    };
    let seen = observe(with_logs().before_send_log(look), || {
        logger::info!("secret");
        logger::info!("bad");
        logger::info!("plain");
    });
    let log = log(&seen);
    assert_eq!((&log["body"], &log["attributes"]["seen"]), (&"plain".into(), &text("shop@1.4.2")));
    assert_eq!(seen.reported("before_send", "log_item"), 2, "one refused, one that it panicked over");
    assert!(seen.reported("before_send", "log_byte") > 6);
    assert_eq!(seen.events().len(), 0);
}

#[test]
fn a_callback_that_logs_of_every_log_does_not_go_round_in_circles() {
    let look = |log: Log| {
        logger::info!("saw one");
        Some(log)
    };
    let seen = observe(with_logs().before_send_log(look), || {
        logger::info!("first");
        sentry::flush(LONG);
        sentry::flush(LONG);
        sentry::flush(LONG);
    });
    assert_eq!(seen.logs().len(), 2);
    assert_eq!(seen.reported("internal_sdk_error", "log_item"), 1);
}

#[test]
fn no_envelope_carries_more_than_a_hundred() {
    let seen = observe(with_logs(), || {
        for number in 0..250 {
            logger::debug!("{}", number);
        }
    });
    let counts: Vec<_> = seen.items().iter().filter_map(|item| item.header["item_count"].as_u64()).collect();
    assert_eq!(counts.iter().sum::<u64>(), 250);
    assert!(counts.iter().all(|&count| count <= 100), "{counts:?}");
    assert_eq!(seen.logs()[249]["body"], "249");
}

#[test]
fn a_full_batch_is_sent_at_once_and_a_single_log_within_five_seconds() {
    observe_server(with_logs(), |server| {
        let soon = Duration::from_secs(4);
        // A machine may be busy with other work most of the time, but not all of the time.
        let batches = (1..=5).find(|&batch| {
            let since = Instant::now();
            (0..100).for_each(|number| logger::debug!("{}", number));
            assert!(server.wait_for(batch, LONG), "nobody flushed");
            since.elapsed() < soon
        });
        let batches = batches.expect("a full batch is sent at once");
        let since = Instant::now();
        logger::debug!("alone");
        assert!(server.wait_for(batches + 1, LONG));
        assert!(since.elapsed() >= soon, "a single log waits for more logs");
    });
}

#[test]
fn what_is_written_faster_than_it_is_sent_is_bounded_and_counted() {
    const MANY: u64 = 20_000;
    let seen = observe(with_logs(), || (0..MANY).for_each(|number| logger::trace!("{}", number)));
    let (sent, lost) = (seen.logs().len() as u64, seen.reported("buffer_overflow", "log_item"));
    let evicted = seen.reported("queue_overflow", "log_item");
    assert_eq!(sent + lost + evicted, MANY);
    assert_eq!(lost > 0, seen.reported("buffer_overflow", "log_byte") > 0);
}

#[test]
fn limits_of_the_server_hold_by_number_and_by_size() {
    let seen = observe_server(with_logs(), |server| {
        server.answer_next(Answer::ok().header("X-Sentry-Rate-Limits", "60:log_byte:organization"));
        logger::info!("first");
        assert!(sentry::flush(LONG));
        logger::info!("second");
    });
    assert_eq!(seen.logs().len(), 1);
    assert_eq!(seen.reported("ratelimit_backoff", "log_item"), 1);
    assert!(seen.reported("ratelimit_backoff", "log_byte") > 0);
}

#[test]
fn the_user_is_on_every_log_and_sensitive_values_are_filtered() {
    let write = || {
        sentry::with_isolation_scope(|| {
            sentry::set_user(Some(User {
                id: Some("7".into()),
                email: Some("ada@example.com".into()),
                ..User::default()
            }));
            logger::info!(password = "hunter2", "login");
        });
    };
    let sent = log(&observe(with_logs(), write));
    assert_eq!(sent["attributes"]["user.id"], text("7"));
    assert_eq!(sent["attributes"]["user.email"], text("ada@example.com"));
    assert_eq!(sent["attributes"]["password"], text("[Filtered]"));
}

#[test]
fn attributes_of_the_scopes_come_along_and_the_most_special_wins() {
    let seen = observe(with_logs(), || {
        sentry::get_global_scope().configure(|scope| scope.set_attribute("tests.global", 1));
        sentry::with_isolation_scope(|| {
            sentry::set_attribute("isolation", true);
            sentry::set_attribute("who", "isolation");
            sentry::set_attribute("sentry.release", "of the scope");
            sentry::with_scope(
                |scope| scope.set_attributes([("who", "current"), ("own", "scope")]),
                || sentry::logger_info!(own = "log", "hello"),
            );
        });
        sentry::get_global_scope().configure(|scope| scope.remove_attribute("tests.global"));
    });
    let log = log(&seen);
    for (name, value) in [
        ("tests.global", json!(1)),
        ("isolation", json!(true)),
        ("who", json!("current")),
        ("own", json!("log")),
        ("sentry.release", json!("of the scope")),
    ] {
        assert_eq!(log["attributes"][name]["value"], value, "{name}");
    }
}
