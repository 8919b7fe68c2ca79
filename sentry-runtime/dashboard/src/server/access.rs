//! The rules of access: `Host`, `Origin` and the token.
//!
//! A page of another site that is open in the same browser must not read the dashboard. It cannot read answers of another
//! origin; the rule for `Host` keeps it from becoming the same origin by a name that resolves to this machine (DNS
//! rebinding), the rules for `Origin` and `Sec-Fetch-Site` keep it from changing anything. The token keeps out other
//! users of the machine.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::{AUTHORIZATION, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::page;

/// The rules of one dashboard.
#[derive(Debug)]
pub(crate) struct Access {
    token: String,
    address: SocketAddr,
    allow_remote: bool,
}

/// The reason why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    Host,
    Origin,
    Token,
}

impl Access {
    pub(crate) fn new(token: String, address: SocketAddr, allow_remote: bool) -> Self {
        Self { token, address, allow_remote }
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Returns the name of the cookie. Browsers do not tell ports apart, so that the name does.
    fn cookie(&self) -> String {
        format!("sentry_dashboard_{}", self.address.port())
    }

    pub(super) fn check_site(&self, headers: &HeaderMap, is_read: bool) -> Result<(), Denied> {
        let host = text(headers, HOST.as_str()).ok_or(Denied::Host)?;
        if !self.is_own_host(host) {
            return Err(Denied::Host);
        }
        if let Some(origin) = text(headers, ORIGIN.as_str())
            && origin.strip_prefix("http://") != Some(host)
        {
            return Err(Denied::Origin);
        }
        let site = text(headers, "sec-fetch-site").unwrap_or("none");
        // A link on another page, but not a form.
        let navigates = is_read && text(headers, "sec-fetch-mode") == Some("navigate");
        if !matches!(site, "none" | "same-origin") && !navigates {
            return Err(Denied::Origin);
        }
        Ok(())
    }

    /// Returns whether a `Host` is a name of this machine that no name server can give to another site.
    fn is_own_host(&self, host: &str) -> bool {
        // The port may be another one: of a container or of ssh, which forwards it.
        let name = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => name,
            _ => host,
        };
        let ip = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        match ip {
            Some(ip) => ip.is_loopback() || ip == self.address.ip() || self.allow_remote,
            None => {
                let name = name.to_ascii_lowercase();
                name == "localhost" || name.ends_with(".localhost")
            }
        }
    }

    pub(super) fn has_token(&self, headers: &HeaderMap) -> bool {
        let bearer = text(headers, AUTHORIZATION.as_str())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        if let Some((_, token)) = bearer {
            return self.is_token(token.trim());
        }
        let name = self.cookie();
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(key, value)| key == name && self.is_token(value))
    }

    /// Compares in a time that says nothing about where the difference is.
    fn is_token(&self, given: &str) -> bool {
        let (own, given) = (self.token.as_bytes(), given.as_bytes());
        own.len() == given.len() && own.iter().zip(given).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
    }

    /// Returns the answer to the URL that the program printed: a cookie, and the way to the page without the token.
    pub(super) fn sign_in(&self, uri: &Uri) -> Option<Response> {
        let given = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("token="))?;
        if uri.path() != "/" || !self.is_token(given) {
            return None;
        }
        let cookie =
            format!("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000", self.cookie(), self.token);
        let cookie = HeaderValue::from_str(&cookie).ok()?;
        // The fragment, which says what to show, stays with the browser.
        let to = HeaderValue::from_static("/");
        Some((StatusCode::SEE_OTHER, [(SET_COOKIE, cookie), (LOCATION, to)]).into_response())
    }
}

impl Denied {
    /// Returns the answer. A person who opens the page gets a page that explains how to sign in.
    pub(super) fn answer(self, for_a_person: bool) -> Response {
        let (status, message) = match self {
            Self::Host => (
                StatusCode::FORBIDDEN,
                "this Host is not a name of this machine: use 127.0.0.1, [::1] or localhost",
            ),
            Self::Origin => (StatusCode::FORBIDDEN, "a page of another site must not ask"),
            Self::Token if for_a_person => return page::sign_in().into_response(),
            Self::Token => (
                StatusCode::UNAUTHORIZED,
                "open the URL that the program printed, or send its token as `Authorization: Bearer TOKEN`",
            ),
        };
        let body = serde_json::json!({ "error": message }).to_string();
        (status, [("content-type", "application/json")], body).into_response()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(allow_remote: bool) -> Access {
        Access::new("0123456789abcdef".to_owned(), ([127, 0, 0, 1], 8969).into(), allow_remote)
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_names_of_this_machine_are_hosts() {
        for host in
            ["127.0.0.1:8969", "localhost:8969", "LOCALHOST", "[::1]:8969", "app.localhost:1", "127.9.9.9"]
        {
            assert!(access(false).is_own_host(host), "{host}");
        }
        for host in
            ["evil.example:8969", "192.168.1.5:8969", "localhost.evil.example", "127.0.0.1.evil.example", ""]
        {
            assert!(!access(false).is_own_host(host), "{host}");
        }
        assert!(access(true).is_own_host("192.168.1.5:8969"), "a name can be rebound, an address cannot");
        assert!(!access(true).is_own_host("evil.example:8969"));
    }

    #[test]
    fn other_sites_are_denied_even_with_the_cookie() {
        let access = access(false);
        const COOKIE: (&str, &str) = ("cookie", "a=b; sentry_dashboard_8969=0123456789abcdef");
        const HOST: (&str, &str) = ("host", "localhost:8969");
        let check = |more: &[(&'static str, &'static str)]| {
            access.check_site(&headers(&[&[COOKIE, HOST], more].concat()), true)
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[("origin", "http://localhost:8969"), ("sec-fetch-site", "same-origin")]), Ok(()));
        for origin in ["http://evil.example", "http://localhost:3000", "https://localhost:8969", "null"] {
            assert_eq!(check(&[("origin", origin)]), Err(Denied::Origin), "{origin}");
        }
        assert_eq!(check(&[("sec-fetch-site", "cross-site")]), Err(Denied::Origin));
        assert_eq!(check(&[("sec-fetch-site", "same-site")]), Err(Denied::Origin));
        assert_eq!(check(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]), Ok(()));
        assert_eq!(access.check_site(&headers(&[COOKIE, ("host", "evil.example")]), true), Err(Denied::Host));
        assert_eq!(access.check_site(&headers(&[COOKIE]), true), Err(Denied::Host));
    }

    #[test]
    fn the_token_comes_as_cookie_or_bearer() {
        let access = access(false);
        let has_token = |name, value| access.has_token(&headers(&[(name, value)]));
        assert!(has_token("authorization", "Bearer 0123456789abcdef"));
        assert!(has_token("authorization", "bearer 0123456789abcdef"));
        assert!(has_token("cookie", "a=b; sentry_dashboard_8969=0123456789abcdef"));
        for (name, value) in [
            ("authorization", "Bearer 0123456789abcdeg"),
            ("authorization", "Bearer 0123456789abcde"),
            ("authorization", "Basic 0123456789abcdef"),
            ("cookie", "sentry_dashboard_8970=0123456789abcdef"),
            ("cookie", "sentry_dashboard_8969="),
            ("accept", "*/*"),
        ] {
            assert!(!has_token(name, value), "{name}: {value}");
        }
    }
}
