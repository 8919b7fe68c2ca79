//! Tests of default names: a span without a name gets the readable name of its function.

use sentry_tests::support::{block_on, names, observe, options};

struct Cart<T> {
    items: Vec<T>,
}

trait Shop {
    fn open(&self) -> usize;

    #[sentry::span]
    fn greet(&self) -> String {
        format!("{} items", self.open())
    }
}

impl<T> Cart<T> {
    #[sentry::span]
    fn new(items: Vec<T>) -> Self {
        Self { items }
    }

    #[sentry::span]
    fn total(&self) -> usize {
        self.items.len()
    }

    #[sentry::span]
    async fn load(&self) -> usize {
        self.items.len()
    }
}

impl Shop for Cart<u8> {
    #[sentry::span]
    fn open(&self) -> usize {
        self.items.len()
    }
}

mod orders {
    #[sentry::span]
    pub fn place() {}

    pub struct Order;

    impl Order {
        #[sentry::span]
        pub fn ship(self) {}
    }
}

#[sentry::span]
fn generic<T: Copy>(value: T) -> T {
    value
}

#[test]
fn the_default_name_is_type_and_method_or_module_and_function() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| {
            let cart = Cart::new(vec![1_u8, 2]);
            assert_eq!(cart.total(), 2);
            assert_eq!(cart.greet(), "2 items");
            assert_eq!(block_on(cart.load()), 2);
            orders::place();
            orders::Order.ship();
            generic(7_u64);
            generic("text");
        });
    });
    assert_eq!(
        names(&seen.spans()),
        [
            "root",
            "Cart::new",
            "Cart::total",
            "Shop::greet",
            "Cart::open",
            "Cart::load",
            "orders::place",
            "Order::ship",
            "names::generic",
            "names::generic",
        ]
    );
}

#[test]
fn a_transaction_is_named_by_the_same_rule_and_says_that_it_is_a_component() {
    let seen = observe(options(), orders::place);
    let transaction = seen.transaction();
    assert_eq!(transaction["transaction"], "orders::place");
    assert_eq!(transaction["transaction_info"]["source"], "component");
    let data = &transaction["contexts"]["trace"]["data"];
    assert!(data["code.file.path"].as_str().unwrap().ends_with("tests/spans/names.rs"), "{data}");
    assert!(data["code.line.number"].as_u64().unwrap() > 1, "{data}");
}

#[sentry::span]
mod placed {
    #[rustfmt::skip]
    pub fn first() -> u32 { line!() }

    #[span(op = "second")]
    #[rustfmt::skip]
    pub fn second() -> u32 { line!() }
}

#[test]
fn the_place_is_that_of_the_function_in_an_annotated_block_too() {
    for function in [placed::first, placed::second] {
        let seen = observe(options(), function);
        let data = &seen.transaction()["contexts"]["trace"]["data"];
        assert_eq!(data["code.file.path"], file!());
        assert_eq!(data["code.line.number"], seen.result, "{data}");
    }
    let block = observe(options(), || {
        let _span = sentry::enter_span!("block");
        line!() - 1
    });
    let data = &block.transaction()["contexts"]["trace"]["data"];
    assert_eq!((&data["code.file.path"], &data["code.line.number"]), (&file!().into(), &block.result.into()));
}
