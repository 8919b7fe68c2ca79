//! Integrations: what a program or a library adds to a client, by name.
//!
//! They come with the option `integrations` or later with `add_integration`, and are set up on the thread that adds
//! them. The pipeline shows them every event after the scopes' processors, and names them in `sdk.integrations`.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/integrations/).

use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use super::hint::Hint;
use crate::base::callback;
use crate::base::diagnostics;
use crate::client::Client;
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

/// The integrations of a client: a list that only grows, read without a lock, so that the child of a fork never waits
/// for a thread that is not there.
#[derive(Default)]
pub(crate) struct Integrations {
    first: Link,
    /// Changes whenever one is set up.
    version: AtomicU32,
}

type Link = OnceLock<Box<Installed>>;

struct Installed {
    name: String,
    integration: Arc<dyn Integration>,
    state: AtomicU8,
    next: Link,
}

/// Its setup has not ended.
const SETTING_UP: u8 = 0;
const READY: u8 = 1;
/// Its setup panicked.
const LEFT_OUT: u8 = 2;

impl Installed {
    fn is(&self, state: u8) -> bool {
        self.state.load(Ordering::Acquire) == state
    }
}

impl Integrations {
    /// Adds an integration to the client and sets it up. Answers whether it was.
    pub(crate) fn add(&self, client: &Arc<Client>, integration: Arc<dyn Integration>) -> bool {
        let named = callback::run(callback::depth(), || integration.name().to_owned());
        let Ok(name) = named else {
            diagnostics::error(format_args!(
                "an integration panicked as it was asked for its name: it is left out"
            ));
            return false;
        };
        // The place is taken before the setup, so that of two at the same time only one is set up.
        let Some(installed) = self.append(&name, &integration) else {
            diagnostics::debug(format_args!("there is an integration `{name}` already: the first one stays"));
            return false;
        };
        let set_up = callback::run(callback::depth(), || integration.setup(client)).is_ok();
        installed.state.store(if set_up { READY } else { LEFT_OUT }, Ordering::Release);
        self.version.fetch_add(1, Ordering::Release);
        if !set_up {
            diagnostics::error(format_args!(
                "the integration `{name}` panicked in its setup: it is left out"
            ));
        }
        set_up
    }

    /// Puts an integration at the end, unless there is one of its name.
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
                // Somebody else's came first.
                Err(back) => new = back,
            }
        }
    }

    /// A number that changes whenever one is set up.
    pub(crate) fn version(&self) -> u32 {
        self.version.load(Ordering::Acquire)
    }

    fn ready(&self) -> impl Iterator<Item = &Installed> {
        std::iter::successors(self.first.get(), |known| known.next.get())
            .map(AsRef::as_ref)
            .filter(|known| known.is(READY))
    }

    /// The names of those that are set up, in the order in which they were added.
    pub(crate) fn names(&self) -> Vec<String> {
        self.ready().map(|known| known.name.clone()).collect()
    }

    /// Those that are set up.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<dyn Integration>> {
        self.ready().map(|known| &known.integration)
    }
}

impl fmt::Debug for Integrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
