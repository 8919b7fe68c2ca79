//! Trimming of stacks: removes the frames of the report at the inner end and of the start at the outer end.
//!
//! A panic's stack ends in the hook, the panic runtime and this crate; a thread's begins in libc and
//! `std::rt`. Neither helps to understand the fault, and both would displace the frame that the server shows
//! first and groups by. The frames in between are not changed.

use std::ops::Range;

use super::names;
use super::rules::is_ours;

/// Functions between the fault and its report.
const REPORTING: &[&str] = &[
    "anyhow::",
    "<anyhow::",
    "backtrace::",
    "std::backtrace",
    "<std::backtrace",
    "std::panicking::",
    "std::panic::panic_any",
    "core::panicking::",
    "core::option::unwrap_failed",
    "core::option::expect_failed",
    "core::result::unwrap_failed",
    "core::cell::panic_already",
    "eyre::",
    "<eyre::",
    // Between a log call of the program and the integration that captures it.
    "log::",
    "tracing::",
    "tracing_core::",
    "tracing_subscriber::",
    "std::sys::backtrace::__rust_end_short_backtrace",
    "std::sys_common::backtrace::__rust_end_short_backtrace",
    "__rustc::rust_begin_unwind",
    "rust_begin_unwind",
    "_Unwind_Backtrace",
];

/// Functions that start a thread or the program, for stacks without the usual marker.
const STARTING: &[&str] = &[
    "_start",
    "__libc_start_main",
    "__libc_start_call_main",
    "main",
    "clone",
    "clone3",
    "__clone",
    "__clone3",
    "start_thread",
    "thread_start",
    "_pthread_start",
    "std::rt::",
    "std::panicking::",
    "std::panic::catch_unwind",
    "std::sys::",
    "std::thread::",
    "test::",
];

/// Returns the range of frames to keep, from demangled symbols that run from innermost to outermost.
///
/// Never empty unless `functions` is: a trace with only internal frames is better than none.
pub(crate) fn keep(functions: &[Option<&str>]) -> Range<usize> {
    let start = inner_end(functions);
    let end = outer_end(functions).max(start);
    let end = start + body_end(&functions[start..end]);
    if start == end { 0..functions.len() } else { start..end }
}

/// Returns the number of frames at the inner end that belong to the report.
fn inner_end(functions: &[Option<&str>]) -> usize {
    // Present only while a panic hook runs. The frames inside of it are the hook, which may be the user's own hook
    // around ours.
    let hook = functions
        .iter()
        .position(|f| f.is_some_and(|f| f.starts_with("std::panicking::") && f.contains("panic_with_hook")));
    let mut reporting = hook.map_or(0, |hook| hook + 1);
    for (index, function) in functions.iter().enumerate().skip(reporting) {
        match function {
            Some(function) if is_ours(function) || begins(function, REPORTING) => reporting = index + 1,
            // Boxed hooks and closures of the standard library may lie in between; after the report they
            // are the user's call of `unwrap` or similar, and stay.
            Some(function) if is_glue(function) => {}
            _ => break,
        }
    }
    reporting
}

/// Returns the position, counted from the inner end, at which the start of the thread begins.
fn outer_end(functions: &[Option<&str>]) -> usize {
    // The innermost marker: the test harness sets a second one inside the thread's marker.
    let marker = functions.iter().position(|f| f.is_some_and(is_marker));
    let mut end = marker.unwrap_or_else(|| {
        // Without symbols of libc the outermost frames may have no name; a named frame decides.
        let own = functions.iter().rposition(|f| f.is_some_and(|f| !begins(f, STARTING)));
        let started = functions.iter().rposition(|f| f.is_some_and(|f| begins(f, STARTING)));
        match (own, started) {
            (Some(own), Some(started)) if started > own => own + 1,
            _ => functions.len(),
        }
    });
    // The function that calls `main` or the thread's closure.
    while end > 0 && functions[end - 1].is_some_and(|f| f.contains("core::ops::function::")) {
        end -= 1;
    }
    end
}

