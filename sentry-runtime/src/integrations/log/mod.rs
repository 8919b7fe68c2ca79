//! Logger for the crate `log`. It records log records as breadcrumbs, events and structured logs, and forwards them to
//! another logger. Needs the feature `log`.
//!
//! ```
//! use sentry::integrations::log::{LogFilter, SentryLogger};
//!
//! # struct Printer;
//! # impl log::Log for Printer {
//! #     fn enabled(&self, _: &log::Metadata<'_>) -> bool { true }
//! #     fn log(&self, _: &log::Record<'_>) {}
//! #     fn flush(&self) {}
//! # }
//! let printer = Printer; // env_logger or any other logger
//! SentryLogger::with_dest(printer)
//!     .filter(|metadata| match metadata.level() {
//!         log::Level::Error => LogFilter::Event | LogFilter::Log,
//!         log::Level::Warn | log::Level::Info => LogFilter::Breadcrumb | LogFilter::Log,
//!         _ => LogFilter::Ignore,
//!     })
//!     .init()?;
//!
//! log::error!(order = 7; "the order was not paid");
//! # Ok::<(), log::SetLoggerError>(())
//! ```
//!
//! The filter in this example is the default. Key-values become data of breadcrumbs, attributes of logs, and the
//! context `Rust Log Attributes` of events. Key-values whose names begin with `tags.` become tags of events.
//!
//! A program that also uses `tracing` needs [`tracing`](https://docs.rs/tracing)'s layer for its spans. It should
//! forward `log` records to only one of the two.
//!
//! Records of the toolkit's own threads are forwarded, but not captured, because its HTTP client logs too.

mod official;

pub use super::log_bridge::Filter as LogFilter;
pub use official::{RecordMapping, breadcrumb_from_record, event_from_record, exception_from_record};

use std::fmt;

use log::kv::{self, VisitSource, VisitValue};
use log::{LevelFilter, Log, Metadata, Record, SetLoggerError};

use super::log_bridge::{self, Gate, LogEntry, LogFields, LogOrigin};
use crate::base::callback;
use crate::base::diagnostics;
use crate::protocol::{AttributeValue, LogLevel};
use official::Mapper;

const ORIGIN: LogOrigin =
    LogOrigin { name: "auto.log.log", fields: "Rust Log Attributes", location: "Rust Log Metadata" };

/// A logger that discards all records; the default destination of [`SentryLogger::new`].
#[derive(Debug, Clone, Copy, Default)]
pub struct NoopLogger;

impl Log for NoopLogger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &Record<'_>) {}

    fn flush(&self) {}
}

/// The filter function.
type Choice = Box<dyn Fn(&Metadata<'_>) -> LogFilter + Send + Sync>;

/// The logger, see the [module](self).
pub struct SentryLogger<L: Log = NoopLogger> {
    dest: L,
    filter: Choice,
    mapper: Option<Mapper>,
}

impl SentryLogger {
    /// Returns a logger that forwards its records to no other logger.
    #[must_use]
    pub fn new() -> Self {
        Self::with_dest(NoopLogger)
    }
}

impl Default for SentryLogger {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: Log> SentryLogger<L> {
    /// Returns a logger that forwards its records to another one, which applies its own filter.
    #[must_use]
    pub fn with_dest(dest: L) -> Self {
        Self { dest, filter: Box::new(default_filter), mapper: None }
    }

    /// Sets the filter that decides what a record becomes, instead of [`default_filter`]. If the filter panics, the
    /// record is ignored.
    #[must_use]
    pub fn filter(mut self, filter: impl Fn(&Metadata<'_>) -> LogFilter + Send + Sync + 'static) -> Self {
        self.filter = Box::new(filter);
        self
    }

    /// Sets a function that makes the breadcrumbs and events of a record itself, instead of the filter. If it panics, the
    /// record is ignored.
    ///
    /// ```
    /// use sentry::integrations::log::{RecordMapping, SentryLogger, breadcrumb_from_record, event_from_record};
    ///
    /// let logger = SentryLogger::new().mapper(|record| match record.level() {
    ///     log::Level::Error => {
    ///         let mut event = event_from_record(record);
    ///         event.fingerprint = vec![record.target().to_owned().into()].into();
    ///         RecordMapping::Event(Box::new(event))
    ///     }
    ///     _ => RecordMapping::Breadcrumb(breadcrumb_from_record(record)),
    /// });
    /// # drop(logger);
    /// ```
    #[must_use]
    pub fn mapper<T: Into<Vec<RecordMapping>>>(
        mut self,
        mapper: impl Fn(&Record<'_>) -> T + Send + Sync + 'static,
    ) -> Self {
        self.mapper = Some(Mapper::new(mapper));
        self
    }

    fn choose(&self, metadata: &Metadata<'_>) -> LogFilter {
        callback::run(callback::depth(), || (self.filter)(metadata)).unwrap_or_else(|_| {
            diagnostics::error(format_args!("the filter of SentryLogger panicked; the record is ignored"));
            LogFilter::Ignore
        })
    }

    fn tell(&self, record: &Record<'_>) {
        let Some(_gate) = Gate::pass() else { return };
        if let Some(mapper) = &self.mapper {
            return mapper.tell(record);
        }
        let filter = self.choose(record.metadata());
        if !filter.is_ignore() {
            entry(record).tell(filter);
        }
    }
}

/// Reads a record.
fn entry<'a>(record: &Record<'a>) -> LogEntry<'a> {
    let mut content = LogFields { message: Some(log_bridge::written(record.args())), ..LogFields::default() };
    // Unreadable key-values are left out.
    let _ = callback::show(|| record.key_values().visit(&mut Reader(&mut content)));
    LogEntry {
        origin: &ORIGIN,
        level: level(record.level()),
        target: record.target(),
        module: record.module_path(),
        file: record.file(),
        line: record.line(),
        content,
    }
}

impl<L: Log + 'static> SentryLogger<L> {
    /// Installs the logger as the logger of the process. If `log`'s maximum level is below `info`, it is raised to
    /// `info`; for a higher level, call [`log::set_max_level`].
    ///
    /// # Errors
    /// Returns an error if the process already has a logger.
    pub fn init(self) -> Result<(), SetLoggerError> {
        log::set_boxed_logger(Box::new(self))?;
        log::set_max_level(log::max_level().max(LevelFilter::Info));
        Ok(())
    }
}

impl<L: Log> Log for SentryLogger<L> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Behind the gate: the filter may call this method as well, which would recurse forever.
        self.dest.enabled(metadata)
            || self.mapper.is_some()
            || Gate::ask().is_some_and(|_gate| !self.choose(metadata).is_ignore())
    }

    fn log(&self, record: &Record<'_>) {
        self.tell(record);
        self.dest.log(record);
    }

    fn flush(&self) {
        self.dest.flush();
    }
}

