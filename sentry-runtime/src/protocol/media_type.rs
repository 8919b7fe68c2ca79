//! The media types of attachments by file extension.
//!
//! The types are registered at IANA, except the type of minidumps, which Sentry's server defines.

/// File extensions in lower case, and their types.
const TYPES: &[(&str, &str)] = &[
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("dmp", "application/x-dmp"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("log", "text/plain"),
    ("md", "text/markdown"),
    ("mdmp", "application/x-dmp"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("sql", "application/sql"),
    ("svg", "image/svg+xml"),
    ("text", "text/plain"),
    ("toml", "application/toml"),
    ("txt", "text/plain"),
    ("wasm", "application/wasm"),
    ("webp", "image/webp"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
    ("zst", "application/zstd"),
];

/// Returns the media type of a file by its extension, in any case; `application/octet-stream` for unknown extensions.
pub(super) fn of_file(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let known = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending));
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ending_counts_in_any_case() {
        for (name, media_type) in [
            ("worker.log", "text/plain"),
            ("screenshot.PNG", "image/png"),
            ("screenshot-1.JpG", "image/jpeg"),
            ("trace.json.gz", "application/gzip"),
            ("crash.dmp", "application/x-dmp"),
            ("logs/2026.11/worker.yml", "application/yaml"),
        ] {
            assert_eq!(of_file(name), media_type, "{name}");
        }
    }

    #[test]
    fn other_names_promise_nothing() {
        for name in ["", ".", "png", "core", "a.", "a.json/b", "a.jsonx", "a.日本", "a.json "] {
            assert_eq!(of_file(name), "application/octet-stream", "{name}");
        }
    }

    #[test]
    fn the_table_is_in_order_and_in_lower_case() {
        assert!(TYPES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(TYPES.iter().all(|(ending, _)| !ending.contains(|c: char| c.is_ascii_uppercase())));
    }
}
