//! Instrument a program by annotating functions.

mod diagnostics;
pub mod protocol;
mod transport;

pub use transport::Transport;
