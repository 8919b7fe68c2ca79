//! Integrations: named extensions that a program or a library adds to a client.
//!
//! They are added by the option `integrations`, or later by `add_integration`, and are set up on the thread that adds
//! them. The pipeline passes them every event after the scopes' processors, and lists them in `sdk.integrations`.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/integrations/).

use std::any::{Any, type_name};
use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use super::hint::Hint;
use crate::base::callback;
use crate::base::diagnostics;
use crate::client::Client;
use crate::protocol::{Context, Event};

/// An extension of a client: installs hooks, processes events, or both.
///
/// ```
/// use std::sync::Arc;
/// use sentry::protocol::Event;
///
/// struct Shelf(u32);
///
/// impl sentry::Integration for Shelf {
///     fn name(&self) -> &str {
///         "shelf"
///     }
///
///     fn process_event(&self, mut event: Event<'static>, _hint: &mut sentry::Hint) -> Option<Event<'static>> {
///         event.tags.insert("shelf".into(), self.0.to_string());
///         Some(event)
///     }
/// }
///
/// let _guard = sentry::init(sentry::ClientOptions::new().integration(Shelf(7)));
/// ```
pub trait Integration: Any + Send + Sync {
    /// Returns the name: by default that of the type. Events list it in `sdk.integrations`; a client rejects a second
    /// integration of the same name.
    fn name(&self) -> &str {
        type_name::<Self>()
    }

    /// Sets up the integration. Called once for each client to which it is added, on the thread that adds it. If the
    /// setup panics, the integration is not added.
    fn setup(&self, client: &Arc<Client>) {
        let _ = client;
    }

    /// Receives every error, message and feedback after the processors of the scopes, on the pipeline thread. Returns
    /// the event, changed or not, or `None` to drop it. If it panics, the event is dropped.
    fn process_event(&self, event: Event<'static>, hint: &mut Hint) -> Option<Event<'static>> {
        let _ = hint;
        Some(event)
    }
}

/// The integrations of a client: a list that only grows and is read without a lock, so that the child of a fork never
/// waits for a thread that does not exist there.
#[derive(Default)]
pub(crate) struct Integrations {
    first: Link,
    /// Changes whenever an integration is set up, and when one has found the resource.
    version: AtomicU32,
    /// The contexts of the cloud in which the program runs, by their names.
    resource: OnceLock<Vec<(String, Context)>>,
}

type Link = OnceLock<Box<Installed>>;

struct Installed {
    name: String,
    integration: Arc<dyn Integration>,
    state: AtomicU8,
    next: Link,
}

/// The setup has not ended.
const SETTING_UP: u8 = 0;
const READY: u8 = 1;
/// The setup panicked.
const LEFT_OUT: u8 = 2;

impl Installed {
    fn is(&self, state: u8) -> bool {
        self.state.load(Ordering::Acquire) == state
    }
}

impl Integrations {
    /// Adds an integration to the client and sets it up. Returns whether it was added.
    pub(crate) fn add(&self, client: &Arc<Client>, integration: Arc<dyn Integration>) -> bool {
        let named = callback::run(callback::depth(), || integration.name().to_owned());
        let Ok(name) = named else {
            diagnostics::error(format_args!("ignoring an integration: its method `name` panicked"));
            return false;
        };
        // Appended before the setup, so that only one of two simultaneous calls sets it up.
        let Some(installed) = self.append(&name, &integration) else {
            diagnostics::debug(format_args!("ignoring a second integration `{name}`: the first one stays"));
            return false;
        };
        let set_up = callback::run(callback::depth(), || integration.setup(client)).is_ok();
        installed.state.store(if set_up { READY } else { LEFT_OUT }, Ordering::Release);
        self.version.fetch_add(1, Ordering::Release);
        if !set_up {
            diagnostics::error(format_args!("ignoring the integration `{name}`: its setup panicked"));
        }
        set_up
    }

    /// Appends an integration, unless there is one of the same name.
    fn append(&self, name: &str, integration: &Arc<dyn Integration>) -> Option<&Installed> {
        let integration = Arc::clone(integration);
        let mut new = Box::new(Installed {
            name: name.to_owned(),
            integration,
            state: AtomicU8::new(SETTING_UP),
            next: Link::new(),
        });
        let mut link = &self.first;
        loop {
            while let Some(known) = link.get() {
                if known.name == name && !known.is(LEFT_OUT) {
                    return None;
                }
                link = &known.next;
            }
            match link.set(new) {
                Ok(()) => return link.get().map(AsRef::as_ref),
                // Another thread's integration came first.
                Err(back) => new = back,
            }
        }
    }

    /// Sets the contexts of the cloud in which the program runs, once.
    #[cfg(feature = "cloud")]
    pub(crate) fn set_resource(&self, contexts: Vec<(String, Context)>) {
        if self.resource.set(contexts).is_ok() {
            self.version.fetch_add(1, Ordering::Release);
        }
    }

    /// The contexts of the cloud in which the program runs; none until they are found.
    pub(crate) fn resource(&self) -> &[(String, Context)] {
        self.resource.get().map_or(&[], Vec::as_slice)
    }

    /// A number that changes whenever an integration is set up, and when one has found the resource.
    pub(crate) fn version(&self) -> u32 {
        self.version.load(Ordering::Acquire)
    }

    fn ready(&self) -> impl Iterator<Item = &Installed> {
        std::iter::successors(self.first.get(), |known| known.next.get())
            .map(AsRef::as_ref)
            .filter(|known| known.is(READY))
    }

    /// The names of the integrations that are set up, in the order in which they were added.
    pub(crate) fn names(&self) -> Vec<String> {
        self.ready().map(|known| known.name.clone()).collect()
    }

    /// The integrations that are set up.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<dyn Integration>> {
        self.ready().map(|known| &known.integration)
    }
}

impl fmt::Debug for Integrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
