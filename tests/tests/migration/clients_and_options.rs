//! Tests of `init` in every form, of options and integrations, and of the lifetime of a client.
#![allow(clippy::needless_borrows_for_generic_args, deprecated, reason = "some of the names are deprecated")]

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use sentry::integrations::contexts::ContextIntegration;
use sentry::integrations::debug_images::DebugImagesIntegration;
use sentry::integrations::panic::PanicIntegration;
use sentry::protocol::Event;
use sentry::types::Dsn;
use sentry::{ClientOptions, Hint, Integration, IntoDsn as _, SessionMode};
use sentry_tests::support::{options, without_client};

use crate::captured;

const DSN: &str = "https://public@o1.ingest.sentry.io/42";

fn made(options: impl Into<ClientOptions>) -> ClientOptions {
    options.into()
}

#[test]
fn a_dsn_comes_in_every_form() {
    let dsn: Dsn = DSN.parse().unwrap();
    let own = ClientOptions::new;
    for options in [
        made(DSN),
        made(DSN.to_owned()),
        made(&DSN.to_owned()),
        made(Some(DSN)),
        made(Some(DSN.to_owned())),
        made(dsn.clone()),
        made(&dsn),
        made(Cow::Borrowed(DSN)),
        made(OsStr::new(DSN)),
        made(OsString::from(DSN)),
        made((DSN, own())),
        made((DSN.to_owned(), own())),
        made((Some(DSN), own())),
        made((Some(DSN.to_owned()), own())),
        made((Some(dsn.clone()), own())),
        made((dsn.clone(), own())),
        made(((), own().dsn(DSN))),
        made((None::<String>, own().dsn(DSN))),
        made(own().dsn(DSN)),
        made(ClientOptions { dsn: DSN.into_dsn().unwrap(), ..own() }),
    ] {
        assert_eq!(options.dsn.as_ref(), Some(&dsn));
    }
    for options in [made(()), made(""), made(None::<&str>), made((None::<&str>, own())), made(("", own()))] {
        assert_eq!(options.dsn, None);
        assert!(options.errors.is_empty());
    }
    assert_eq!(().into_dsn(), Ok(None));
    assert_eq!(Some(DSN.to_owned()).into_dsn(), Ok(Some(dsn)));
    assert!("http://".into_dsn().is_err());
}

#[test]
fn a_guard_flushes_and_closes_its_client() {
    without_client(|| {
        let guard = sentry::init((Some(DSN), ClientOptions::new().transport(sentry::TestTransport::new())));
        assert!(guard.is_enabled());
        assert_eq!(guard.dsn().map(Dsn::host), Some("o1.ingest.sentry.io"));
        assert!(guard.flush(None));
        assert!(guard.flush(Some(std::time::Duration::from_secs(1))));
        assert!(guard.close(None));
        assert!(!guard.is_enabled());
    });
}

struct Till;

// An integration without a name has the name of its type.
impl Integration for Till {
    fn process_event(&self, mut event: Event<'static>, _hint: &mut Hint) -> Option<Event<'static>> {
        event.tags.insert("till".into(), "7".into());
        Some(event)
    }
}

#[test]
fn integrations_are_added_to_options() {
    let options = options()
        .default_integrations(true)
        .maybe_release(sentry::release_name!())
        .transport_channel_capacity(50)
        .session_mode(SessionMode::Request)
        .auto_session_tracking(false)
        .integrations([Arc::new(PanicIntegration::new()) as Arc<dyn Integration>])
        .add_integration(Till)
        .add_integration(ContextIntegration::new().add_os(false))
        .add_integration(DebugImagesIntegration::new().filter(|_| true));
    let seen = captured(options, || {
        sentry::capture_error(&std::fmt::Error);
        assert_eq!(sentry::with_integration(|_: &Till, hub| usize::from(hub.client().is_some())), 1);
        assert_eq!(sentry::with_integration(|_: &ContextIntegration, _| 1), 1);
    });
    assert_eq!(seen[0].tags["till"], "7");
    assert!(!seen[0].contexts.contains_key("os") && seen[0].contexts.contains_key("device"));
    let named = &seen[0].sdk.as_ref().unwrap().integrations;
    assert!(named.iter().any(|name| name.ends_with("Till")), "{named:?}");
    assert_eq!(named.iter().filter(|name| *name == "contexts").count(), 1);
}
