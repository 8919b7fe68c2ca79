//! A file of the spool: its name and its content.
//!
//! The name holds what must be known without opening the file: the time of writing, the level of importance and the
//! category, as in `0019d8e3f2a10-00000007-1-error.envelope`. The first line of the file is the checksum (CRC-32) of the
//! rest; the second has the quantities of each item; then follows the envelope in its wire form. A file is written under
//! another name and renamed, so an existing file is complete; if a power failure or a bad disk changes it nevertheless,
//! the checksum reveals that.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::Crc;
use serde::Serialize;

use crate::protocol::{DataCategory, Envelope, Value};
use crate::transport::priority;

/// The suffix of a file that is being written.
pub(super) const UNFINISHED: &str = ".tmp";
const ENDING: &str = ".envelope";

/// The name of a file, ordered by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileName {
    /// The time of writing, in milliseconds since 1970.
    pub(super) written: u64,
    /// A number that distinguishes files written in the same millisecond.
    pub(super) number: u32,
    /// The level of importance, see [`priority::importance`].
    pub(super) level: usize,
    pub(super) category: DataCategory,
}

impl FileName {
    pub(super) fn new(envelope: &Envelope, number: u32) -> Self {
        let level = priority::importance(envelope);
        Self { written: now(), number, level, category: priority::category(envelope) }
    }

    /// Returns whether the file is too old. A file from the future is not, since clocks jump.
    pub(super) fn is_older_than(&self, age: Duration) -> bool {
        u128::from(now().saturating_sub(self.written)) > age.as_millis()
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { written, number, level, category } = self;
        write!(f, "{written:013x}-{number:08x}-{level}-{}{ENDING}", category.as_str())
    }
}

impl FromStr for FileName {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let mut parts = name.strip_suffix(ENDING).ok_or(())?.splitn(4, '-');
        let mut part = || parts.next().ok_or(());
        let written = u64::from_str_radix(part()?, 16).map_err(drop)?;
        let number = u32::from_str_radix(part()?, 16).map_err(drop)?;
        let level = part()?.parse().ok().filter(|level| *level < priority::LEVELS).ok_or(())?;
        let category = DataCategory::of_name(part()?).ok_or(())?;
        Ok(Self { written, number, level, category })
    }
}

#[derive(Serialize)]
struct Head {
    /// The quantities that each item counts for.
    quantities: Vec<Vec<(String, u64)>>,
}

/// Encodes the content of a file.
pub(super) fn encode(envelope: &Envelope) -> Option<Vec<u8>> {
    let body = envelope.to_bytes(SystemTime::now());
    let quantities = |item: &crate::protocol::EnvelopeItem| {
        item.quantities()
            .iter()
            .map(|&(category, quantity)| (category.as_str().to_owned(), quantity))
            .collect()
    };
    let head = Head { quantities: envelope.items().iter().map(quantities).collect() };
    let mut out = vec![b'0'; CHECKSUM];
    out.push(b'\n');
    serde_json::to_writer(&mut out, &head).ok()?;
    out.push(b'\n');
    out.extend_from_slice(&body);
    let sum = checksum(&out[CHECKSUM + 1..]);
    out[..CHECKSUM].copy_from_slice(sum.as_bytes());
    Some(out)
}

/// The length of a checksum in hexadecimal digits.
const CHECKSUM: usize = 8;

fn checksum(bytes: &[u8]) -> String {
    let mut crc = Crc::new();
    crc.update(bytes);
    format!("{:08x}", crc.sum())
}

/// Decodes the content that [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<Envelope, String> {
    let (expected, rest) = bytes.split_at_checked(CHECKSUM).ok_or("it has no checksum")?;
    let rest = rest.strip_prefix(b"\n").ok_or("it has no checksum")?;
    if checksum(rest).as_bytes() != expected {
        return Err("its content does not match its checksum".to_owned());
    }
    let end = rest.iter().position(|&byte| byte == b'\n').ok_or("it has no second line")?;
    let (line, body) = (&rest[..end], &rest[end + 1..]);
    let head: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let quantities = head["quantities"].as_array().ok_or("its second line has no quantities")?;
    let mut envelope = Envelope::from_slice(body).map_err(|error| error.to_string())?;
    if envelope.items().is_empty() {
        return Err("it has no items".to_owned());
    }
    envelope.set_quantities(quantities.iter().map(known_quantities).collect::<Result<_, _>>()?);
    Ok(envelope)
}

