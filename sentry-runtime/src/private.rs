//! The items that the expansions of the attributes call: the complete contract between the two crates. It may change
//! with every release, together with the macros; programs do not call it.

use crate::options::ClientOptions;

pub use crate::capture::unwinding::catching;
#[cfg(fuzzing)]
pub use crate::fuzz;
pub use crate::instrument::async_span::{AsyncSpan, span, span_under};
pub use crate::instrument::attributes::Attributes;
pub use crate::instrument::autoref::*;
pub use crate::instrument::guard::{SpanGuard, begin, begin_fallible, begin_special, enter, guard};
pub use crate::instrument::guard_under::{GuardUnder, enter_under};
pub use crate::instrument::handler::{FormData, Handler, api_handler, data_fetcher, server_action};
pub use crate::instrument::instrumented::{
    End, Held, Instrumented, Observer, PollHooks, Unobserved, hold, instrument, observe,
};
pub use crate::instrument::monitor::{Monitor, monitor};
pub use crate::instrument::passed_on::{PassAnew, PassedOn};
#[cfg(feature = "stream")]
pub use crate::instrument::stream::{SpannedStream, stream};
pub use crate::instrument::vars::future::{explain, value_of};
pub use crate::instrument::vars::running::{call_with, catching_with};
pub use crate::instrument::vars::{VarsSite, explained, keeps_vars, vars};
pub use crate::lifecycle::main_guard::{MainGuard, main_guard};
pub use crate::protocol::AttributeValue;
pub use crate::trace::callsite::{Callsite, CallsiteOptions};
pub use crate::trace::monitor_site::MonitorSite;
pub use crate::trace::packed::AttributeKeys;
pub use crate::{
    __sentry_attribute as attribute, __sentry_form_data as form_data, __sentry_headers as headers,
    __sentry_if_stream as if_stream, __sentry_keep as keep, __sentry_keep_own as keep_own,
    __sentry_made_attribute as made_attribute, __sentry_passed_on as passed_on, __sentry_refusal as refusal,
    __sentry_report as report, __sentry_report_inner as report_inner, __sentry_response as response,
    __sentry_site as site, __sentry_status as status, __sentry_text as text,
};
pub use sentry_macros::{__sentry_in_block, release_with_commit};

/// The items that the macros of the logger call.
pub mod log {
    pub use crate::capture::logger::parameter::{
        Parameter, ParameterAny, ParameterDebug, ParameterDisplay, ParameterPlain, Plain,
    };
    pub use crate::capture::logger::record::{LogDraft, open};
    pub use crate::capture::logger::template::is_plain;
}

/// The declared output of an `async` block in unreachable code; cheaper to compile than any value.
#[must_use]
#[cold]
pub fn output<T>() -> T {
    unreachable!("behind `if false`")
}

/// Calls a closure once, so that its captures can be moved out and borrowed for their whole lifetime.
#[inline(always)]
#[track_caller]
pub fn call<R, F: FnOnce() -> R>(function: F) -> R {
    function()
}

/// Sets the release unless the program or the environment names one.
#[must_use]
pub fn default_release(options: ClientOptions, release: &'static str) -> ClientOptions {
    let named = std::env::var("SENTRY_RELEASE").is_ok_and(|release| !release.trim().is_empty());
    if options.release.is_some() || named { options } else { options.release(release) }
}
