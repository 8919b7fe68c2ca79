//! Tests of jobs outside of any context (scopes and trace). Such a job gets a context only if something asks for it,
//! and otherwise behaves like any other job.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::task::{Context, Waker};
use std::thread;

use sentry::protocol::{DataCategory, DiscardReason};
use sentry::{ClientOptions, Level};
use sentry_tests::FakeSentry;
use sentry_tests::support::{LONG, Seen, block_on, observe, observe_server, only, options, yield_once};
use serde_json::{Value, json};

use crate::{DiskFull, pair, step};

/// Runs a closure while the scope of the process has a tag.
fn in_vienna<R>(run: impl FnOnce() -> R) -> R {
    sentry::get_isolation_scope().set_tag("city", "vienna");
    let result = run();
    let scope = sentry::get_isolation_scope();
    ["city", "late"].into_iter().for_each(|tag| scope.remove_tag(tag));
    result
}

#[sentry::monitor("quiet")]
fn quiet(meanwhile: impl FnOnce() + Send) {
    thread::scope(|threads| drop(threads.spawn(meanwhile)));
}

#[test]
fn a_job_that_writes_nothing_has_the_scope_of_its_start() {
    let seen = observe(options(), || in_vienna(|| quiet(|| sentry::set_tag("late", "yes"))));
    pair(&seen);
    assert_eq!(seen.transaction()["tags"], json!({ "city": "vienna" }));
}

#[sentry::monitor("writes")]
fn writes() -> Result<(), DiskFull> {
    sentry::capture_message("before", Level::Info);
    sentry::set_tag("shelf", "lamps");
    step();
    Err(DiskFull)
}

#[test]
fn what_a_job_writes_stays_in_it_and_reaches_only_what_follows() {
    let seen = observe(options(), || {
        in_vienna(|| {
            let _ = writes();
            sentry::capture_message("after", Level::Info);
        });
    });
    let (_, last) = pair(&seen);
    assert_eq!(last["status"], "error");
    let tags: Vec<Value> = seen.events().into_iter().map(|event| event["tags"].clone()).collect();
    let (outside, inside) = (json!({ "city": "vienna" }), json!({ "city": "vienna", "shelf": "lamps" }));
    assert_eq!(tags, [outside.clone(), inside.clone(), outside]);
    let (transaction, trace) = (seen.transaction(), &last["contexts"]["trace"]["trace_id"]);
    assert_eq!((&transaction["tags"], &transaction["contexts"]["trace"]["trace_id"]), (&inside, trace));
    assert_eq!(transaction["spans"][0]["description"], "step");
    assert!(seen.events()[..2].iter().all(|event| event["contexts"]["trace"]["trace_id"] == *trace));
}

#[sentry::monitor("inner")]
fn inner() {
    sentry::set_tag("inner", "yes");
}

#[sentry::monitor("outer")]
fn outer() {
    inner();
    sentry::capture_message("in outer", Level::Info);
}

#[test]
fn a_job_in_a_job_has_check_ins_and_a_scope_of_its_own() {
    let seen = observe(options(), outer);
    let check_ins = seen.check_ins();
    let shown = |it: &Value| (it["monitor_slug"].clone(), it["status"].clone());
    let shown: Vec<_> = check_ins.iter().map(shown).collect();
    let expected = [("outer", "in_progress"), ("inner", "in_progress"), ("inner", "ok"), ("outer", "ok")];
    assert_eq!(shown, expected.map(|(slug, status)| (slug.into(), status.into())));
    let id = |at: usize| &check_ins[at]["check_in_id"];
    assert!(id(0) == id(3) && id(1) == id(2) && id(0) != id(1), "{check_ins:#?}");
    assert_eq!(seen.event().get("tags"), None);
    let (outer, inner) = (seen.span("without_context::outer"), seen.span("without_context::inner"));
    assert_eq!((&inner.trace, inner.parent.as_deref()), (&outer.trace, Some(&*outer.id)));
    assert_eq!(check_ins[3]["contexts"]["trace"]["span_id"], *outer.id);
}

