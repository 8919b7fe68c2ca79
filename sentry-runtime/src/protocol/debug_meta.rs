//! The images of a process, with which the server resolves addresses to names.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/debugmeta/).

use serde::{Deserialize, Serialize};

use super::addr::Addr;

/// The images that were loaded when the event happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DebugMeta {
    /// The images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<DebugImage>,
}

impl DebugMeta {
    /// Returns whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }
}

/// An executable or library in the memory of a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DebugImage {
    /// Any native format; the server detects it.
    Symbolic(SymbolicDebugImage),
    /// ELF: Linux, Android and the BSDs.
    Elf(SymbolicDebugImage),
    /// Mach-O: Apple's systems.
    #[serde(rename = "macho")]
    MachO(SymbolicDebugImage),
    /// PE: Windows.
    Pe(SymbolicDebugImage),
}

impl DebugImage {
    /// Returns the name of the format in the protocol.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Symbolic(_) => "symbolic",
            Self::Elf(_) => "elf",
            Self::MachO(_) => "macho",
            Self::Pe(_) => "pe",
        }
    }
}

impl From<SymbolicDebugImage> for DebugImage {
    fn from(image: SymbolicDebugImage) -> Self {
        Self::Symbolic(image)
    }
}

/// A native image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SymbolicDebugImage {
    /// The path of the file; `code_file` in the protocol.
    #[serde(rename = "code_file", alias = "name")]
    pub name: String,
    /// The processor architecture, such as `x86_64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// The start address in memory.
    pub image_addr: Addr,
    /// The size in memory, in bytes.
    pub image_size: u64,
    /// The preferred start address in the image's headers, if it is not zero.
    #[serde(skip_serializing_if = "Addr::is_null")]
    pub image_vmaddr: Addr,
    /// The debug id, which identifies debug files: a UUID, with `-age` if the format has an age. `debug_id` in the
    /// protocol.
    #[serde(rename = "debug_id", alias = "id")]
    pub id: String,
    /// The code id; for ELF, the build id in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_id: Option<String>,
    /// The path of the file with the debug information, if it is not the image itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debug_file: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_names_its_format_and_its_files() {
        let image = DebugImage::Elf(SymbolicDebugImage {
            name: "/bin/shop".into(),
            image_addr: Addr(0x5000),
            image_size: 4096,
            id: "00000000-0000-0000-0000-000000000001".into(),
            code_id: Some("abcd".into()),
            ..SymbolicDebugImage::default()
        });
        assert_eq!(
            serde_json::to_string(&image).unwrap(),
            concat!(
                r#"{"type":"elf","code_file":"/bin/shop","image_addr":"0x5000","image_size":4096,"#,
                r#""debug_id":"00000000-0000-0000-0000-000000000001","code_id":"abcd"}"#
            )
        );
    }
}
