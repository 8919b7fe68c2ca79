//! The rules both halves of `sentry-runtime` check by.
//!
//! The attribute macros apply them when a program is compiled, to the literals they are given; the
//! runtime applies the same code to values that only exist at run time. Every check is a pure
//! function from a string to a parsed value or to an error whose text names the value, the rule
//! and the fix. No dependency, no allocation but for the answers.
//!
//! ```
//! assert_eq!(sentry_rules::crontab::check("@daily").unwrap(), "0 0 * * *");
//! let error = sentry_rules::slug::check("Nightly Report").unwrap_err();
//! assert!(error.to_string().contains("nightly-report"));
//! ```

pub mod crontab;
pub mod interval;
pub mod monitor;
mod names;
mod nearest;
pub mod route;
pub mod slug;
pub mod tag;
pub mod timezone;

pub use nearest::nearest;