/// Returns the number of frames inside of the start of a runtime. An attribute such as `#[tokio::main]` makes a function
/// around the async body, which calls `block_on`: the user knows one `main`.
fn body_end(functions: &[Option<&str>]) -> usize {
    let all = functions.len();
    let Some(Some(outermost)) = functions.last() else { return all };
    let started = names::parse(outermost);
    // `#[sentry::main]` keeps the function that it is put on inside of the one that it makes.
    let inside = started.module.as_ref().map(|module| format!("{module}::{}", started.function));
    let is_same = |name: &names::Name| {
        name.function == started.function && (name.module == started.module || name.module == inside)
    };
    let mut blocks_on = false;
    for (index, function) in functions.iter().enumerate().rev() {
        let Some(function) = function else { continue };
        let name = names::parse(function);
        let is_closure = function.contains("{closure#") || function.contains("{{closure}}");
        if blocks_on && is_closure && is_same(&name) {
            return index + 1;
        }
        if !is_same(&name) && name.krate == started.krate {
            // Another function of the program starts the runtime.
            return all;
        }
        blocks_on |= name.function.split("::").any(|part| part == "block_on");
    }
    all
}

/// Returns whether this is the function in which the standard library begins `main` or a thread: frames outside of it are
/// removed, as long as any frame inside of it remains.
pub(super) fn is_marker(function: &str) -> bool {
    function.contains("__rust_begin_short_backtrace")
}

fn is_glue(function: &str) -> bool {
    let function = function.trim_start_matches(['<', '&']);
    [
        "core::ops::function::",
        "core::option::",
        "core::result::",
        "core::bool::",
        "alloc::boxed::Box",
        "core::panic::unwind_safe::",
        "std::panic::",
        "std::thread::local::",
        // The implementation of `catch_unwind`.
        "__rust_try",
    ]
    .iter()
    .any(|glue| function.starts_with(glue))
}

