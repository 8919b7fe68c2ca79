//! The functions that programs call. Each only delegates to the modules below.

mod capture;
mod client;
mod cron;
mod feedback;
mod handlers;
mod official;
mod propagation;
pub mod queue;
mod scope;
mod scopes;
mod session;
mod trace;

pub use capture::*;
pub use client::*;
pub use cron::*;
pub use feedback::*;
pub use handlers::*;
pub use official::*;
pub use propagation::*;
pub use scope::*;
pub use scopes::*;
pub use session::*;
pub use trace::*;
