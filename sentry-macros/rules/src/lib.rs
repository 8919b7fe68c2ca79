//! Validation rules that the attribute macros and the runtime of `sentry-runtime` share.
//!
//! Do not depend on this crate: it is an implementation detail of `sentry-runtime` and may change with every release.
//!
//! The attribute macros apply the rules to literals at compile time; the runtime applies the same code to values that
//! exist only at run time. Every check is a pure function from a string to a parsed value, or to an error whose message
//! names the value, the rule and the fix. The crate has no dependencies, because every user of the macros builds it.
//!
//! ```
//! assert_eq!(sentry_rules::crontab::check("@daily").unwrap(), "0 0 * * *");
//! let error = sentry_rules::slug::check("Nightly Report").unwrap_err();
//! assert!(error.to_string().contains("nightly-report"));
//! ```

mod calendar;
pub mod conventions;
pub mod crontab;
pub mod duration;
pub mod interval;
pub mod monitor;
mod names;
mod nearest;
pub mod next_run;
pub mod route;
pub mod slug;
pub mod tag;
pub mod timezone;

pub use nearest::{is_one_edit, nearest};
