//! The guard of `#[sentry::main]`, which holds the client while `main` runs.

use crate::capture::errors::{self, ErrorOrigin};
use crate::context::active;
use crate::context::entered;
use crate::context::entered::Entered;
use crate::error::failure::Failure;
use crate::instrument::autoref::Fails;
use crate::lifecycle::guard::ClientInitGuard;
use crate::lifecycle::init;
use crate::options::ClientOptions;
use crate::trace::clock::{self, Ticks};
use crate::trace::ids::Lineage;

/// The client of a program, from before the runtime starts until after it has ended.
#[derive(Debug)]
pub struct MainGuard {
    entered: Option<Entered>,
    since: Ticks,
    client: Option<ClientInitGuard>,
}

/// Makes the client of an annotated `main`.
#[must_use]
pub fn main_guard(options: Option<ClientOptions>) -> MainGuard {
    let client = init::init(options.unwrap_or_default());
    let context = std::sync::Arc::new(active::context().with_boundary());
    MainGuard {
        entered: Some(entered::enter(context, Lineage::NONE)),
        since: clock::now(),
        client: Some(client),
    }
}

impl MainGuard {
    /// Captures the error that `main` returned, if any, sends everything, and returns the result.
    pub fn finish<R>(mut self, result: R, look: impl FnOnce(&R, &mut Self)) -> R {
        look(&result, &mut self);
        drop(self);
        result
    }

    /// Captures the error that `main` returned.
    pub fn failed(&mut self, failure: Failure<'_>) {
        errors::capture(failure, self.since, ErrorOrigin::Main);
    }
}

impl Drop for MainGuard {
    fn drop(&mut self) {
        errors::close(active::with(|context| context.boundary));
        drop(self.entered.take());
        drop(self.client.take());
    }
}

impl Fails for MainGuard {
    fn fail(&mut self, failure: Failure<'_>) {
        self.failed(failure);
    }

    fn fail_silently(&mut self) {
        errors::capture_unhandled(ErrorOrigin::Main, None);
    }
}
