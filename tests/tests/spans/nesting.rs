//! Tests of the parent of a span: it is the calling function, on any thread and in any task.

use std::thread;

use sentry_tests::support::{LONG, block_on, observe, observe_server, options, poll_once, yield_once};

#[sentry::span(name = "leaf", args(of))]
fn leaf(of: usize) -> usize {
    of
}

#[sentry::span(name = "branch", args(of))]
fn branch(of: usize) -> usize {
    leaf(of) + leaf(of)
}

#[sentry::span(name = "tree")]
fn tree() -> usize {
    branch(1) + branch(2)
}

#[test]
fn sync_functions_nest_as_they_are_called() {
    let seen = observe(options(), tree);
    let spans = seen.spans();
    let root = seen.span("tree");
    assert!(spans.iter().all(|span| span.trace == root.trace));
    let branches: Vec<_> = spans.iter().filter(|span| span.name == "branch").collect();
    assert_eq!(branches.len(), 2);
    for branch in branches {
        assert_eq!(branch.parent.as_ref(), Some(&root.id));
        let leaves = spans.iter().filter(|span| span.parent.as_ref() == Some(&branch.id));
        assert!(leaves.clone().all(|leaf| leaf.data["of"] == branch.data["of"]));
        assert_eq!(leaves.count(), 2);
    }
}

#[sentry::span(name = "on a thread", parent = parent, args(number))]
fn on_a_thread(parent: Option<sentry::Span>, number: usize) -> usize {
    leaf(number)
}

#[sentry::span(name = "fan out")]
fn fan_out() -> usize {
    let parent = sentry::get_active_span();
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let parent = parent.clone();
            thread::spawn(move || on_a_thread(parent, number))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).sum()
}

#[test]
fn threads_nest_under_a_parent_that_they_are_given() {
    let seen = observe(options(), || sentry::start_span("root", |_| fan_out()));
    assert_eq!(seen.result, 6);
    assert_eq!(seen.transactions().len(), 1);
    let fan_out = seen.span("fan out");
    let spans = seen.spans();
    let on_threads: Vec<_> = spans.iter().filter(|span| span.name == "on a thread").collect();
    assert_eq!(on_threads.len(), 4);
    for on_thread in on_threads {
        assert_eq!(on_thread.parent.as_ref(), Some(&fan_out.id));
        let leaf = spans.iter().find(|span| span.parent.as_ref() == Some(&on_thread.id)).expect("a leaf");
        assert_eq!(leaf.data["of"], on_thread.data["number"]);
    }
}

#[test]
fn threads_without_a_parent_start_traces_of_their_own() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| thread::spawn(|| leaf(1)).join().unwrap());
    });
    let (root, leaf) = (seen.span("root"), seen.span("leaf"));
    assert!(leaf.is_root);
    assert_ne!(leaf.trace, root.trace);
}

#[sentry::span(name = "step", args(of, turn))]
async fn step(of: usize, turn: usize) {
    yield_once().await;
    leaf(of);
    yield_once().await;
    let _ = turn;
}

#[sentry::span(name = "task", args(of))]
async fn task(of: usize) -> usize {
    for turn in 0..3 {
        step(of, turn).await;
    }
    of
}

#[sentry::span(name = "joined")]
async fn joined() -> usize {
    let (one, two) = tokio::join!(task(1), task(2));
    one + two
}

/// Asserts that the parent of every span, up to the tasks, has the same attribute `of`.
#[track_caller]
fn assert_unmixed(spans: &[sentry_tests::support::SeenSpan]) {
    for span in spans.iter().filter(|span| matches!(&*span.name, "step" | "leaf")) {
        let parent = spans.iter().find(|other| Some(&other.id) == span.parent.as_ref()).expect("a parent");
        let expected = if span.name == "step" { "task" } else { "step" };
        assert_eq!((&*parent.name, &parent.data["of"]), (expected, &span.data["of"]), "{span:?}");
        assert_eq!(parent.trace, span.trace);
        assert!(parent.start <= span.start && span.end <= parent.end, "{span:?} outside of {parent:?}");
    }
}

