//! Fields that are errors.

use std::any::type_name;
use std::error::Error;
use std::io;

use super::LogFields;
use crate::capture::reading;
use crate::error::chain::Chain;

impl LogFields {
    /// Adds a field that is an error: its texts, and, for the first one, all that is known of it.
    pub(crate) fn add_error(&mut self, key: &'static str, error: &(dyn Error + 'static)) {
        let chain = read(error);
        self.add(key, texts(&chain));
        self.error.get_or_insert(chain);
    }
}

/// The texts of an error and of its causes as one.
pub(crate) fn error_text(error: &(dyn Error + 'static)) -> String {
    texts(&read(error))
}

/// An error with its causes. Of the types that it may have one is known whose `Debug` output does not tell it.
fn read(error: &(dyn Error + 'static)) -> Chain {
    let name = if error.is::<io::Error>() { type_name::<io::Error>() } else { type_name::<dyn Error>() };
    reading::read_dynamic(error, name)
}

/// The texts of an error and of its causes, the outermost first.
fn texts(chain: &Chain) -> String {
    let texts: Vec<_> = chain.entries.iter().map(|entry| &*entry.value).collect();
    super::text(&texts.join(": "))
}
