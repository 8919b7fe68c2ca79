//! The modules of `sentry-runtime` with `unsafe` code, with their own unit tests and nothing around them, so that an
//! interpreter need not build what it is not asked about. What they take from the rest of the library stands below.

#![cfg(test)]
#![allow(dead_code, reason = "the rest of the library uses it")]

#[path = "../../../sentry-runtime/src/trace/instrumented.rs"]
mod instrumented;
#[path = "../../../sentry-runtime/src/trace/ring.rs"]
mod ring;
#[path = "../../../sentry-runtime/src/trace/ring_parts.rs"]
mod ring_parts;

mod record {
    /// As in the library.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Outcome {
        Ok,
        Failed,
        Cancelled,
    }
}

mod scope {
    pub(crate) mod active {
        /// In the library it holds a context; the future only carries it.
        #[derive(Debug, Default)]
        pub(crate) struct Saved;
    }
}
