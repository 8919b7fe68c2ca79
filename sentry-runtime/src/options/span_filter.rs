//! The filters of the options `ignore_spans` and `trace_ignore_status_codes`.
//!
//! Spec: [filtering](https://develop.sentry.dev/sdk/telemetry/spans/filtering/),
//! [transactions](https://develop.sentry.dev/sdk/telemetry/transactions/).

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::{ClientOptions, OptionsError, Pattern};
use crate::protocol::AttributeValue;
use crate::protocol::nesting::Shallow;

/// A filter of spans. It matches spans that meet all its conditions; a filter without a condition matches no span.
///
/// ```
/// use sentry::{Pattern, SpanFilter};
///
/// let options = sentry::ClientOptions::new().ignore_spans([
///     SpanFilter::from("cache.get"),
///     SpanFilter::new().op(Pattern::exact("db.ping")),
///     SpanFilter::new().name("/healthz").attribute("http.response.status_code", 200),
/// ]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct SpanFilter {
    name: Option<Pattern>,
    op: Option<Pattern>,
    attributes: Vec<(Cow<'static, str>, Wanted)>,
}

/// The condition on an attribute.
#[derive(Debug, Clone)]
enum Wanted {
    Text(Pattern),
    Value(AttributeValue),
}

impl SpanFilter {
    /// Returns a filter without a condition.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a condition on the name. A string matches a part of the name.
    #[must_use]
    pub fn name(mut self, pattern: impl Into<Pattern>) -> Self {
        self.name = Some(pattern.into());
        self
    }

    /// Adds a condition on the operation. A string matches a part of the operation.
    #[must_use]
    pub fn op(mut self, pattern: impl Into<Pattern>) -> Self {
        self.op = Some(pattern.into());
        self
    }

