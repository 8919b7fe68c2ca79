//! Tests of a shop in one program: a request with a server action, an API handler, a data fetcher, a job, a session,
//! feedback.

use sentry::protocol::{Feedback, MonitorConfig, MonitorSchedule};
use sentry::{ApiHandlerOptions, DataFetcherOptions, ServerActionOptions};
use sentry_tests::support::{LONG, block_on, observe, options, yield_once};

#[derive(Debug)]
struct OutOfStock;

impl std::fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no lamps left")
    }
}

impl std::error::Error for OutOfStock {}

#[sentry::span(err)]
fn reserve() -> Result<u8, OutOfStock> {
    Err(OutOfStock)
}

#[sentry::server_action]
async fn order() -> Result<u8, OutOfStock> {
    yield_once().await;
    reserve()
}

#[sentry::api_handler("/orders/{id}")]
async fn show(id: u32) -> Result<u8, OutOfStock> {
    let _ = id;
    order().await
}

#[test]
fn an_error_that_passes_through_everything_is_one_event() {
    let seen = observe(options(), || block_on(show(7)).is_err());
    assert!(seen.result);
    assert_eq!(seen.event()["exception"]["values"][0]["value"], "no lamps left");
    let transaction = seen.transaction();
    assert_eq!(transaction["transaction"], "/orders/{id}");
    assert_eq!(seen.spans().len(), 3);
    assert!(seen.spans().iter().all(|span| span.status == "internal_error"));
}

#[test]
fn the_function_forms_do_as_the_attributes() {
    let seen = observe(options(), || {
        block_on(async {
            let _ = sentry::try_with_server_action_async("order", ServerActionOptions::new(), async {
                yield_once().await;
                reserve()
            })
            .await;
            sentry::with_api_handler_async("/orders/{id}", ApiHandlerOptions::new(), async { 7_u8 }).await;
            sentry::with_data_fetcher_async("get_static_props", "/about", DataFetcherOptions::new(), async {
                7_u8
            })
            .await;
        });
    });
    let mut roots: Vec<_> =
        seen.transactions().iter().map(|it| it["transaction"].as_str().unwrap().to_owned()).collect();
    roots.sort();
    assert_eq!(roots, ["/orders/{id}", "get_static_props (/about)", "serverAction/order"]);
    assert_eq!(seen.events().len(), 1);
}

#[test]
fn a_job_with_a_session_ends_in_feedback() {
    let config = || MonitorConfig::new(MonitorSchedule::Crontab { value: "0 3 * * *".into() });
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::start_session();
            // A run has an isolation scope of its own, so `last_event_id` outside of it does not return its events.
            let mut about = None;
            let result = sentry::try_with_monitor("restock", config(), || {
                let reserved = reserve();
                about = sentry::last_event_id();
                reserved
            });
            assert!(result.is_err() && about.is_some());
            sentry::end_session();
            let feedback = Feedback { associated_event_id: about, ..Feedback::new("please restock") };
            sentry::send_feedback(feedback, ()).unwrap();
            assert!(sentry::flush(LONG));
        });
    });
    let statuses: Vec<_> =
        seen.check_ins().iter().map(|it| it["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(statuses, ["in_progress", "error"]);
    let event = seen.event();
    assert_eq!(seen.feedback()[0]["contexts"]["feedback"]["associated_event_id"], event["event_id"]);
    let last = seen.sessions().pop().unwrap();
    assert_eq!((&last["status"], &last["errors"]), (&"exited".into(), &1.into()));
}
