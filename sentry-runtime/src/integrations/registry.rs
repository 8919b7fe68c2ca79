//! Integrations: what a program or a library adds to a client, by name.
//!
//! They come with the option `integrations` or later with `add_integration`, and are set up on the thread that adds
//! them. The pipeline shows them every event after the scopes' processors, and names them in `sdk.integrations`.
//!
//! Spec: `foundations/client/integrations/index.mdx`.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::callback;
use crate::client::Client;
use crate::diagnostics;
use crate::hint::Hint;
use crate::protocol::Event;

/// Something that extends a client: sets up hooks of its own, looks at events, or both.
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
pub trait Integration: Send + Sync + 'static {
    /// The name, by which events name it and a second one of the same name is turned away.
    fn name(&self) -> &str;

    /// Called once for every client that it is added to, on the thread that adds it. An integration whose setup
    /// panics is left out.
    fn setup(&self, client: &Arc<Client>) {
        let _ = client;
    }

    /// Sees every error, message and feedback after the processors of the scopes, on the pipeline thread; may change
    /// it, and drop it by answering `None`. If it panics, the event is dropped.
    fn process_event(&self, event: Event<'static>, hint: &mut Hint) -> Option<Event<'static>> {
        let _ = hint;
        Some(event)
    }
}

/// The integrations of a client.
#[derive(Default)]
pub(crate) struct Integrations {
    installed: Mutex<Vec<Installed>>,
    /// Changes whenever the list does.
    version: AtomicU32,
}

struct Installed {
    name: String,
    integration: Arc<dyn Integration>,
    /// Its setup has ended.
    ready: bool,
}

impl Integrations {
    fn lock(&self) -> MutexGuard<'_, Vec<Installed>> {
        self.installed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an integration to the client and sets it up. Answers whether it was.
    pub(crate) fn add(&self, client: &Arc<Client>, integration: Arc<dyn Integration>) -> bool {
        let named = callback::run(callback::depth(), || integration.name().to_owned());
        let Ok(name) = named else {
            diagnostics::error(format_args!(
                "an integration panicked as it was asked for its name: it is left out"
            ));
            return false;
        };
        {
            // The place is taken before the setup, so that of two at the same time only one is set up.
            let mut installed = self.lock();
            if installed.iter().any(|known| known.name == name) {
                diagnostics::debug(format_args!(
                    "there is an integration `{name}` already: the first one stays"
                ));
                return false;
            }
            let integration = Arc::clone(&integration);
            installed.push(Installed { name: name.clone(), integration, ready: false });
        }
        let set_up = callback::run(callback::depth(), || integration.setup(client)).is_ok();
        let left_out = {
            let mut installed = self.lock();
            let at = installed.iter().position(|known| known.name == name);
            match at {
                Some(at) if set_up => {
                    installed[at].ready = true;
                    None
                }
                Some(at) => Some(installed.remove(at)),
                None => None,
            }
        };
        self.version.fetch_add(1, Ordering::Relaxed);
        if left_out.is_some() {
            diagnostics::error(format_args!(
                "the integration `{name}` panicked in its setup: it is left out"
            ));
        }
        set_up
    }

    /// A number that changes whenever the list does.
    pub(crate) fn version(&self) -> u32 {
        self.version.load(Ordering::Relaxed)
    }

    /// The names of those that are set up, in the order in which they were added.
    pub(crate) fn names(&self) -> Vec<String> {
        self.lock().iter().filter(|known| known.ready).map(|known| known.name.clone()).collect()
    }

    /// Those that are set up.
    pub(crate) fn all(&self) -> Vec<Arc<dyn Integration>> {
        self.lock().iter().filter(|known| known.ready).map(|known| Arc::clone(&known.integration)).collect()
    }
}

impl fmt::Debug for Integrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
