//! The server's rate limits: the end of the limit of each category.
//!
//! The transport reads the headers of every response into a [`RateLimits`]; the pipeline checks it before it
//! serialises, the transport before it sends. Times are on the monotonic clock, in milliseconds since the
//! `RateLimits` was created, one atomic number per category: a check costs two loads.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/)

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::protocol::DataCategory;

/// The duration of a limit by a 429 without a time.
const UNNAMED: Duration = Duration::from_secs(60);
/// The longest limit that one response can set.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The headers of a response that set limits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LimitHeaders<'a> {
    /// `X-Sentry-Rate-Limits`
    pub(crate) rate_limits: Option<&'a str>,
    /// `Retry-After`
    pub(crate) retry_after: Option<&'a str>,
    /// `Date`, the server's clock: a date in `Retry-After` is relative to it.
    pub(crate) date: Option<&'a str>,
}

/// The end of the limit of each category.
#[derive(Debug)]
pub(crate) struct RateLimits {
    origin: Instant,
    all: AtomicU64,
    categories: [AtomicU64; DataCategory::ALL.len()],
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            origin: Instant::now(),
            all: AtomicU64::new(0),
            categories: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }
}

impl RateLimits {
    /// Returns whether the category is limited now.
    pub(crate) fn is_limited(&self, category: DataCategory) -> bool {
        self.is_limited_at(category, Instant::now())
    }

    pub(crate) fn is_limited_at(&self, category: DataCategory, now: Instant) -> bool {
        let now = self.millis(now);
        let until = |category: DataCategory| self.categories[category as usize].load(Ordering::Relaxed);
        now < self.all.load(Ordering::Relaxed)
            || now < until(category)
            // Logs are limited by number or by volume; either limit stops them.
            || (category == DataCategory::LogItem && now < until(DataCategory::LogByte))
    }

    /// Applies the limits of a response.
    pub(crate) fn update(&self, status: u16, headers: LimitHeaders<'_>) {
        self.update_at(status, headers, Instant::now());
    }

    fn update_at(&self, status: u16, headers: LimitHeaders<'_>, now: Instant) {
        if let Some(value) = headers.rate_limits.filter(|value| !value.trim().is_empty()) {
            for limit in value.split(',') {
                self.apply(limit, now);
            }
            return;
        }
        let pause = headers.retry_after.and_then(|value| parse_retry_after(value, headers.date));
        if let Some(pause) = pause.or((status == 429).then_some(UNNAMED)) {
            self.raise(&self.all, pause, now);
        }
    }

    /// Applies one limit: `retry_after:categories:scope:…`. Clients ignore the parts after the categories.
    fn apply(&self, limit: &str, now: Instant) {
        let mut parts = limit.split(':').map(str::trim);
        let pause = parts.next().and_then(parse_seconds).unwrap_or(UNNAMED);
        let Some(categories) = parts.next() else { return };
        if categories.is_empty() {
            self.raise(&self.all, pause, now);
            return;
        }
        for name in categories.split(';') {
            // Metrics are limited by number or by volume; both stop the same kind of item.
            let name = if name.trim() == "trace_metric_byte" { "trace_metric" } else { name };
            if let Some(category) = DataCategory::of_name(name.trim()) {
                self.raise(&self.categories[category as usize], pause, now);
            }
        }
    }

    /// Extends a limit: of two limits the longer one applies.
    fn raise(&self, limit: &AtomicU64, pause: Duration, now: Instant) {
        limit.fetch_max(self.millis(now + pause.min(LONGEST)), Ordering::Relaxed);
    }

    fn millis(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.origin).as_millis()).unwrap_or(u64::MAX)
    }
}

/// Parses a number of seconds, with or without a fraction; a negative number is zero.
fn parse_seconds(value: &str) -> Option<Duration> {
    let seconds: f64 = value.trim().parse().ok()?;
    if seconds.is_nan() {
        return None;
    }
    Some(Duration::from_secs_f64(seconds.clamp(0.0, LONGEST.as_secs_f64())))
}

/// Parses `Retry-After` into a pause of at most a day; a date is relative to the server's `Date`.
pub(super) fn parse_retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    parse_seconds(value).or_else(|| {
        let until = parse_http_date(value)?;
        let now = date.and_then(parse_http_date).unwrap_or_else(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
        });
        Some(Duration::from_secs(until.saturating_sub(now)).min(LONGEST))
    })
}

