//! The envelopes in a file, one after the other, as `SENTRY_LOCAL=path` and `--keep` write them.
//!
//! A file has no framing of its own: a line that is a JSON object without `type` begins an envelope. A program that was
//! killed leaves half an envelope, so that a length may reach into what follows: then reading goes on at the next line
//! that begins an envelope.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use super::decode::MAX_DECODED;
use super::{is_item_header, object};

/// The maximum length of a header, in bytes. A longer line is no header.
const MAX_HEADER: u64 = 1 << 20;

/// A reader of the envelopes in a file.
pub(crate) struct Reader<R> {
    input: R,
    /// The header of the next envelope, if it was read already.
    ahead: Option<Vec<u8>>,
    /// The number of places where something could not be read.
    pub(crate) damage: u64,
}

impl<R: BufRead + Seek> Reader<R> {
    /// Creates a reader at the input's position.
    pub(crate) fn new(input: R) -> Self {
        Self { input, ahead: None, damage: 0 }
    }

    /// Returns the next envelope, or `None` at the end.
    ///
    /// # Errors
    ///
    /// The input cannot be read.
    pub(crate) fn next_envelope(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(mut envelope) = self.header()? else { return Ok(None) };
        while let Some(line) = self.line()? {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let Some(header) = object(&line) else {
                // Half a line, or the rest of something: the envelope ends here.
                self.damage += 1;
                break;
            };
            if !is_item_header(&header) {
                self.ahead = Some(line);
                break;
            }
            let room = MAX_DECODED.saturating_sub(envelope.len() + line.len());
            let length = header.get("length").and_then(serde_json::Value::as_u64);
            let payload = match length {
                Some(length) => self.payload(length, room)?,
                None => self.line()?.filter(|payload| payload.len() <= room),
            };
            let Some(payload) = payload else {
                self.damage += 1;
                break;
            };
            end_line(&mut envelope);
            envelope.extend_from_slice(&line);
            end_line(&mut envelope);
            envelope.extend_from_slice(&payload);
            // A payload of known length may itself end with a line's end.
            if length.is_some() {
                envelope.push(b'\n');
            }
        }
        end_line(&mut envelope);
        Ok(Some(envelope))
    }

    /// Returns the line of the next envelope's header, and skips what is none.
    fn header(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        while let Some(line) = self.line()? {
            match object(&line) {
                Some(header) if !is_item_header(&header) => return Ok(Some(line)),
                _ if line.iter().all(u8::is_ascii_whitespace) => {}
                _ => self.damage += 1,
            }
        }
        Ok(None)
    }

    /// Returns a line with its end, or `None` at the end of the input. A line that is too long comes in pieces.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        self.input.by_ref().take(MAX_HEADER).read_until(b'\n', &mut line)?;
        Ok((!line.is_empty()).then_some(line))
    }

    /// Returns a payload of known length. Returns `None`, and stays where the payload begins, if the payload does not
    /// end at the end of a line.
    fn payload(&mut self, length: u64, room: usize) -> io::Result<Option<Vec<u8>>> {
        let start = self.input.stream_position()?;
        if length <= room as u64 && (self.damage == 0 || self.ends_a_line(start, length)?) {
            let mut payload = Vec::new();
            self.input.by_ref().take(length).read_to_end(&mut payload)?;
            let mut end = [0];
            let complete = payload.len() as u64 == length;
            if complete && (self.input.read(&mut end)? == 0 || end == [b'\n']) {
                return Ok(Some(payload));
            }
        }
        self.input.seek(SeekFrom::Start(start))?;
        Ok(None)
    }

    /// Returns whether a payload of this length that begins at `start` ends at the end of a line. Reads nothing but
    /// that end: in a file with one wrong length all may be wrong, and each payload that is read in vain is read again
    /// as lines.
    fn ends_a_line(&mut self, start: u64, length: u64) -> io::Result<bool> {
        let (end, end_of_input) = (start.saturating_add(length), self.input.seek(SeekFrom::End(0))?);
        let mut last = [b'\n'];
        if end < end_of_input {
            self.input.seek(SeekFrom::Start(end))?;
            self.input.read_exact(&mut last)?;
        }
        self.input.seek(SeekFrom::Start(start))?;
        Ok(end <= end_of_input && last == [b'\n'])
    }
}

