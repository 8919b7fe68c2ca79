//! Tests of all forms of scopes.

use sentry::Level;
use sentry_tests::support::{block_on, observe, options, yield_once};

fn tell(text: &str) {
    sentry::capture_message(text, Level::Info);
}

/// Tests one closure that threads share and call for many items, as parallel iterators do.
#[test]
fn a_closure_for_many_items_has_the_scopes_of_where_it_was_made() {
    #[sentry::span("item")]
    fn item(number: u32) -> u32 {
        tell("item");
        number * 2
    }
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_tag("batch", "7");
            sentry::start_span("batch", |_| {
                let item = sentry::bind_scope_each(item);
                std::thread::scope(|threads| {
                    let workers = [[1, 2], [3, 4]].map(|numbers| {
                        let item = &item;
                        threads.spawn(move || numbers.map(item))
                    });
                    assert_eq!(workers.map(|worker| worker.join().unwrap()), [[2, 4], [6, 8]]);
                });
            });
        });
        // Later messages do not have the scopes of the batch.
        tell("after");
    });
    let transactions = seen.transactions();
    let [batch] = transactions.as_slice() else { panic!("one transaction: {transactions:?}") };
    let root = &batch["contexts"]["trace"]["span_id"];
    let spans = batch["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 4);
    assert!(spans.iter().all(|span| span["description"] == "item" && span["parent_span_id"] == *root));
    let tags: Vec<_> = seen.events().iter().map(|event| event["tags"]["batch"] == "7").collect();
    assert_eq!(tags, [true, true, true, true, false]);
}

#[test]
fn every_form_forks_and_leaves_nothing_behind() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::configure_scope(|scope| scope.set_tag("base", "yes"));
            sentry::with_scope(|scope| scope.set_tag("in", "with_scope"), || tell("1"));
            {
                let _scope = sentry::new_scope();
                sentry::get_current_scope().set_tag("in", "new_scope");
                tell("2");
            }
            block_on(sentry::with_scope_async(|scope| scope.set_tag("in", "with_scope_async"), async {
                yield_once().await;
                tell("3");
            }));
            block_on(sentry::with_isolation_scope_async(async {
                yield_once().await;
                sentry::get_isolation_scope().set_tag("in", "isolation");
                tell("4");
            }));
            std::thread::spawn(sentry::bind_scope(|| tell("5"))).join().unwrap();
            tell("6");
        });
        tell("7");
    });
    let tags: Vec<_> =
        seen.events().iter().map(|event| event["tags"]["in"].as_str().map(str::to_owned)).collect();
    let expected = ["with_scope", "new_scope", "with_scope_async", "isolation"];
    let expected: Vec<_> =
        expected.iter().map(|name| Some((*name).to_owned())).chain([None, None, None]).collect();
    assert_eq!(tags, expected);
    let based: Vec<_> = seen.events().iter().map(|event| event["tags"]["base"] == "yes").collect();
    assert_eq!(based, [true, true, true, true, true, true, false]);
}
