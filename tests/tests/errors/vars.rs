//! Tests of the arguments of annotated functions in the stack traces of errors and panics.

#![allow(unused_variables, reason = "many arguments are only shown")]

mod panics;

use std::cell::Cell;
use std::fmt::{self, Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use sentry_tests::support::{block_on, observe, options, untraced, yield_once};
use serde_json::{Value, json};

/// Counts how often it is formatted.
struct Counted<'a>(&'a Cell<u32>);

impl Debug for Counted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.set(self.0.get() + 1);
        f.write_str("counted")
    }
}

#[derive(Clone)]
struct Cart {
    items: u32,
}

impl Display for Cart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items", self.items)
    }
}

/// Returns the arguments by function, from the outermost frame to the innermost.
fn vars(event: &Value) -> Vec<(String, Value)> {
    let frames =
        event["exception"]["values"].as_array().unwrap().last().unwrap()["stacktrace"]["frames"].clone();
    let frames = frames.as_array().unwrap().clone();
    let with_vars = frames.into_iter().filter(|frame| !frame["vars"].is_null());
    let name = |frame: &Value| {
        let name = frame["function"].as_str().unwrap().to_owned();
        name.split("::").filter(|part| !part.starts_with('{')).last().unwrap().to_owned()
    };
    with_vars.map(|frame| (name(&frame), frame["vars"].clone())).collect()
}

#[sentry::span(err, vars(order_id, note, cart = cart.clone(), cart.items))]
fn place(order_id: u64, note: &str, cart: Cart) -> Result<u32, String> {
    if order_id == 0 { Ok(cart.items) } else { Err(format!("no stock for {}", cart.items)) }
}

#[test]
fn the_arguments_of_a_function_that_fails_are_in_its_frame() {
    let seen = observe(untraced(), || place(7, "fragile", Cart { items: 3 }));
    assert_eq!(
        vars(&seen.event()),
        [(
            "place".to_owned(),
            json!({ "order_id": "7", "note": "fragile", "cart": "3 items", "cart.items": "3" })
        )]
    );
    let seen = observe(untraced(), || place(0, "fragile", Cart { items: 3 }));
    assert_eq!((seen.result.clone(), seen.events().len()), (Ok(3), 0));
}

#[test]
fn nothing_is_shown_unless_the_function_itself_fails() {
    #[sentry::span(vars)]
    fn inner(value: &Counted<'_>, fails: bool) -> Result<(), String> {
        if fails { Err("inner".to_owned()) } else { Ok(()) }
    }
    #[sentry::span(vars)]
    fn handles(value: &Counted<'_>, other: &Counted<'_>) -> Result<(), String> {
        let _ = inner(other, true);
        inner(value, false)
    }
    let (handled, failed) = (Cell::new(0), Cell::new(0));
    let seen = observe(options(), || handles(&Counted(&handled), &Counted(&failed)));
    assert_eq!((seen.result.clone(), seen.events().len()), (Ok(()), 0));
    assert_eq!((handled.get(), failed.get()), (0, 1));
    // Without a client, it is not formatted either.
    let count = Cell::new(0);
    sentry_tests::support::without_client(|| inner(&Counted(&count), true)).unwrap_err();
    assert_eq!(count.get(), 0);
}

#[derive(Debug)]
struct Unshown;

struct Silent;

#[sentry::span(vars)]
#[allow(clippy::too_many_arguments)]
fn middle(
    id: u8,
    password: &str,
    owned: String,
    _hidden: u8,
    silent: &Silent,
    unshown: &Unshown,
    exclusive: &mut u8,
    (left, right): (u8, u8),
) -> Result<u8, String> {
    *exclusive += left + right;
    let _ = (&owned, silent, unshown, password);
    deepest(u64::from(id)).map_err(|error| format!("{owned}: {error}"))
}

#[sentry::span(vars)]
fn deepest(number: u64) -> Result<u8, String> {
    Err(format!("no {number}"))
}

#[sentry::server_action(vars(user))]
async fn action(user: &'static str) -> Result<u8, String> {
    yield_once().await;
    middle(7, "swordfish", "x".to_owned(), 1, &Silent, &Unshown, &mut 1, (2, 3))
}

#[test]
fn every_function_that_an_error_passes_adds_a_frame() {
    let seen = observe(options(), || block_on(action("ada")));
    assert_eq!(
        vars(&seen.event()),
        [
            ("action".to_owned(), json!({ "user": "ada" })),
            ("middle".to_owned(), json!({ "id": "7", "password": "[Filtered]", "unshown": "Unshown" })),
            ("deepest".to_owned(), json!({ "number": "7" })),
        ]
    );
}

mod attributes {
    use super::*;

    #[sentry::api_handler("/orders/{id}", vars(id))]
    pub fn handler(id: u32) -> Result<(), String> {
        Err("handler".to_owned())
    }

    #[sentry::data_fetcher(get_static_props, "/", vars(id))]
    pub async fn fetcher(id: u32) -> Result<(), String> {
        yield_once().await;
        Err("fetcher".to_owned())
    }

    #[sentry::span(err, vars)]
    pub fn generic<T: Copy + Display, U>(id: T, other: U) -> Result<U, String> {
        Err("generic".to_owned())
    }

    #[sentry::monitor("nightly", vars)]
    pub fn job(id: u32) -> Result<(), String> {
        Err("job".to_owned())
    }

    pub struct Store;

