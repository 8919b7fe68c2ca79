//! A reader of numbers in tables, which fails at their end.

/// Reads numbers one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads a range of bytes.
    pub(super) fn new(bytes: &'a [u8], from: usize, to: usize) -> Option<Self> {
        let bytes = bytes.get(..to)?;
        (from <= to).then_some(Self { bytes, at: from })
    }

    /// Returns the offset of the next number.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// Returns the bytes that are left.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    pub(super) fn skip(&mut self, count: u64) -> Option<&'a [u8]> {
        let end = self.at.checked_add(usize::try_from(count).ok()?)?;
        let skipped = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(skipped)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.skip(N as u64)?.try_into().ok()
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_le_bytes)
    }

    /// Reads an unsigned number of variable length.
    pub(super) fn uleb(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.u8()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Reads a signed number of variable length.
    pub(super) fn sleb(&mut self) -> Option<i64> {
        let mut number = 0_i64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.u8()?;
            number |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let is_negative = byte & 0x40 != 0 && shift + 7 < u64::BITS;
                return Some(if is_negative { number | -1 << (shift + 7) } else { number });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_variable_length_are_those_of_the_specification() {
        let read = |bytes: &[u8]| Reader::new(bytes, 0, bytes.len()).unwrap().uleb();
        assert_eq!(read(&[2]), Some(2));
        assert_eq!(read(&[0x80, 1]), Some(128));
        assert_eq!(read(&[0x80 + 57, 100]), Some(12857));
        assert_eq!(read(&[0x80]), None, "cut");
        assert_eq!(read(&[0x80; 11]), None, "too long");
        let read = |bytes: &[u8]| Reader::new(bytes, 0, bytes.len()).unwrap().sleb();
        assert_eq!(read(&[2]), Some(2));
        assert_eq!(read(&[0x7e]), Some(-2));
        assert_eq!(read(&[0x80, 0x7f]), Some(-128));
        assert_eq!(read(&[0x80 + 1, 1]), Some(129));
    }

    #[test]
    fn nothing_is_read_behind_the_end() {
        assert!(Reader::new(&[1, 2], 0, 3).is_none() && Reader::new(&[1, 2], 2, 1).is_none());
        let mut reader = Reader::new(&[1, 2, 3], 0, 2).unwrap();
        assert_eq!(reader.u32(), None);
        assert_eq!(reader.u16(), Some(0x201));
        assert!(reader.is_at_end() && reader.u8().is_none() && reader.skip(u64::MAX).is_none());
    }
}