#[sentry::monitor("spawns")]
fn spawns() {
    let bound = sentry::bind_scope(|| sentry::set_tag("bound", "yes"));
    thread::spawn(bound).join().unwrap();
    thread::spawn(|| sentry::capture_message("elsewhere", Level::Info)).join().unwrap();
    sentry::capture_message("here", Level::Info);
}

#[test]
fn threads_of_a_job_share_its_scope_if_they_are_bound() {
    let seen = observe(options(), spawns);
    assert_eq!(pair(&seen).1["status"], "ok");
    let tags: Vec<_> = seen.events().iter().map(|event| event["tags"]["bound"].clone()).collect();
    assert_eq!(tags, [Value::Null, "yes".into()]);
}

#[sentry::monitor("renamed")]
fn renamed(is_renamed: bool) {
    if is_renamed {
        sentry::set_transaction_name("another name");
    }
}

/// All envelopes of a trace have the same sampling context, and the first check-in is sent before the job's code runs.
#[test]
fn a_job_that_is_renamed_keeps_the_sampling_context_of_its_first_check_in() {
    for is_renamed in [false, true] {
        let seen = observe(options(), || renamed(is_renamed));
        let first = "without_context::renamed";
        let name = if is_renamed { "another name" } else { first };
        assert_eq!(seen.transaction()["transaction"], name);
        let traces: Vec<_> =
            seen.envelopes().iter().map(|envelope| envelope.header["trace"].clone()).collect();
        assert_eq!(traces.len(), 3, "{traces:#?}");
        assert_eq!(traces[0]["transaction"], first);
        assert!(traces.iter().all(|trace| *trace == traces[0]), "{traces:#?}");
    }
}

#[sentry::monitor("moves")]
async fn moves() {
    yield_once().await;
}

#[test]
fn the_check_ins_of_a_job_that_moves_to_another_thread_arrive_in_order() {
    const JOBS: usize = 60;
    let seen = observe(options(), || {
        let (sender, begun) = channel();
        let beginning = thread::spawn(move || {
            for _ in 0..JOBS {
                let mut job = Box::pin(moves());
                let poll = job.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
                assert!(poll.is_pending());
                sender.send(job).unwrap();
            }
        });
        begun.into_iter().for_each(block_on);
        beginning.join().unwrap();
    });
    let check_ins = seen.check_ins();
    let of = |status: &str| check_ins.iter().filter(|it| it["status"] == *status).count();
    assert_eq!((of("in_progress"), of("ok")), (JOBS, JOBS));
    for (at, check_in) in check_ins.iter().enumerate() {
        let id = &check_in["check_in_id"];
        let first = only(check_ins[..=at].iter().filter(|it| it["check_in_id"] == *id).take(1).collect());
        assert_eq!(first["status"], "in_progress", "{id}");
    }
}

#[test]
fn a_job_checks_in_before_its_work_begins() {
    #[sentry::monitor("waits")]
    fn waits(server: &FakeSentry) -> bool {
        server.wait_for_requests(1, LONG)
    }
    let seen = observe_server(options(), waits);
    assert!(seen.result, "the first check-in arrives while the job runs");
    pair(&seen);
}

#[test]
fn a_client_that_is_closed_in_a_job_has_sent_the_first_check_in() {
    #[sentry::monitor("closes")]
    fn closes() {
        assert!(sentry::get_client().unwrap().close(LONG));
    }
    let seen = observe(options(), closes);
    assert_eq!(only(seen.check_ins())["status"], "in_progress");
    let lost = seen.stats.dropped.iter().find(|lost| lost.category == DataCategory::Monitor);
    assert!(lost.is_none(), "{lost:?}");
}

thread_local! {
    static KEPT: RefCell<Option<Pin<Box<dyn Future<Output = ()>>>>> = const { RefCell::new(None) };
}

