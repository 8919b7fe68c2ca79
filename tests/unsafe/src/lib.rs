//! The modules of `sentry-runtime` with `unsafe` code, with their own unit tests and nothing around them, so that an
//! interpreter need not build what it is not asked about. What they take from the rest of the library stands below.

#![cfg(test)]
#![allow(dead_code, reason = "the rest of the library uses it")]

#[path = "../../../sentry-runtime/src/trace/cache_lines.rs"]
mod cache_lines;
#[path = "../../../sentry-runtime/src/instrument/instrumented.rs"]
mod instrumented;
#[path = "../../../sentry-runtime/src/instrument/passed_on.rs"]
mod passed_on;
#[path = "../../../sentry-runtime/src/trace/ring.rs"]
mod ring;
#[path = "../../../sentry-runtime/src/trace/ring_parts.rs"]
mod ring_parts;
#[path = "../../../sentry-runtime/src/base/static_map.rs"]
mod static_map;

#[path = "."] // the paths inside of it begin here
mod vars {
    #[path = "../../../sentry-runtime/src/instrument/vars/future.rs"]
    mod future;

    /// As in the library.
    #[derive(Debug)]
    pub struct VarsSite {
        pub marker: fn() -> &'static str,
        pub location: &'static str,
        pub names: &'static [&'static str],
    }

    /// The future only carries them.
    #[derive(Debug)]
    pub struct Vars<V>(&'static VarsSite, V);

    pub trait KeptVars {}
    impl KeptVars for () {}

    pub fn vars<V: KeptVars>(site: &'static VarsSite, kept: V) -> Vars<V> {
        Vars(site, kept)
    }

    pub(crate) mod running {
        use super::{KeptVars, Vars};

        /// In the library, a panic shows the values.
        pub(crate) fn while_running<R, V: KeptVars>(_vars: &Vars<V>, run: impl FnOnce() -> R) -> R {
            run()
        }
    }
}

mod trace {
    pub(crate) mod record {
        /// As in the library.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum SpanOutcome {
            Ok,
            Failed,
            Cancelled,
        }
    }

    pub(crate) mod ids {
        /// Two words, as in the library.
        #[derive(Debug, Clone, Copy, Default)]
        pub(crate) struct Lineage(u64, u64);
    }
}

mod context {
    pub(crate) mod thread_context {
        /// The future only carries it.
        #[derive(Debug)]
        pub(crate) struct Context;
    }

    pub(crate) mod state {
        use std::sync::Arc;

        use super::thread_context::Context;
        use crate::trace::ids::Lineage;

        /// As in the library.
        #[derive(Debug, Default)]
        pub(crate) struct SavedContext {
            pub(crate) context: Option<Arc<Context>>,
            pub(crate) active: Lineage,
        }
    }

    pub(crate) mod active {
        use super::state::SavedContext;
        use crate::trace::ids::Lineage;

        /// In the library these change what is active on the thread.
        pub(crate) fn swap(new: SavedContext) -> SavedContext {
            new
        }

        pub(crate) fn replace(span: Lineage) -> Lineage {
            span
        }
    }
}