/// Ends the line that the last line of a file may have left open.
fn end_line(envelope: &mut Vec<u8>) {
    if !envelope.ends_with(b"\n") {
        envelope.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::envelope::parse;

    fn read(bytes: &[u8]) -> (Vec<Vec<u8>>, u64) {
        let mut reader = Reader::new(Cursor::new(bytes));
        let mut envelopes = Vec::new();
        while let Some(envelope) = reader.next_envelope().unwrap() {
            envelopes.push(envelope);
        }
        (envelopes, reader.damage)
    }

    const A: &[u8] = b"{\"event_id\":\"a\"}\n{\"type\":\"event\",\"length\":4}\n{\n}\n\n";
    const B: &[u8] = b"{}\n{\"type\":\"log\",\"length\":2}\n[]\n{\"type\":\"session\"}\n{}\n";

    #[test]
    fn envelopes_are_found_one_after_the_other() {
        let (envelopes, damage) = read(&[A, B, A].concat());
        assert_eq!(damage, 0);
        assert_eq!(envelopes, [A.to_vec(), B.to_vec(), A.to_vec()]);
        let items: Vec<_> = envelopes.iter().map(|envelope| parse(envelope).items.len()).collect();
        assert_eq!(items, [1, 2, 1]);
        assert_eq!(parse(&envelopes[0]).items[0].payload, b"{\n}\n");
    }

    /// Every item says its length, as in the files that this crate and the runtime write. Without a length, half an
    /// envelope takes the next line for its payload.
    const C: &[u8] = b"{}\n{\"type\":\"log\",\"length\":2}\n[]\n{\"type\":\"event\",\"length\":4}\n{}\n\n\n";

    #[test]
    fn an_envelope_that_was_cut_costs_only_itself() {
        // At every byte, with and without the line's end that an appending program adds.
        for cut in 1..C.len() {
            for end in [&b""[..], b"\n"] {
                let (envelopes, _) = read(&[A, &C[..cut], end, A, A].concat());
                let whole = envelopes.iter().filter(|envelope| **envelope == A).count();
                let least = if end.is_empty() { 2 } else { 3 };
                assert!(whole >= least, "cut at {cut}: {whole} of 3 are left");
            }
        }
    }

    #[test]
    fn nonsense_is_skipped_and_counted() {
        let (envelopes, damage) = read(&[&b"\xff\xfe\nnonsense\n[1]\n"[..], A].concat());
        assert_eq!((envelopes.len(), damage), (1, 3));
        let (envelopes, _) = read(&vec![b'x'; 3 << 20]);
        assert_eq!(envelopes.len(), 0);
    }

    /// An input that counts the bytes that are read of it.
    struct Counting<'a> {
        input: Cursor<&'a [u8]>,
        read: &'a std::cell::Cell<usize>,
    }

    impl Read for Counting<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let amount = self.input.read(buffer)?;
            self.read.set(self.read.get() + amount);
            Ok(amount)
        }
    }

    impl Seek for Counting<'_> {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.input.seek(to)
        }
    }

    #[test]
    fn lengths_that_are_wrong_do_not_make_the_reader_read_a_file_again_and_again() {
        let effort = |envelopes: usize| {
            let wrong = format!("{{}}\n{{\"type\":\"event\",\"length\":{}}}\n", envelopes * 20);
            let (bytes, read) = (wrong.repeat(envelopes), std::cell::Cell::new(0));
            let input = Counting { input: Cursor::new(bytes.as_bytes()), read: &read };
            let mut reader = Reader::new(io::BufReader::with_capacity(64, input));
            while reader.next_envelope().unwrap().is_some() {}
            read.get()
        };
        let (short, long) = (effort(200), effort(800));
        assert!(long <= 8 * short, "{short} and {long} bytes");
    }

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        const PIECES: &[&[u8]] = &[
            A,
            B,
            b"{}\n",
            b"{\"type\":\"log\",\"length\":2}\n",
            b"{\"type\":\"log\",\"length\":18446744073709551615}\n",
            b"{\"type\":\"log\",\"length\":-1}\n[]\n",
            b"{\"type\":7}\n",
            b"{\"type\":\"\\ud800\"}\n",
            b"[]",
            b"\n",
            b"\r\n",
            b"\xff\x00",
            b"{\"a\":",
        ];
        prop_oneof![
            4 => prop::sample::select(PIECES).prop_map(<[u8]>::to_vec),
            1 => prop::collection::vec(any::<u8>(), 0..9),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever is in a file, each envelope found in it is whole, and is found again in what was written of it.
        #[test]
        fn what_is_found_in_any_file_is_read_without_damage(pieces in prop::collection::vec(piece(), 0..16)) {
            let (envelopes, _) = read(&pieces.concat());
            for bytes in &envelopes {
                let envelope = parse(bytes);
                prop_assert_eq!(envelope.damage, 0, "{}", String::from_utf8_lossy(bytes));
                let written = envelope.to_bytes();
                let again = parse(&written);
                prop_assert_eq!(again.items.len(), envelope.items.len());
                for (one, other) in again.items.iter().zip(&envelope.items) {
                    prop_assert_eq!((&one.header, one.payload), (&other.header, other.payload));
                }
                prop_assert_eq!(read(&written), (vec![written.clone()], 0));
            }
        }
    }
}
