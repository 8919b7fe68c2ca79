//! Decompression of request bodies, bounded: a small body that expands without end is refused.

use std::fmt;
use std::io::Read;

/// The maximum size of a body as it is sent, in bytes.
pub(crate) const MAX_BODY: usize = 24 << 20;
/// The maximum size of a body after decompression, in bytes.
pub(crate) const MAX_DECODED: usize = 48 << 20;

/// The reason why a body was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// It is larger than [`MAX_DECODED`] after decompression.
    TooLarge,
    /// Its compression is unknown, or not compiled in.
    UnknownEncoding,
    /// It is not what its header says.
    Damaged,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => {
                write!(f, "the body is larger than {} MiB after decompression", MAX_DECODED >> 20)
            }
            Self::UnknownEncoding => f
                .write_str("the content encoding is not one of: identity, gzip, deflate")
                .and_then(|()| if cfg!(feature = "brotli") { f.write_str(", br") } else { Ok(()) })
                .and_then(|()| if cfg!(feature = "zstd") { f.write_str(", zstd") } else { Ok(()) }),
            Self::Damaged => f.write_str("the body cannot be decompressed by its content encoding"),
        }
    }
}

/// Decompresses a body by its `Content-Encoding`. Bodies that begin like gzip are decompressed without that header,
/// which some proxies remove.
pub(crate) fn decode(encoding: &str, body: Vec<u8>) -> Result<Vec<u8>, DecodeError> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" if body.starts_with(&[0x1f, 0x8b]) => {
            bounded(flate2::read::MultiGzDecoder::new(&*body))
        }
        "" | "identity" => Ok(body),
        "gzip" | "x-gzip" => bounded(flate2::read::MultiGzDecoder::new(&*body)),
        // HTTP's deflate has a zlib header, but some clients leave it out.
        "deflate" => match bounded(flate2::read::ZlibDecoder::new(&*body)) {
            Err(DecodeError::Damaged) => bounded(flate2::read::DeflateDecoder::new(&*body)),
            other => other,
        },
        #[cfg(feature = "brotli")]
        "br" => bounded(brotli_decompressor::Decompressor::new(&*body, 16 << 10)),
        #[cfg(feature = "zstd")]
        "zstd" => {
            // The window is memory that the sender asks for.
            let decoder =
                ruzstd::decoding::StreamingDecoder::new(&*body).map_err(|_| DecodeError::Damaged)?;
            bounded(decoder)
        }
        _ => Err(DecodeError::UnknownEncoding),
    }
}

fn bounded(reader: impl Read) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::new();
    let limit = MAX_DECODED as u64 + 1;
    reader.take(limit).read_to_end(&mut out).map_err(|_| DecodeError::Damaged)?;
    if out.len() > MAX_DECODED { Err(DecodeError::TooLarge) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn every_encoding_is_undone() {
        let text = b"{}\nhello".to_vec();
        for (encoding, body) in [
            ("", text.clone()),
            ("identity", text.clone()),
            ("gzip", gzip(&text)),
            ("GZIP", gzip(&text)),
            ("", gzip(&text)),
            ("deflate", zlib(&text)),
            ("deflate", raw_deflate(&text)),
        ] {
            assert_eq!(decode(encoding, body).as_deref(), Ok(&*text), "{encoding}");
        }
    }

    #[cfg(feature = "brotli")]
    #[test]
    fn brotli_is_undone() {
        // `brotli -c` of "hello\n".
        let body = [0x8b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x0a, 0x03];
        assert_eq!(decode("br", body.to_vec()).as_deref(), Ok(&b"hello\n"[..]));
    }

    #[cfg(feature = "zstd")]
    #[test]
    fn zstd_is_undone() {
        // `zstd --no-check -c` of "hello\n": magic, header, one raw block.
        let mut body = vec![0x28, 0xb5, 0x2f, 0xfd, 0x20, 6, 0x31, 0, 0];
        body.extend_from_slice(b"hello\n");
        assert_eq!(decode("zstd", body).as_deref(), Ok(&b"hello\n"[..]));
    }

    #[test]
    fn a_bomb_is_refused_before_it_expands() {
        let bomb = gzip(&vec![0; MAX_DECODED + 1]);
        assert!(bomb.len() < 1 << 20, "the bomb itself is small");
        assert_eq!(decode("gzip", bomb), Err(DecodeError::TooLarge));
        assert_eq!(decode("gzip", gzip(&vec![0; MAX_DECODED])).map(|body| body.len()), Ok(MAX_DECODED));
    }

    #[test]
    fn damaged_and_unknown_bodies_are_refused() {
        assert_eq!(decode("gzip", b"not gzip".to_vec()), Err(DecodeError::Damaged));
        let mut cut = gzip(b"hello hello hello");
        cut.truncate(12);
        assert_eq!(decode("gzip", cut), Err(DecodeError::Damaged));
        assert_eq!(decode("gzip, br", b"x".to_vec()), Err(DecodeError::UnknownEncoding));
        assert_eq!(decode("lzma", b"x".to_vec()), Err(DecodeError::UnknownEncoding));
    }
}