    /// Adds a condition on the value of an attribute. A string matches a part of the attribute; numbers, booleans and
    /// lists must be equal.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) -> Self {
        let value = Shallow::of(value.into()).into_inner();
        let wanted = match value.as_str() {
            Some(text) => Wanted::Text(Pattern::from(text.to_owned())),
            None => Wanted::Value(value),
        };
        self.attributes.push((key.into(), wanted));
        self
    }

    /// Adds a condition on an attribute, which must be a string that matches the pattern.
    #[must_use]
    pub fn attribute_matching(
        mut self,
        key: impl Into<Cow<'static, str>>,
        pattern: impl Into<Pattern>,
    ) -> Self {
        self.attributes.push((key.into(), Wanted::Text(pattern.into())));
        self
    }

    /// Returns whether a span matches.
    pub(crate) fn matches(
        &self,
        name: &str,
        op: &str,
        attributes: &[(Cow<'static, str>, AttributeValue)],
    ) -> bool {
        let given = self.name.is_some() || self.op.is_some() || !self.attributes.is_empty();
        given
            && self.name.as_ref().is_none_or(|pattern| pattern.matches(name))
            && self.op.as_ref().is_none_or(|pattern| pattern.matches(op))
            && self.attributes.iter().all(|(key, wanted)| {
                // If an attribute was set twice, the last value counts.
                let value = attributes.iter().rev().find(|(known, _)| known == key);
                value.is_some_and(|(_, value)| wanted.is(value))
            })
    }
}

impl Wanted {
    fn is(&self, value: &AttributeValue) -> bool {
        match self {
            Self::Text(pattern) => value.as_str().is_some_and(|text| pattern.matches(text)),
            Self::Value(wanted) => same(wanted, value),
        }
    }
}

/// Compares two values. Integers are compared by value, whatever their type.
fn same(one: &AttributeValue, two: &AttributeValue) -> bool {
    match (one, two) {
        (AttributeValue::I64(signed), AttributeValue::U64(unsigned))
        | (AttributeValue::U64(unsigned), AttributeValue::I64(signed)) => {
            u64::try_from(*signed).is_ok_and(|signed| signed == *unsigned)
        }
        (AttributeValue::Array(one), AttributeValue::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        _ => one == two,
    }
}

/// Converts a pattern, or a string, into a condition on the name.
impl<P: Into<Pattern>> From<P> for SpanFilter {
    fn from(name: P) -> Self {
        Self::new().name(name)
    }
}

/// HTTP status codes for [`trace_ignore_status_codes`](ClientOptions::trace_ignore_status_codes): one code, or an
/// inclusive range.
///
/// ```
/// let options = sentry::ClientOptions::new()
///     .trace_ignore_status_codes([301..=303, 305..=399, 401..=404]);
/// let same = sentry::ClientOptions::new().trace_ignore_status_codes([404]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusCodes(RangeInclusive<u16>);

impl StatusCodes {
    /// Returns whether a status code is in the range.
    #[must_use]
    pub fn contains(&self, code: u16) -> bool {
        self.0.contains(&code)
    }
}

impl From<u16> for StatusCodes {
    fn from(code: u16) -> Self {
        Self(code..=code)
    }
}

impl From<RangeInclusive<u16>> for StatusCodes {
    fn from(range: RangeInclusive<u16>) -> Self {
        Self(range)
    }
}

/// Checks the filters: a filter that matches everything, or nothing, is a mistake.
pub(crate) fn check_filters(options: &ClientOptions) -> Result<(), OptionsError> {
    fn wrong(
        option: &'static str,
        value: &dyn std::fmt::Debug,
        rule: &'static str,
    ) -> Result<(), OptionsError> {
        Err(OptionsError::Value { option, value: format!("{value:?}"), rule })
    }
    let names = "a pattern with at least one character, because an empty one matches every name";
    for pattern in &options.ignore_transactions {
        if pattern.is_empty() {
            return wrong("ignore_transactions", pattern, names);
        }
    }
    for filter in &options.ignore_spans {
        if filter.name.iter().chain(&filter.op).any(Pattern::is_empty) {
            return wrong("ignore_spans", filter, names);
        }
        if filter.name.is_none() && filter.op.is_none() && filter.attributes.is_empty() {
            return wrong("ignore_spans", filter, "a filter with a name, an op or an attribute");
        }
    }
    for StatusCodes(range) in &options.trace_ignore_status_codes {
        if range.is_empty() || !(100..=599).contains(range.start()) || !(100..=599).contains(range.end()) {
            return wrong("trace_ignore_status_codes", range, "from 100 to 599, lower status code first");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes() -> Vec<(Cow<'static, str>, AttributeValue)> {
        vec![
            ("http.request.method".into(), "GET".into()),
            ("http.response.status_code".into(), 200.into()),
            ("ids".into(), vec![1_u64, 2].into()),
        ]
    }

    #[test]
    fn every_condition_must_be_met() {
        let matches = |filter: &SpanFilter| filter.matches("GET /healthz", "http.server", &attributes());
        let health = SpanFilter::from("healthz");
        for filter in [
            health.clone(),
            SpanFilter::new().op(Pattern::exact("http.server")),
            health.clone().attribute("http.request.method", "GE"),
            health.clone().attribute("http.response.status_code", 200_u64),
            health.clone().attribute("ids", vec![1, 2]),
            SpanFilter::new().attribute_matching("http.request.method", Pattern::prefix("G")),
        ] {
            assert!(matches(&filter), "{filter:?}");
        }
        for filter in [
            SpanFilter::new(),
            SpanFilter::from("orders"),
            health.clone().op("db"),
            health.clone().attribute("http.response.status_code", 404),
            health.clone().attribute("http.response.status_code", "200"),
            health.clone().attribute("missing", true),
            health.attribute("ids", vec![1]),
        ] {
            assert!(!matches(&filter), "{filter:?}");
        }
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "the mistake is what is tested")]
    fn filters_that_mean_everything_or_nothing_are_mistakes() {
        let rule = |options: ClientOptions| check_filters(&options).map_err(|error| error.to_string());
        let options = ClientOptions::new;
        assert_eq!(rule(options().ignore_spans(["a"]).trace_ignore_status_codes([404])), Ok(()));
        for (options, part) in [
            (options().ignore_transactions([""]), "ignore_transactions is `Contains(\"\")`"),
            (options().ignore_spans([Pattern::prefix("")]), "ignore_spans is"),
            (options().ignore_spans([SpanFilter::new()]), "must be a filter with a name"),
            (options().trace_ignore_status_codes([404..=401]), "trace_ignore_status_codes is `404..=401`"),
            (options().trace_ignore_status_codes([40..=404]), "from 100 to 599"),
        ] {
            let error = rule(options).expect_err(part);
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn ranges_include_their_ends() {
        let codes = StatusCodes::from(301..=303);
        assert_eq!([300, 301, 303, 304].map(|code| codes.contains(code)), [false, true, true, false]);
        assert!(StatusCodes::from(404).contains(404));
    }
}
