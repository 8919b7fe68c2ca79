//! Tests of functions that are asynchronous or return futures.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use sentry_tests::support::{block_on, names, observe, options, yield_once};

#[sentry::span]
async fn double(value: u32) -> u32 {
    yield_once().await;
    value * 2
}

#[sentry::span]
async fn checked(text: &str, (plus, _): (u32, u32)) -> Result<u32, std::num::ParseIntError> {
    let value: u32 = text.parse()?;
    Ok(double(value).await + plus)
}

struct Store {
    prices: Vec<u32>,
}

impl Store {
    #[sentry::span]
    async fn add(&mut self, price: u32) -> usize {
        yield_once().await;
        self.prices.push(price);
        self.prices.len()
    }

    #[sentry::span]
    async fn find<P: Fn(u32) -> bool>(&self, wanted: P) -> Option<u32> {
        self.prices.iter().copied().find(|&price| wanted(price))
    }
}

#[async_trait::async_trait]
trait Fetch {
    async fn fetch(&self, id: u32) -> Result<u32, String>;

    #[sentry::span]
    async fn twice(&self, id: u32) -> Result<u32, String> {
        Ok(self.fetch(id).await? * 2)
    }
}

#[async_trait::async_trait]
impl Fetch for Store {
    #[sentry::span]
    async fn fetch(&self, id: u32) -> Result<u32, String> {
        let price = self.prices.get(id as usize).ok_or("no such item")?;
        Ok(double(*price).await)
    }
}

struct Outside;

#[async_trait::async_trait]
impl Fetch for Outside {
    async fn fetch(&self, id: u32) -> Result<u32, String> {
        Ok(id)
    }
}

#[sentry::span]
fn boxed<'a>(name: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    let length = name.len();
    Box::pin(async move {
        yield_once().await;
        length
    })
}

#[sentry::span]
fn implied(value: u32) -> impl Future<Output = Result<u32, String>> + Send {
    let next = value + 1;
    async move {
        yield_once().await;
        if next > 10 { Err("too much".to_owned()) } else { Ok(double(next).await) }
    }
}

#[test]
fn async_functions_and_methods() {
    let seen = observe(options(), || {
        block_on(async {
            assert_eq!(checked("4", (1, 0)).await, Ok(9));
            let mut store = Store { prices: vec![] };
            assert_eq!(store.add(3).await, 1);
            assert_eq!(store.find(|price| price > 2).await, Some(3));
        });
    });
    assert_eq!(names(&seen.spans()), ["futures::checked", "futures::double", "Store::add", "Store::find"]);
    assert_eq!(seen.span("futures::double").parent, Some(seen.span("futures::checked").id));
}

#[test]
fn methods_of_async_trait() {
    let seen = observe(options(), || {
        let store = Store { prices: vec![5] };
        block_on(async {
            assert_eq!(store.twice(0).await, Ok(20));
            assert_eq!(store.fetch(1).await, Err("no such item".to_owned()));
            assert_eq!(Outside.twice(4).await, Ok(8));
        });
    });
    let spans = seen.spans();
    assert_eq!(
        names(&spans),
        ["Fetch::twice", "Store::fetch", "futures::double", "Store::fetch", "Fetch::twice"]
    );
    assert_eq!(spans[1].parent.as_ref(), Some(&spans[0].id));
    assert_eq!(spans[2].parent.as_ref(), Some(&spans[1].id));
    let statuses: Vec<_> = spans.iter().map(|span| &*span.status).collect();
    assert_eq!(statuses, ["ok", "ok", "ok", "internal_error", "ok"]);
}

