//! Tests of one attribute for many functions: impl blocks, traits, trait impls, modules.

use crate::support::{names, recorded, statuses};

struct Store(u8);

#[sentry::span(op = "db", attributes("store.kind" = "memory"))]
impl Store {
    const LIMIT: u8 = 9;
    const fn new(value: u8) -> Self {
        Self(value)
    }
    fn load(&self) -> u8 {
        self.0
    }
    #[span("save it", args(value))]
    fn save(&mut self, value: u8) -> Result<(), String> {
        if value > Self::LIMIT {
            return Err("large".into());
        }
        self.0 = value;
        Ok(())
    }
    #[sentry::span(op = "cache")]
    async fn cached(&self) -> u8 {
        self.load()
    }
    #[span(skip)]
    fn quiet(&self) -> u8 {
        self.0
    }
}

#[sentry::span]
trait Shop {
    fn price(&self) -> u8;
    fn total(&self) -> u8 {
        self.price() * 2
    }
    fn sum<T: Into<u32>>(all: [T; 2]) -> u32 {
        all.into_iter().map(Into::into).sum()
    }
}

#[sentry::span]
impl Shop for Store {
    fn price(&self) -> u8 {
        self.0
    }
}

#[sentry::span]
impl std::fmt::Display for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[sentry::span]
mod inside {
    pub fn free() -> u8 {
        deeper::free() + Local.method()
    }
    struct Local;
    impl Local {
        fn method(&self) -> u8 {
            1
        }
        #[span(skip)]
        fn skipped(&self) {}
    }
    mod deeper {
        pub fn free() -> u8 {
            2
        }
    }
    #[span(skip)]
    pub mod left_out {
        pub fn free() -> u8 {
            4
        }
    }
    #[sentry::server_action]
    pub fn action() -> u8 {
        8
    }
}

/// Items that cannot be instrumented may also have `#[span(skip)]`.
mod left_out_twice {
    pub struct Constant;
    #[sentry::span]
    impl Constant {
        #[span(skip)]
        pub const fn value() -> u8 {
            3
        }
    }
    #[sentry::span]
    pub trait Bodiless {
        #[span(skip)]
        fn value(&self) -> u8;
        #[span(skip)]
        #[sentry::server_action]
        fn action(&self) -> u8 {
            self.value()
        }
    }
    impl Bodiless for Constant {
        fn value(&self) -> u8 {
            4
        }
    }
}

#[test]
fn skip_is_allowed_where_nothing_is_instrumented() {
    use left_out_twice::{Bodiless, Constant};
    let spans = recorded((3, 4), || (Constant::value(), Constant.action()));
    assert_eq!(names(&spans), ["serverAction/action"]);
}

#[sentry::span(skip)]
fn skipped_alone() -> u8 {
    1
}

#[test]
fn blocks_and_modules() {
    let spans =
        recorded((5, Ok(()), Err("large".to_string()), 6, 12, 7, "6".to_string(), 3, 4, 8, 1), || {
            let mut store = Store::new(5);
            let loaded = store.load();
            let saved = (store.save(6), store.save(60));
            (
                loaded,
                saved.0,
                saved.1,
                crate::support::block_on(store.cached()) + store.quiet() - 6,
                store.total(),
                Store::sum([3_u8, 4]) as u8,
                store.to_string(),
                inside::free(),
                inside::left_out::free(),
                inside::action(),
                skipped_alone(),
            )
        });
    assert_eq!(
        names(&spans),
        [
            "Local::method",
            "Shop::sum",
            "Shop::total",
            "Store::cached",
            "Store::fmt",
            "Store::load",
            "Store::load",
            "Store::price",
            "free",
            "free",
            "save it",
            "save it",
            "serverAction/action",
        ]
    );
    assert_eq!(statuses(&spans, "save it"), ["ok", "internal_error"]);
    let of = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    assert_eq!(of("save it").data["value"], 6);
    assert_eq!(of("Store::load").data["store.kind"], "memory");
    assert_eq!(of("Store::load").op, "db");
    assert_eq!(of("Store::cached").op, "cache");
}
