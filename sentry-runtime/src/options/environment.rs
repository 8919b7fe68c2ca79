//! Completion of the options from environment variables, and the check of all options.
//!
//! An empty variable counts as not set. Spec:
//! [environment variables](https://develop.sentry.dev/sdk/expected-features/environment-variables/),
//! [Spotlight](https://develop.sentry.dev/sdk/foundations/client/integrations/spotlight/).

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use crate::base::diagnostics;
use crate::options::boolean::{BOOLEAN, yes_or_no};
use crate::options::release::from_variables;
use crate::options::{
    ClientOptions, LocalView, OptionsError, Spotlight, check_filters, names, open_for_views,
};

/// The default URL of Spotlight.
const SPOTLIGHT: &str = "http://localhost:8969/stream";

/// The variable with the environment on Vercel.
const VERCEL: &str = "VERCEL_ENV";

/// The default environment.
const DEFAULT: &str = if cfg!(debug_assertions) { "development" } else { "production" };

/// Completes options that the program did not set from the environment, and checks every value.
pub(crate) fn complete(mut options: ClientOptions) -> Result<ClientOptions, OptionsError> {
    complete_with(&mut options, &set)?;
    let names: Vec<_> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    let misspelt = super::misspelt::notes(&names);
    for note in crate::options::data_collection::unknown(names.into_iter()).into_iter().chain(misspelt) {
        diagnostics::error(format_args!("{note}"));
    }
    Ok(options)
}

/// Returns the name of the variable that holds the release, if the program sets none.
pub(crate) fn variable_of_release() -> Option<&'static str> {
    from_variables(&set).map(|(name, _)| name)
}

/// Returns the name of the variable that holds the environment, if the program sets none.
pub(crate) fn variable_of_environment() -> Option<&'static str> {
    let is_set = set("SENTRY_ENVIRONMENT").is_some_and(|value| names::is_environment(value.trim()));
    if is_set { Some("SENTRY_ENVIRONMENT") } else { of_vercel(&set).map(|_| VERCEL) }
}

