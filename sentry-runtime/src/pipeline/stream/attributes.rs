//! The attributes that every streamed span of a segment carries beside its own.
//!
//! [Spec, "Common Attribute Keys"](https://develop.sentry.dev/sdk/telemetry/spans/#common-attribute-keys)

use std::borrow::Cow;
use std::net::IpAddr;

use crate::pipeline::contexts;
use crate::pipeline::span::v2::{Common, put, put_user};
use crate::protocol::envelope::SDK;
use crate::protocol::{AttributeValue, Map, Request, User};
use crate::scope::{Scope, Scopes};
use crate::trace::ids;
use crate::trace::segment::Segment;

/// The names of a host that is the machine itself.
const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The data that spans take from their scopes.
#[derive(Debug, Default)]
pub(crate) struct OfScopes {
    pub(crate) user: Option<User>,
    /// Whether the work was done for a request from or to this machine itself, if that is known.
    is_localhost: Option<bool>,
    attributes: Map<Cow<'static, str>, AttributeValue>,
}

impl OfScopes {
    pub(crate) fn of(scopes: &Scopes) -> Self {
        let mut attributes = Map::new();
        scopes.add_attributes(&mut attributes);
        let user = scopes.user();
        let layers = [&scopes.current, &scopes.isolation, &scopes.global];
        let request = layers.into_iter().find_map(|scope| scope.request.as_deref());
        Self { user: user.cloned(), is_localhost: is_localhost(request, user), attributes }
    }

    /// Returns the same of scopes that are merged already.
    pub(crate) fn of_merged(scope: &Scope) -> Self {
        Self {
            user: scope.user().cloned(),
            is_localhost: is_localhost(scope.request.as_deref(), scope.user()),
            attributes: scope.rest.attributes.clone(),
        }
    }
}

/// Returns the current common attributes of a segment's spans.
pub(crate) fn common(segment: &Segment, name: &str, scopes: OfScopes) -> Common {
    let options = segment.client.options();
    let mut pairs = Vec::with_capacity(16);
    put(&mut pairs, "sentry.segment.name", Some(name));
    put(&mut pairs, "sentry.segment.id", Some(&ids::wire(segment.key).to_string()));
    put(&mut pairs, "sentry.release", options.release.as_deref());
    put(&mut pairs, "sentry.environment", options.environment.as_deref());
    put(&mut pairs, "sentry.sdk.name", Some(SDK.name));
    put(&mut pairs, "sentry.sdk.version", Some(SDK.version));
    put(&mut pairs, "sentry.platform", Some("native"));
    put(&mut pairs, "sentry.trace_lifecycle", Some("stream"));
    put(&mut pairs, "sentry.replay_id", segment.propagation.replay_id().as_deref());
    put(&mut pairs, "os.name", contexts::facts().os.get("name").and_then(|name| name.as_str()));
    if let Some(is_localhost) = scopes.is_localhost {
        pairs.push((Cow::Borrowed("sentry.is_localhost"), is_localhost.into()));
    }
    let required = pairs.len();
    // The program put it into the scope, or it was allowed when it was collected.
    if let Some(user) = &scopes.user {
        put_user(&mut pairs, user);
    }
    for (key, value) in scopes.attributes {
        let empty = value.is_null() || value.as_str() == Some("");
        if !empty && !pairs.iter().any(|(known, _)| *known == key) {
            pairs.push((key, value));
        }
    }
    for (key, value) in segment.propagation.groups().into_iter().flat_map(|groups| groups.iter()) {
        if !pairs.iter().any(|(known, _)| *known == key) {
            pairs.push((Cow::Owned(key.to_owned()), value.into()));
        }
    }
    Common::new(pairs, required)
}

/// Returns the transaction name that the scopes set, if one of them does.
pub(crate) fn name_by_scope(scopes: &Scopes) -> Option<&str> {
    [&scopes.current, &scopes.isolation, &scopes.global]
        .into_iter()
        .find_map(|scope| scope.rest.transaction.as_deref())
}

/// Returns whether a request came from this machine itself or was sent to it by a name of its own; `None` without a request
/// and without an address of the user.
fn is_localhost(request: Option<&Request>, user: Option<&User>) -> Option<bool> {
    let address =
        user.and_then(|user| user.ip_address.as_ref()).and_then(|ip| ip.to_string().parse::<IpAddr>().ok());
    if request.is_none() && address.is_none() {
        return None;
    }
    let is_local = |host: &str| {
        let host = host.rsplit_once(':').map_or(host, |(name, port)| match port.parse::<u16>() {
            Ok(_) => name,
            Err(_) => host,
        });
        LOCAL_HOSTS.contains(&host) || host.ends_with(".localhost")
    };
    let of_url = |request: &Request| {
        let (_, rest) = request.url.as_deref()?.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        Some(is_local(authority.rsplit('@').next()?))
    };
    let of_headers = |request: &Request| {
        let hosts = request.headers.iter().filter(|(name, _)| {
            ["host", "x-forwarded-host"].iter().any(|host| name.eq_ignore_ascii_case(host))
        });
        hosts.map(|(_, value)| value).any(|value| is_local(value.trim()))
    };
    let of_request = request.is_some_and(|request| of_url(request) == Some(true) || of_headers(request));
    Some(of_request || address.is_some_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_the_machine_itself_are_local() {
        let request = |url: &str, host: &str| Request {
            url: Some(url.to_owned()),
            headers: [("Host".to_owned(), host.to_owned())].into(),
            ..Request::default()
        };
        for (url, host, local) in [
            ("http://localhost/x", "", true),
            ("http://shop.localhost:80/x", "", true),
            ("https://me@127.0.0.1:8080", "", true),
            ("http://[::1]:8080/x", "", true),
            ("/x", "localhost:3000", true),
            ("http://localhost.example/x", "shop.example", false),
            ("http://shop.example/localhost", "[::2]:80", false),
        ] {
            assert_eq!(is_localhost(Some(&request(url, host)), None), Some(local), "{url} {host}");
        }
        let user = |address: &str| User { ip_address: Some(address.parse().unwrap()), ..User::default() };
        assert_eq!(is_localhost(None, Some(&user("127.0.0.1"))), Some(true));
        assert_eq!(is_localhost(None, Some(&user("10.0.0.1"))), Some(false));
        assert_eq!(is_localhost(None, None), None);
    }
}
