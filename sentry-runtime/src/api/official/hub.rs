//! The hub of the official crate, in terms of contexts.

use std::sync::Arc;

use crate::api;
use crate::client::Client;
use crate::client::integration::Integration;
use crate::context::breadcrumbs::IntoBreadcrumb;
use crate::context::entered::Entered;
use crate::context::hub::Hub;
use crate::context::scope_handle::ScopeGuard;
use crate::context::thread_context::Context;
use crate::error::captured::CapturedError;
use crate::instrument::options::SpanOptions;
use crate::instrument::span::Span;
use crate::protocol::{Event, Level, SessionStatus, Uuid};
use crate::scope::Scope;

/// Hands a call over to the free function of the same task, in the context of a hub.
macro_rules! delegates {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $ty:ty),*) -> $result:ty = $function:path;)*) => {
        impl Hub {$(
            $(#[$doc])*
            pub fn $name(&self, $($argument: $ty),*) -> $result {
                let _entered = self.enter();
                $function($($argument),*)
            }
        )*}
    };
}

impl Hub {
    /// Returns a hub with a client and the data of a scope.
    ///
    /// ```
    /// # #![allow(deprecated)]
    /// use std::sync::Arc;
    /// use sentry::{Client, Hub};
    ///
    /// let client = Client::from("https://public@o1.ingest.sentry.io/1");
    /// let hub = Arc::new(Hub::new(Some(Arc::new(client)), Arc::default()));
    /// Hub::run(hub, || assert!(sentry::is_enabled()));
    /// ```
    #[must_use]
    pub fn new(client: Option<Arc<Client>>, scope: Arc<Scope>) -> Self {
        let client = client.unwrap_or_else(|| Arc::new(Client::disabled()));
        client.take_up();
        let context = Context::of_client(client);
        context.isolation.configure(|own| *own = Scope::clone(&scope));
        Self::of(context)
    }

    /// Returns a hub with the same client and span, and scopes that begin as copies.
    #[must_use]
    pub fn new_from_top<H: AsRef<Self>>(other: H) -> Self {
        other.as_ref().isolated()
    }

    /// Returns the hub of the running code.
    #[must_use]
    pub fn current() -> Arc<Self> {
        Arc::new(Self::active())
    }

    /// Returns the hub of all code that has none of its own.
    #[must_use]
    pub fn main() -> Arc<Self> {
        Arc::new(Self::of_process())
    }

    /// Runs a closure with the hub of the running code.
    pub fn with<F, R>(run: F) -> R
    where
        F: FnOnce(&Arc<Self>) -> R,
    {
        run(&Self::current())
    }

    /// Runs a closure with the hub of the running code if it has an enabled client; otherwise returns the default.
    pub fn with_active<F, R>(run: F) -> R
    where
        F: FnOnce(&Arc<Self>) -> R,
        R: Default,
    {
        let hub = Self::current();
        if hub.client().is_some_and(|client| client.is_enabled()) { run(&hub) } else { R::default() }
    }

    /// Runs a closure in the hub.
    #[deprecated(
        note = "use `sentry::with_isolation_scope(|| …)` for work of its own, `sentry::bind_scope(|| …)` to carry scopes to a thread"
    )]
    pub fn run<F: FnOnce() -> R, R>(hub: Arc<Self>, run: F) -> R {
        let _entered = hub.enter();
        run()
    }

    /// Returns the client.
    #[must_use]
    pub fn client(&self) -> Option<Arc<Client>> {
        self.position().0.client()
    }

    /// Sets or removes the client of the process, see [`set_current_client`](crate::set_current_client).
    #[deprecated(
        note = "use `sentry::set_current_client(client)`, or `sentry::init` at the start of the program"
    )]
    pub fn bind_client(&self, client: Option<Arc<Client>>) {
        api::set_current_client(client);
    }

    /// Changes the scope of the hub's work, see [`configure_scope`](crate::configure_scope).
    pub fn configure_scope<F, R>(&self, configure: F) -> R
    where
        F: FnOnce(&mut Scope) -> R,
    {
        let entered = self.enter();
        let result = api::configure_scope(configure);
        // It may have made a span active.
        if entered.is_some() {
            self.remember();
        }
        result
    }

    /// Runs a closure with a scope of its own, see [`with_scope`](crate::with_scope).
    pub fn with_scope<C, F, R>(&self, configure: C, run: F) -> R
    where
        C: FnOnce(&mut Scope),
        F: FnOnce() -> R,
    {
        let _entered = self.enter();
        api::with_scope(configure, run)
    }

    /// Returns the guard of a new scope of the running code, see [`new_scope`](crate::new_scope).
    #[deprecated(note = "use `sentry::new_scope()`, or `sentry::with_scope(|scope| …, || …)`")]
    pub fn push_scope(&self) -> ScopeGuard {
        api::new_scope()
    }

    /// Adds a breadcrumb, see [`add_breadcrumb`](crate::add_breadcrumb).
    pub fn add_breadcrumb<B: IntoBreadcrumb>(&self, breadcrumb: B) {
        let _entered = self.enter();
        api::add_breadcrumb(breadcrumb);
    }

    /// Captures an error, see [`capture_error`](crate::capture_error).
    pub fn capture_error<E: CapturedError<Form> + ?Sized, Form>(&self, error: &E) -> Uuid {
        let _entered = self.enter();
        api::capture_error(error)
    }

    /// Starts a transaction, see [`start_transaction`](crate::start_transaction).
    pub fn start_transaction(&self, options: impl Into<SpanOptions>) -> Span {
        let _entered = self.enter();
        api::start_transaction(options)
    }

    /// Calls a closure with the integration of this type, see [`with_integration`](crate::with_integration).
    pub fn with_integration<I, F, R>(&self, run: F) -> R
    where
        I: Integration,
        F: FnOnce(&I) -> R,
        R: Default,
    {
        let _entered = self.enter();
        super::with_integration(|integration, _| run(integration))
    }
}

delegates! {
    /// Captures an event, see [`capture_event`](crate::capture_event).
    capture_event(event: Event<'static>) -> Uuid = api::capture_event;
    /// Captures a message, see [`capture_message`](crate::capture_message).
    capture_message(message: &str, level: Level) -> Uuid = api::capture_message;
    /// Returns the id of the last event, see [`last_event_id`](crate::last_event_id).
    last_event_id() -> Option<Uuid> = api::last_event_id;
    /// Starts a session, see [`start_session`](crate::start_session).
    start_session() -> () = api::start_session;
    /// Ends the session, see [`end_session`](crate::end_session).
    end_session() -> () = api::end_session;
    /// Ends the session, see [`end_session_with_status`](crate::end_session_with_status).
    end_session_with_status(status: SessionStatus) -> () = api::end_session_with_status;
}

/// Makes a hub active on this thread until it is dropped.
#[derive(Debug)]
#[must_use = "the hub is active only as long as the guard lives"]
pub struct HubSwitchGuard {
    _entered: Option<Entered>,
    _hub: Arc<Hub>,
}

impl HubSwitchGuard {
    /// Makes the hub active.
    #[deprecated(note = "use `sentry::with_isolation_scope(|| …)`, or `sentry::bind_scope(|| …)`")]
    pub fn new(hub: Arc<Hub>) -> Self {
        Self { _entered: hub.enter(), _hub: hub }
    }
}