/// Parses an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT` into seconds since the epoch.
fn parse_http_date(value: &str) -> Option<u64> {
    let date = httpdate::parse_http_date(value.trim()).ok()?;
    date.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(limits: &RateLimits, seconds: u64) -> Vec<&'static str> {
        let now = limits.origin + Duration::from_secs(seconds);
        DataCategory::ALL
            .into_iter()
            .filter(|&category| limits.is_limited_at(category, now))
            .map(DataCategory::as_str)
            .collect()
    }

    fn limits(status: u16, rate_limits: Option<&str>, retry_after: Option<&str>) -> RateLimits {
        let limits = RateLimits::default();
        let headers = LimitHeaders { rate_limits, retry_after, date: None };
        limits.update_at(status, headers, limits.origin);
        limits
    }

    #[test]
    fn each_category_has_its_own_time() {
        let limits = limits(200, Some("60:transaction:key, 2700:error;monitor;security:organization"), None);
        assert_eq!(after(&limits, 59), ["error", "transaction", "monitor"]);
        assert_eq!(after(&limits, 61), ["error", "monitor"]);
        assert!(after(&limits, 2701).is_empty());
    }

    #[test]
    fn an_empty_list_means_everything_and_an_unknown_name_nothing() {
        assert_eq!(after(&limits(200, Some("60::organization"), None), 1).len(), DataCategory::ALL.len());
        assert!(after(&limits(429, Some("60:profile;replay:organization"), None), 1).is_empty());
        assert_eq!(after(&limits(200, Some("5.5 : span : x:y:z:more"), None), 5), ["span"]);
    }

    #[test]
    fn the_longest_wins_and_a_day_is_the_most() {
        let limits = limits(200, Some("100:error:k,10:error:k,1e30:session"), None);
        assert_eq!(after(&limits, 99), ["error", "session"]);
        limits.update_at(
            200,
            LimitHeaders { rate_limits: Some("20:error"), ..LimitHeaders::default() },
            limits.origin,
        );
        assert_eq!(after(&limits, 99), ["error", "session"]);
        assert_eq!(after(&limits, 86_399), ["session"]);
        assert!(after(&limits, 86_401).is_empty());
    }

    #[test]
    fn logs_and_metrics_stop_by_number_or_by_volume() {
        assert_eq!(after(&limits(200, Some("9:log_byte:k"), None), 1), ["log_item", "log_byte"]);
        assert_eq!(after(&limits(200, Some("9:trace_metric_byte:k"), None), 1), ["trace_metric"]);
    }

    #[test]
    fn retry_after_is_read_when_there_is_no_better_header() {
        assert_eq!(after(&limits(503, None, Some("7")), 6).len(), DataCategory::ALL.len());
        assert!(after(&limits(503, None, Some("7")), 8).is_empty());
        assert!(after(&limits(503, None, Some("soon")), 0).is_empty());
        assert_eq!(after(&limits(429, Some("3:span:k"), Some("900")), 1), ["span"]);
        assert_eq!(after(&limits(429, None, None), 59).len(), DataCategory::ALL.len());
        assert!(after(&limits(429, None, Some("-4")), 0).is_empty());
        assert!(after(&limits(200, None, None), 0).is_empty());
        // A limit with an unreadable time is still a limit.
        assert_eq!(after(&limits(200, Some("abc:error"), None), 59), ["error"]);
    }

    #[test]
    fn a_date_is_read_by_the_servers_clock() {
        let limits = RateLimits::default();
        let headers = LimitHeaders {
            rate_limits: None,
            retry_after: Some("Wed, 21 Oct 2015 07:28:00 GMT"),
            date: Some("Wed, 21 Oct 2015 07:27:30 GMT"),
        };
        limits.update_at(429, headers, limits.origin);
        assert_eq!(after(&limits, 29).len(), DataCategory::ALL.len());
        assert!(after(&limits, 31).is_empty());
        assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(parse_http_date("Tue, 29 Feb 2000 00:00:00 GMT"), Some(951_782_400));
        assert_eq!(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 CET"), None);
        assert_eq!(parse_http_date("yesterday"), None);
    }
}
