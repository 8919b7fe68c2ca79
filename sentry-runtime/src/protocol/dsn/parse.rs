//! The parser of DSNs. The error names the first rule that is broken.

use super::{Dsn, Scheme};
use crate::protocol::ProjectId;

pub(super) fn parse(text: &str) -> Result<Dsn, &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return Err("it must not contain spaces or control characters");
    }
    let (scheme, rest) = text.split_once("://").ok_or("it must start with `https://` or `http://`")?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        _ => return Err("its scheme must be `https` or `http`"),
    };
    // Some settings pages append `?…`; text after the project id is not part of the DSN.
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').ok_or("the project id is missing after the host")?;
    let (keys, address) = authority.rsplit_once('@').ok_or("the public key is missing before the host")?;
    let (public_key, secret_key) = match keys.split_once(':') {
        Some((public, secret)) => (public, Some(secret).filter(|secret| !secret.is_empty())),
        None => (keys, None),
    };
    if public_key.is_empty() {
        return Err("the public key is empty");
    }
    if !public_key.bytes().all(|byte| is_unreserved(byte) || byte == b'%') {
        return Err("the public key may only consist of letters, digits and `-_.~`");
    }
    let (host, port) = host_and_port(address)?;
    let path = path.trim_end_matches('/');
    let (prefix, project_id) = path.rsplit_once('/').unwrap_or(("", path));
    if project_id.is_empty() {
        return Err("the project id is missing after the host");
    }
    // The specification has a text, though servers number their projects.
    if !project_id.bytes().all(is_unreserved) || matches!(project_id, "." | "..") {
        return Err("the project id may only consist of letters, digits and `-_.~`");
    }
    let prefix = prefix.trim_matches('/');
    Ok(Dsn {
        scheme,
        public_key: public_key.to_owned(),
        secret_key: secret_key.map(str::to_owned),
        host,
        port: port.filter(|port| *port != scheme.default_port()),
        path: if prefix.is_empty() { "/".to_owned() } else { format!("/{prefix}/") },
        project_id: ProjectId::new(project_id),
    })
}

fn host_and_port(address: &str) -> Result<(String, Option<u16>), &'static str> {
    let (host, port) = if let Some(rest) = address.strip_prefix('[') {
        let (literal, rest) = rest.split_once(']').ok_or("the IPv6 address is not closed with `]`")?;
        let (address, zone) = literal.split_once('%').map_or((literal, None), |(a, zone)| (a, Some(zone)));
        address.parse::<std::net::Ipv6Addr>().map_err(|_| "the text in brackets is not an IPv6 address")?;
        let literal = &match zone {
            Some(zone) => format!("{address}%25{}", zone_id(zone)?),
            None => literal.to_owned(),
        };
        if !(rest.is_empty() || rest.starts_with(':')) {
            return Err("only a port may follow the IPv6 address");
        }
        (format!("[{literal}]"), rest.strip_prefix(':'))
    } else {
        let (host, port) = match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if host.is_empty() {
            return Err("the host is empty");
        }
        if !host.bytes().all(allowed) {
            return Err(
                "the host may only consist of letters, digits, `-`, `_` and dots, or be an IPv6 address in brackets",
            );
        }
        (host.to_ascii_lowercase(), port)
    };
    match port {
        None | Some("") => Ok((host, None)),
        Some(port) => match port.parse() {
            Ok(number) if number != 0 => Ok((host, Some(number))),
            _ => Err("the port must be a number from 1 to 65535"),
        },
    }
}

/// Returns the zone of an IPv6 address without its encoded percent sign. Addresses of one's own network have a zone,
/// which names the network interface.
///
/// [RFC 6874](https://www.rfc-editor.org/rfc/rfc6874): `[fe80::1%25eth0]`; `[fe80::1%eth0]` is what people write.
fn zone_id(zone: &str) -> Result<&str, &'static str> {
    let zone = zone.strip_prefix("25").filter(|zone| !zone.is_empty()).unwrap_or(zone);
    if zone.is_empty() || !zone.bytes().all(is_unreserved) {
        return Err(
            "the zone of an IPv6 address must be the name or number of a network interface, as in `[fe80::1%25eth0]`",
        );
    }
    Ok(zone)
}

/// Returns whether a character may be anywhere in a URL.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Returns the value for an error message, cut to 100 characters. The text before the last `@` could be a secret and is
/// replaced.
pub(super) fn redacted(text: &str) -> String {
    let shown = match text.rsplit_once('@') {
        None => text.to_owned(),
        Some((_, host)) => match text.split_once("://") {
            Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                format!("{scheme}://***@{host}")
            }
            _ => format!("***@{host}"),
        },
    };
    let mut cut: String = shown.chars().take(100).collect();
    if cut.len() < shown.len() {
        cut.push('…');
    }
    cut
}
