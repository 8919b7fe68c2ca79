//! The selection of a proxy between the program and its server: from the options first, then from the environment.
//!
//! `https_proxy`, `http_proxy` and `all_proxy` are read in lower and upper case; `no_proxy` lists hosts and networks
//! that are reached directly. As in curl, `HTTP_PROXY` in upper case is not read inside a CGI program, where a
//! request could set it. The proxy tunnels (`CONNECT`) both plain and encrypted connections.

use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;

/// The error for a proxy that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyError {
    name: &'static str,
    value: String,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is {:?}, which is not a supported proxy; write http://host:port or \
             http://user:password@host:port (percent-encoded), or leave it unset to connect directly",
            self.name, self.value
        )
    }
}

impl std::error::Error for ProxyError {}

/// The proxies from the options.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProxyOptions {
    /// The proxy for http servers.
    pub(crate) http: Option<String>,
    /// The proxy for https servers; if it is not set, the one for http is used.
    pub(crate) https: Option<String>,
}

/// Selects the proxy for a target; `env` returns environment variables. The error names the value that cannot be
/// used. An invalid variable is an error too, since bypassing the proxy could violate the network's rules.
pub(crate) fn select(
    target: &Uri,
    options: &ProxyOptions,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Option<ureq::Proxy>, ProxyError> {
    let encrypted = target.scheme_str() == Some("https");
    let (name, chosen) = match (&options.https, &options.http) {
        (Some(https), _) if encrypted => ("https_proxy", https),
        (_, Some(http)) => ("http_proxy", http),
        _ => return from_environment(target, encrypted, env),
    };
    parse(name, chosen).map(Some)
}

fn from_environment(
    target: &Uri,
    encrypted: bool,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Option<ureq::Proxy>, ProxyError> {
    let host = target.host().unwrap_or_default();
    let port = target.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
    let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let exempt = env("no_proxy").or_else(|| env("NO_PROXY")).is_some_and(|list| is_exempt(host, port, &list));
    if exempt || is_local(host) {
        return Ok(None);
    }
    let in_cgi = env("REQUEST_METHOD").is_some();
    let names: &[&'static str] = match (encrypted, in_cgi) {
        (true, _) => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        (false, false) => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
        (false, true) => &["http_proxy", "all_proxy", "ALL_PROXY"],
    };
    names.iter().find_map(|&name| env(name).map(|value| parse(name, value.trim()))).transpose()
}

fn parse(name: &'static str, value: &str) -> Result<ureq::Proxy, ProxyError> {
    ureq::Proxy::new(value)
        .ok()
        .filter(|proxy| matches!(proxy.protocol(), ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https))
        .ok_or_else(|| ProxyError { name, value: without_password(value) })
}

/// Replaces the text between `//` and `@`, since messages end up in logs.
fn without_password(value: &str) -> String {
    let start = value.find("://").map_or(0, |at| at + 3);
    match value[start..].rfind('@') {
        Some(at) => format!("{}…{}", &value[..start], &value[start + at..]),
        None => value.to_owned(),
    }
}

/// Returns whether a list like `example.com, .internal, 10.0.0.0/8, db.lan:5432, *` contains the host, a domain above it,
/// or its network. An entry with a port matches that port only.
fn is_exempt(host: &str, port: u16, list: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address = host.parse::<IpAddr>().ok();
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        if let Some((network, bits)) = entry.split_once('/') {
            return address.is_some_and(|address| is_in(address, network, bits));
        }
        let entry = match entry.rsplit_once(':') {
            // An IPv6 address without brackets has no port.
            Some((name, given)) if !name.contains(':') || name.ends_with(']') => {
                if given.parse() != Ok(port) {
                    return false;
                }
                name
            }
            _ => entry,
        };
        let entry = entry.trim_start_matches('[').trim_end_matches(']');
        if let (Some(address), Ok(exempt)) = (address, entry.parse::<IpAddr>()) {
            return address == exempt;
        }
        let domain = entry.trim_start_matches('*').trim_start_matches('.');
        if domain.is_empty() {
            return entry == "*";
        }
        let above = host.len().checked_sub(domain.len());
        above.is_some_and(|above| {
            host.is_char_boundary(above)
                && host[above..].eq_ignore_ascii_case(domain)
                && (above == 0 || host[..above].ends_with('.'))
        })
    })
}

