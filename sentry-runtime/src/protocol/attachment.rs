//! Attachments: files sent with an event.
//!
//! Spec: [attachments](https://develop.sentry.dev/sdk/telemetry/attachments/),
//! [envelope items, "Attachment"](https://develop.sentry.dev/sdk/foundations/transport/envelope-items/).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::envelope::EnvelopeItem;
use super::media_type;

/// The kind of an attachment. The server treats some kinds specially.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AttachmentType {
    /// A file without special treatment.
    #[default]
    Attachment,
    /// A minidump, from which the server creates an error event.
    Minidump,
    /// A crash report of Apple's systems, from which the server creates an error event.
    AppleCrashReport,
    /// The crash context of the Unreal engine.
    UnrealContext,
    /// The logs of the Unreal engine.
    UnrealLogs,
    /// Any other kind, by its name in the protocol.
    Custom(String),
}

impl AttachmentType {
    /// Returns the name in the protocol.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Attachment => "event.attachment",
            Self::Minidump => "event.minidump",
            Self::AppleCrashReport => "event.applecrashreport",
            Self::UnrealContext => "unreal.context",
            Self::UnrealLogs => "unreal.logs",
            Self::Custom(name) => name,
        }
    }
}

impl From<String> for AttachmentType {
    fn from(name: String) -> Self {
        [Self::Attachment, Self::Minidump, Self::AppleCrashReport, Self::UnrealContext, Self::UnrealLogs]
            .into_iter()
            .find(|known| known.as_str() == name)
            .unwrap_or(Self::Custom(name))
    }
}

impl Serialize for AttachmentType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AttachmentType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// A file attached to an event. Sentry displays it by its media type: an image as an image, a text as text. An image
/// whose name contains `screenshot` is shown next to the event.
///
/// ```
/// use sentry::protocol::Attachment;
///
/// let attachment = Attachment {
///     buffer: b"line 1\n".to_vec(),
///     // The media type is `text/plain`, by the file extension.
///     filename: "worker.log".into(),
///     ..Attachment::default()
/// };
/// assert!(!format!("{attachment:?}").contains("line 1"));
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Attachment {
    /// The content of the file.
    pub buffer: Vec<u8>,
    /// The name of the file.
    pub filename: String,
    /// The media type. Default: the type of the file extension, in any case, for text (`txt`, `text`, `log`, `md`,
    /// `csv`, `html`, `htm`, `css`, `js`), data (`json`, `xml`, `yaml`, `yml`, `toml`, `sql`, `pdf`, `wasm`), images
    /// (`png`, `jpg`, `jpeg`, `gif`, `webp`, `avif`, `svg`, `bmp`), recordings (`mp3`, `mp4`), archives (`zip`, `gz`,
    /// `zst`) and minidumps (`dmp`, `mdmp`); `application/octet-stream` for all others.
    pub content_type: Option<String>,
    /// The kind. Default: [`AttachmentType::Attachment`].
    pub ty: Option<AttachmentType>,
}

impl From<Attachment> for EnvelopeItem {
    fn from(attachment: Attachment) -> Self {
        let Attachment { buffer, filename, content_type, ty } = attachment;
        let inferred = || Cow::Borrowed(media_type::of_file(&filename));
        let content_type = content_type.map_or_else(inferred, Cow::Owned);
        Self::attachment(filename, ty.map(|ty| ty.as_str().to_owned()), content_type, buffer)
    }
}

impl Attachment {
    /// Returns the total size of attachments in bytes, the unit in which lost attachments are counted.
    pub(crate) fn bytes_of<'a>(attachments: impl IntoIterator<Item = &'a Arc<Self>>) -> u64 {
        attachments.into_iter().map(|attachment| attachment.buffer.len() as u64).sum()
    }
}

// Not derived: a log line must not contain the file.
impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("bytes", &self.buffer.len())
            .field("filename", &self.filename)
            .field("content_type", &self.content_type)
            .field("ty", &self.ty)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kinds_keep_their_name() {
        let read = |text| serde_json::from_str::<AttachmentType>(text).unwrap();
        assert_eq!(read(r#""event.minidump""#), AttachmentType::Minidump);
        assert_eq!(read(r#""my.kind""#), AttachmentType::Custom("my.kind".into()));
        assert_eq!(serde_json::to_string(&read(r#""my.kind""#)).unwrap(), r#""my.kind""#);
    }

    #[test]
    fn an_item_keeps_what_the_attachment_says() {
        let file = Attachment {
            buffer: b"{}".to_vec(),
            filename: "a.json".into(),
            content_type: Some("application/json".into()),
            ty: Some(AttachmentType::Minidump),
        };
        let mut envelope = crate::protocol::Envelope::new();
        envelope.add_item(file);
        let text = String::from_utf8(envelope.to_bytes(std::time::UNIX_EPOCH)).unwrap();
        let header = r#"{"type":"attachment","length":2,"content_type":"application/json","filename":"a.json","attachment_type":"event.minidump"}"#;
        assert!(text.contains(header), "{text}");
    }
}
