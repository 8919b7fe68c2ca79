//! Tests of options that no other test needs.

use sentry::ClientOptions;
use sentry_tests::support::{observe, untraced, without_client};

#[test]
fn the_local_view_can_go_to_a_file() {
    let path = std::env::temp_dir().join(format!("surface-local-{}.txt", std::process::id()));
    observe(untraced().local_file(&path), || {
        sentry::capture_message("read me", sentry::Level::Warning);
    });
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(text.contains("read me"), "{text}");
}

#[test]
fn the_local_view_alone_shows_traces_where_no_rate_is_set() {
    let path = std::env::temp_dir().join(format!("surface-local-traces-{}.txt", std::process::id()));
    for (options, shown) in [(untraced(), true), (untraced().traces_sample_rate(0.0), false)] {
        without_client(|| {
            let _guard = sentry::init(options.local_file(&path));
            sentry::start_span("looked at", |_| ());
            sentry::capture_message("read me", sentry::Level::Warning);
        });
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(text.contains("read me"), "{text}");
        assert_eq!(text.contains("looked at"), shown, "{text}");
    }
}

#[test]
fn a_proxy_that_is_none_is_an_error_that_names_it() {
    without_client(|| {
        let options =
            ClientOptions::new().dsn("https://key@sentry.example/1").https_proxy("gopher://proxy:1");
        let message = sentry::try_init(options).unwrap_err().to_string();
        assert!(message.contains("gopher"), "{message}");
    });
}

#[test]
fn releases_are_given_as_text_or_by_the_package() {
    let name = concat!(env!("CARGO_PKG_NAME"), "@", env!("CARGO_PKG_VERSION"));
    let literal = ClientOptions { release: sentry::release_name!(), ..Default::default() };
    assert_eq!(literal.release.as_deref(), Some(name));
    assert_eq!(ClientOptions::new().release(sentry::release_name!()).release.as_deref(), Some(name));
    // Tests may also run in a package of the sources, without a repository.
    let with_commit = ClientOptions::new().release(sentry::release_name!(git)).release.unwrap();
    let commit = with_commit.strip_prefix(name).expect("the same package and version");
    let is_commit = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(commit.is_empty() || commit.strip_prefix('+').is_some_and(is_commit), "{with_commit}");
    assert_eq!(ClientOptions::new().release(format!("shop@{}", 2)).release.as_deref(), Some("shop@2"));
    assert_eq!(ClientOptions::new().release(None::<String>).release, None);
}
