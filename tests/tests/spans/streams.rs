//! Tests of functions that return a stream: the span lasts as long as the stream and is active in every poll.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use sentry_tests::support::{block_on, names, observe, options};

#[sentry::span(name = "item")]
fn item(number: u32) -> u32 {
    number * 10
}

/// A stream of numbers that is pending before each of them.
struct Numbers {
    next: u32,
    end: u32,
    waited: bool,
}

impl Stream for Numbers {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<u32>> {
        self.waited = !self.waited;
        if self.waited {
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.next == self.end {
            return Poll::Ready(None);
        }
        self.next += 1;
        Poll::Ready(Some(item(self.next)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.end - self.next) as usize;
        (left, Some(left))
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        sentry::capture_message("closed", sentry::Level::Info);
    }
}

#[sentry::span(name = "numbers", attributes(end = end))]
fn numbers(end: u32) -> impl Stream<Item = u32> + Send + Unpin {
    Numbers { next: 0, end, waited: false }
}

#[sentry::span(name = "results")]
fn results<'a>(text: &'a str) -> impl Stream<Item = Result<u32, std::fmt::Error>> + 'a {
    struct One<'a>(Option<&'a str>);
    impl Stream for One<'_> {
        type Item = Result<u32, std::fmt::Error>;
        fn poll_next(mut self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            assert!(self.0.is_some(), "the stream broke");
            Poll::Ready(self.0.take().map(|_| Err(std::fmt::Error)))
        }
    }
    One(Some(text))
}

async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    std::future::poll_fn(|task| Pin::new(&mut *stream).poll_next(task)).await
}

#[test]
fn the_items_of_a_stream_are_made_in_its_span() {
    let seen = observe(options(), || {
        block_on(async {
            let mut stream = numbers(3);
            assert_eq!(stream.size_hint(), (3, Some(3)));
            let mut sum = 0;
            while let Some(number) = next(&mut stream).await {
                sum += number;
                // Between two polls the span is not active.
                assert!(sentry::get_active_span().is_none());
            }
            sum
        })
    });
    assert_eq!(seen.result, 60);
    assert_eq!(names(&seen.spans()), ["numbers", "item", "item", "item"]);
    let stream = seen.span("numbers");
    assert_eq!((&*stream.status, &stream.data["end"]), ("ok", &3.into()));
    assert!(
        seen.spans()
            .iter()
            .filter(|span| span.name == "item")
            .all(|span| span.parent == Some(stream.id.clone()))
    );
    assert_eq!(seen.transactions().len(), 1);
}

#[test]
fn a_stream_that_is_dropped_before_its_end_is_cancelled_inside_its_span() {
    let seen = observe(options(), || {
        block_on(async {
            let mut stream = numbers(3);
            next(&mut stream).await;
        });
    });
    let stream = seen.span("numbers");
    assert_eq!(stream.status, "cancelled");
    assert_eq!(seen.event()["contexts"]["trace"]["span_id"], stream.id);
}

#[test]
fn a_stream_that_is_never_polled_has_no_span() {
    let seen = observe(options(), || drop(numbers(3)));
    assert!(seen.spans().is_empty());
}

#[test]
fn a_stream_may_borrow_and_panic() {
    let text = String::from("text");
    let seen = observe(options(), || {
        std::panic::catch_unwind(|| {
            block_on(async {
                let mut stream = results(&text);
                assert!(matches!(next(&mut stream).await, Some(Err(_))));
                next(&mut stream).await;
            });
        })
        .unwrap_err();
    });
    assert_eq!(seen.span("results").status, "internal_error");
    assert_eq!(seen.event()["exception"]["values"][0]["value"], "the stream broke");
}
