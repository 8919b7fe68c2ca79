//! Tests of the scopes of futures: they follow a future from poll to poll and from thread to thread, and do not leak
//! between polls.

use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use sentry::{SentryFutureExt as _, User};
use sentry_tests::support::{block_on, options, untraced, yield_once};
use serde_json::json;

use crate::{crumb, crumbs, events, message};

/// Polls a future to its end on a thread of its own.
pub fn on_another_thread<F: Future + Send>(future: F) -> F::Output
where
    F::Output: Send,
{
    std::thread::scope(|scope| scope.spawn(|| block_on(future)).join().unwrap())
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

async fn request(name: &'static str) {
    sentry::set_tag("request", name);
    sentry::set_user(Some(User { id: Some(name.into()), ..User::default() }));
    sentry::add_breadcrumb(crumb(&format!("{name} came in")));
    yield_once().await;
    sentry::get_current_scope().set_tag("current", name);
    sentry::add_breadcrumb(crumb(&format!("{name} goes on")));
    yield_once().await;
    message(name);
}

#[test]
fn requests_that_interleave_on_one_thread_do_not_see_each_other() {
    let event = events(untraced(), || {
        let mut one = pin!(sentry::with_isolation_scope_async(request("one")));
        let mut two = pin!(sentry::with_isolation_scope_async(request("two")));
        assert!(!poll(one.as_mut()) && !poll(two.as_mut()));
        message("in between");
        assert!(!poll(two.as_mut()) && !poll(one.as_mut()));
        assert!(poll(one.as_mut()) && poll(two.as_mut()));
        message("after");
    });
    for name in ["one", "two"] {
        let event = event(name);
        assert_eq!(event["tags"], json!({"request": name, "current": name}));
        assert_eq!(event["user"], json!({"id": name}));
        assert_eq!(crumbs(&event), [format!("{name} came in"), format!("{name} goes on")]);
    }
    for text in ["in between", "after"] {
        let event = event(text);
        assert_eq!((event.get("tags"), event.get("user"), event.get("breadcrumbs")), (None, None, None));
    }
}

#[test]
fn handlers_that_interleave_on_one_thread_do_not_see_each_other() {
    #[sentry::server_action]
    async fn handler(name: &'static str) {
        request(name).await;
    }
    let event = events(options(), || {
        let (mut one, mut two) = (pin!(handler("one")), pin!(handler("two")));
        for ready in [false, false, true] {
            assert_eq!((poll(one.as_mut()), poll(two.as_mut())), (ready, ready));
        }
    });
    for name in ["one", "two"] {
        assert_eq!(event(name)["tags"], json!({"request": name, "current": name}));
        assert_eq!(crumbs(&event(name)).len(), 2);
    }
}

#[test]
fn a_scope_follows_its_future_to_another_thread() {
    let event = events(options(), || {
        let future = sentry::with_scope_async(|scope| scope.set_tag("step", "payment"), async {
            message("first");
            yield_once().await;
            sentry::set_tag("late", "yes");
            message("second");
        });
        let mut future = Box::pin(future);
        assert!(!poll(future.as_mut()));
        message("between");
        on_another_thread(future);
        message("after");
    });
    assert_eq!(event("first")["tags"], json!({"step": "payment"}));
    assert_eq!(event("second")["tags"], json!({"step": "payment", "late": "yes"}));
    assert_eq!(event("between").get("tags"), None);
    assert_eq!(event("after")["tags"], json!({"late": "yes"}), "free functions set tags for the request");
}

#[test]
fn an_isolation_scope_follows_its_future_to_another_thread() {
    let event = events(untraced(), || {
        sentry::set_tag("outer", "yes");
        on_another_thread(sentry::with_isolation_scope_async(request("moved")));
        message("outside");
    });
    assert_eq!(event("moved")["tags"], json!({"outer": "yes", "request": "moved", "current": "moved"}));
    assert_eq!(event("outside")["tags"], json!({"outer": "yes"}));
}

#[test]
fn scopes_bound_to_a_future_nest() {
    let event = events(untraced(), || {
        let inner = async {
            sentry::with_scope_async(|scope| scope.set_tag("inner", 1), async {
                yield_once().await;
                message("innermost");
            })
            .await;
            message("in the middle");
        };
        let outer = sentry::with_scope_async(|scope| scope.set_tag("outer", 1), inner);
        let bound = sentry::with_isolation_scope(|| {
            sentry::set_tag("of", "a request");
            async { message("bound") }.bind_scope()
        });
        block_on(async { tokio::join!(outer, bound) });
    });
    assert_eq!(event("innermost")["tags"], json!({"outer": "1", "inner": "1"}));
    assert_eq!(event("in the middle")["tags"], json!({"outer": "1"}));
    assert_eq!(event("bound")["tags"], json!({"of": "a request"}));
}

#[test]
fn many_tasks_on_many_threads_keep_their_scopes() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let names: Vec<String> = (0..40).map(|number| format!("task {number}")).collect();
    let event = events(untraced(), || {
        runtime.block_on(async {
            let task = |name: String| {
                tokio::spawn(sentry::with_isolation_scope_async(async move {
                    sentry::set_tag("task", &name);
                    for _ in 0..5 {
                        tokio::task::yield_now().await;
                        sentry::add_breadcrumb(crumb(&name));
                    }
                    message(&name);
                }))
            };
            let tasks: Vec<_> = names.iter().cloned().map(task).collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
    for name in &names {
        assert_eq!(event(name)["tags"], json!({"task": name}));
        assert_eq!(crumbs(&event(name)), [&**name; 5]);
    }
}