/// Returns whether the name is in the list, or begins with an entry that ends in `::`.
fn begins(function: &str, list: &[&str]) -> bool {
    let function = function.trim_start_matches('<');
    list.iter().any(|entry| match function.strip_prefix(entry) {
        Some(rest) => rest.is_empty() || entry.contains("::"),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the names that are kept of a stack that is listed innermost first.
    fn kept<'a>(functions: &[&'a str]) -> Vec<&'a str> {
        let optional: Vec<_> = functions.iter().map(|f| Some(*f).filter(|f| *f != "?")).collect();
        functions[keep(&optional)].to_vec()
    }

    #[test]
    fn what_carries_a_log_to_us_is_the_report() {
        let stack = [
            "sentry::integrations::tracing::SentryLayer::on_event",
            "<tracing_subscriber::layer::layered::Layered<L,S> as tracing_core::subscriber::Subscriber>::event",
            "tracing_core::dispatcher::Dispatch::event",
            "std::thread::local::LocalKey<T>::try_with",
            "tracing_core::event::Event::dispatch",
            "shop::save",
            "tracing::span::Span::in_scope",
            "shop::main",
        ];
        assert_eq!(kept(&stack), stack[5..]);
    }

    #[test]
    fn the_start_of_a_runtime_is_the_start_of_the_program() {
        let stack = [
            "sentry::capture_error",
            "shop::pay",
            "shop::main::{{closure}}",
            "<core::pin::Pin<P> as core::future::future::Future>::poll",
            "tokio::runtime::park::CachedParkThread::block_on::{{closure}}",
            "tokio::runtime::context::runtime::enter_runtime",
            "tokio::runtime::runtime::Runtime::block_on",
            "shop::main",
            "core::ops::function::FnOnce::call_once",
            "std::sys::backtrace::__rust_begin_short_backtrace",
        ];
        assert_eq!(kept(&stack), stack[1..3]);
        let nested = [
            "shop::work",
            "shop::main::main::{{closure}}",
            "tokio::Runtime::block_on",
            "shop::main::main",
            "sentry::lifecycle::main_guard::run",
            "shop::main",
        ];
        assert_eq!(kept(&nested), nested[..2]);
        let called = ["shop::main::{{closure}}", "core::iter::Iterator::for_each", "shop::main"];
        assert_eq!(kept(&called), called);
        let own = ["shop::main::{{closure}}", "tokio::Runtime::block_on", "shop::start", "shop::main"];
        assert_eq!(kept(&own), own);
        let other = ["shop::pay::{{closure}}", "tokio::Runtime::block_on", "shop::main"];
        assert_eq!(kept(&other), other);
    }

    #[test]
    fn a_closure_of_ours_that_the_standard_library_calls_is_the_report() {
        assert_eq!(
            kept(&[
                "core::ops::function::FnOnce::call_once",
                "core::option::Option<T>::unwrap_or_else",
                "sentry::capture::errors::capture_explicitly",
                "core::bool::<impl bool>::then",
                "sentry::api::capture::capture_error",
                "core::result::Result<T,E>::inspect_err",
                "shop::pay",
            ]),
            ["core::result::Result<T,E>::inspect_err", "shop::pay"]
        );
    }

    #[test]
    fn what_we_contain_while_we_report_is_the_report() {
        for receiver in ["&&", "&mut &&&", ""] {
            let report = format!(
                "<{receiver}sentry::instrument::autoref::failure::Returned<core::result::Result<T,E>> as sentry::instrument::autoref::failure::Reports>::sentry_report"
            );
            let stack = [
                "sentry::capture::errors::capture",
                "std::panicking::catch_unwind::do_call",
                "__rust_try",
                "std::panic::catch_unwind",
                "sentry::base::callback::contain",
                "sentry::instrument::autoref::failure::tell",
                &report,
                "shop::pay",
                "__rust_try",
                "std::panic::catch_unwind",
                "shop::serve",
            ];
            assert_eq!(kept(&stack), stack[7..], "{receiver}");
        }
    }

    #[test]
    fn a_panic_in_main() {
        let stack = [
            "backtrace::backtrace::libunwind::trace",
            "sentry::stacktrace::capture::RawStack::capture",
            "sentry::lifecycle::panic::hook::{{closure}}",
            "<alloc::boxed::Box<F,A> as core::ops::function::Fn<Args>>::call",
            "std::panicking::panic_with_hook",
            "std::panicking::panic_handler::{{closure}}",
            "std::sys::backtrace::__rust_end_short_backtrace",
            "__rustc::rust_begin_unwind",
            "core::panicking::panic_fmt",
            "core::result::unwrap_failed",
            "core::result::Result<T,E>::unwrap",
            "shop::order::place",
            "shop::main",
            "core::ops::function::FnOnce::call_once",
            "std::sys::backtrace::__rust_begin_short_backtrace",
            "std::rt::lang_start::{{closure}}",
            "std::panicking::catch_unwind::do_call",
            "main",
            "?",
            "__libc_start_main",
            "_start",
        ];
        assert_eq!(kept(&stack), ["core::result::Result<T,E>::unwrap", "shop::order::place", "shop::main"]);
    }

    #[test]
    fn a_hook_of_the_users_around_ours_is_not_the_fault() {
        let stack = [
            "sentry::lifecycle::panic::hook",
            "<alloc::boxed::Box<F,A> as core::ops::function::Fn<Args>>::call",
            "shop::main::{{closure}}",
            "<alloc::boxed::Box<F,A> as core::ops::function::Fn<Args>>::call",
            "std::panicking::rust_panic_with_hook",
            "std::panicking::begin_panic",
            "std::panic::panic_any",
            "shop::order::place",
        ];
        assert_eq!(kept(&stack), ["shop::order::place"]);
    }

    #[test]
    fn without_the_marker_the_start_is_known_by_name() {
        assert_eq!(
            kept(&["sentry::capture_error", "shop::main", "std::rt::lang_start", "main", "?"]),
            ["shop::main"]
        );
        assert_eq!(kept(&["shop::a", "shop::b", "?", "?"]), ["shop::a", "shop::b", "?", "?"]);
        assert_eq!(kept(&["shop::on_event", "lib_dispatch", "main"]), ["shop::on_event", "lib_dispatch"]);
    }

    #[test]
    fn an_error_reported_while_a_panic_unwinds_keeps_the_panic() {
        let stack = [
            "sentry::capture_error",
            "<shop::Cart as core::ops::drop::Drop>::drop",
            "core::panicking::panic_fmt",
            "shop::pay",
        ];
        assert_eq!(kept(&stack), stack[1..]);
    }

    #[test]
    fn something_always_stays() {
        assert_eq!(kept(&["sentry::a", "std::rt::lang_start"]), ["sentry::a", "std::rt::lang_start"]);
        assert_eq!(kept(&["sentry::a", "sentry::b"]), ["sentry::a", "sentry::b"]);
        assert_eq!(kept(&["?", "?"]), ["?", "?"]);
        assert!(kept(&[]).is_empty());
    }
}
