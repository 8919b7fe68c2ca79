//! The configuration of transports: compression, certificates and spool limits.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The compression of request bodies. Requests to this machine are never compressed.
///
/// ```
/// use sentry::{ClientOptions, Compression};
///
/// assert_eq!(ClientOptions::new().compression, Compression::Gzip);
/// assert_eq!(ClientOptions::new().compression(false).compression, Compression::Off);
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/foundations/transport/compression/)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// No compression.
    Off,
    /// gzip at level 1, which every server accepts: bodies shrink to about a fifth. Higher levels cost much more time
    /// than they save.
    #[default]
    Gzip,
    /// zstd at level 1: smaller and faster than gzip. Sentry accepts it; some other servers and proxies do not.
    #[cfg(feature = "zstd")]
    Zstd,
}

impl From<bool> for Compression {
    /// Returns `Gzip` for `true` and `Off` for `false`.
    fn from(compress: bool) -> Self {
        if compress { Self::Gzip } else { Self::Off }
    }
}

/// PEM certificates of authorities that are trusted in addition to the built-in ones.
///
/// A certificate that a server signed itself, as `openssl req -x509` makes it, is trusted as that server's certificate, for
/// the names that it contains; if it contains no names, for any.
///
/// ```
/// let options = sentry::ClientOptions::new().ca_certs("/etc/ssl/our-own-ca.pem");
/// let same = sentry::ClientOptions::new().ca_certs(b"-----BEGIN CERTIFICATE-----\n...".as_slice());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum CaCertificates {
    /// The path of a file with one or more certificates; it is read once, at `init`.
    File(PathBuf),
    /// The text of such a file.
    Pem(Vec<u8>),
}

impl fmt::Debug for CaCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Pem(pem) => write!(f, "Pem({} bytes)", pem.len()),
        }
    }
}

impl From<&str> for CaCertificates {
    fn from(path: &str) -> Self {
        Self::File(path.into())
    }
}

impl From<String> for CaCertificates {
    fn from(path: String) -> Self {
        Self::File(path.into())
    }
}

impl From<&Path> for CaCertificates {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<PathBuf> for CaCertificates {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl From<&[u8]> for CaCertificates {
    fn from(pem: &[u8]) -> Self {
        Self::Pem(pem.to_vec())
    }
}

impl From<Vec<u8>> for CaCertificates {
    fn from(pem: Vec<u8>) -> Self {
        Self::Pem(pem)
    }
}

/// The limits of the spool on disk. They apply to each process that shares the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolLimits {
    /// The maximum size of all files together, in bytes. Default: 64 MiB.
    pub bytes: u64,
    /// The maximum number of envelopes. Default: 1000.
    pub envelopes: usize,
    /// The maximum age of an envelope; older ones are deleted and counted as lost. Default: 7 days.
    pub age: Duration,
}

impl Default for SpoolLimits {
    fn default() -> Self {
        Self { bytes: 64 << 20, envelopes: 1000, age: Duration::from_secs(7 * 24 * 3600) }
    }
}
