//! Tests of events of `tracing`, which become breadcrumbs, logs and events.

use sentry::integrations::tracing::{EventFilter, layer};
use sentry_tests::support::{observe, only, options, untraced};
use serde_json::json;
use tracing::{debug, error, info, info_span, warn};

use crate::{DiskFull, NotSaved, alone, traced, traced_by};

#[test]
fn information_becomes_a_breadcrumb_of_a_later_event_and_an_error_an_event() {
    let seen = observe(untraced(), || {
        alone(|| {
            traced(|| {
                debug!("unheard");
                info!(lamps = 3, "ordered {}", "lamps");
                warn!(target: "till", "the till is {}", "slow");
                error!(tags.shop = "north", order = 7, "not paid");
            });
        });
    });
    let event = seen.event();
    assert_eq!((&event["level"], &event["logger"]), (&json!("error"), &json!(module_path!())));
    let text = [&event["message"], &event["logentry"]["formatted"], &event["logentry"]["message"]];
    assert!(text.contains(&&json!("not paid")), "{event:#}");
    assert_eq!(event["tags"]["shop"], "north");
    assert_eq!(event["contexts"]["Rust Tracing Fields"]["order"], 7);
    assert_eq!(event["contexts"]["Rust Tracing Location"]["module_path"], module_path!());
    let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
    assert_eq!(crumbs.len(), 2, "{crumbs:#?}");
    assert_eq!(
        (&crumbs[0]["message"], &crumbs[0]["category"]),
        (&json!("ordered lamps"), &json!(module_path!()))
    );
    assert_eq!((&crumbs[0]["type"], &crumbs[0]["data"]["lamps"]), (&json!("log"), &json!(3)));
    assert_eq!((&crumbs[1]["level"], &crumbs[1]["category"]), (&json!("warning"), &json!("till")));
}

#[test]
fn an_error_value_is_captured_with_its_causes() {
    let seen = observe(untraced(), || {
        let error = NotSaved(DiskFull);
        traced(|| {
            error!(error = &error as &dyn std::error::Error, order = 7, "giving up");
        });
    });
    let event = seen.event();
    let exceptions = event["exception"]["values"].as_array().unwrap();
    let of = |at: usize| (exceptions[at]["type"].clone(), exceptions[at]["value"].clone());
    assert_eq!(of(0), (json!("DiskFull"), json!("the disk is full")));
    assert_eq!(of(1), (json!("NotSaved"), json!("the order was not saved")));
    assert_eq!(exceptions[1]["mechanism"]["type"], "auto.log.tracing");
    assert_eq!(exceptions[1]["mechanism"]["handled"], true);
    let innermost = exceptions[1]["stacktrace"]["frames"].as_array().unwrap().last().unwrap();
    assert!(innermost["function"].as_str().unwrap().contains("an_error_value_is_captured"), "{innermost}");
    let text = [&event["message"], &event["logentry"]["formatted"], &event["logentry"]["message"]];
    assert!(text.contains(&&json!("giving up")), "{event:#}");
    assert_eq!(event["logger"], module_path!());
    let fields = &event["contexts"]["Rust Tracing Fields"];
    assert_eq!(fields["error"], "the order was not saved: the disk is full");
    assert_eq!(fields["order"], 7);
}

#[test]
fn an_error_of_the_standard_library_has_its_name_and_the_level_is_that_of_the_event() {
    let wants_all = layer().event_filter(|_| EventFilter::Event);
    let error = std::io::Error::other(DiskFull);
    let seen = observe(untraced(), || {
        traced_by(wants_all, || warn!(error = &error as &dyn std::error::Error));
    });
    let event = seen.event();
    assert_eq!(event["level"], "warning");
    let exceptions = event["exception"]["values"].as_array().unwrap();
    assert_eq!(exceptions.last().unwrap()["type"], "io::Error");
}

#[test]
fn an_error_that_is_logged_and_returned_is_one_event() {
    #[sentry::span(err)]
    fn saves() -> Result<(), NotSaved> {
        let error = NotSaved(DiskFull);
        error!(error = &error as &dyn std::error::Error, "not saved");
        Err(error)
    }
    let seen = observe(options(), || traced(|| drop(saves())));
    assert_eq!(seen.event()["exception"]["values"][1]["mechanism"]["type"], "auto.log.tracing");
}

#[test]
fn an_event_that_only_has_an_error_text_says_that() {
    #[tracing::instrument(err)]
    fn saves() -> Result<(), DiskFull> {
        Err(DiskFull)
    }
    let seen = observe(options(), || traced(|| drop(saves())));
    let event = seen.event();
    let text = [&event["message"], &event["logentry"]["formatted"], &event["logentry"]["message"]];
    assert!(text.contains(&&json!("the disk is full")), "{event:#}");
    assert_eq!(event["contexts"]["trace"]["span_id"], *seen.span("saves").id);
}