/// Returns the value of a variable that is not empty.
fn set(name: &'static str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Returns the environment on Vercel, as the JavaScript SDK names it.
fn of_vercel(variable: &dyn Fn(&'static str) -> Option<String>) -> Option<Cow<'static, str>> {
    let name = format!("vercel-{}", variable(VERCEL)?.trim());
    names::is_environment(&name).then_some(Cow::Owned(name))
}

/// Returns the name of a variable that asks the toolkit to print something, if one is set.
pub(crate) fn asks_for_output() -> Option<&'static str> {
    let value = |name| std::env::var(name).unwrap_or_default();
    let local = local(Some(value("SENTRY_LOCAL")).as_deref().filter(|value| !value.trim().is_empty()));
    let local = local.unwrap_or(LocalView::On);
    if yes_or_no(&value("SENTRY_DEBUG")) == Some(true) {
        Some("SENTRY_DEBUG")
    } else if local != LocalView::Off {
        Some("SENTRY_LOCAL")
    } else {
        None
    }
}

fn complete_with(
    options: &mut ClientOptions,
    variable: &dyn Fn(&'static str) -> Option<String>,
) -> Result<(), OptionsError> {
    if let Some(error) = options.errors.first() {
        return Err(error.clone());
    }
    names::check(options)?;
    if options.dsn.is_none()
        && let Some(dsn) = variable("SENTRY_DSN")
    {
        options.dsn = Some(dsn.trim().parse()?);
    }
    if options.release.is_none() {
        let name = "SENTRY_RELEASE";
        if let Some(value) = variable(name) {
            names::check_release_of(name, value);
        }
        options.release = from_variables(variable).map(|(_, release)| release);
    }
    if options.environment.is_none() {
        let name = "SENTRY_ENVIRONMENT";
        let given = variable(name).and_then(|value| names::environment_of(name, value));
        let found = given.or_else(|| of_vercel(variable));
        options.environment = Some(found.unwrap_or(Cow::Borrowed(DEFAULT)));
    }
    let rate = |name| variable(name).map(|value| parse_rate(name, &value)).transpose();
    if options.sample_rate.is_none() {
        options.sample_rate = rate("SENTRY_SAMPLE_RATE")?;
    }
    if options.traces_sample_rate.is_none() && options.traces_sampler.is_none() {
        options.traces_sample_rate = rate("SENTRY_TRACES_SAMPLE_RATE")?;
    }
    if options.debug.is_none() {
        options.debug =
            variable("SENTRY_DEBUG").map(|value| parse_bool("SENTRY_DEBUG", &value)).transpose()?;
    }
    if options.local == LocalView::FromEnvironment {
        options.local = local(variable("SENTRY_LOCAL").as_deref())?;
    }
    if cfg!(not(feature = "local")) && options.local != LocalView::Off {
        diagnostics::error(format_args!(
            "the option local (SENTRY_LOCAL) has no effect, because this build has no local view: enable the feature \
             `local` of sentry-runtime"
        ));
        options.local = LocalView::Off;
    }
    #[cfg(feature = "dashboard")]
    crate::options::dashboard::complete(&mut options.dashboard, variable);
    options.spotlight = spotlight(&options.spotlight, variable("SENTRY_SPOTLIGHT").as_deref());
    crate::options::data_collection::complete(options, variable)?;
    check(options)?;
    open_for_views(options);
    if options.records_unsampled() && !options.traces() {
        options.traces_sample_rate = Some(0.0);
    }
    Ok(())
}

fn check(options: &ClientOptions) -> Result<(), OptionsError> {
    fn wrong(option: &'static str, value: impl ToString, rule: &'static str) -> Result<(), OptionsError> {
        Err(OptionsError::Value { option, value: value.to_string(), rule })
    }
    for (name, rate) in
        [("sample_rate", options.sample_rate), ("traces_sample_rate", options.traces_sample_rate)]
    {
        if let Some(rate) = rate.filter(|rate| !(0.0..=1.0).contains(rate)) {
            return wrong(name, rate, "a number from 0 (nothing) to 1 (everything)");
        }
    }
    if options.user_agent.is_empty() || !options.user_agent.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return wrong(
            "user_agent",
            options.user_agent.escape_debug(),
            "1 or more printable ASCII characters",
        );
    }
    if options.max_breadcrumbs > 1000 {
        return wrong("max_breadcrumbs", options.max_breadcrumbs, "at most 1000");
    }
    if !(1..=65_536).contains(&options.queue_size) {
        return wrong("queue_size", options.queue_size, "from 1 to 65536 envelopes");
    }
    crate::options::check_network(options)?;
    if options.max_record_memory < 64 << 10 {
        return wrong("max_record_memory", options.max_record_memory, "at least 65536 bytes");
    }
    if options.shutdown_timeout > Duration::from_secs(3600) {
        let seconds = format!("{} s", options.shutdown_timeout.as_secs());
        return wrong("shutdown_timeout", seconds, "at most 1 hour");
    }
    if !(1..=32).contains(&options.normalize_depth) {
        return wrong("normalize_depth", options.normalize_depth, "from 1 to 32 levels");
    }
    if let Spotlight::Url(url) = &options.spotlight
        && !is_http_url(url)
    {
        return wrong("spotlight_url", url.escape_debug(), "a URL that begins with http:// or https://");
    }
    crate::options::data_collection::check(options)?;
    check_filters(options)
}

fn is_http_url(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace))
}

fn parse_rate(option: &'static str, value: &str) -> Result<f32, OptionsError> {
    match value.trim().parse::<f32>() {
        Ok(rate) if (0.0..=1.0).contains(&rate) => Ok(rate),
        _ => Err(OptionsError::Value {
            option,
            value: value.to_owned(),
            rule: "a number from 0 (nothing) to 1 (everything)",
        }),
    }
}

fn parse_bool(option: &'static str, value: &str) -> Result<bool, OptionsError> {
    yes_or_no(value).ok_or_else(|| OptionsError::Value { option, value: value.to_owned(), rule: BOOLEAN })
}

/// A word that is no boolean is more likely to be misspelt than to be a file, so a path has to look like one.
fn local(variable: Option<&str>) -> Result<LocalView, OptionsError> {
    Ok(match variable.map(|value| (value, yes_or_no(value))) {
        None | Some((_, Some(false))) => LocalView::Off,
        Some((_, Some(true))) => LocalView::On,
        Some((value, None)) if value.trim().eq_ignore_ascii_case("failures") => LocalView::Failures,
        Some((path, None)) if path.contains(['/', '\\', '.']) => LocalView::File(PathBuf::from(path)),
        Some((value, None)) => {
            return Err(OptionsError::Value {
                option: "SENTRY_LOCAL",
                value: value.to_owned(),
                rule: "a boolean, `failures`, or a path with a slash or a dot, such as `./out`",
            });
        }
    })
}

