//! Methods of [`Client`] with the names of the official crate.

use std::any::Any;
use std::sync::Arc;

use crate::api;
use crate::base::{callback, diagnostics};
use crate::client::Client;
use crate::client::hint::Hint;
use crate::client::integration::Integration;
use crate::context::hub::Hub;
use crate::context::thread_context::Context;
use crate::intake::message::Capture;
use crate::options::ClientOptions;
use crate::pipeline::event;
use crate::protocol::nesting::Shallow;
use crate::protocol::{Envelope, Event, Uuid};
use crate::scope::Scope;

impl<O: Into<ClientOptions>> From<O> for Client {
    /// Returns a client of these options. It is part of the process once it belongs to a [`Hub`] or is the argument of
    /// [`set_current_client`](crate::set_current_client). Invalid options are reported on stderr, and the client is
    /// disabled; [`Client::new`] returns the error instead.
    fn from(options: O) -> Self {
        Self::build(options).unwrap_or_else(|error| {
            diagnostics::error(format_args!("Sentry is disabled: {error}"));
            Self::disabled()
        })
    }
}

impl Client {
    /// Returns a client of these options, as `Client::from` does.
    #[deprecated(note = "use `Client::new(options)?`, which returns an error for invalid options")]
    #[must_use]
    pub fn from_config<O: Into<ClientOptions>>(options: O) -> Self {
        Self::from(options)
    }

    /// Returns a client of these options, as `Client::from` does.
    #[deprecated(note = "use `Client::new(options)?`, which returns an error for invalid options")]
    #[must_use]
    pub fn with_options(options: ClientOptions) -> Self {
        Self::from(options)
    }

    /// Captures an event with this client and the data of a scope. Returns its id.
    #[deprecated(note = "use `sentry::capture_event(event)`, with `sentry::with_scope` for data of its own")]
    pub fn capture_event(&self, event: Event<'static>, scope: Option<&Scope>) -> Uuid {
        let Some(client) = self.handle() else { return Uuid::nil() };
        let hub = Hub::of(Context::of_client(client));
        if let Some(scope) = scope {
            hub.position().0.isolation.configure(|own| *own = scope.clone());
        }
        hub.capture_event(event)
    }

    /// Returns an event as the client would send it: completed from the scope and the options, shown to the processors
    /// and to `before_send`, without secrets. Returns `None` if a callback drops it.
    ///
    /// Nothing is sent. The call runs the callbacks on this thread, and waits for the pipeline thread if that reads a
    /// stack.
    ///
    /// ```
    /// use sentry::protocol::Event;
    ///
    /// # let options = sentry::ClientOptions::new().transport(sentry::TestTransport::new());
    /// let client = sentry::Client::new(options.release("shop@1.4.2"))?;
    /// let event = client.prepare_event(Event::new(), None).unwrap();
    /// assert_eq!(event.release.as_deref(), Some("shop@1.4.2"));
    /// # Ok::<(), sentry::OptionsError>(())
    /// ```
    #[must_use]
    pub fn prepare_event(&self, event: Event<'static>, scope: Option<&Scope>) -> Option<Event<'static>> {
        let client = self.handle().unwrap_or_else(|| {
            // A client without a destination, or one that is not part of the process yet.
            let client = Arc::new(self.stand_in());
            client.set_up_integrations();
            client
        });
        let empty = Scope::default();
        let mut capture = Capture::alone(Shallow::of(event), Arc::clone(&client), scope.unwrap_or(&empty));
        let mut hint = Hint::new();
        let mut event = event::prepare(&mut capture, &mut hint).ok()?;
        event::clean(&client, &mut event);
        Some(event)
    }

    /// Sends an envelope as it is: no callback sees it, and no filter changes it. A disabled client
    /// ignores it.
    ///
    /// ```
    /// # use sentry::{TestTransport, Client, Envelope};
    /// # let path = std::env::temp_dir().join(format!("{}.envelope", std::process::id()));
    /// # std::fs::write(&path, "{}\n{\"type\":\"event\",\"length\":2}\n{}\n")?;
    /// # let transport = TestTransport::new();
    /// # let options = sentry::ClientOptions::new().dsn("https://public@o1.ingest.sentry.io/1").transport(transport.clone());
    /// let client = Client::new(options)?;
    /// client.send_envelope(Envelope::from_path(&path)?);
    /// client.close(None);
    /// # assert_eq!(transport.fetch_and_clear_envelopes().len(), 1);
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn send_envelope(&self, envelope: Envelope) {
        if let Some(transport) = self.transport().filter(|_| self.is_enabled()) {
            callback::contain(|| transport.send_envelope(envelope));
        }
    }
}

/// Returns the options as they are: [`init`](crate::init) and [`Client::new`] apply the defaults.
#[deprecated(note = "leave it out: `init` and `Client::new` apply the defaults")]
#[must_use]
pub fn apply_defaults(options: ClientOptions) -> ClientOptions {
    options
}

/// Calls a closure with the first integration of this type that the client of the running code has. Returns the default
/// if there is none.
///
/// ```
/// struct Shelf(u32);
///
/// impl sentry::Integration for Shelf {}
///
/// let _guard = sentry::init(("http://key@localhost:1/7", sentry::ClientOptions::new().integration(Shelf(7))));
/// assert_eq!(sentry::with_integration(|shelf: &Shelf, _| shelf.0), 7);
/// ```
pub fn with_integration<I, F, R>(run: F) -> R
where
    I: Integration,
    F: FnOnce(&I, &Hub) -> R,
    R: Default,
{
    let Some(client) = api::get_client() else { return R::default() };
    let of_type = |integration: &Arc<dyn Integration>| {
        let integration: Arc<dyn Any + Send + Sync> = Arc::clone(integration) as _;
        integration.downcast::<I>().ok()
    };
    let found = client.integrations().all().find_map(of_type);
    found.map_or_else(R::default, |integration| run(&integration, &Hub::active()))
}
