//! Structured logs: a level, a text with parameters, and attributes, linked to the trace and the span in which they
//! were written.
//!
//! They are sent when the option `enable_logs` is on. Up to 100 travel together, at the latest five seconds after
//! the first; `flush` and the end of the program send what waits. Of what is written faster than it can be sent,
//! 900 wait, and the rest is counted as lost.
//!
//! The macros are for hot loops as well: texts and numbers that are known to the compiler or held in place (texts
//! of up to 22 bytes) need no allocation on the caller's thread, and up to six parameters and attributes together.
//! The text is put together on the pipeline thread. When logs are off, no argument is evaluated.
//!
//! ```
//! use sentry::logger;
//!
//! let (user, lamps) = ("ada", 3);
//! logger::info!("the shop is open");
//! logger::warn!("{} ordered {} lamps", user, lamps);
//! logger::error!(order.id = 1002, order.paid = false, "order {id} was not paid", id = 1002);
//! ```
//!
//! Attributes stand before the text, as `name = value`, with dots in names or names in quotes. A value is anything
//! that converts into an [`AttributeValue`], else is shown by `Display` or `Debug`. What stands after the text is
//! as in `format!`; parameters become the attributes `sentry.message.parameter.<name or number>`.
//!
//! A text that is made at run time is a parameter, or goes to the function of the same name with its attributes.
//! Without any the compiler could not tell their type.
//!
//! ```
//! use sentry::logger;
//!
//! let line = String::from("from another program");
//! logger::info!("{line}");
//! logger::info(line, [("source", "stdin")]);
//! ```
//!
//! `template` says which texts can be put together later, `record` is what a caller leaves behind; the pipeline
//! does the rest.
//!
//! Spec: `telemetry/logs.mdx`. The macros have the names and the syntax of the official Rust crate.

mod macros;
pub(crate) mod parameter;
pub(crate) mod record;
pub(crate) mod template;

use std::borrow::Cow;

pub use crate::protocol::LogLevel;
pub use crate::{
    logger_debug as debug, logger_error as error, logger_fatal as fatal, logger_info as info,
    logger_trace as trace, logger_warn as warn,
};

use crate::protocol::AttributeValue;

/// Writes a log whose text is made at run time. The text is taken as it is, without parameters. A text without
/// attributes is rather written by a macro, `logger_info!("{text}")`: of `[]` nobody could tell the type.
pub fn log<K, V>(
    level: LogLevel,
    text: impl Into<Cow<'static, str>>,
    attributes: impl IntoIterator<Item = (K, V)>,
) where
    K: Into<Cow<'static, str>>,
    V: Into<AttributeValue>,
{
    let Some(mut draft) = record::open(level) else { return };
    for (key, value) in attributes {
        draft.attribute(key.into(), value.into());
    }
    draft.finish(text.into());
}

macro_rules! levels {
    ($($(#[$doc:meta])* $name:ident = $level:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name<K, V>(text: impl Into<Cow<'static, str>>, attributes: impl IntoIterator<Item = (K, V)>)
        where
            K: Into<Cow<'static, str>>,
            V: Into<AttributeValue>,
        {
            log(LogLevel::$level, text, attributes);
        }
    )*};
}

levels! {
    /// Writes a log of level `trace`, see [`log`](fn@log).
    trace = Trace;
    /// Writes a log of level `debug`, see [`log`](fn@log).
    debug = Debug;
    /// Writes a log of level `info`, see [`log`](fn@log).
    info = Info;
    /// Writes a log of level `warn`, see [`log`](fn@log).
    warn = Warn;
    /// Writes a log of level `error`, see [`log`](fn@log).
    error = Error;
    /// Writes a log of level `fatal`, see [`log`](fn@log).
    fatal = Fatal;
}