fn spotlight(option: &Spotlight, variable: Option<&str>) -> Spotlight {
    let url_of_variable = variable.map(str::trim).filter(|value| yes_or_no(value).is_none());
    let url_of_variable = url_of_variable.filter(|url| {
        let is_url = is_http_url(url);
        if !is_url {
            let url = url.escape_debug();
            diagnostics::error(format_args!(
                "ignoring SENTRY_SPOTLIGHT=`{url}`: expected `true`, `false` or a URL that begins with http:// or https://"
            ));
        }
        is_url
    });
    let url_of_variable = url_of_variable.map(str::to_owned);
    match option {
        Spotlight::Off => Spotlight::Off,
        Spotlight::On => Spotlight::Url(url_of_variable.unwrap_or_else(|| SPOTLIGHT.to_owned())),
        Spotlight::Url(url) => {
            if url_of_variable.is_some_and(|other| other != *url) {
                diagnostics::error(format_args!(
                    "ignoring SENTRY_SPOTLIGHT: the option spotlight_url sets another URL ({url})"
                ));
            }
            Spotlight::Url(url.clone())
        }
        Spotlight::FromEnvironment => match (variable.and_then(yes_or_no), url_of_variable) {
            (Some(true), _) => Spotlight::Url(SPOTLIGHT.to_owned()),
            (None, Some(url)) => Spotlight::Url(url),
            _ => Spotlight::Off,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(options: ClientOptions, variables: &[(&str, &str)]) -> Result<ClientOptions, String> {
        let mut options = options;
        let variable = |name: &'static str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        complete_with(&mut options, &variable).map(|()| options).map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_fills_in_what_the_program_left_out() {
        let variables = [
            ("SENTRY_DSN", "https://abc@example.com/1"),
            ("SENTRY_RELEASE", "shop@1"),
            ("SENTRY_ENVIRONMENT", "staging"),
            ("SENTRY_TRACES_SAMPLE_RATE", "0.5"),
            ("SENTRY_DEBUG", "no"),
        ];
        let options = with(ClientOptions::new().release("shop@2"), &variables).unwrap();
        assert_eq!(options.release.as_deref(), Some("shop@2"), "the program counts first");
        assert_eq!(options.environment.as_deref(), Some("staging"));
        assert_eq!(options.traces_sample_rate, Some(0.5));
        assert_eq!(options.debug, Some(false));
        assert_eq!(options.dsn.unwrap().public_key(), "abc");
    }

    #[test]
    fn bad_values_are_named_with_the_rule() {
        let message = with(ClientOptions::new().traces_sample_rate(1.5), &[]).unwrap_err();
        assert_eq!(
            message,
            "traces_sample_rate is `1.5`, but must be a number from 0 (nothing) to 1 (everything)"
        );
        let message = with(ClientOptions::new(), &[("SENTRY_TRACES_SAMPLE_RATE", "often")]).unwrap_err();
        assert!(message.starts_with("SENTRY_TRACES_SAMPLE_RATE is `often`"), "{message}");
        for bad in [
            ClientOptions::new().sample_rate(f32::NAN),
            ClientOptions::new().max_breadcrumbs(1001),
            ClientOptions::new().queue_size(0),
            ClientOptions::new().environment("a/b"),
            ClientOptions::new().release("a\nb"),
            ClientOptions::new().dist("a b"),
            ClientOptions::new().org_id("ours"),
            ClientOptions::new().spotlight_url("nope"),
            ClientOptions::new().user_agent("a\nb"),
            ClientOptions::new().dsn("nonsense"),
        ] {
            assert!(with(bad.clone(), &[]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn bad_variables_of_others_cost_no_client() {
        let variables = [
            ("SENTRY_RELEASE", "feature/x"),
            ("SENTRY_ENVIRONMENT", "none"),
            ("SENTRY_SPOTLIGHT", "perhaps"),
        ];
        let options = with(ClientOptions::new(), &variables).unwrap();
        assert_eq!((options.release, options.environment.as_deref()), (None, Some(DEFAULT)));
        assert_eq!(options.spotlight, Spotlight::Off);
    }

    #[test]
    fn a_view_that_is_not_compiled_in_is_off() {
        let options = with(ClientOptions::new(), &[("SENTRY_LOCAL", "1")]).unwrap();
        assert_eq!(options.local == LocalView::Off, cfg!(not(feature = "local")));
    }

    #[test]
    fn the_release_is_found_in_the_order_of_the_official_sdks() {
        let release = |variables: &[_]| with(ClientOptions::new(), variables).unwrap().release;
        let [ours, github, circle, heroku, jenkins, google] = [
            ("SENTRY_RELEASE", "shop@1"),
            ("GITHUB_SHA", "a1"),
            ("CIRCLE_SHA1", "b2"),
            ("HEROKU_SLUG_COMMIT", "c3"),
            ("GIT_COMMIT", "d4"),
            ("K_REVISION", "shop-00042-abc"),
        ];
        let mut all = vec![google, jenkins, heroku, circle, github, ours];
        while let Some((_, expected)) = all.last().copied() {
            assert_eq!(release(&all).as_deref(), Some(expected));
            all.pop();
        }
        assert_eq!(release(&[]), None);
        let branch = ("SOURCE_COMMIT", "feature/x");
        assert_eq!(release(&[branch, ("SENTRY_RELEASE", "a/b"), jenkins]).as_deref(), Some("d4"));
        let given = with(ClientOptions::new().release("shop@2"), &[ours, github]).unwrap();
        assert_eq!(given.release.as_deref(), Some("shop@2"));
    }

    #[test]
    fn vercel_names_the_environment() {
        let environment = |variables: &[_]| with(ClientOptions::new(), variables).unwrap().environment;
        let preview = ("VERCEL_ENV", "preview");
        assert_eq!(environment(&[preview]).as_deref(), Some("vercel-preview"));
        assert_eq!(environment(&[preview, ("SENTRY_ENVIRONMENT", "staging")]).as_deref(), Some("staging"));
        assert_eq!(environment(&[("VERCEL_ENV", "a/b")]).as_deref(), Some(DEFAULT));
    }

    #[test]
    fn the_local_view_takes_a_yes_or_a_path() {
        let local = |value| with(ClientOptions::new(), &[("SENTRY_LOCAL", value)]).unwrap().local;
        assert_eq!(local("1"), LocalView::On);
        assert_eq!(local("off"), LocalView::Off);
        assert_eq!(local("failures"), LocalView::Failures);
        assert_eq!(local("./failures"), LocalView::File("./failures".into()));
        assert_eq!(local("out.envelopes"), LocalView::File("out.envelopes".into()));
        assert_eq!(local(r"C:\out"), LocalView::File(r"C:\out".into()));
    }

    #[test]
    fn a_misspelt_word_is_no_file_of_the_local_view() {
        for word in ["flase", "failure", "2", "yess"] {
            let error = with(ClientOptions::new(), &[("SENTRY_LOCAL", word)]).unwrap_err();
            assert!(error.starts_with(&format!("SENTRY_LOCAL is `{word}`, but must be")), "{error}");
            assert!(error.contains("`failures`") && error.contains("such as `./out`"), "{error}");
        }
    }

    #[test]
    fn a_view_named_by_the_environment_opens_what_the_environment_did_not_set() {
        let rate = |variables: &[_]| with(ClientOptions::new(), variables).unwrap().traces_sample_rate;
        let half = ("SENTRY_TRACES_SAMPLE_RATE", "0.5");
        assert_eq!(rate(&[("SENTRY_LOCAL", "1")]), Some(1.0));
        assert_eq!(rate(&[("SENTRY_LOCAL", "1"), half]), Some(0.5));
        assert_eq!(rate(&[("SENTRY_SPOTLIGHT", "1"), half]), Some(1.0));
        assert_eq!(rate(&[("SENTRY_SPOTLIGHT", "1"), ("SENTRY_DSN", "https://abc@example.com/1")]), None);
    }

    #[test]
    fn spotlight_follows_the_precedence_of_the_spec() {
        let custom = Some("http://custom:3000/stream");
        let url = |url: &str| Spotlight::Url(url.to_owned());
        assert_eq!(spotlight(&Spotlight::On, custom), url("http://custom:3000/stream"));
        assert_eq!(spotlight(&Spotlight::On, None), url(SPOTLIGHT));
        assert_eq!(spotlight(&Spotlight::Off, custom), Spotlight::Off);
        assert_eq!(spotlight(&url("http://config/stream"), custom), url("http://config/stream"));
        assert_eq!(spotlight(&Spotlight::FromEnvironment, Some("Yes")), url(SPOTLIGHT));
        assert_eq!(spotlight(&Spotlight::FromEnvironment, Some("0")), Spotlight::Off);
    }
}
