//! Tests of functions made by `macro_rules!`: interpolated tokens keep their bounds, hygiene and precedence.

use crate::support::{block_on, recorded, statuses};

macro_rules! times {
    ($(#[$attr:meta])* $vis:vis $name:ident, $value:expr, $ty:ty) => {
        #[sentry::span]
        $(#[$attr])*
        $vis fn $name(x: $ty) -> $ty { x * $value }
    };
}
times!(#[inline] pub(crate) doubled, 1 + 1, i32);
times!(tripled, 1 + 2, u8);

macro_rules! fallible {
    ($name:ident, $arg:pat, $ty:ty, $result:ty, $body:block) => {
        #[sentry::span(err)]
        fn $name($arg: $ty) -> $result $body
    };
}
fallible!(of_block, _a, (u8, u8), Result<u8, String>, { Err("x".into()) });

macro_rules! hygienic {
    ($name:ident, $outer:ident) => {
        #[sentry::span(args($outer))]
        fn $name($outer: u8, inner: u8) -> Result<u8, ()> {
            let inner = inner + 1;
            Ok($outer * inner)
        }
        mod later {
            #[sentry::span(args($outer))]
            pub async fn $name($outer: u8, (inner, _): (u8, u8)) -> Result<u8, ()> {
                let inner = inner + 1;
                Ok($outer * inner)
            }
            /// The name in the pattern comes from the caller, and is not the other argument of the same name.
            #[sentry::span(name = "hygiene of a pattern", args($outer), parent = sentry::get_active_span().filter(|_| $outer.is_power_of_two()))]
            pub async fn pattern(($outer, _): (u8, u8), inner: u8) -> Result<u8, ()> {
                Ok($outer * inner)
            }
        }
    };
}
hygienic!(hygiene, inner);

macro_rules! block {
    ($ty:ident { $($item:item)* } $($method:ident = $value:expr),*) => {
        struct $ty;
        #[sentry::span]
        impl $ty {
            $($item)*
            $(fn $method(&self) -> u8 { 2 * $value })*
        }
    };
}
block!(Made { fn whole(&self) -> Result<u8, ()> { Err(()) } const ONE: u8 = 1; } first = 1 + 1, second = 2 + 1);

fallible!(of_irrefutable, (a, b), (u8, u8), u8, { a + b });

#[test]
fn functions_made_by_macros() {
    let spans = recorded((6, 9, 5, Err("x".to_string()), Ok(8), (Ok(8), Ok(6)), 4, 6, Err(())), || {
        (
            doubled(3),
            tripled(3),
            of_irrefutable((2, 3)),
            of_block((1, 2)),
            hygiene(2, 3),
            (block_on(later::hygiene(2, (3, 0))), block_on(later::pattern((2, 0), 3))),
            Made.first(),
            Made.second(),
            Made.whole(),
        )
    });
    assert_eq!(statuses(&spans, "Made::whole"), ["internal_error"]);
    assert_eq!(statuses(&spans, "Made::first"), ["ok"]);
    assert_eq!(statuses(&spans, "of_block"), ["internal_error"]);
    let hygienic: Vec<_> = spans.iter().filter(|span| span.name.contains("hygiene")).collect();
    assert_eq!(hygienic.len(), 3, "{spans:?}");
    assert!(hygienic.iter().all(|span| span.data["inner"] == 2), "{spans:?}");
}
