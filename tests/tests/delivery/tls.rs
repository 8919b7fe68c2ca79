//! Tests of TLS: certificate authorities that the user trusts in addition to the built-in ones.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, SanType, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sentry::protocol::{DataCategory, DiscardReason};
use sentry::{ClientOptions, Stats};
use sentry_tests::FakeSentry;
use sentry_tests::support::{self, untraced};

use crate::{lost, message, texts};

/// Starts a TLS server in front of a fake one, with a certificate of its own authority. Returns the authority's
/// certificate and the server's DSN.
fn encrypted(server: &FakeSentry) -> (String, String) {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = KeyPair::generate().unwrap();
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    (ca_certificate.pem(), in_front_of(server, &certificate, &key))
}

/// Starts a TLS server in front of a fake one, with a self-signed certificate. Returns the certificate and the server's
/// DSN.
fn self_signed(server: &FakeSentry, change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    let mut params = CertificateParams::default();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), in_front_of(server, &certificate, &key))
}

/// Starts a server that decrypts requests for a fake one. Returns its DSN.
fn in_front_of(server: &FakeSentry, certificate: &Certificate, key: &KeyPair) -> String {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let dsn = format!("https://{}@{}/1", server.key(), listener.local_addr().unwrap());
    let (config, behind) = (Arc::new(config), server.address());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, config) = (client.unwrap(), Arc::clone(&config));
            std::thread::spawn(move || {
                let connection = ServerConnection::new(config).unwrap();
                // A client that does not trust the certificate disconnects during the handshake.
                let _ = pass_on(StreamOwned::new(connection, client), behind);
            });
        }
    });
    dsn
}

/// Passes requests and answers on, one after the other.
fn pass_on(client: StreamOwned<ServerConnection, TcpStream>, behind: SocketAddr) -> std::io::Result<()> {
    let server = TcpStream::connect(behind)?;
    let mut client = BufReader::new(client);
    let mut server = BufReader::new(server);
    while let Some(request) = message_of(&mut client)? {
        server.get_mut().write_all(&request)?;
        let Some(answer) = message_of(&mut server)? else { break };
        client.get_mut().write_all(&answer)?;
        client.get_mut().flush()?;
    }
    Ok(())
}

/// Reads one HTTP message: its lines, and a body of the length in its headers.
fn message_of(reader: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let (mut message, mut length) = (Vec::new(), 0);
    loop {
        let start = message.len();
        if reader.read_until(b'\n', &mut message)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&message[start..]).to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    reader.take(length).read_to_end(&mut message)?;
    Ok(Some(message))
}

fn send(options: ClientOptions) -> Stats {
    support::without_client(|| {
        let guard = sentry::try_init(options).unwrap();
        let client = guard.clone();
        message("one");
        message("two");
        drop(guard);
        client.stats()
    })
}

#[test]
fn a_private_certificate_authority_is_trusted_from_a_file_or_from_memory() {
    let server = FakeSentry::start();
    let (ca, dsn) = encrypted(&server);
    let file: PathBuf = std::env::temp_dir().join(format!("sentry-tests-ca-{}.pem", std::process::id()));
    std::fs::write(&file, &ca).unwrap();
    for options in [untraced().ca_certs(ca.as_bytes()), untraced().ca_certs(file.as_path())] {
        server.clear();
        let stats = send(options.dsn(&dsn));
        server.assert_valid();
        assert_eq!(texts(&server), ["one", "two"]);
        assert_eq!((stats.sent(DataCategory::Error), stats.lost()), (2, 0));
        let connections: Vec<_> = server.requests().iter().map(|request| request.connection).collect();
        assert_eq!(connections[0], connections[1], "an encrypted connection is kept, too");
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_server_with_an_untrusted_certificate_gets_nothing() {
    let (server, other) = (FakeSentry::start(), FakeSentry::start());
    let (_, dsn) = encrypted(&server);
    let (foreign, _) = encrypted(&other);
    for options in [untraced(), untraced().ca_certs(foreign.as_bytes())] {
        let stats = send(options.dsn(&dsn));
        assert_eq!(server.requests().len(), 0);
        assert_eq!(lost(&stats, DiscardReason::NetworkError, DataCategory::Error), 2);
    }
}

#[test]
fn invalid_certificates_are_an_error_of_init() {
    for bad in [untraced().ca_certs("/nowhere/ca.pem"), untraced().ca_certs(b"no certificate".as_slice())] {
        let error = sentry::try_init(bad.dsn("https://key@localhost/1")).unwrap_err().to_string();
        assert!(error.starts_with("ca_certs is "), "{error}");
    }
}

const AUTHORITY: IsCa = IsCa::Ca(BasicConstraints::Unconstrained);

fn named(params: &mut CertificateParams, name: &str) {
    params.subject_alt_names.push(match name.parse() {
        Ok(address) => SanType::IpAddress(address),
        Err(_) => SanType::DnsName(name.try_into().unwrap()),
    });
}

/// The first certificate is like those of `openssl req -x509 -nodes -subj /CN=…`.
#[test]
fn a_certificate_that_the_server_signed_itself_is_trusted_if_it_is_named() {
    let server = FakeSentry::start();
    for (certificate, dsn) in [
        self_signed(&server, |params| params.is_ca = AUTHORITY),
        self_signed(&server, |_| ()),
        self_signed(&server, |params| {
            params.is_ca = AUTHORITY;
            named(params, "127.0.0.1");
        }),
    ] {
        server.clear();
        let stats = send(untraced().ca_certs(certificate.as_bytes()).dsn(&dsn));
        server.assert_valid();
        assert_eq!(texts(&server), ["one", "two"]);
        assert_eq!((stats.sent(DataCategory::Error), stats.lost()), (2, 0));
    }
}

#[test]
fn a_certificate_that_the_server_signed_itself_has_to_be_the_named_one_and_valid() {
    let server = FakeSentry::start();
    let authority = |params: &mut CertificateParams| params.is_ca = AUTHORITY;
    let (own, unnamed) = (self_signed(&server, authority), self_signed(&server, authority));
    let elsewhere = self_signed(&server, |params| {
        params.is_ca = AUTHORITY;
        named(params, "elsewhere.example");
    });
    let expired = self_signed(&server, |params| {
        params.is_ca = AUTHORITY;
        params.not_after = date_time_ymd(2001, 1, 1);
        params.not_before = date_time_ymd(2000, 1, 1);
    });
    for (what, certificate, dsn) in [
        ("another certificate is named", own.0, unnamed.1),
        ("it is that of another server", elsewhere.0, elsewhere.1),
        ("it has expired", expired.0, expired.1),
    ] {
        let stats = send(untraced().ca_certs(certificate.as_bytes()).dsn(&dsn));
        assert_eq!(server.requests().len(), 0, "{what}");
        assert_eq!(lost(&stats, DiscardReason::NetworkError, DataCategory::Error), 2, "{what}");
    }
}
