//! The page: one HTML document of the files in `page/`.

/// Returns the document.
pub(crate) fn document() -> &'static str {
    include_str!("../../page/index.html")
}
