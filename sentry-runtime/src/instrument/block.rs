//! The macro `enter_span!`, the counterpart of `#[span]` for a block of code.

/// Starts a span that is active until the returned guard is dropped, at the latest at the end of the block. It costs
/// the same as `#[sentry::span]`: one constant, and one record when the span ends.
///
/// The first argument is the name, a literal or a constant. `op = …` and attributes follow, in the syntax of
/// `#[span(attributes(…))]`: `key = value`, `order.id = value` or `"any name" = value`. The values are evaluated only
/// if the span is recorded.
///
/// ```
/// fn import(rows: &[&str]) -> usize {
///     let _span = sentry::enter_span!("parse rows", op = "task", rows = rows.len(), "rows.kind" = "csv");
///     rows.iter().filter(|row| !row.is_empty()).count()
/// }
/// # assert_eq!(import(&["a"]), 1);
/// ```
///
/// The guard is bound to its thread: a future that holds it across an `.await` is not `Send`, and the span would also
/// cover other tasks that the thread runs meanwhile. In async code, use
/// [`start_span_async`](crate::start_span_async) or annotate the function.
///
/// ```compile_fail
/// fn spawn(_future: impl Future<Output = ()> + Send) {}
///
/// spawn(async {
///     let _span = sentry::enter_span!("held too long");
///     std::future::ready(()).await;
/// });
/// ```
#[macro_export]
macro_rules! enter_span {
    ($name:expr $(,)?) => {
        $crate::__sentry_enter_span!([$name] [] [])
    };
    ($name:expr, $($fields:tt)+) => {
        $crate::__sentry_enter_span!([$name] [] [] $($fields)+)
    };
}

/// Parses the fields of `enter_span!` one by one.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_enter_span {
    ([$name:expr] [$($calls:tt)*] [$($key:expr => $value:expr;)*]) => {{
        enum __SentryFunction {}
        let guard = $crate::__private::enter(&$crate::__private::Callsite {
            path: ::core::any::type_name::<__SentryFunction>,
            module: ::core::module_path!(),
            location: ::core::concat!(::core::file!(), ":", ::core::line!()),
            options: const { &$crate::__private::CallsiteOptions::new().name($name).origin("manual") $($calls)* },
        });
        $(
            if guard.is_recording() {
                guard.set($key, $crate::__private::attribute!(&$value));
            }
        )*
        guard
    }};
    ([$name:expr] [$($calls:tt)*] [$($set:tt)*] op = $op:expr $(, $($rest:tt)*)?) => {
        $crate::__sentry_enter_span!([$name] [$($calls)* .op($op)] [$($set)*] $($($rest)*)?)
    };
    ([$name:expr] [$($calls:tt)*] [$($set:tt)*] $first:ident $(. $part:ident)* = $value:expr $(, $($rest:tt)*)?) => {
        $crate::__sentry_enter_span!(
            [$name] [$($calls)*]
            [$($set)* ::core::concat!(::core::stringify!($first) $(, ".", ::core::stringify!($part))*) => $value;]
            $($($rest)*)?
        )
    };
    ([$name:expr] [$($calls:tt)*] [$($set:tt)*] $key:literal = $value:expr $(, $($rest:tt)*)?) => {
        $crate::__sentry_enter_span!([$name] [$($calls)*] [$($set)* $key => $value;] $($($rest)*)?)
    };
}
