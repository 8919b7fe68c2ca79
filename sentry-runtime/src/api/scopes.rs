//! The functions that return the three scopes and run code in its own scopes.

use std::sync::Arc;

use crate::client;
use crate::context::active;
use crate::context::entered;
use crate::context::scope_handle::{ScopeGuard, ScopeHandle};
use crate::context::thread_context::Context;
use crate::instrument::future::Bound;
use crate::instrument::instrumented::{Instrumented, instrument};
use crate::scope::{self, Scope, ScopeCell};

/// Returns the global scope. Its data applies to everything that the process captures, in every isolation scope. It
/// exists before `init`.
///
/// ```
/// sentry::get_global_scope().set_tag("datacenter", "vienna");
/// ```
#[must_use]
pub fn get_global_scope() -> ScopeHandle {
    ScopeHandle::new(Arc::clone(scope::global()))
}

/// Returns the isolation scope: the scope of this request or job, to which functions such as
/// [`set_tag`](crate::set_tag) write. Every annotated web handler, every monitored job and every
/// [`with_isolation_scope`] has its own; all other code shares one.
///
/// ```
/// let scope = sentry::get_isolation_scope();
/// scope.set_tag("customer", "7");
/// scope.remove_tag("customer");
/// ```
#[must_use]
pub fn get_isolation_scope() -> ScopeHandle {
    ScopeHandle::new(active::isolation())
}

/// Returns the current scope, the innermost one: the scope of the enclosing [`with_scope`] or [`new_scope`], else the
/// scope of the request or job; all other code shares one. Its data takes precedence over the isolation scope.
///
/// Spans do not have their own scope: set data of one span as attributes, and data of everything captured in a span
/// in a [`with_scope`].
///
/// ```
/// sentry::with_scope(|_| (), || {
///     sentry::get_current_scope().set_tag("step", "payment");
///     sentry::capture_message("card declined", sentry::Level::Warning);
/// });
/// ```
#[must_use]
pub fn get_current_scope() -> ScopeHandle {
    ScopeHandle::new(active::with(|context| Arc::clone(&context.current)))
}

/// Changes the isolation scope, whose data applies to everything captured in this request or job. All changes of the
/// closure apply at once, when it ends; changes by other code in the meantime are kept. To set single values without a
/// closure, see [`get_isolation_scope`].
///
/// ```
/// sentry::configure_scope(|scope| {
///     scope.set_tag("customer", "7");
///     scope.set_level(sentry::Level::Warning);
/// });
/// ```
pub fn configure_scope<R>(configure: impl FnOnce(&mut Scope) -> R) -> R {
    get_isolation_scope().configure(configure)
}

/// Creates a new current scope, a copy of the previous one, that is active until the guard is dropped. For a closure,
/// use [`with_scope`]; for a future, [`with_scope_async`].
///
/// ```
/// let scope = sentry::new_scope();
/// scope.set_tag("step", "payment");
/// sentry::capture_message("card declined", sentry::Level::Warning);
/// drop(scope);
/// // From here on, the tag is gone.
/// ```
pub fn new_scope() -> ScopeGuard {
    ScopeGuard::enter()
}

/// Runs a closure with its own current scope, which `configure` prepares.
///
/// ```
/// sentry::with_scope(
///     |scope| scope.set_tag("step", "payment"),
///     || sentry::capture_message("card declined", sentry::Level::Warning),
/// );
/// ```
pub fn with_scope<C, F, R>(configure: C, run: F) -> R
where
    C: FnOnce(&mut Scope),
    F: FnOnce() -> R,
{
    if client::capture_mode() == client::CaptureMode::Off {
        return run();
    }
    let _entered = entered::enter(Arc::new(scoped(configure)), active::lineage());
    run()
}

/// Runs a future with its own current scope, on any thread that polls it. The scope is created by this call, not by the
/// first poll.
///
/// ```
/// let work = sentry::with_scope_async(
///     |scope| scope.set_tag("step", "payment"),
///     async { sentry::capture_message("card declined", sentry::Level::Warning) },
/// );
/// # drop(work);
/// ```
pub fn with_scope_async<C, F>(configure: C, future: F) -> Instrumented<Bound, F>
where
    C: FnOnce(&mut Scope),
    F: Future,
{
    bound(|| scoped(configure), future)
}

/// Runs a closure with its own isolation scope, as every web handler and monitored job has one: data set in the closure
/// does not apply to other requests, and their data does not apply to the closure.
///
/// ```
/// for customer in ["7", "8"] {
///     sentry::with_isolation_scope(|| {
///         sentry::set_tag("customer", customer);
///         // Everything captured in here has this customer.
///     });
/// }
/// ```
pub fn with_isolation_scope<R>(run: impl FnOnce() -> R) -> R {
    if client::capture_mode() == client::CaptureMode::Off {
        return run();
    }
    let context = active::context().isolated();
    let _entered = entered::enter(Arc::new(context), active::lineage());
    run()
}

