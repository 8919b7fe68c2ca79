//! Tests of `enter_span!`, the span of a block.

use sentry_tests::support::{observe, options, without_client};
use serde_json::json;

const NAME: &str = "named by a constant";

fn generic<T: std::fmt::Debug>(value: T) {
    let _span = sentry::enter_span!("generic", value = format!("{value:?}"));
}

#[test]
fn a_block_has_a_span_until_its_end() {
    struct Order {
        id: u32,
    }
    let order = Order { id: 7 };
    let seen = observe(options(), || {
        let _root = sentry::enter_span!("root");
        {
            let span = sentry::enter_span!(
                "inner",
                op = "db.query",
                rows = 3,
                order.id = order.id,
                "any name" = "text",
                debugged = Some("x"),
            );
            assert!(span.is_recording());
            span.set_attribute("later", vec![1, 2]);
            let _innermost = sentry::enter_span!(NAME, op = "cache.get");
        }
        let _beside = sentry::enter_span!("beside", n = 1);
        generic(1);
        generic("a");
    });
    let (root, inner) = (seen.span("root"), seen.span("inner"));
    assert!(root.is_root);
    assert_eq!((&*root.origin, &*root.op), ("manual", "function"));
    assert_eq!((inner.parent.as_ref(), &*inner.op), (Some(&root.id), "db.query"));
    assert_eq!(
        inner.data,
        json!({"rows": 3, "order.id": 7, "any name": "text", "debugged": "x", "later": [1, 2]})
    );
    let named = seen.span(NAME);
    assert_eq!((named.parent, &*named.op), (Some(inner.id), "cache.get"));
    let beside = seen.span("beside");
    assert_eq!(beside.parent, Some(root.id));
    assert_eq!(seen.spans().iter().filter(|span| span.name == "generic").count(), 2);
}

fn computed() -> u8 {
    panic!("nobody wants to know")
}

#[test]
fn values_are_not_computed_for_a_span_that_is_not_recorded() {
    let seen = observe(options().traces_sample_rate(0.0), || {
        let _span = sentry::enter_span!("root", value = computed());
    });
    assert_eq!(seen.transactions().len(), 0);
    without_client(|| {
        let span = sentry::enter_span!("root", value = computed());
        assert!(!span.is_recording());
    });
}

#[test]
fn a_panic_in_the_block_is_a_failed_span() {
    let seen = observe(options().capture_panics(false), || {
        let _ = std::panic::catch_unwind(|| {
            let _span = sentry::enter_span!("root");
            panic!("thrown in the block");
        });
    });
    assert_eq!(seen.span("root").status, "internal_error");
}
