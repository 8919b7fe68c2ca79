//! Crash reports: an event and a minidump when a signal, or an exception of Windows, ends the program.
//!
//! The option [`crash_reports`](field@crate::ClientOptions::crash_reports) turns them on; nothing else is needed. The guide
//! [`crashes`](crate::guide::crashes) describes what is reported and how.
//!
//! ```no_run
//! #[sentry::main(options = sentry::ClientOptions::new().crash_reports(true))]
//! fn main() {
//!     // A crash in here, in any thread, is reported.
//! }
//! ```

pub use crate::lifecycle::crash::is_monitor_process;
