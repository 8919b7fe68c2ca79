//! The three scopes, and work that has scopes of its own.

use std::sync::Arc;

use crate::client;
use crate::context::active;
use crate::context::entered;
use crate::context::scope_handle::{ScopeGuard, ScopeHandle};
use crate::context::thread_context::Context;
use crate::instrument::future::Bound;
use crate::instrument::instrumented::{Instrumented, instrument};
use crate::scope::{self, Scope};

/// The scope of the process: what is set here belongs to everything captured, also to what is captured by work that
/// has an isolation scope of its own. It is there before `init`.
///
/// ```
/// sentry::get_global_scope().set_tag("datacenter", "vienna");
/// ```
#[must_use]
pub fn get_global_scope() -> ScopeHandle {
    ScopeHandle::new(Arc::clone(scope::global()))
}

/// The scope of this request or job, to which the free functions such as [`set_tag`](crate::set_tag) write. Every
/// annotated web handler and monitored job has its own, and so has what runs in [`with_isolation_scope`]; work
/// outside of any shares one.
///
/// ```
/// let scope = sentry::get_isolation_scope();
/// scope.set_tag("customer", "7");
/// scope.remove_tag("customer");
/// ```
#[must_use]
pub fn get_isolation_scope() -> ScopeHandle {
    ScopeHandle::new(active::with(|context| Arc::clone(&context.isolation)))
}

/// The innermost scope: that of the [`with_scope`] or [`new_scope`] around, else that of the request or job; work
/// outside of any shares one. What is set here counts before what is set on the isolation scope.
///
/// Spans have no scope of their own: what belongs to one span are its attributes, and what belongs to everything
/// captured in it is set in a [`with_scope`].
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

/// Changes the isolation scope: what it says belongs to everything captured in this request or job. All that the
/// closure sets is set at once; the scope's own setters do without one, see [`get_isolation_scope`].
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

/// Makes a new current scope, which starts as a copy of the one before and is active until the guard is dropped. The
/// form without a guard is [`with_scope`], the one for code that awaits [`with_scope_async`].
///
/// ```
/// let scope = sentry::new_scope();
/// scope.set_tag("step", "payment");
/// sentry::capture_message("card declined", sentry::Level::Warning);
/// drop(scope);
/// // From here on the tag is gone.
/// ```
pub fn new_scope() -> ScopeGuard {
    ScopeGuard::enter()
}

/// Runs a closure with a current scope of its own, which `configure` prepares.
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

/// Runs a future with a current scope of its own, on whatever thread it is polled. The scope is made now, not when
/// the future is first polled.
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

/// Runs a closure with an isolation scope of its own, as every web handler and monitored job has it: what it sets
/// for its request is not seen by others, and what they set is not seen by it.
///
/// ```
/// for customer in ["7", "8"] {
///     sentry::with_isolation_scope(|| {
///         sentry::set_tag("customer", customer);
///         // …and whatever is captured in here has this customer.
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

/// Runs a future with an isolation scope of its own, on whatever thread it is polled.
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

/// Gives a closure the scopes and the span that are active now, on whatever thread it is called. Futures have
/// [`SentryFutureExt::bind_scope`](crate::SentryFutureExt::bind_scope) for that, and annotated `async` functions need
/// neither. For a closure that is called for each of many items there is [`bind_scope_each`].
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

/// The same for a closure that is called many times, once for each item, by whatever threads: what parallel iterators,
/// as those of `rayon`, and worker pools take. Make it before the work is given away: the scopes and the span are those
/// of the thread that makes it.
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

fn scoped(configure: impl FnOnce(&mut Scope)) -> Context {
    let context = active::context().with_own_scope();
    context.current.configure(configure);
    context
}

fn bound<F: Future>(context: impl FnOnce() -> Context, future: F) -> Instrumented<Bound, F> {
    let context = match client::capture_mode() {
        client::CaptureMode::Off => active::own_context(),
        client::CaptureMode::Errors | client::CaptureMode::Tracing => Some(Arc::new(context())),
    };
    instrument(Bound::new(context, active::lineage()), future)
}