/// Drops a future in the destructor of a thread-local, after the thread has polled it once. The thread-local is older
/// than the thread's queue of records, so its destructor finds the queue closed if destructors run in the opposite
/// order.
fn dropped_with_its_thread(make: fn() -> Pin<Box<dyn Future<Output = ()>>>) -> Seen<()> {
    observe(options(), || {
        let on_thread = move || {
            KEPT.with(|kept| assert!(kept.borrow().is_none()));
            let mut future = make();
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            KEPT.with(|kept| *kept.borrow_mut() = Some(future));
        };
        thread::spawn(on_thread).join().unwrap();
    })
}

#[sentry::server_action]
async fn waits() {
    step();
    yield_once().await;
}

#[test]
fn what_the_destructor_of_a_thread_local_drops_is_cancelled_and_sent() {
    let job = dropped_with_its_thread(|| Box::pin(moves()));
    assert_eq!(pair(&job).1["status"], "error");
    for seen in [job, dropped_with_its_thread(|| Box::pin(waits()))] {
        assert!(seen.stats.dropped.is_empty(), "{:?}", seen.stats.dropped);
        assert_eq!(seen.transaction()["contexts"]["trace"]["status"], "cancelled");
    }
}

/// Runs a closure while the pipeline thread waits in a callback, and reads neither records nor messages.
fn while_the_pipeline_waits(options: ClientOptions, run: impl FnOnce()) -> Seen<()> {
    let (release, released) = channel::<()>();
    let (began, begun) = channel();
    let released = Mutex::new(Some(released));
    let options = options.before_send(move |event| {
        if let Some(released) = released.lock().unwrap().take() {
            began.send(()).unwrap();
            let _ = released.recv_timeout(LONG);
        }
        Some(event)
    });
    observe(options, || {
        sentry::capture_message("the pipeline waits", Level::Info);
        begun.recv_timeout(LONG).unwrap();
        run();
        drop(release);
    })
}

/// The sampling context of such a job does not depend on how quickly the pipeline sends the first check-in.
#[test]
fn a_job_that_is_renamed_before_its_first_check_in_leaves_has_the_same_sampling_context() {
    let by_function = || sentry::with_monitor("by-function", None, || sentry::set_transaction_name("late"));
    let jobs: [(&str, &dyn Fn()); 2] =
        [("by-function", &by_function), ("without_context::renamed", &|| renamed(true))];
    for (first, job) in jobs {
        let seen = while_the_pipeline_waits(options(), job);
        let envelopes = seen.envelopes();
        let of_job: Vec<_> = envelopes.iter().map(|envelope| &envelope.header["trace"]).collect();
        let names: Vec<_> = of_job.iter().filter_map(|trace| trace["transaction"].as_str()).collect();
        assert_eq!(names, [first; 3], "{of_job:#?}");
    }
}

/// The first check-in of such a job is a record, the last one a message.
#[test]
fn the_first_check_in_arrives_first_if_the_job_asks_for_its_context() {
    #[sentry::monitor("asks")]
    fn asks() {
        sentry::set_tag("asked", "yes");
    }
    assert_eq!(pair(&while_the_pipeline_waits(options(), asks)).1["status"], "ok");
}

/// The memory for records is bounded, and spans may have used all of it.
#[test]
fn a_job_checks_in_when_there_is_no_room_for_records() {
    #[sentry::monitor("no-room")]
    fn no_room() {}
    let seen = while_the_pipeline_waits(options().max_record_memory(512 << 10), || {
        // The thread announces its scopes to the pipeline while there is room.
        step();
        sentry::start_span("busy", |_| (0..200_000).for_each(|_| step()));
        no_room();
    });
    assert_eq!(pair(&seen).1["status"], "ok");
    let dropped = seen.stats.dropped.iter().any(|lost| lost.reason == DiscardReason::BufferOverflow);
    assert!(dropped, "there was no room: {:?}", seen.stats.dropped);
}
