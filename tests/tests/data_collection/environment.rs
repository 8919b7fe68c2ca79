//! Tests of categories that environment variables set.

use sentry_fake_server::FakeSentry;
use sentry_tests::support::programs::run;
use sentry_tests::support::without_client;

/// Runs a program whose function fails with an argument `order`, with these environment variables. Returns the recorded
/// argument.
fn order(variables: &[(&str, &str)]) -> Result<String, String> {
    let server = FakeSentry::start();
    let dsn = server.dsn();
    let environment: Vec<_> = [("SENTRY_DSN", &*dsn)].into_iter().chain(variables.iter().copied()).collect();
    let ended = without_client(|| run(env!("CARGO_BIN_EXE_shows_vars"), &[], &environment));
    let Some(event) = server.events().first().cloned() else { return Err(ended.stderr) };
    let frames = event["exception"]["values"][0]["stacktrace"]["frames"].as_array().unwrap().clone();
    let value = frames.iter().find_map(|frame| frame["vars"]["order"].as_str().map(str::to_owned));
    Ok(value.unwrap_or_default())
}

#[test]
fn a_variable_decides_about_its_category() {
    const VARIABLES: &str = "SENTRY_DATA_COLLECTION_STACK_FRAME_VARIABLES";
    assert_eq!(order(&[]).as_deref(), Ok("7"));
    assert_eq!(order(&[(VARIABLES, "off")]).as_deref(), Ok(""));
    assert_eq!(order(&[(VARIABLES, "deny:order,customer")]).as_deref(), Ok("[Filtered]"));
    assert_eq!(order(&[("SENTRY_DATA_COLLECTION", "0")]).as_deref(), Ok(""));
    assert_eq!(order(&[("SENTRY_DATA_COLLECTION", "0"), (VARIABLES, "allow:order")]).as_deref(), Ok("7"));
    let error = order(&[(VARIABLES, "sometimes")]).unwrap_err();
    assert!(error.contains(VARIABLES) && error.contains("`sometimes`"), "{error}");
}

#[test]
fn a_misspelt_variable_is_reported() {
    let ended = without_client(|| {
        run(env!("CARGO_BIN_EXE_shows_vars"), &[], &[("SENTRY_DATA_COLLECTION_COOKIE", "off")])
    });
    assert!(ended.stderr.contains("did you mean `SENTRY_DATA_COLLECTION_COOKIES`?"), "{}", ended.stderr);
}