/// Reads the quantities of an item, as pairs of a category's name and a number. Unknown categories are left out.
fn known_quantities(pairs: &Value) -> Result<Vec<(DataCategory, u64)>, &'static str> {
    let mut known = Vec::new();
    for pair in pairs.as_array().ok_or("the quantities of an item are not a list")? {
        let (Some(name), Some(quantity)) = (pair[0].as_str(), pair[1].as_u64()) else {
            return Err("a quantity is not a pair of a name and a number");
        };
        known.extend(DataCategory::of_name(name).map(|category| (category, quantity)));
    }
    Ok(known)
}

/// Writes a file atomically: readers see all of it or nothing. It survives the end of the process from here on; it is
/// not synced to the disk, so a power failure may lose it.
pub(super) fn write(dir: &Path, name: &FileName, bytes: &[u8]) -> io::Result<()> {
    let path = dir.join(name.to_string());
    let unfinished = dir.join(format!("{name}{UNFINISHED}"));
    let written = create(&unfinished)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&unfinished, &path));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// Creates a file that only this user may read.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{EnvelopeItem, ItemType};

    #[test]
    fn a_name_tells_age_level_and_category() {
        let name = FileName { written: 0x19d_8e3f_2a10, number: 7, level: 1, category: DataCategory::Error };
        let text = name.to_string();
        assert_eq!(text, "0019d8e3f2a10-00000007-1-error.envelope");
        assert_eq!(text.parse(), Ok(name));
        let log = FileName { category: DataCategory::LogItem, level: 4, ..name };
        assert_eq!(log.to_string().parse(), Ok(log));
        for foreign in [
            "",
            "a.txt",
            "1-1-1-error",
            "1-1-9-error.envelope",
            "1-1-1-poem.envelope",
            "x-1-1-error.envelope",
        ] {
            assert_eq!(foreign.parse::<FileName>(), Err(()), "{foreign}");
        }
    }

    #[test]
    fn only_what_is_old_is_old() {
        let name = FileName { written: now(), number: 0, level: 0, category: DataCategory::Error };
        assert!(!name.is_older_than(Duration::from_secs(60)));
        assert!(FileName { written: 0, ..name }.is_older_than(Duration::from_secs(60)));
        assert!(!FileName { written: u64::MAX, ..name }.is_older_than(Duration::ZERO));
    }

    #[test]
    fn every_cut_and_every_changed_byte_of_a_file_is_noticed() {
        let mut envelope = Envelope::new();
        envelope.add_item(EnvelopeItem::transaction(*b"{}", 41));
        envelope.add_item(EnvelopeItem::json(ItemType::Event, *b"{}", DataCategory::Default));
        let bytes = encode(&envelope).unwrap();
        let read = decode(&bytes).unwrap();
        for (read, written) in read.items().iter().zip(envelope.items()) {
            assert_eq!(read.quantities(), written.quantities(), "as they were, not as they could be guessed");
        }
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err(), "{length}");
        }
        assert!(decode(&[&bytes[..], b"x"].concat()).is_err());
        for at in 0..bytes.len() {
            for flip in [1_u8, 0x20, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                assert!(decode(&changed).is_err(), "{at} {flip}");
            }
        }
    }

    #[test]
    fn quantities_of_another_shape_are_an_error_and_unknown_categories_are_left_out() {
        let with_head = |head: &str| {
            let rest = format!("{head}\n{{}}\n{{\"type\":\"event\",\"length\":2}}\n{{}}\n");
            decode(format!("{}\n{rest}", checksum(rest.as_bytes())).as_bytes())
        };
        for head in [
            "7",
            "{}",
            r#"{"quantities":7}"#,
            r#"{"quantities":[7]}"#,
            r#"{"quantities":[[["error"]]]}"#,
            r#"{"quantities":[[["error",-1]]]}"#,
            r#"{"quantities":[[[1,1]]]}"#,
        ] {
            assert!(with_head(head).is_err(), "{head}");
        }
        let read = with_head(r#"{"quantities":[[["poem",2],["error",3]]]}"#).unwrap();
        assert_eq!(read.items()[0].quantities(), [(DataCategory::Error, 3)]);
    }
}
