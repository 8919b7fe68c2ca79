//! Tests that run in parallel, with and without a client of the process.

use std::sync::{Arc, Barrier};

use sentry::protocol::{Envelope, ItemType};
use sentry::test::{with_captured, with_captured_async};
use sentry::{Client, ClientOptions, Level, SentryFutureExt as _, TestTransport};

use super::{checkout, fetch};

#[test]
fn each_thread_captures_its_own_items() {
    const THREADS: usize = 8;
    let barrier = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        let run = |number: usize| {
            let barrier = &barrier;
            move || {
                let captured = with_captured(|| {
                    barrier.wait();
                    sentry::set_tag("thread", number);
                    for _ in 0..number {
                        sentry::capture_message(&format!("from {number}"), Level::Info);
                    }
                    checkout();
                });
                assert_eq!(captured.events().len(), number + 1);
                assert_eq!(captured.transactions().len(), 1);
                for event in captured.events() {
                    assert_eq!(event.tags["thread"], number.to_string());
                }
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|number| scope.spawn(run(number))).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn each_future_of_a_runtime_captures_its_own_items() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (1..=6)
            .map(|order| {
                tokio::spawn(with_captured_async(move || async move {
                    fetch(order).await;
                    // The items of a spawned task belong to this test only if the task is bound.
                    tokio::spawn(async move { sentry::capture_message("bound", Level::Info) }.bind_scope())
                        .await
                        .unwrap();
                }))
            })
            .collect();
        for (order, task) in (1..).zip(tasks) {
            let captured = task.await.unwrap();
            let texts: Vec<_> = captured
                .events()
                .iter()
                .map(|event| event.logentry.as_ref().unwrap().message.clone())
                .collect();
            assert_eq!(texts, [format!("order {order}"), "bound".to_owned()]);
        }
    });
}

#[test]
fn the_client_inside_is_the_one_that_captures() {
    assert!(
        !sentry::test::with_captured(|| ()).envelopes().iter().any(|_| true),
        "no capture causes no envelope"
    );
    let mut enabled = false;
    with_captured(|| {
        let client = sentry::get_client().unwrap();
        enabled = sentry::is_enabled() && sentry::is_initialized() && client.is_enabled();
        assert_eq!(client.dsn().unwrap().project_id(), "1");
        assert!(sentry::flush(None));
    });
    assert!(enabled);
}

#[test]
fn captures_after_a_close_are_lost_and_no_mistake() {
    let captured = with_captured(|| {
        sentry::capture_message("before", Level::Info);
        assert!(sentry::close(None));
        sentry::capture_message("after", Level::Info);
    });
    assert_eq!(captured.events().len(), 1);
}

#[test]
fn a_client_made_by_hand_becomes_that_of_the_process() {
    let transport = TestTransport::new();
    // Without this option, panics of other tests would be events of this client, too.
    let options = ClientOptions {
        transport: Some(Arc::new(Arc::clone(&transport))),
        ..ClientOptions::new().dsn("http://key@localhost:1/7").capture_panics(false)
    };
    let client = Client::new(options).unwrap();
    assert!(client.is_enabled());
    sentry::set_current_client(Some(Arc::clone(&client)));
    // No other test binds this thread.
    let same = std::thread::spawn({
        let client = Arc::clone(&client);
        move || {
            sentry::capture_message("by hand", Level::Info);
            Arc::ptr_eq(&sentry::get_client().unwrap(), &client)
        }
    });
    assert!(same.join().unwrap());
    // Inside of the closure, its own client is used.
    let captured = with_captured(|| sentry::capture_message("inside", Level::Info));
    assert_eq!(captured.events().len(), 1);
    sentry::set_current_client(None);
    assert!(client.close(std::time::Duration::from_secs(10)));
    let envelopes = transport.fetch_and_clear_envelopes();
    let events: Vec<_> =
        envelopes.iter().flat_map(Envelope::items).filter(|item| item.ty() == ItemType::Event).collect();
    let [event] = &events[..] else { panic!("one event: {events:?}") };
    assert!(String::from_utf8_lossy(event.payload()).contains("by hand"));
}

#[test]
fn a_client_that_sends_nowhere_takes_everything_and_does_nothing() {
    let client = Client::new(ClientOptions::new().local(false).spotlight(false)).unwrap();
    assert!(!client.is_enabled() && client.dsn().is_none());
    assert!(client.flush(std::time::Duration::ZERO));
    assert!(client.close(std::time::Duration::ZERO));
    assert_eq!(client.stats().lost(), 0);
}
