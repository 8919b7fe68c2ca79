//! Tests of the user that the program sets: the option affects data that the toolkit collects, not data in a scope.

use sentry::{ClientOptions, DataCollection, TraceLifecycle, User};
use sentry_tests::support::{observe, only, options};

fn work() {
    sentry::with_isolation_scope(|| {
        sentry::set_user(Some(User {
            id: Some("7".into()),
            email: Some("ada@shop.example".into()),
            ip_address: "10.11.12.13".parse().ok(),
            ..User::default()
        }));
        sentry::logger_info!("hello");
        sentry::metrics::count("orders", 1).capture();
        sentry::start_span("checkout", |_| sentry::capture_message("hello", sentry::Level::Info));
    });
}

#[test]
fn the_user_of_the_program_is_on_everything_whatever_is_selected() {
    let all: [ClientOptions; 3] =
        [options(), options().send_default_pii(true), options().data_collection(DataCollection::none())];
    for options in all {
        let seen = observe(options.trace_lifecycle(TraceLifecycle::Stream), work);
        assert_eq!(seen.event()["user"]["email"], "ada@shop.example");
        for record in [only(seen.logs()), only(seen.metrics()), only(seen.streamed_spans())] {
            assert_eq!(record["attributes"]["user.id"]["value"], "7", "{record}");
            assert_eq!(record["attributes"]["user.email"]["value"], "ada@shop.example");
        }
    }
}
