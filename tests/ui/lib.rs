//! Cases in `pass` and `fail`, the latter with the expected messages of the compiler. `ui.rs` runs them.
