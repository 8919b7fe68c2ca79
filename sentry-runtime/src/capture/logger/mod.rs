//! Structured logs: a level, a text with parameters, and attributes, linked to the active trace and span.
//!
//! Logs are sent without any option. The integrations for `tracing` and `log` send logs, too, if the option
//! `collect_logs` is on. `enable_logs(false)` turns all of them off. Logs are sent in batches of up to 100, at the latest five seconds
//! after the first; `flush` and the end of the program send waiting logs. At most 900 logs wait; further ones are
//! dropped and counted.
//!
//! The macros are suitable for hot loops: up to six parameters and attributes need no allocation on the caller's
//! thread, if their texts and numbers are known at compile time or stored in place (texts of up to 22 bytes). The
//! pipeline thread formats the text. If logs are off, no argument is evaluated.
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
//! Attributes precede the text, as `name = value`, with dots in names or names in quotes. A value is converted into an
//! [`AttributeValue`] if possible, and otherwise formatted by `Display` or `Debug`. The text and its arguments follow
//! the syntax of `format!`; parameters become the attributes `sentry.message.parameter.<name or number>`.
//!
//! A text that is created at run time is either a parameter, or an argument of the function of the same name, with its
//! attributes. The function needs at least one attribute, because the compiler cannot infer the type of an empty list.
//!
//! ```
//! use sentry::logger;
//!
//! let line = String::from("from another program");
//! logger::info!("{line}");
//! logger::info(line, [("source", "stdin")]);
//! ```
//!
//! The module `template` decides which texts can be formatted later; `record` is the record that the caller hands to
//! the pipeline.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/logs/). The macros have the names and the syntax of the official
//! Rust crate.

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

use crate::protocol::{AttributeValue, nesting};

/// Writes a log whose text is created at run time. The text is sent unchanged, without parameters. For a text without
/// attributes use a macro, `logger_info!("{text}")`: the compiler cannot infer the type of `[]`.
pub fn log<K, V>(
    level: LogLevel,
    text: impl Into<Cow<'static, str>>,
    attributes: impl IntoIterator<Item = (K, V)>,
) where
    K: Into<Cow<'static, str>>,
    V: Into<AttributeValue>,
{
    let Some(mut draft) = record::open(level) else { return nesting::discard_entries(attributes) };
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
