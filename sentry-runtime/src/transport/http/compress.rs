//! Compression of request bodies.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/compression/)

use flate2::{Compress, Crc, FlushCompress, Status};

use crate::transport::config::Compression;

/// A compressor for request bodies. It keeps the working memory of deflate: allocating its several hundred kilobytes
/// anew for each body takes four times as long as the compression.
#[derive(Debug)]
pub(super) struct Compressor {
    pub(super) compression: Compression,
    deflate: Option<Compress>,
}

impl Compressor {
    pub(super) fn new(compression: Compression) -> Self {
        Self { compression, deflate: None }
    }

    /// Returns whether bodies are sent uncompressed.
    pub(super) fn is_off(&self) -> bool {
        matches!(self.compression, Compression::Off)
    }

    /// Returns a compressed body and the name of its encoding; `None` to send it uncompressed.
    pub(super) fn compress(&mut self, plain: &[u8]) -> Option<(Vec<u8>, &'static str)> {
        match self.compression {
            Compression::Off => None,
            Compression::Gzip => self.gzip(plain).map(|body| (body, "gzip")),
            #[cfg(feature = "zstd")]
            Compression::Zstd => zstd::bulk::compress(plain, 1).ok().map(|body| (body, "zstd")),
        }
    }

    /// Compresses at level 1: bodies shrink to a tenth; higher levels cost three times as much and save little more.
    fn gzip(&mut self, plain: &[u8]) -> Option<Vec<u8>> {
        /// The header: deflate, no name, no time, the fastest level, an unknown system.
        const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
        let deflate = self.deflate.get_or_insert_with(|| Compress::new(flate2::Compression::fast(), false));
        deflate.reset();
        let mut out = Vec::with_capacity(plain.len() / 3 + 64);
        out.extend_from_slice(&HEADER);
        loop {
            let read = usize::try_from(deflate.total_in()).ok()?;
            match deflate.compress_vec(plain.get(read..)?, &mut out, FlushCompress::Finish).ok()? {
                Status::StreamEnd => break,
                Status::Ok | Status::BufError => out.reserve(plain.len() / 3 + 64),
            }
        }
        let mut crc = Crc::new();
        crc.update(plain);
        out.extend_from_slice(&crc.sum().to_le_bytes());
        // The length, modulo 2^32.
        out.extend_from_slice(&crc.amount().to_le_bytes());
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn what_is_compressed_reads_back_the_same_body_after_body() {
        let mut compressor = Compressor::new(Compression::Gzip);
        let mut state = 7_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as u8
        })
        .take(100_000)
        .collect();
        for plain in [&b""[..], b"{}", &b"span ".repeat(20_000), &noise, b"{}"] {
            let (body, encoding) = compressor.compress(plain).unwrap();
            assert_eq!(encoding, "gzip");
            let mut back = Vec::new();
            flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut back).unwrap();
            assert!(back == plain, "{} bytes", plain.len());
        }
    }
}
