//! Cases in `pass` and `fail`, and the messages that the compiler has for the latter beside them. `ui.rs` runs them.
