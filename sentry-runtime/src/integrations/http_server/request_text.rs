//! The text of a received request, its head and its headers. A short text lies inside of the request that owns it.

/// The size of a text that needs no memory of its own. Requests of other services, which have few headers, are usually
/// smaller.
const INLINE: usize = 512;

/// The bytes before a header: the lengths of its name and of its value, and whether the value is sensitive.
const LENGTHS: usize = size_of::<u64>();
/// The bits of a length.
const BITS: u32 = 30;
const MAX_LENGTH: u64 = (1 << BITS) - 1;

/// See [the module](self).
pub(super) struct RequestText {
    /// The length of everything that was appended, whether there was room for it or not.
    length: usize,
    /// The whole text, if it does not fit into `inline`.
    long: Box<[u8]>,
    inline: [u8; INLINE],
}

/// A part of a text: its position and its length.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part {
    start: u32,
    length: u32,
}

impl Part {
    pub(super) fn len(self) -> usize {
        self.length as usize
    }

    /// Returns a part. A text has no part beyond 4 GiB.
    fn new(start: usize, length: usize) -> Self {
        match (u32::try_from(start), u32::try_from(length)) {
            (Ok(start), Ok(length)) => Self { start, length },
            _ => Self::default(),
        }
    }
}

impl RequestText {
    pub(super) fn new() -> Self {
        Self { length: 0, long: Box::default(), inline: [0; INLINE] }
    }

    /// Allocates memory for a text that did not fit. Returns whether it did so: then everything has to be appended once
    /// more.
    pub(super) fn make_room(&mut self) -> bool {
        let is_long = self.length > INLINE;
        if is_long {
            self.long = vec![0; std::mem::take(&mut self.length)].into();
        }
        is_long
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Returns the number of allocated bytes.
    pub(super) fn allocated(&self) -> usize {
        self.long.len()
    }

    /// Appends a text.
    pub(super) fn push(&mut self, text: &[u8]) -> Part {
        let start = self.length;
        if let Some(room) = self.room(text.len()) {
            room.copy_from_slice(text);
        }
        Part::new(start, text.len())
    }

    /// Appends a header. Returns its value, or `None` if it is longer than fits into any request.
    pub(super) fn push_header(&mut self, name: &[u8], value: &[u8], is_sensitive: bool) -> Option<Part> {
        let (of_name, of_value) = (name.len() as u64, value.len() as u64);
        if of_name > MAX_LENGTH || of_value > MAX_LENGTH {
            return None;
        }
        let lengths = of_name | of_value << BITS | u64::from(is_sensitive) << (2 * BITS);
        if let Some(room) = self.room(LENGTHS + name.len() + value.len())
            && let Some((own, room)) = room.split_first_chunk_mut()
            && let Some((own_name, own_value)) = room.split_at_mut_checked(name.len())
        {
            *own = lengths.to_le_bytes();
            own_name.copy_from_slice(name);
            own_value.copy_from_slice(value);
        }
        Some(Part::new(self.length - value.len(), value.len()))
    }

    /// Returns the room for further bytes, if there is as much.
    fn room(&mut self, bytes: usize) -> Option<&mut [u8]> {
        let start = self.length;
        self.length += bytes;
        let all = if self.long.is_empty() { &mut self.inline[..] } else { &mut *self.long };
        all.get_mut(start..self.length)
    }

    fn bytes(&self) -> &[u8] {
        self.inline.get(..self.length).unwrap_or(&self.long)
    }

    /// Returns a part of the text.
    pub(super) fn part(&self, part: Part) -> &[u8] {
        let start = part.start as usize;
        self.bytes().get(start..start + part.length as usize).unwrap_or_default()
    }

    /// Returns the text from a position on.
    pub(super) fn since(&self, start: usize) -> &[u8] {
        self.bytes().get(start..).unwrap_or_default()
    }
}

/// The headers in the text of a request.
#[derive(Clone)]
pub(super) struct RawHeaders<'a>(&'a [u8]);

