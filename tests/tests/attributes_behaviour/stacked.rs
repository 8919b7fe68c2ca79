//! Tests of two attributes on one function: every form of a function sends the same items as a synchronous function.

use std::future::Future;
use std::pin::Pin;

use crate::support::{block_on, pause};

type Answer = Result<u8, std::num::ParseIntError>;

fn fails(text: &'static str) -> Answer {
    text.parse()
}

/// Asserts that all forms send the same items, alone and in a span, with tracing and without.
#[track_caller]
fn compare(forms: &[(&str, fn() -> Answer)]) {
    for rate in [1.0, 0.0] {
        let sent = |run: &dyn Fn()| {
            let tree = crate::support::tree(rate, run);
            let is_function =
                |line: &str| line.trim_start().split(' ').next().is_some_and(|name| name.ends_with("::sync"));
            let lines = tree.lines().map(|line| match line.split_once("::") {
                Some((module, _)) if is_function(line) => line.replace(module.trim_start(), "…"),
                _ => line.to_owned(),
            });
            lines.collect::<Vec<_>>()
        };
        let mut expected = None;
        for (form, run) in forms {
            let run = || assert!(run().is_err());
            let sent = sent(&|| {
                run();
                sentry::start_span("around", |_| run());
            });
            assert!(sent.iter().any(|line| line.contains("ParseIntError")), "{form}: {sent:#?}");
            assert_eq!(
                *expected.get_or_insert_with(|| sent.clone()),
                sent,
                "sync and {form}, sampled at {rate}"
            );
        }
    }
}

macro_rules! pair {
    ($name:ident, [$($first:tt)*], [$($second:tt)*]) => {
        mod $name {
            use super::*;
            #[$($first)*]
            #[$($second)*]
            fn sync(text: &'static str) -> Answer { fails(text) }
            mod later {
                use super::*;
                #[$($first)*]
                #[$($second)*]
                pub async fn sync(text: &'static str) -> Answer { pause().await; fails(text) }
            }
            mod opaque {
                use super::*;
                #[$($first)*]
                #[$($second)*]
                pub fn sync(text: &'static str) -> impl Future<Output = Answer> { async move { pause().await; fails(text) } }
            }
            mod boxed {
                use super::*;
                #[$($first)*]
                #[$($second)*]
                pub fn sync(text: &'static str) -> Pin<Box<dyn Future<Output = Answer>>> {
                    Box::pin(async move { pause().await; fails(text) })
                }
            }
            /// One function per attribute: the outer function returns the future of the inner one.
            mod passed {
                use super::*;
                #[$($second)*]
                pub fn sync(text: &'static str) -> impl Future<Output = Answer> { inner::sync(text) }
                mod inner {
                    use super::*;
                    #[$($first)*]
                    pub async fn sync(text: &'static str) -> Answer { pause().await; fails(text) }
                }
            }
            #[test]
            fn every_form_sends_the_same() {
                let forms: [(&str, fn() -> Answer); 5] = [
                    ("sync", || sync("x")),
                    ("async fn", || block_on(later::sync("x"))),
                    ("impl Future", || block_on(opaque::sync("x"))),
                    ("a box", || block_on(boxed::sync("x"))),
                    ("two functions", || block_on(passed::sync("x"))),
                ];
                compare(&forms);
            }
        }
    };
}

macro_rules! pairs {
    ($($name:ident: $first:tt $second:tt;)*) => { $(pair!($name, $first, $second);)* };
}

pairs! {
    span_span: [sentry::span("one", err)] [sentry::span("two", err)];
    span_action: [sentry::span("one", err)] [sentry::server_action];
    span_handler: [sentry::span("one", err)] [sentry::api_handler("/a")];
    span_fetcher: [sentry::span("one", err)] [sentry::data_fetcher(app)];
    span_monitor: [sentry::span("one", err)] [sentry::monitor("job")];
    action_span: [sentry::server_action] [sentry::span("one", err)];
    action_handler: [sentry::server_action] [sentry::api_handler("/a")];
    action_fetcher: [sentry::server_action] [sentry::data_fetcher(app)];
    action_monitor: [sentry::server_action] [sentry::monitor("job")];
    handler_span: [sentry::api_handler("/a")] [sentry::span("one", err)];
    handler_action: [sentry::api_handler("/a")] [sentry::server_action];
    handler_fetcher: [sentry::api_handler("/a")] [sentry::data_fetcher(app)];
    handler_monitor: [sentry::api_handler("/a")] [sentry::monitor("job")];
    fetcher_span: [sentry::data_fetcher(app)] [sentry::span("one", err)];
    fetcher_action: [sentry::data_fetcher(app)] [sentry::server_action];
    fetcher_handler: [sentry::data_fetcher(app)] [sentry::api_handler("/a")];
    fetcher_monitor: [sentry::data_fetcher(app)] [sentry::monitor("job")];
    monitor_span: [sentry::monitor("job")] [sentry::span("one", err)];
    monitor_action: [sentry::monitor("job")] [sentry::server_action];
    monitor_handler: [sentry::monitor("job")] [sentry::api_handler("/a")];
    monitor_fetcher: [sentry::monitor("job")] [sentry::data_fetcher(app)];
    special_root: [sentry::monitor("job", isolate_trace)] [sentry::span("one", force_transaction)];
    special_trace: [sentry::span("one", new_trace)] [sentry::monitor("job")];
    trace_last: [sentry::span("one", err)] [sentry::span("two", new_trace)];
    root_last: [sentry::span("one", err)] [sentry::span("two", force_transaction)];
    isolated_last: [sentry::span("one", err)] [sentry::monitor("job", isolate_trace)];
    special_child: [sentry::monitor("job")] [sentry::span("one", only_if_parent)];
}