/// Runs a future with its own isolation scope, on any thread that polls it.
///
/// ```
/// async fn handle(customer: &str) {
///     sentry::set_tag("customer", customer);
/// }
///
/// let request = sentry::with_isolation_scope_async(handle("7"));
/// # drop(request);
/// ```
pub fn with_isolation_scope_async<F: Future>(future: F) -> Instrumented<Bound, F> {
    bound(|| active::context().isolated(), future)
}

/// Returns a closure that runs with the scopes and the span that are active now, on any thread that calls it. For
/// futures, use [`SentryFutureExt::bind_scope`](crate::SentryFutureExt::bind_scope); annotated `async` functions need
/// neither. For a closure that is called for each of many items, use [`bind_scope_each`].
///
/// ```
/// sentry::with_isolation_scope(|| {
///     sentry::set_tag("customer", "7");
///     let work = std::thread::spawn(sentry::bind_scope(|| {
///         sentry::capture_message("the receipt was printed", sentry::Level::Info);
///     }));
///     # work.join().unwrap();
/// });
/// ```
pub fn bind_scope<R, F: FnOnce() -> R>(run: F) -> impl FnOnce() -> R + use<R, F> {
    let (context, active) = (active::context(), active::lineage());
    move || {
        let _entered = entered::enter(context, active);
        run()
    }
}

/// Returns a closure like [`bind_scope`] that can be called many times, once per item, by any threads: for parallel
/// iterators such as `rayon`'s and for worker pools. Create it before the work is distributed: the scopes and the span
/// are those of the thread that creates it.
///
/// ```
/// #[sentry::span]
/// fn resize(picture: &str) -> usize {
///     picture.len()
/// }
///
/// sentry::start_span("album", |_| {
///     // With rayon: `pictures.par_iter().map(resize)`.
///     let resize = sentry::bind_scope_each(resize);
///     std::thread::scope(|threads| {
///         for picture in ["sea", "lake"] {
///             let resize = &resize;
///             threads.spawn(move || resize(picture)); // a child of `album`
///         }
///     });
/// });
/// ```
pub fn bind_scope_each<A, R, F: Fn(A) -> R>(run: F) -> impl Fn(A) -> R + use<A, R, F> {
    let (context, active) = (active::context(), active::lineage());
    move |item| {
        let _entered = entered::enter(Arc::clone(&context), active);
        run(item)
    }
}

/// Returns a callback that makes a future, with the scopes and the span that are active now, on any thread that calls it and
/// polls the future. For callbacks that a server runs in a task of its own, such as that of a WebSocket, see
/// [the guide](crate::guide::tasks).
///
/// ```
/// # struct Upgrade;
/// # impl Upgrade {
/// #     fn on_upgrade<F: Future<Output = ()>>(self, callback: impl FnOnce(u32) -> F) { drop(callback(7)); }
/// # }
/// async fn talk(socket: u32) {
///     sentry::capture_message("somebody said something", sentry::Level::Info);
/// }
///
/// async fn chat(upgrade: Upgrade) {
///     // In a handler of axum; `talk` belongs to the trace and the scopes of its request.
///     upgrade.on_upgrade(sentry::bind_scope_async(talk))
/// }
/// # drop(chat(Upgrade));
/// ```
pub fn bind_scope_async<A, F: Future, C: FnOnce(A) -> F>(
    callback: C,
) -> impl FnOnce(A) -> Instrumented<Bound, F> + use<A, F, C> {
    let (context, active) = (active::context(), active::lineage());
    move |item| {
        let future = {
            let _entered = entered::enter(Arc::clone(&context), active);
            callback(item)
        };
        instrument(Bound::new(Some(context), active), future)
    }
}

fn scoped(configure: impl FnOnce(&mut Scope)) -> Context {
    let context = active::context();
    // Nothing else knows the new scope, so no change by other code can get lost.
    let mut scope = context.current.snapshot();
    configure(Arc::make_mut(&mut scope));
    context.with_scope(Arc::new(ScopeCell::new(scope)))
}

fn bound<F: Future>(context: impl FnOnce() -> Context, future: F) -> Instrumented<Bound, F> {
    let context = match client::capture_mode() {
        client::CaptureMode::Off => active::own_context(),
        client::CaptureMode::Errors | client::CaptureMode::Tracing => Some(Arc::new(context())),
    };
    instrument(Bound::new(context, active::lineage()), future)
}