/// Returns whether an address belongs to a network like `10.0.0.0` with `8` bits.
fn is_in(address: IpAddr, network: &str, bits: &str) -> bool {
    fn shared(one: &[u8], other: &[u8]) -> u32 {
        let differs = one.iter().zip(other).position(|(one, other)| one != other);
        differs.map_or(one.len() as u32 * 8, |at| at as u32 * 8 + (one[at] ^ other[at]).leading_zeros())
    }
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (address, network.trim_start_matches('[').trim_end_matches(']').parse()) {
        (IpAddr::V4(one), Ok(IpAddr::V4(other))) => {
            bits <= 32 && shared(&one.octets(), &other.octets()) >= bits
        }
        (IpAddr::V6(one), Ok(IpAddr::V6(other))) => {
            bits <= 128 && shared(&one.octets(), &other.octets()) >= bits
        }
        _ => false,
    }
}

/// Returns whether the host is this machine.
pub(crate) fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns whether a URL refers to this machine.
pub(crate) fn is_local_url(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|url| url.host().is_some_and(is_local))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(target: &str, options: &ProxyOptions, env: &[(&str, &str)]) -> Result<Option<String>, String> {
        let read =
            |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        select(&target.parse().unwrap(), options, read)
            .map(|proxy| proxy.map(|proxy| proxy.host().to_owned()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn options_come_before_the_environment() {
        let options =
            ProxyOptions { http: Some("http://plain:1".into()), https: Some("http://secure:1".into()) };
        let env = [("https_proxy", "http://env:1"), ("no_proxy", "*")];
        assert_eq!(chosen("https://sentry.io", &options, &env), Ok(Some("secure".into())));
        assert_eq!(chosen("http://sentry.io", &options, &env), Ok(Some("plain".into())));
        let options = ProxyOptions { https: None, ..options };
        assert_eq!(chosen("https://sentry.io", &options, &env), Ok(Some("plain".into())));
    }

    #[test]
    fn the_environment_is_read_by_scheme() {
        let none = ProxyOptions::default();
        let env =
            [("HTTPS_PROXY", "http://secure:1"), ("HTTP_PROXY", "plain:1"), ("ALL_PROXY", "http://all:1")];
        assert_eq!(chosen("https://sentry.io", &none, &env), Ok(Some("secure".into())));
        assert_eq!(chosen("http://sentry.io", &none, &env), Ok(Some("plain".into())));
        assert_eq!(chosen("http://sentry.io", &none, &env[2..]), Ok(Some("all".into())));
        let cgi = [("HTTP_PROXY", "http://attacker:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(chosen("http://sentry.io", &none, &cgi), Ok(None));
        assert_eq!(chosen("http://127.0.0.1:9000", &none, &env), Ok(None));
        assert_eq!(chosen("https://sentry.io", &none, &[]), Ok(None));
    }

    #[test]
    fn exempt_hosts_are_reached_directly() {
        for (host, list, exempt) in [
            ("sentry.io", "sentry.io", true),
            ("o1.ingest.sentry.io", "example.com, .sentry.io", true),
            ("o1.ingest.sentry.io", "*.sentry.io", true),
            ("o1.ingest.sentry.io", "Sentry.IO", true),
            ("notsentry.io", "sentry.io", false),
            ("sentry.io", "o1.sentry.io", false),
            ("sentry.io", "*", true),
            ("sentry.io", " , .", false),
            ("10.0.0.7", "10.0.0.7", true),
            ("sentry.io", "sentry.io:443", true),
            ("sentry.io", "sentry.io:8443", false),
            ("o1.sentry.io", ".sentry.io:443, x", true),
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("192.168.9.1", "192.168.8.0/23", true),
            ("192.168.10.1", "192.168.8.0/23", false),
            ("10.1.2.3", "0.0.0.0/0", true),
            ("10.1.2.3", "10.1.2.3/32, 10.0.0.0/40", true),
            ("10.1.2.4", "10.1.2.3/32, 10.0.0.0/40, 10.0.0.0/x", false),
            ("sentry.io", "10.0.0.0/8", false),
            ("[fd00::7]", "fd00::/8", true),
            ("[fd00::7]", "fd00:0::7", true),
            ("[fd00::7]", "[fd00::7]:443", true),
            ("[fd00::7]", "[fd00::7]:444", false),
            ("[fd00::7]", "10.0.0.0/8", false),
        ] {
            assert_eq!(is_exempt(host, 443, list), exempt, "{host} in {list}");
        }
    }

    #[test]
    fn a_bad_proxy_is_named_without_its_password() {
        let options = ProxyOptions { http: Some("socks5://me:secret@host:1".into()), https: None };
        let error = chosen("http://sentry.io", &options, &[]).unwrap_err();
        assert!(error.contains("http_proxy") && error.contains("socks5://…@host:1"), "{error}");
        assert!(!error.contains("secret"));
        assert!(chosen("http://sentry.io", &ProxyOptions::default(), &[("http_proxy", "http://")]).is_err());
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for host in ["localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["sentry.io", "10.0.0.1", "localhost.example.com", ""] {
            assert!(!is_local(host), "{host}");
        }
    }
}