impl<'a> RawHeaders<'a> {
    /// Returns the headers of a text that contains nothing else.
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self(text)
    }

    /// Returns the next value of a header. Lengths are compared first: most names differ in theirs.
    pub(super) fn next_named(&mut self, name: &str) -> Option<&'a [u8]> {
        loop {
            let (lengths, rest) = self.0.split_first_chunk()?;
            let lengths = u64::from_le_bytes(*lengths);
            let of_name = (lengths & MAX_LENGTH) as usize;
            let (header, rest) = rest.split_at_checked(of_name + (lengths >> BITS & MAX_LENGTH) as usize)?;
            self.0 = rest;
            if of_name == name.len()
                && let Some((own, value)) = header.split_at_checked(of_name)
                && own.eq_ignore_ascii_case(name.as_bytes())
            {
                return Some(value);
            }
        }
    }
}

impl<'a> Iterator for RawHeaders<'a> {
    type Item = (&'a [u8], &'a [u8], bool);

    fn next(&mut self) -> Option<Self::Item> {
        let (lengths, rest) = self.0.split_first_chunk()?;
        let lengths = u64::from_le_bytes(*lengths);
        let (name, rest) = rest.split_at_checked((lengths & MAX_LENGTH) as usize)?;
        let (value, rest) = rest.split_at_checked((lengths >> BITS & MAX_LENGTH) as usize)?;
        self.0 = rest;
        Some((name, value, lengths >> (2 * BITS) != 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_inside_and_in_memory_of_its_own() {
        // Around the size at which the text moves, by the head and by a header.
        for length in (0..24).chain(INLINE - 340..INLINE + 40).chain([5 * INLINE]) {
            let mut text = RequestText::new();
            let (path, value) = ("p".repeat(length), "v".repeat(300));
            let append = |text: &mut RequestText| {
                let head = [&b"GET"[..], path.as_bytes(), b""].map(|part| text.push(part));
                let start = text.len();
                let headers = [
                    (&b"accept"[..], value.as_bytes(), false),
                    (b"cookie", b"a=1", true),
                    (b"x", b"", false),
                ];
                let values =
                    headers.map(|(name, value, secret)| text.push_header(name, value, secret).unwrap());
                (head, start, values)
            };
            let first = append(&mut text);
            let appended = text.len();
            let is_long = text.make_room();
            assert_eq!(is_long, appended > INLINE);
            let (head, start, values) = if is_long { append(&mut text) } else { first };
            let ([method, path_part, nothing], [long, secret, empty]) = (head, values);
            assert_eq!(text.part(method), b"GET");
            assert_eq!((text.part(path_part), text.part(nothing)), (path.as_bytes(), &b""[..]));
            assert_eq!((text.part(long), text.part(secret)), (value.as_bytes(), &b"a=1"[..]));
            assert_eq!(text.part(empty), b"");
            let headers: Vec<_> = RawHeaders::of(text.since(start)).collect();
            let expected: [(&[u8], &[u8], bool); 3] =
                [(b"accept", value.as_bytes(), false), (b"cookie", b"a=1", true), (b"x", b"", false)];
            assert_eq!(headers, expected);
            assert_eq!(text.len(), start + 3 * LENGTHS + 6 + 300 + 6 + 3 + 1);
            assert_eq!((text.len(), text.allocated()), (appended, if is_long { appended } else { 0 }));
        }
    }

    #[test]
    fn all_headers_of_a_name_are_found_in_order() {
        let mut text = RequestText::new();
        for (name, value) in
            [("baggage", "a"), ("package", "b"), ("x", "c"), ("baggage", ""), ("Baggage", "d")]
        {
            text.push_header(name.as_bytes(), value.as_bytes(), false).unwrap();
        }
        let found = |name: &str| {
            let mut headers = RawHeaders::of(text.since(0));
            std::iter::from_fn(|| headers.next_named(name)).collect::<Vec<_>>()
        };
        assert_eq!(found("baggage"), [&b"a"[..], b"", b"d"]);
        assert_eq!(found("x"), [b"c"]);
        assert!(found("").is_empty());
    }
}
