//! Tests of the arguments of the attribute.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use sentry_tests::support::{block_on, names, observe, options};
use serde_json::json;

#[sentry::span("first name")]
fn leading_name() {}

#[sentry::span(name = "second name", op = "db.query")]
fn named() {}

#[sentry::span]
fn plain() {}

#[test]
fn name_and_operation() {
    let seen = observe(options(), || {
        leading_name();
        named();
        plain();
    });
    let kinds: Vec<_> = seen.spans().into_iter().map(|span| (span.name, span.op, span.origin)).collect();
    let kind = |name: &str, op: &str| (name.to_owned(), op.to_owned(), "auto.function".to_owned());
    assert_eq!(
        kinds,
        [
            kind("first name", "function"),
            kind("second name", "db.query"),
            kind("arguments::plain", "function")
        ]
    );
}

struct Price(u32);

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} €", self.0)
    }
}

#[derive(Debug)]
struct Shelf {
    _row: u8,
}

#[sentry::span(name = "recorded", attributes(order.id = id, total = price, vip = true, share = 0.5, text.length = note.len()),
    args(shelf, note), ret)]
fn recorded(id: i64, price: Price, shelf: Shelf, note: &str) -> u32 {
    let _taken = shelf;
    price.0 + u32::try_from(note.len() as i64 + id).unwrap()
}

#[sentry::span(name = "recorded", attributes(order.id = id), args(note), ret)]
async fn recorded_async(id: i64, note: String) -> usize {
    note.len() + usize::try_from(id).unwrap()
}

#[sentry::span(name = "fallible", ret)]
fn fallible(fail: bool) -> Result<u8, String> {
    if fail { Err("no luck".into()) } else { Ok(3) }
}

#[test]
fn attributes_arguments_and_the_returned_value_are_recorded() {
    let as_root = observe(options(), || recorded(2, Price(40), Shelf { _row: 1 }, "gift"));
    let as_child = observe(options(), || {
        sentry::start_span("root", |_| recorded(2, Price(40), Shelf { _row: 1 }, "gift"))
    });
    for seen in [as_root, as_child] {
        assert_eq!(seen.result, 46);
        let data = seen.span("recorded").data;
        assert_eq!(data["order.id"], 2);
        assert_eq!(data["total"], "40 €");
        assert_eq!(data["vip"], true);
        assert_eq!(data["share"], 0.5);
        assert_eq!((&data["note"], &data["text.length"]), (&json!("gift"), &json!(4)));
        assert_eq!(data["shelf"], "Shelf { _row: 1 }");
        assert_eq!(data["return"], 46);
    }
}

#[test]
fn the_same_goes_for_async_functions() {
    for under in [false, true] {
        let run = || block_on(recorded_async(2, "gift".to_owned()));
        let seen = observe(options(), || if under { sentry::start_span("root", |_| run()) } else { run() });
        assert_eq!(seen.result, 6);
        let data = seen.span("recorded").data;
        assert_eq!(
            (&data["order.id"], &data["note"], &data["return"]),
            (&json!(2), &json!("gift"), &json!(6))
        );
    }
}

struct Order {
    note: String,
    lamps: u8,
}

#[sentry::span(name = "patterns", args(a, note, b, c, _d))]
fn patterns(
    &(a, _): &(u8, u8),
    &Order { ref note, lamps }: &Order,
    (ref mut b, c): (String, u8),
    _d: u8,
) -> Result<usize, String> {
    b.push('!');
    Ok(usize::from(a) + note.len() + b.len() + usize::from(c) + usize::from(lamps))
}

#[sentry::span(name = "patterns", args(a, note, b, c, _d))]
async fn patterns_async(
    &(a, _): &(u8, u8),
    Order { ref note, lamps: c, .. }: Order,
    (ref mut b, _): (String, u8),
    _d: u8,
) -> usize {
    b.push('!');
    usize::from(a) + note.len() + b.len() + usize::from(c)
}

#[test]
fn arguments_are_recorded_by_any_name_that_a_pattern_gives_them() {
    let order = || Order { note: "gift".to_owned(), lamps: 3 };
    let seen = observe(options(), || {
        patterns(&(1, 2), &order(), ("two".to_owned(), 3), 4)
            .map(|sum| (sum, block_on(patterns_async(&(1, 2), order(), ("two".to_owned(), 0), 4))))
    });
    assert_eq!(seen.result, Ok((15, 12)));
    for span in seen.spans() {
        let data = &span.data;
        let recorded = [&data["a"], &data["note"], &data["b"], &data["c"], &data["_d"]];
        assert_eq!(recorded, [&json!(1), &json!("gift"), &json!("two"), &json!(3), &json!(4)]);
    }
}

#[test]
fn an_error_that_is_recorded_as_returned_value_fails_the_span_too() {
    let seen = observe(options(), || (fallible(true), fallible(false)));
    let told: Vec<_> =
        seen.spans().into_iter().map(|span| (span.status, span.data["return"].clone())).collect();
    assert_eq!(told[0], ("internal_error".to_owned(), json!("Err(\"no luck\")")));
    assert_eq!(told[1], ("ok".to_owned(), json!("Ok(3)")));
}