#[test]
fn joined_futures_do_not_take_each_others_spans() {
    let seen = observe(options(), || block_on(joined()));
    assert_eq!(seen.result, 3);
    let spans = seen.spans();
    assert_eq!(spans.len(), 1 + 2 * (1 + 3 * 2));
    assert_unmixed(&spans);
    let joined = seen.span("joined").id;
    assert!(
        spans.iter().filter(|span| span.name == "task").all(|span| span.parent.as_ref() == Some(&joined))
    );
}

#[sentry::span(name = "spawner")]
async fn spawner(tasks: usize) -> usize {
    let handles: Vec<_> = (0..tasks).map(|of| tokio::spawn(task(of))).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await.unwrap();
    }
    sum
}

#[test]
fn a_spawned_call_nests_under_the_function_that_spawned_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().unwrap();
    let seen = observe(options(), || runtime.block_on(spawner(20)));
    assert_eq!(seen.result, 190);
    let spans = seen.spans();
    assert_eq!(seen.transactions().len(), 1);
    assert_eq!(spans.len(), 1 + 20 * 7);
    assert_unmixed(&spans);
    let spawner = seen.span("spawner").id;
    assert!(
        spans.iter().filter(|span| span.name == "task").all(|span| span.parent.as_ref() == Some(&spawner))
    );
}

#[test]
fn a_hundred_interleaved_tasks_do_not_mix_their_spans() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let seen = observe(options(), || {
        runtime.block_on(async {
            let tasks: Vec<_> = (0..100).map(|of| tokio::spawn(task(of))).collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
    let spans = seen.spans();
    assert_eq!(seen.transactions().len(), 100);
    assert_eq!(spans.len(), 100 * 7);
    assert_unmixed(&spans);
    let traces: std::collections::HashSet<_> = spans.iter().map(|span| &span.trace).collect();
    assert_eq!(traces.len(), 100, "tasks spawned without an annotation have traces of their own");
}

#[test]
fn a_future_that_moves_between_threads_keeps_its_span() {
    let seen = observe(options(), || {
        let mut moved = Box::pin(task(7));
        for _ in 0..3 {
            moved = thread::spawn(move || {
                assert!(!poll_once(moved.as_mut()));
                assert!(sentry::get_active_span().is_none(), "a span leaked out of the poll");
                moved
            })
            .join()
            .unwrap();
        }
        thread::spawn(|| block_on(moved)).join().unwrap()
    });
    assert_eq!(seen.result, 7);
    let spans = seen.spans();
    assert_eq!(spans.len(), 7);
    assert_eq!(seen.transactions().len(), 1);
    assert_unmixed(&spans);
}

#[test]
fn the_thread_that_polls_keeps_its_own_span() {
    let seen = observe(options(), || {
        let mut foreign = Box::pin(task(1));
        sentry::start_span("mine", |_| {
            assert!(!poll_once(foreign.as_mut()));
            leaf(0);
        });
        block_on(foreign)
    });
    let mine = seen.span("mine");
    let spans = seen.spans();
    let leaf = spans.iter().find(|span| span.name == "leaf" && span.data["of"] == 0).unwrap();
    assert_eq!(leaf.parent.as_ref(), Some(&mine.id));
}

#[test]
fn spans_that_end_after_their_root_are_transactions_of_the_same_trace() {
    let seen = observe_server(options(), |server| {
        let (release, released) = std::sync::mpsc::channel::<()>();
        #[sentry::span(name = "late", parent = parent)]
        fn late(parent: Option<sentry::Span>, released: &std::sync::mpsc::Receiver<()>) {
            released.recv().unwrap();
            leaf(3);
        }
        let thread = sentry::start_span("root", |_| {
            let parent = sentry::get_active_span();
            thread::spawn(move || late(parent, &released))
        });
        assert!(sentry::flush(LONG));
        assert!(server.wait_for_type("transaction", 1, LONG));
        release.send(()).unwrap();
        thread.join().unwrap();
    });
    assert_eq!(seen.transactions().len(), 2);
    let (root, late, leaf) = (seen.span("root"), seen.span("late"), seen.span("leaf"));
    assert!(late.is_root);
    assert_eq!(late.trace, root.trace);
    assert_eq!(late.parent, Some(root.id));
    assert_eq!((leaf.root, leaf.parent), (late.id.clone(), Some(late.id)));
    assert_eq!(seen.stats.lost(), 0);
}