#[test]
fn functions_that_return_a_future_span_the_future() {
    let seen = observe(options(), || {
        block_on(async {
            assert_eq!(boxed("four").await, 4);
            assert_eq!(implied(1).await, Ok(4));
            assert_eq!(implied(10).await, Err("too much".to_owned()));
        });
    });
    let spans = seen.spans();
    assert_eq!(names(&spans), ["futures::boxed", "futures::implied", "futures::double", "futures::implied"]);
    let double = seen.span("futures::double");
    assert_eq!(
        double.parent.as_ref(),
        Some(&spans[1].id),
        "spans inside of the future are children of its span"
    );
    assert_eq!(spans[3].status, "internal_error");
}

#[test]
fn futures_stay_send() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let store = Store { prices: vec![1] };
    drop(is_send(double(1)));
    drop(is_send(implied(1)));
    drop(is_send(store.find(|_| true)));
    drop(is_send(store.fetch(0)));
}

/// Its work is not dropped any more when it is over.
#[test]
fn a_finished_future_keeps_nothing_of_its_context() {
    for options in [options(), options().traces_sample_rate(0.0)] {
        let value = std::sync::Arc::new(());
        let kept = std::sync::Arc::downgrade(&value);
        observe(options, || {
            sentry::with_isolation_scope(|| {
                sentry::configure_scope(|scope| {
                    scope.add_event_processor(move |event| {
                        let _ = &value;
                        Some(event)
                    });
                });
                sentry::start_span("root", |_| assert_eq!(block_on(double(1)), 2));
            });
        });
        assert_eq!(kept.strong_count(), 0);
    }
}

#[test]
fn a_future_that_is_never_polled_is_no_span() {
    let seen = observe(options(), || sentry::start_span("root", |_| drop(double(1))));
    assert_eq!(names(&seen.spans()), ["root"]);
}

#[sentry::span(name = "socket")]
async fn socket(text: &'static str) {
    yield_once().await;
    sentry::capture_message(text, sentry::Level::Info);
}

/// A server calls the callback of a WebSocket in the same way: in a task of its own, after the request.
#[test]
fn a_callback_that_is_bound_belongs_to_the_request_that_bound_it() {
    for bind in [true, false] {
        let seen = observe(options(), || {
            sentry::with_isolation_scope(|| {
                sentry::set_tag("customer", "7");
                let bound = sentry::start_span("request", |_| sentry::bind_scope_async(socket));
                let task = std::thread::spawn(move || match bind {
                    true => block_on(bound("hello")),
                    false => block_on(socket("hello")),
                });
                task.join().unwrap();
            });
        });
        let (event, request, socket) = (seen.event(), seen.span("request"), seen.span("socket"));
        assert_eq!(event["tags"]["customer"] == "7", bind);
        assert_eq!(socket.trace == request.trace, bind);
        assert_eq!(event["contexts"]["trace"]["span_id"], socket.id);
    }
}

#[sentry::span]
async fn told() -> [String; 3] {
    let tell = || sentry::get_trace_data().unwrap().sentry_trace;
    let first = tell();
    yield_once().await;
    let second = tell();
    yield_once().await;
    [first, second, tell()]
}

/// An unsampled future has no span to activate on its own thread, but on another thread its trace must be active.
#[test]
fn an_unsampled_future_takes_its_trace_to_another_thread_and_back() {
    fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Option<F::Output> {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }
    let active = || sentry::get_trace_data().unwrap().sentry_trace;
    for starts_here in [true, false] {
        let seen = observe(options().traces_sample_rate(0.0), || {
            sentry::start_span("root", |_| {
                let mut future = Box::pin(told());
                if starts_here {
                    assert_eq!(poll(&mut future), None);
                }
                let task = std::thread::spawn(move || {
                    let before = active();
                    assert_eq!(poll(&mut future), None);
                    assert_eq!(active(), before, "no span stays active");
                    future
                });
                let mut future = task.join().unwrap();
                let told = poll(&mut future).or_else(|| poll(&mut future));
                (told, active())
            })
        });
        let (told, root) = seen.result;
        assert_eq!(told, Some([root.clone(), root.clone(), root]), "starts here: {starts_here}");
    }
}
