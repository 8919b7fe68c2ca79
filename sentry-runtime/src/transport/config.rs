//! The configuration of transports: compression, certificates, the bounds of the spool, and what can be wrong with them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How requests are compressed. Requests to this machine never are.
///
/// ```
/// use sentry::{ClientOptions, Compression};
///
/// assert_eq!(ClientOptions::new().compression, Compression::Gzip);
/// assert_eq!(ClientOptions::new().compression(false).compression, Compression::Off);
/// ```
///
/// Spec: `foundations/transport/compression.mdx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    Off,
    /// With gzip at level 1, which every server reads: bodies shrink to about a fifth, and higher levels cost much
    /// more than they save.
    #[default]
    Gzip,
    /// With zstd at level 1: smaller and faster than gzip. Sentry reads it, some servers and proxies of others do not.
    #[cfg(feature = "zstd")]
    Zstd,
}

impl From<bool> for Compression {
    /// A yes is gzip.
    fn from(compress: bool) -> Self {
        if compress { Self::Gzip } else { Self::Off }
    }
}

/// Certificates of authorities that are trusted besides the built-in ones, as PEM.
///
/// ```
/// let options = sentry::ClientOptions::new().ca_certs("/etc/ssl/our-own-ca.pem");
/// let same = sentry::ClientOptions::new().ca_certs(b"-----BEGIN CERTIFICATE-----\n...".as_slice());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum CaCertificates {
    /// A file with one certificate or several; it is read once, at `init`.
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

/// How much the spool on disk keeps. Each process that shares the directory keeps so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolLimits {
    /// Bytes of all files. Default: 64 MiB.
    pub bytes: u64,
    /// Envelopes. Default: 1000.
    pub envelopes: usize,
    /// How old an envelope may become before it is given up. Default: 7 days.
    pub age: Duration,
}

impl Default for SpoolLimits {
    fn default() -> Self {
        Self { bytes: 64 << 20, envelopes: 1000, age: Duration::from_secs(7 * 24 * 3600) }
    }
}
