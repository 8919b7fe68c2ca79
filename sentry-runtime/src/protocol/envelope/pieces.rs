//! The bytes of an envelope without a copy of its payloads.
//!
//! A transaction is some tens of kilobytes. Its headers can only be written when it is sent, because they contain the
//! time; so the bytes are headers and payloads in turns.

use std::io::{self, Read};

use crate::protocol::buffers;

/// The bytes of an envelope, in pieces, so that payloads need not be copied.
pub(crate) struct Pieces<'a> {
    /// The headers of the envelope and of all items.
    pub(super) headers: Vec<u8>,
    /// The payloads, each with the end of its header. A line break follows each payload.
    payloads: Vec<(usize, &'a [u8])>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new() -> Self {
        Self { headers: Vec::with_capacity(1024), payloads: Vec::new() }
    }

    /// Adds the payload whose header was written last.
    pub(super) fn add_payload(&mut self, payload: &'a [u8]) {
        self.payloads.push((self.headers.len(), payload));
    }

    /// Returns the number of bytes.
    pub(crate) fn len(&self) -> usize {
        self.headers.len() + self.payloads.iter().map(|(_, payload)| payload.len() + 1).sum::<usize>()
    }

    /// Returns all bytes.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut out = buffers::take(self.len());
        let pieces = (0..).map_while(|number| self.piece(number));
        pieces.for_each(|piece| out.extend_from_slice(piece));
        out
    }

    /// Returns a reader of all bytes.
    pub(crate) fn reader(&self) -> PieceReader<'_> {
        PieceReader { pieces: self, at: 0, read: 0 }
    }

    /// Returns a piece by its number, if there are so many.
    fn piece(&self, number: usize) -> Option<&[u8]> {
        let (item, part) = (number / 3, number % 3);
        let start = if item == 0 { 0 } else { self.payloads[item - 1].0 };
        match self.payloads.get(item) {
            Some((end, payload)) => Some(match part {
                0 => &self.headers[start..*end],
                1 => payload,
                _ => b"\n",
            }),
            None if part == 0 => Some(&self.headers[start..]),
            None => None,
        }
    }
}

/// Reads the [`Pieces`] of an envelope.
pub(crate) struct PieceReader<'a> {
    pieces: &'a Pieces<'a>,
    /// The number of the current piece, and how much of it was read.
    at: usize,
    read: usize,
}

impl Read for PieceReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(piece) = self.pieces.piece(self.at) {
            let rest = &piece[self.read..];
            let amount = rest.len().min(buffer.len() - filled);
            buffer[filled..filled + amount].copy_from_slice(&rest[..amount]);
            filled += amount;
            if amount < rest.len() {
                self.read += amount;
                break;
            }
            (self.at, self.read) = (self.at + 1, 0);
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::time::UNIX_EPOCH;

    use crate::protocol::{Envelope, EnvelopeItem, Uuid};

    #[test]
    fn pieces_read_as_the_whole_envelope_in_buffers_of_any_size() {
        let mut envelope = Envelope::new().with_event_id(Uuid::from_u128(1));
        for items in 0..3 {
            let whole = envelope.to_bytes(UNIX_EPOCH);
            let pieces = envelope.pieces(UNIX_EPOCH, None);
            assert_eq!(pieces.len(), whole.len(), "{items} items");
            for size in [1, 2, 7, 100, 10_000] {
                let (mut reader, mut read) = (pieces.reader(), Vec::new());
                let mut buffer = vec![0; size];
                loop {
                    match reader.read(&mut buffer).unwrap() {
                        0 => break,
                        // A short read would be written on its own.
                        amount => {
                            assert!(amount == size || read.len() + amount == whole.len());
                            read.extend_from_slice(&buffer[..amount]);
                        }
                    }
                }
                assert_eq!(read, whole);
            }
            envelope.add_item(EnvelopeItem::attachment("a.txt", None, "text/plain", vec![b'x'; items * 100]));
        }
    }
}