#[test]
fn logs_have_fields_and_place_and_stand_in_the_span() {
    let seen = observe(options().collect_logs(true), || {
        traced(|| {
            let root = info_span!("root");
            let child = root.in_scope(|| info_span!("child"));
            child.in_scope(|| {
                info!(lamps = 3, by = "ada", error = &NotSaved(DiskFull) as &dyn std::error::Error, "ordered")
            });
            info!(parent: &root, "outside, of the root");
        });
    });
    let logs = seen.logs();
    let value = |name: &str| logs[0]["attributes"][name]["value"].clone();
    assert_eq!((&logs[0]["body"], &logs[0]["level"]), (&json!("ordered"), &json!("info")));
    assert_eq!(logs[0]["trace_id"], *seen.span("root").trace);
    assert_eq!(logs[0]["span_id"], *seen.span("child").id);
    assert_eq!(value("lamps"), 3);
    assert_eq!(value("by"), "ada");
    assert_eq!(value("error"), "the order was not saved: the disk is full");
    assert_eq!(value("sentry.origin"), "auto.log.tracing");
    assert_eq!(value("logger.name"), module_path!());
    assert_eq!(value("code.module.name"), module_path!());
    assert!(value("code.line.number").is_number());
    assert_eq!(logs[1]["span_id"], *seen.span("root").id);
}

#[test]
fn logs_are_collected_on_request_only() {
    let write = || traced(|| info!("ordered"));
    let bodies = |options| {
        let logs = observe(options, || {
            write();
            sentry::logger_info!("by hand");
        });
        logs.logs().iter().map(|log| log["body"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(bodies(untraced()), ["by hand"]);
    assert_eq!(bodies(untraced().collect_logs(true)), ["ordered", "by hand"]);
    assert_eq!(bodies(untraced().enable_logs(true)), ["ordered", "by hand"], "the older option");
    assert!(bodies(untraced().collect_logs(true).enable_logs(false)).is_empty());
}

#[test]
fn the_event_filter_chooses_breadcrumb_log_or_event() {
    let quiet = layer().event_filter(|metadata| match *metadata.level() {
        tracing::Level::ERROR => EventFilter::Ignore,
        tracing::Level::DEBUG => EventFilter::Event | EventFilter::Breadcrumb,
        _ => EventFilter::Log,
    });
    let seen = observe(untraced().enable_logs(true), || {
        alone(|| {
            traced_by(quiet, || {
                error!("unheard");
                info!("a log alone");
                debug!("one");
                debug!("two");
            });
        });
    });
    let events = seen.events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["level"], "debug");
    assert!(events[0]["breadcrumbs"].is_null() || events[0]["breadcrumbs"]["values"] == json!([]));
    assert_eq!(events[1]["breadcrumbs"]["values"][0]["message"], "one");
    assert_eq!(only(seen.logs())["body"], "a log alone");
}

#[test]
fn the_layer_stands_beside_others_and_their_filters() {
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::filter::{LevelFilter, filter_fn};
    use tracing_subscriber::layer::SubscriberExt as _;
    let filtered = layer().with_filter(filter_fn(|metadata| metadata.name() != "hidden"));
    let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO).with(filtered);
    let seen = observe(options(), || {
        tracing::subscriber::with_default(subscriber, || {
            let _root = info_span!("root").entered();
            let _hidden = info_span!("hidden").entered();
            drop(info_span!("child").entered());
            error!(error = "sold out", "failed");
        });
    });
    assert_eq!(sentry_tests::support::names(&seen.spans()), ["root", "child"]);
    assert_eq!(seen.span("child").parent, Some(seen.span("root").id));
    assert_eq!(seen.span("root").status, "internal_error");
    assert_eq!(seen.event()["contexts"]["trace"]["span_id"], *seen.span("root").id);
}

#[test]
fn an_explicit_parent_that_a_filter_hides_leads_to_its_own_request() {
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::layer::{Identity, SubscriberExt as _};
    let filtered = layer().with_filter(filter_fn(|metadata| metadata.name() != "hidden"));
    // The second layer sees the hidden span, which otherwise would exist only if a subscriber of another test wants it.
    let subscriber = tracing_subscriber::registry().with(filtered).with(Identity::new());
    let seen = observe(options(), || {
        tracing::subscriber::with_default(subscriber, || {
            let hidden = sentry::with_isolation_scope(|| {
                sentry::configure_scope(|scope| scope.set_tag("request", "first"));
                let first = info_span!("first");
                let outer = info_span!(parent: &first, "hidden");
                info_span!(parent: &outer, "hidden")
            });
            sentry::with_isolation_scope(|| {
                sentry::configure_scope(|scope| scope.set_tag("request", "second"));
                let _second = info_span!("second").entered();
                drop(info_span!(parent: &hidden, "child"));
                error!(parent: &hidden, error = "sold out", "failed");
            });
        });
    });
    let first = seen.span("first");
    assert_eq!(seen.span("child").parent.as_deref(), Some(&*first.id));
    assert_eq!(seen.event()["contexts"]["trace"]["span_id"], *first.id);
    assert_eq!(seen.event()["tags"]["request"], "first");
    assert_eq!((&*first.status, &*seen.span("second").status), ("internal_error", "ok"));
}
