//! Compression of request bodies.
//!
//! Spec: `foundations/transport/compression.mdx`.

use std::io::Write as _;

use flate2::write::GzEncoder;

use crate::options::Compression;

/// A compressed body and the name of its encoding. `None`: send it as it is.
pub(super) fn compress(plain: &[u8], compression: Compression) -> Option<(Vec<u8>, &'static str)> {
    match compression {
        Compression::Off => None,
        Compression::Gzip => gzip(plain).map(|body| (body, "gzip")),
        #[cfg(feature = "zstd")]
        Compression::Zstd => zstd::bulk::compress(plain, 1).ok().map(|body| (body, "zstd")),
    }
}

/// Level 1: bodies shrink to a fifth, and the higher levels cost much more than they save.
fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    let room = Vec::with_capacity(plain.len() / 3 + 64);
    let mut encoder = GzEncoder::new(room, flate2::Compression::fast());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}
