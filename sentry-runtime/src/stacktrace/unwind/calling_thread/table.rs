//! The unwind table of a module: `.eh_frame`, and the index of it that the linker sorts by address.
//!
//! Only the encodings that linkers write for x86-64 are read.
//!
//! [Spec](https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/ehframechpt.html)

use super::program::{Program, RETURN_ADDRESS};
use super::reader::Reader;
use super::rule::Rule;

/// A signed word of four bytes, relative to its own place.
const RELATIVE: u8 = 0x1b;
/// An unsigned word of four bytes.
const COUNT: u8 = 0x03;
/// A signed word of four bytes, relative to the index.
const IN_INDEX: u8 = 0x3b;

/// The table of a module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a> {
    /// The segment that contains the index and the table.
    pub(super) segment: &'a [u8],
    /// The address of the segment.
    pub(super) start: usize,
    /// The address of the index, `.eh_frame_hdr`.
    pub(super) index: usize,
}

impl Table<'_> {
    /// Returns the rule of an instruction, if it is one of the usual kind.
    pub(super) fn rule(&self, address: usize) -> Option<Rule> {
        self.description(self.find(address)?, address)
    }

    fn reader(&self, address: usize) -> Option<Reader<'_>> {
        Reader::new(self.segment, address.checked_sub(self.start)?, self.segment.len())
    }

    /// Returns the address of the description of the function that begins last before an address.
    fn find(&self, address: usize) -> Option<usize> {
        let mut header = self.reader(self.index)?;
        let [version, table, count, entry] = [header.u8()?, header.u8()?, header.u8()?, header.u8()?];
        if (version, table, count, entry) != (1, RELATIVE, COUNT, IN_INDEX) {
            return None;
        }
        let _table = header.i32()?;
        let count = u64::from(header.u32()?);
        let (entries, _) = header.skip(count * 8)?.as_chunks::<8>();
        let function = |entry: &[u8; 8]| {
            let [a, b, c, d, ..] = *entry;
            self.index.wrapping_add_signed(i32::from_le_bytes([a, b, c, d]) as isize)
        };
        let at = entries.partition_point(|entry| function(entry) <= address).checked_sub(1)?;
        let [.., a, b, c, d] = entries[at];
        Some(self.index.wrapping_add_signed(i32::from_le_bytes([a, b, c, d]) as isize))
    }

    /// Reads the description of a function.
    fn description(&self, at: usize, address: usize) -> Option<Rule> {
        let (mut reader, end) = self.entry(at)?;
        let own = reader.at();
        let distance = reader.u32()? as usize;
        let mut program = self.common(self.start + own.checked_sub(distance).filter(|at| *at != own)?)?;
        let start = self.start + reader.at();
        let function = start.wrapping_add_signed(reader.i32()? as isize);
        let length = reader.u32()? as usize;
        let inside = address.checked_sub(function).filter(|inside| *inside < length)?;
        let augmentation = reader.uleb()?;
        reader.skip(augmentation)?;
        program.own = Reader::new(self.segment, reader.at(), end)?;
        program.rule_at(inside as u64)
    }

    /// Reads the length of an entry. Returns a reader of the rest, and the offset of its end.
    fn entry(&self, at: usize) -> Option<(Reader<'_>, usize)> {
        let mut reader = self.reader(at)?;
        // Zero ends the table; the highest value announces an entry of more than 4 GiB.
        let length = reader.u32().filter(|length| !matches!(*length, 0 | u32::MAX))?;
        let end = reader.at().checked_add(length as usize)?;
        Some((Reader::new(self.segment, reader.at(), end)?, end))
    }

    /// Reads what the descriptions of many functions have in common.
    fn common(&self, at: usize) -> Option<Program<'_>> {
        let (mut reader, end) = self.entry(at)?;
        let is_common = reader.u32()? == 0;
        let version = reader.u8()?;
        if !is_common || !matches!(version, 1 | 3) {
            return None;
        }
        let letters = reader.rest().split(|byte| *byte == 0).next()?;
        reader.skip(letters.len() as u64 + 1)?;
        let (code_factor, data_factor) = (reader.uleb()?, reader.sleb()?);
        let column = if version == 1 { u64::from(reader.u8()?) } else { reader.uleb()? };
        let letters = letters.strip_prefix(b"z")?;
        let augmentation = reader.uleb()?;
        let start = reader.at();
        let mut encoding = None;
        for letter in letters {
            match letter {
                b'R' => encoding = Some(reader.u8()?),
                b'L' => _ = reader.u8()?,
                b'P' => pointer(&mut reader)?,
                // The frame of a signal, or something newer.
                _ => return None,
            }
        }
        if encoding != Some(RELATIVE) || column != RETURN_ADDRESS {
            return None;
        }
        let common = Reader::new(self.segment, start.checked_add(usize::try_from(augmentation).ok()?)?, end)?;
        Some(Program { code_factor, data_factor, common, own: common })
    }
}

/// Skips the pointer to the routine that runs landing pads.
fn pointer(reader: &mut Reader<'_>) -> Option<()> {
    const ALIGNED: u8 = 0x50;
    let encoding = reader.u8().filter(|encoding| *encoding != ALIGNED)?;
    let size = match encoding & 0x0f {
        0x00 | 0x04 | 0x0c => 8,
        0x02 | 0x0a => 2,
        0x03 | 0x0b => 4,
        _ => return None,
    };
    reader.skip(size)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stacktrace::unwind::calling_thread::modules;

    /// Each word of the tables is damaged in turn, near the description of this function.
    #[test]
    fn damaged_tables_are_read_without_a_panic() {
        let address = damaged_tables_are_read_without_a_panic as fn() as usize;
        let (_, module) = modules::staying().find(address).expect("the tests stay loaded");
        let table = module.table();
        assert!(table.rule(address).is_some(), "undamaged");
        let description = table.find(address).unwrap() - table.start;
        let mut copy = table.segment.to_vec();
        let index = table.index - table.start;
        for at in (index..index + 16).chain(description..description + 64) {
            for damage in [0, 1, 0x7f, 0x80, 0xff] {
                let whole = std::mem::replace(&mut copy[at], damage);
                let damaged = Table { segment: &copy, ..table };
                _ = damaged.rule(address);
                copy[at] = whole;
            }
        }
        for length in [0, 1, index, index + 11, index + 12, index + 100, description, description + 3] {
            _ = Table { segment: &copy[..length], ..table }.rule(address);
        }
        _ = Table { start: usize::MAX, ..table }.rule(address);
        _ = Table { start: 0, ..table }.rule(address);
    }
}
