//! Tests of the stack that recording needs on the calling thread.

use std::fmt;
use std::thread;

use sentry::protocol::{AttributeValue, Context, Map, Value};
use sentry::{Breadcrumb, Level, User};
use sentry_tests::support::{observe, options};

/// An error's stack is walked on the thread that captures the error. A build without optimisation keeps several copies
/// of large values on the stack.
#[test]
fn a_small_thread_has_room_for_an_error() {
    #[sentry::span(err)]
    fn annotated() -> Result<(), fmt::Error> {
        Err(fmt::Error)
    }
    let seen = observe(options(), || {
        let small = thread::Builder::new().stack_size(16 * 1024);
        small.spawn(|| annotated().unwrap_err()).unwrap().join().unwrap();
    });
    assert_eq!(seen.events().len(), 1);
}

/// Values that are deeper than the recorded depth.
struct Deep {
    fields: Map<String, Value>,
    list: AttributeValue,
}

impl Deep {
    fn new() -> Self {
        const LEVELS: usize = 64;
        let wrap = |inner, level: usize| match level % 2 {
            0 => Value::Array(vec![inner]),
            _ => Value::Object([("in".to_owned(), inner)].into_iter().collect()),
        };
        let value = (0..LEVELS).fold(Value::from("leaf"), wrap);
        let list = (0..LEVELS).fold(AttributeValue::from(1), |it, _| AttributeValue::Array([it].into()));
        Self { fields: Map::from([("deep".to_owned(), value)]), list }
    }

    fn fields(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.fields)
    }
}

/// All work on a recorded value on the calling thread has to fit into the stack of a small thread, even without
/// optimisation.
#[test]
fn a_small_thread_has_room_for_values_of_the_greatest_depth() {
    let doors: [fn(&mut Deep); 6] = [
        |deep| deep.fields().into_iter().for_each(|(key, value)| sentry::set_extra(&key, value)),
        |deep| sentry::set_context("deep", Context::Other(deep.fields())),
        |deep| sentry::set_user(User { other: deep.fields(), ..User::default() }),
        |deep| sentry::add_breadcrumb(Breadcrumb { data: deep.fields(), ..Breadcrumb::default() }),
        |deep| sentry::set_attribute("deep", std::mem::take(&mut deep.list)),
        |deep| {
            let span = sentry::start_inactive_span("deep");
            span.set_attribute("deep", std::mem::take(&mut deep.list));
        },
    ];
    for door in doors {
        let seen = observe(options(), move || {
            // The box is not larger than a pointer: the value itself would use stack in every calling function.
            let mut deep = Box::new(Deep::new());
            let hand_over = move || {
                door(&mut deep);
                sentry::capture_message("hello", Level::Info);
                deep
            };
            let small = thread::Builder::new().stack_size(16 * 1024);
            // The rest of the value is dropped here, where the stack is large enough.
            drop(small.spawn(hand_over).unwrap().join().unwrap());
        });
        assert_eq!(seen.events().len(), 1);
    }
}
