//! Tests that the compiler resolves the names of attributes in a block: the library's attributes under any name, and
//! other attributes with the same names.

use sentry as obs;
use sentry::monitor as scheduled;
use sentry::span as traced;

use crate::support::{block_on, names, pause, recorded, statuses};

struct Rows(u8);

#[obs::span(op = "db", err, attributes(db.system = "memory"))]
impl Rows {
    fn plain(&self) -> u8 {
        self.0
    }
    #[obs::span(skip)]
    fn skipped(&self) -> u8 {
        self.0
    }
    #[obs::span("named", args(n))]
    fn named(&self, n: u8) -> Result<u8, String> {
        Err(format!("{n}"))
    }
    #[inline]
    #[traced(op = "cache")]
    #[allow(clippy::unused_async)]
    async fn traced(&self, (n, _): (u8, u8)) -> u8 {
        pause().await;
        n
    }
    #[obs::server_action]
    fn action(&self) -> u8 {
        self.0
    }
    #[scheduled("a-job")]
    async fn scheduled(&self) -> u8 {
        self.0
    }
    #[cfg_attr(all(), obs::span("conditional"))]
    fn conditional(&self) -> u8 {
        self.0
    }
    #[cfg_attr(any(), obs::span(skip))]
    fn not_skipped(&self) -> u8 {
        self.0
    }
    #[cfg_attr(all(), obs::span(skip))]
    fn conditionally_skipped(&self) -> u8 {
        self.0
    }
    #[cfg_attr(all(), inline)]
    fn inlined(&self) -> u8 {
        self.0
    }
    #[obs::span(skip)]
    const fn constant() -> u8 {
        1
    }
    #[obs::data_fetcher(app)]
    #[traced("below")]
    fn stacked(&self) -> u8 {
        self.0
    }
}

#[traced(op = "outer")]
mod module {
    use super::traced;
    pub struct Inner;
    #[traced(op = "inner")]
    impl Inner {
        pub fn inner(&self) -> u8 {
            2
        }
        #[traced(op = "innermost")]
        pub fn innermost(&self) -> u8 {
            3
        }
    }
    #[sentry::span(skip)]
    impl Drop for Inner {
        fn drop(&mut self) {}
    }
    #[super::obs::span(op = "trait")]
    pub trait Named {
        #[traced(skip)]
        fn name(&self) -> u8;
        fn twice(&self) -> u8 {
            self.name() * 2
        }
    }
    impl Named for Inner {
        fn name(&self) -> u8 {
            4
        }
    }
}

#[test]
fn attributes_are_known_under_every_name() {
    use module::Named as _;
    let spans = recorded((1, 1, Err("2".into()), 3, 1, 1, (1, 1, 1, 1), (1, 1, 2, 3, 8)), || {
        let rows = Rows(1);
        let first =
            (rows.plain(), rows.skipped(), rows.named(2), block_on(rows.traced((3, 0))), rows.action());
        let conditional =
            (rows.conditional(), rows.not_skipped(), rows.conditionally_skipped(), rows.inlined());
        let inner = module::Inner;
        (
            first.0,
            first.1,
            first.2,
            first.3,
            first.4,
            block_on(rows.scheduled()),
            conditional,
            (Rows::constant(), rows.stacked(), inner.inner(), inner.innermost(), inner.twice()),
        )
    });
    assert_eq!(
        names(&spans),
        [
            "Inner::inner",
            "Inner::innermost",
            "Inner::name",
            "Named::twice",
            "Rows::inlined",
            "Rows::not_skipped",
            "Rows::plain",
            "Rows::traced",
            "app (/_app)",
            "below",
            "conditional",
            "named",
            "serverAction/action",
        ]
    );
    assert_eq!(statuses(&spans, "named"), ["internal_error"]);
    let of = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    for name in ["Rows::plain", "Rows::not_skipped", "Rows::inlined", "conditional", "named", "below"] {
        assert_eq!((&*of(name).op, &of(name).data["db.system"]), ("db", &"memory".into()), "{name}");
    }
    assert_eq!(of("named").data["n"], 2);
    for (name, op) in [
        ("Rows::traced", "cache"),
        ("Inner::inner", "inner"),
        ("Inner::innermost", "innermost"),
        ("Inner::name", "outer"),
        ("Named::twice", "trait"),
    ] {
        assert_eq!(of(name).op, op, "{name}");
    }
}

/// The block's default `err` captures an error once.
#[test]
fn defaults_reach_attributes_of_every_name() {
    let tree = crate::support::tree(1.0, || drop(Rows(1).named(7)));
    assert_eq!(tree, "named (db) [internal_error]\n  ! Error: 7", "{tree}");
}

/// Attributes of other crates with the names of the library's attributes.
mod of_others {
    use crate::support::{block_on, recorded, statuses};

    #[sentry::span(op = "of others")]
    mod module {
        use async_trait::async_trait as span;
        use async_trait::async_trait as monitor;
        use std::prelude::v1::test as server_action;

        #[span]
        pub trait Load: Sync {
            async fn load(&self) -> Result<u8, String>;
        }
        pub struct Store;
        #[monitor]
        impl Load for Store {
            async fn load(&self) -> Result<u8, String> {
                Ok(1)
            }
        }
        #[server_action]
        fn this_is_a_test() {}
    }

    mod second {
        use std::prelude::v1::test as monitor;

        #[sentry::monitor("of-others")]
        #[monitor]
        fn this_is_a_test() {}
    }

    #[test]
    fn attributes_of_others_keep_their_meaning() {
        use module::Load;
        let spans = recorded(Ok(1), || {
            let store: &dyn Load = &module::Store;
            block_on(store.load())
        });
        assert_eq!(statuses(&spans, "Store::load"), ["ok"]);
        assert!(spans.iter().all(|span| span.op == "of others"), "{spans:?}");
    }
}

/// A method that is left to other attributes still knows the block that contains it.
mod borrowed_errors {
    use std::fmt::{Debug, Display};

    struct Full<T>(T);
    impl<T> Debug for Full<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("full")
        }
    }
    impl<T> Display for Full<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("full")
        }
    }
    impl<T: 'static> std::error::Error for Full<T> {}

    trait Put {
        type Error;
        fn put(&self) -> Result<(), Self::Error>;
    }
    struct Text<'a>(&'a str);
    #[sentry::span]
    impl<'a> Put for Text<'a> {
        type Error = Full<&'a str>;
        #[sentry::span("put")]
        fn put(&self) -> Result<(), Self::Error> {
            Err(Full(self.0))
        }
    }

    #[test]
    fn the_block_is_known() {
        let text = String::from("text");
        let spans = super::recorded(true, || Text(&text).put().is_err());
        assert_eq!(super::statuses(&spans, "put"), ["internal_error"]);
    }
}