impl<L: Log + fmt::Debug> fmt::Debug for SentryLogger<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentryLogger").field("dest", &self.dest).finish_non_exhaustive()
    }
}

/// Returns the default: errors become events and logs, warnings and information become breadcrumbs and logs, and all
/// other records are ignored.
#[must_use]
pub fn default_filter(metadata: &Metadata<'_>) -> LogFilter {
    match metadata.level() {
        log::Level::Error => LogFilter::Event | LogFilter::Log,
        log::Level::Warn | log::Level::Info => LogFilter::Breadcrumb | LogFilter::Log,
        log::Level::Debug | log::Level::Trace => LogFilter::Ignore,
    }
}

/// Installs a [`SentryLogger`] without another logger behind it as the logger of the process, see
/// [`SentryLogger::init`].
///
/// # Errors
/// Returns an error if the process already has a logger.
pub fn init() -> Result<(), SetLoggerError> {
    SentryLogger::new().init()
}

fn level(level: log::Level) -> LogLevel {
    match level {
        log::Level::Error => LogLevel::Error,
        log::Level::Warn => LogLevel::Warn,
        log::Level::Info => LogLevel::Info,
        log::Level::Debug => LogLevel::Debug,
        log::Level::Trace => LogLevel::Trace,
    }
}

/// Reads key-values.
struct Reader<'a>(&'a mut LogFields);

impl<'kvs> VisitSource<'kvs> for Reader<'_> {
    fn visit_pair(&mut self, key: kv::Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        let mut read = Read(AttributeValue::Null);
        value.visit(&mut read)?;
        self.0.add(key.as_str().to_owned(), read.0);
        Ok(())
    }
}

/// Reads one value.
struct Read(AttributeValue);

macro_rules! reads {
    ($($name:ident: $ty:ty;)*) => {$(
        fn $name(&mut self, value: $ty) -> Result<(), kv::Error> {
            self.0 = AttributeValue::from(value);
            Ok(())
        }
    )*};
}

impl<'v> VisitValue<'v> for Read {
    fn visit_any(&mut self, value: kv::Value<'_>) -> Result<(), kv::Error> {
        self.0 = log_bridge::written(&value).into();
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), kv::Error> {
        Ok(())
    }

    fn visit_str(&mut self, value: &str) -> Result<(), kv::Error> {
        self.0 = log_bridge::text(value).into();
        Ok(())
    }

    reads! {
        visit_u64: u64;
        visit_i64: i64;
        visit_u128: u128;
        visit_i128: i128;
        visit_f64: f64;
        visit_bool: bool;
        visit_char: char;
    }
}