    #[sentry::span(err, vars)]
    impl Store {
        pub fn load(&self, id: u32) -> Result<(), String> {
            Err("load".to_owned())
        }
        pub async fn save(&self, id: u32) -> Result<(), String> {
            yield_once().await;
            Err("save".to_owned())
        }
        #[span(vars = false)]
        pub fn plain(&self, id: u32) -> Result<(), String> {
            Err("plain".to_owned())
        }
        #[span(vars(number = self.number(), id = id + 1))]
        pub fn named(&self, id: u32) -> Result<(), String> {
            Err("named".to_owned())
        }
        #[span(skip)]
        fn number(&self) -> u8 {
            9
        }
        // The attribute cannot wrap these two functions, and `vars` on the block does not require it.
        pub fn passes(&self, id: u32) -> impl Future<Output = Result<u32, String>> {
            std::future::ready(Ok(id))
        }
        pub fn closure(&self, id: u32) -> impl Fn() -> u32 {
            move || id
        }
    }

    #[async_trait::async_trait]
    pub trait Load {
        async fn boxed(&self, id: u32) -> Result<(), String>;
    }

    #[async_trait::async_trait]
    impl Load for Store {
        #[sentry::span(err, vars(id))]
        async fn boxed(&self, id: u32) -> Result<(), String> {
            yield_once().await;
            Err("boxed".to_owned())
        }
    }
}

#[test]
fn every_attribute_and_every_kind_of_function_shows_its_arguments() {
    use attributes::{Load as _, Store};
    let seen = observe(untraced(), || {
        attributes::handler(1).unwrap_err();
        block_on(attributes::fetcher(2)).unwrap_err();
        attributes::job(3).unwrap_err();
        Store.load(4).unwrap_err();
        block_on(Store.save(5)).unwrap_err();
        Store.plain(6).unwrap_err();
        Store.named(7).unwrap_err();
        block_on(Store.boxed(8)).unwrap_err();
        attributes::generic(9, 10_u8).unwrap_err();
        assert_eq!((block_on(Store.passes(9)), Store.closure(10)()), (Ok(9), 10));
    });
    let shown: Vec<_> = seen.events().iter().map(vars).collect();
    let one = |function: &str, values: Value| vec![(function.to_owned(), values)];
    assert_eq!(
        shown,
        [
            one("handler", json!({ "id": "1" })),
            one("fetcher", json!({ "id": "2" })),
            one("job", json!({ "id": "3" })),
            one("load", json!({ "id": "4" })),
            one("save", json!({ "id": "5" })),
            vec![],
            one("named", json!({ "id": "8", "number": "9" })),
            one("boxed", json!({ "id": "8" })),
            one("generic", json!({ "id": "9" })),
        ]
    );
}

#[test]
fn names_in_patterns_are_shown_if_they_are_named() {
    #[sentry::span(err, vars(left, sum = left + right))]
    fn sync((left, right): (u8, u8), [first, ..]: [u8; 2]) -> Result<(), String> {
        Err("sync".to_owned())
    }
    #[sentry::span(err, vars(left, sum = left + right))]
    async fn polled((left, right): (u8, u8), [first, ..]: [u8; 2]) -> Result<(), String> {
        yield_once().await;
        Err("polled".to_owned())
    }
    let seen = observe(untraced(), || {
        sync((1, 2), [3, 4]).unwrap_err();
        block_on(polled((1, 2), [3, 4])).unwrap_err();
    });
    let shown: Vec<_> = seen.events().iter().flat_map(vars).map(|(_, values)| values).collect();
    assert_eq!(shown, [json!({ "left": "1", "sum": "3" }), json!({ "left": "1", "sum": "3" })]);
}

#[test]
fn values_are_bounded_and_filtered_before_they_are_cut() {
    #[sentry::span(err, vars)]
    fn long(text: &str, url: &str, endless: &Endless) -> Result<(), String> {
        Err("long".to_owned())
    }
    struct Endless;
    impl Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("again and ")?;
            }
        }
    }
    let url = format!("postgres://ada:{}@db/shop", "s".repeat(80));
    let seen = observe(untraced(), || long(&"ü".repeat(65), &url, &Endless));
    let shown = vars(&seen.event());
    assert_eq!(shown[0].1["text"], format!("{}...", "ü".repeat(61)));
    assert!(!shown[0].1["url"].as_str().unwrap().contains("sss"), "{shown:?}");
    assert_eq!(shown[0].1["endless"].as_str().unwrap().len(), 64);
}

#[test]
fn a_client_that_wants_no_arguments_gets_none() {
    let count = Cell::new(0);
    #[sentry::span(err, vars)]
    fn fails(value: &Counted<'_>) -> Result<(), String> {
        Err("no".to_owned())
    }
    let seen = observe(untraced().include_local_variables(false), || {
        fails(&Counted(&count)).unwrap_err();
        catch_unwind(AssertUnwindSafe(|| panics(&Counted(&count)))).unwrap_err();
    });
    assert_eq!(seen.events().iter().map(vars).collect::<Vec<_>>(), [vec![], vec![]]);
    assert_eq!(count.get(), 0);
}

#[test]
fn an_error_that_is_captured_elsewhere_brings_its_arguments() {
    let seen = observe(untraced(), || sentry::capture_error(&deepest_error(5).unwrap_err()));
    let event = seen.event();
    assert_eq!(vars(&event), []);
    assert_eq!(event["contexts"]["arguments"]["deepest_error"], json!({ "number": "5" }));
}

#[sentry::span(vars)]
fn deepest_error(number: u64) -> Result<u8, std::num::ParseIntError> {
    "x".parse()
}

#[sentry::span(vars)]
fn panics(value: &Counted<'_>) {
    panic!("{}", "no values")
}
