//! Resolution of the server's address: once, and not for every envelope.
//!
//! The HTTP client resolves addresses before every request, even if the connection exists already, and starts a thread
//! per lookup to limit its time. This resolver caches an address for a while, until a request fails, and needs no
//! lookup for an address that is part of the URL.

use std::net::{Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::base::lock::lock;

/// The time for which an address is cached. A server that moves is found again afterwards.
const LIFETIME: Duration = Duration::from_secs(30);

/// A resolver that caches the addresses of the last name.
#[derive(Debug)]
pub(super) struct CachingResolver<R = DefaultResolver> {
    lookup: R,
    known: Known,
}

/// The cached addresses, which the sender can invalidate.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(Arc<Mutex<Option<CachedAddress>>>);

#[derive(Debug)]
struct CachedAddress {
    server: Uri,
    addresses: Vec<SocketAddr>,
    since: Instant,
}

impl Known {
    /// Invalidates the cache, so that the next request resolves the server again.
    pub(super) fn forget(&self) {
        *lock(&self.0) = None;
    }

    fn of(&self, server: &Uri) -> Option<Vec<SocketAddr>> {
        let known = lock(&self.0);
        let entry =
            known.as_ref().filter(|entry| entry.server == *server && entry.since.elapsed() < LIFETIME)?;
        Some(entry.addresses.clone())
    }

    fn keep(&self, server: &Uri, addresses: &[SocketAddr]) {
        *lock(&self.0) = Some(CachedAddress {
            server: server.clone(),
            addresses: addresses.to_vec(),
            since: Instant::now(),
        });
    }
}

impl CachingResolver {
    pub(super) fn new(known: Known) -> Self {
        Self { lookup: DefaultResolver::default(), known }
    }
}

impl<R: Resolver> Resolver for CachingResolver<R> {
    fn resolve(
        &self,
        server: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let known = written(server).map(|address| vec![address]).or_else(|| self.known.of(server));
        if let Some(known) = known {
            let mut addresses = self.empty();
            // They came from such a list, so they fit.
            known.into_iter().for_each(|address| addresses.push(address));
            return Ok(addresses);
        }
        let addresses = self.lookup.resolve(server, config, timeout)?;
        self.known.keep(server, &addresses);
        Ok(addresses)
    }
}

/// A resolver that finds no server.
#[derive(Debug)]
pub(super) struct NullResolver;

impl Resolver for NullResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Err(ureq::Error::HostNotFound)
    }
}

/// Returns the address in a URL without a host name.
fn written(server: &Uri) -> Option<SocketAddr> {
    let host = server.host()?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = server.port_u16().or_else(|| match server.scheme_str()? {
        "http" => Some(80),
        "https" => Some(443),
        // A proxy's scheme, which the library resolves.
        _ => None,
    })?;
    match host.split_once("%25") {
        Some((address, zone)) => in_zone(address, zone, port),
        None => Some(SocketAddr::new(host.parse().ok()?, port)),
    }
}

/// Returns an IPv6 address of the network behind an interface, by its name or number. The system knows the interface,
/// so nothing is asked over the network.
fn in_zone(address: &str, zone: &str, port: u16) -> Option<SocketAddr> {
    address.parse::<Ipv6Addr>().ok()?;
    (format!("{address}%{zone}"), port).to_socket_addrs().ok()?.next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn an_address_with_a_zone_needs_no_lookup() {
        let address = |url: &str| written(&url.parse().unwrap());
        let linked = address("http://[fe80::1%251]:9000/api/1/envelope/");
        let Some(SocketAddr::V6(linked)) = linked else { panic!("no address with a zone: {linked:?}") };
        assert_eq!((linked.scope_id(), linked.port()), (1, 9000));
        assert_eq!(address("http://[fe80::1%25no-such-interface]:9000/"), None);
        assert_eq!(address("http://[::1]/"), Some("[::1]:80".parse().unwrap()));
    }

    /// A resolver that returns an address, and counts its calls.
    #[derive(Debug, Default)]
    struct Counting(AtomicUsize);

    impl Resolver for Counting {
        fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let mut addresses = self.empty();
            addresses.push(SocketAddr::from(([192, 0, 2, 1], 443)));
            Ok(addresses)
        }
    }

    fn ask(resolver: &CachingResolver<Counting>, url: &str) -> SocketAddr {
        let url = url.parse().unwrap();
        resolver.resolve(&url, &Config::default(), NextTimeout::default()).unwrap()[0]
    }

    #[test]
    fn a_name_is_looked_up_once_until_it_is_forgotten() {
        let known = Known::default();
        let resolver = CachingResolver { lookup: Counting::default(), known: known.clone() };
        let looked_up = || resolver.lookup.0.load(Ordering::Relaxed);
        for _ in 0..3 {
            assert_eq!(ask(&resolver, "https://sentry.example/api/1/envelope/").port(), 443);
        }
        assert_eq!(looked_up(), 1);
        ask(&resolver, "https://other.example/");
        assert_eq!(looked_up(), 2);
        known.forget();
        ask(&resolver, "https://other.example/");
        assert_eq!(looked_up(), 3);
    }

    #[test]
    fn what_was_found_long_ago_is_looked_up_again() {
        let known = Known::default();
        let resolver = CachingResolver { lookup: Counting::default(), known: known.clone() };
        ask(&resolver, "https://sentry.example/");
        let Some(long_ago) = Instant::now().checked_sub(LIFETIME) else { return };
        lock(&known.0).as_mut().unwrap().since = long_ago;
        ask(&resolver, "https://sentry.example/");
        assert_eq!(resolver.lookup.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn an_address_needs_no_lookup() {
        let resolver = CachingResolver { lookup: Counting::default(), known: Known::default() };
        assert_eq!(ask(&resolver, "http://127.0.0.1:9000/api/").to_string(), "127.0.0.1:9000");
        assert_eq!(ask(&resolver, "https://[::1]/api/").to_string(), "[::1]:443");
        assert_eq!(ask(&resolver, "http://10.0.0.1/").to_string(), "10.0.0.1:80");
        assert_eq!(resolver.lookup.0.load(Ordering::Relaxed), 0);
    }
}
