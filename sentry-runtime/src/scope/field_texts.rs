//! The names and the texts of a form's fields, one after the other. Those of a usual form lie inside of the form that owns
//! them.
//!
//! A form is freed by the pipeline thread. The allocators of C libraries keep small blocks that another thread freed in a
//! list whose links are in the blocks themselves, so that each of them costs the next request a wait for the other core's
//! memory. One larger block takes less time than two small ones.

/// The size of the texts that need no memory of their own.
const INLINE: usize = 192;
/// The bytes before a field: the lengths of its name and of its text.
const LENGTHS: usize = size_of::<u64>();
/// The bits of a length.
const BITS: u32 = 32;
const MAX_LENGTH: u64 = (1 << BITS) - 1;

/// Pairs of a name and a text, in order.
#[derive(Clone)]
pub(super) struct FieldTexts {
    count: usize,
    /// The used part of `inline`.
    length: usize,
    /// All texts, if they do not fit into `inline`.
    long: Vec<u8>,
    inline: [u8; INLINE],
}

impl Default for FieldTexts {
    fn default() -> Self {
        Self { count: 0, length: 0, long: Vec::new(), inline: [0; INLINE] }
    }
}

impl FieldTexts {
    /// Returns the number of fields.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Adds a field, unless its name or its text has 4 GiB.
    pub(super) fn push(&mut self, name: &str, text: &str) {
        let (of_name, of_text) = (name.len() as u64, text.len() as u64);
        if of_name | of_text > MAX_LENGTH {
            return;
        }
        let lengths = (of_name | of_text << BITS).to_le_bytes();
        let added = LENGTHS + name.len() + text.len();
        self.count += 1;
        if self.long.is_empty()
            && let Some(room) = self.inline.get_mut(self.length..self.length + added)
            && let Some((own, room)) = room.split_first_chunk_mut()
            && let Some((own_name, own_text)) = room.split_at_mut_checked(name.len())
        {
            *own = lengths;
            own_name.copy_from_slice(name.as_bytes());
            own_text.copy_from_slice(text.as_bytes());
            self.length += added;
            return;
        }
        if self.long.is_empty() {
            self.long.reserve(2 * INLINE + added);
            self.long.extend_from_slice(self.inline.get(..self.length).unwrap_or_default());
        }
        self.long.extend_from_slice(&lengths);
        self.long.extend_from_slice(name.as_bytes());
        self.long.extend_from_slice(text.as_bytes());
    }

    /// Returns the fields.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let inline = self.inline.get(..self.length).unwrap_or_default();
        let mut rest = if self.long.is_empty() { inline } else { &self.long };
        std::iter::from_fn(move || {
            let (lengths, fields) = rest.split_first_chunk()?;
            let lengths = u64::from_le_bytes(*lengths);
            let (name, fields) = fields.split_at_checked((lengths & MAX_LENGTH) as usize)?;
            let (text, fields) = fields.split_at_checked((lengths >> BITS) as usize)?;
            rest = fields;
            Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(text).ok()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_were_added() {
        // Around the length at which the texts move.
        for length in (0..8).chain(INLINE - 80..INLINE + 20).chain([20 * INLINE]) {
            let long = "x".repeat(length);
            let fields =
                [("name", "Mozart"), ("", ""), ("straße", "ö"), ("long", &*long), ("", ""), ("z", "y")];
            let mut texts = FieldTexts::default();
            for (at, (name, text)) in fields.iter().enumerate() {
                texts.push(name, text);
                assert_eq!(texts.len(), at + 1);
                assert_eq!(texts.clone().iter().collect::<Vec<_>>(), fields[..=at], "{length}");
            }
        }
        assert_eq!(FieldTexts::default().iter().count(), 0);
    }
}