#[test]
fn what_is_recorded_is_not_evaluated_when_nothing_is() {
    static EVALUATED: AtomicUsize = AtomicUsize::new(0);
    fn evaluate() -> usize {
        EVALUATED.fetch_add(1, Ordering::Relaxed)
    }
    #[sentry::span(attributes(costly = evaluate()))]
    fn sync() {}
    #[sentry::span(attributes(costly = evaluate()))]
    async fn later() {}
    sentry_tests::support::without_client(|| {
        sync();
        block_on(later());
    });
    observe(options().traces_sample_rate(0.0), || {
        sentry::start_span("unsampled", |_| {
            sync();
            block_on(later());
        })
    });
    assert_eq!(EVALUATED.load(Ordering::Relaxed), 0);
}

#[sentry::span(name = "optional", only_if_parent)]
fn optional() {}

#[sentry::span(name = "optional async", only_if_parent)]
async fn optional_async() {}

#[test]
fn only_if_parent_makes_no_transaction() {
    let seen = observe(options(), || {
        optional();
        block_on(optional_async());
    });
    assert_eq!(seen.transactions().len(), 0);
    let seen = observe(options(), || {
        sentry::start_span("root", |_| {
            optional();
            block_on(optional_async());
        });
    });
    assert_eq!(names(&seen.spans()), ["root", "optional", "optional async"]);
}

#[sentry::span(name = "own", force_transaction)]
fn own() {
    plain();
}

#[sentry::span(name = "own", force_transaction)]
async fn own_async() {
    plain();
}

#[test]
fn force_transaction_makes_one_under_the_active_span() {
    for run in [own, || block_on(own_async())] {
        let seen = observe(options(), || sentry::start_span("outer", |_| run()));
        assert_eq!(seen.transactions().len(), 2);
        let (outer, own, inner) = (seen.span("outer"), seen.span("own"), seen.span("arguments::plain"));
        assert!(own.is_root && outer.is_root);
        assert_eq!(own.trace, outer.trace);
        assert_eq!(own.parent.as_ref(), Some(&outer.id));
        assert_eq!((inner.root, inner.parent.as_ref()), (own.id.clone(), Some(&own.id)));
    }
}

#[sentry::span(name = "fresh", new_trace)]
fn fresh() {
    plain();
}

#[sentry::span(name = "fresh", new_trace)]
async fn fresh_async() {
    plain();
}

#[test]
fn new_trace_has_neither_parent_nor_trace_of_the_active_span() {
    for run in [fresh, || block_on(fresh_async())] {
        let seen = observe(options(), || {
            sentry::start_span("outer", |_| {
                run();
                leading_name();
            });
        });
        let (outer, fresh, inner) = (seen.span("outer"), seen.span("fresh"), seen.span("arguments::plain"));
        assert!(fresh.is_root);
        assert_ne!(fresh.trace, outer.trace);
        assert_eq!(fresh.parent, None);
        assert_eq!((inner.trace, inner.parent), (fresh.trace, Some(fresh.id)));
        // The next span belongs to the outer trace again.
        assert_eq!(seen.span("first name").parent, Some(outer.id));
    }
}

#[sentry::span(name = "adopted", parent = under)]
fn adopted(under: Option<&sentry::Span>) {
    plain();
}

#[sentry::span(name = "adopted", parent = &under)]
async fn adopted_async(under: Option<sentry::Span>) {
    plain();
}

#[test]
fn a_given_parent_counts_before_the_active_span() {
    for is_async in [false, true] {
        let seen = observe(options(), || {
            sentry::start_span("root", |_| {
                let first = sentry::start_inactive_span("first");
                sentry::start_span("second", |_| {
                    if is_async {
                        block_on(adopted_async(Some(first.clone())))
                    } else {
                        adopted(Some(&first))
                    }
                    leading_name();
                });
                first.end();
            });
        });
        assert_eq!(seen.span("adopted").parent, Some(seen.span("first").id));
        assert_eq!(seen.span("arguments::plain").parent, Some(seen.span("adopted").id));
        assert_eq!(seen.span("first name").parent, Some(seen.span("second").id));
    }
}

#[test]
fn a_parent_of_none_means_the_active_span() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| {
            adopted(None);
            block_on(adopted_async(None));
        });
    });
    let root = seen.span("root").id;
    let adopted: Vec<_> = seen.spans().into_iter().filter(|span| span.name == "adopted").collect();
    assert_eq!(adopted.len(), 2);
    assert!(adopted.iter().all(|span| span.parent.as_ref() == Some(&root)), "{adopted:?}");
}

/// A facade with another name, which counts the calls through it.
mod facade {
    pub use ::sentry::span;

    pub mod __private {
        use std::sync::atomic::{AtomicUsize, Ordering};

        pub use ::sentry::__private::*;

        pub static ENTERED: AtomicUsize = AtomicUsize::new(0);

        #[allow(dead_code, reason = "clippy is given the function without what the compiler calls around it")]
        pub fn begin_fallible(guard: &mut SpanGuard, site: &'static Callsite) {
            ENTERED.fetch_add(1, Ordering::Relaxed);
            ::sentry::__private::begin_fallible(guard, site);
        }
    }
}

#[facade::span(name = "through the facade", crate = crate::arguments::facade)]
fn through_the_facade() -> Result<u8, String> {
    Ok(1)
}

#[test]
fn the_crate_can_be_reached_under_another_path() {
    let seen = observe(options(), through_the_facade);
    assert_eq!(seen.result, Ok(1));
    assert_eq!(names(&seen.spans()), ["through the facade"]);
    assert_eq!(facade::__private::ENTERED.load(Ordering::Relaxed), 1);
}
