//! Error chains: an error with its causes, read defensively.
//!
//! Errors can only be read on the caller's thread. So the length of every text is bounded while it is written, and user
//! code that misbehaves (`Display`, `Debug`, `source`) only affects its own entry. A chain follows the
//! [exception page](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/exception/), but with the
//! outermost error first; the wire has the reverse order.
//!
//! **The name of a type.** The outermost error's type is known where it is captured, and is taken from
//! [`std::any::type_name`]. The causes are `dyn Error`, which hides the type; its only trace is the beginning of the
//! `Debug` output, which for derived implementations is the name of the struct or of the enum's variant:
//! `ParseIntError { kind: … }`. If the output does not begin like a type (a string error is a quoted text), the name is
//! `Error`. Errors of `std::io`, whose `Debug` output begins with their representation, are recognised by their type. A
//! type named just `Error` keeps one more path segment: `io::Error`, `serde_json::Error`.

use std::any::type_name;
use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Debug, Display, Write};
use std::sync::Arc;

use super::group::{ErrorGroup, GroupReader};
use crate::base::callback::show as contained;
use crate::stacktrace::names;

/// The maximum number of entries in a chain. Longer ones are cycles or accidents.
pub(crate) const MAX_ENTRIES: usize = 50;
/// The maximum number of bytes of an error's text, as many as servers keep.
const MAX_TEXT: usize = 8_192;
/// The maximum number of bytes of `Debug` output that are read for the names of types.
const MAX_DEBUG: usize = 128;
/// The name of a type that is hidden.
pub(crate) const UNKNOWN: &str = "Error";

/// One error of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChainEntry {
    /// The type's name, like `ParseIntError`. Never empty. Usually borrowed from the compiler's name of the type.
    pub(crate) ty: Cow<'static, str>,
    /// The module of the type, if it is known.
    pub(crate) module: Option<Cow<'static, str>>,
    /// The `Display` text, truncated at 8 KiB.
    pub(crate) value: String,
    /// The beginning of the `Debug` output; empty for a value that is not an error.
    pub(crate) debug: String,
    /// The index of the entry that it is a cause or part of; the outermost entry has its own index.
    pub(crate) parent: usize,
    /// The name of the relation to that entry: `source`, or `errors[0]` for a part.
    pub(crate) source: Cow<'static, str>,
    /// Whether it is a group.
    pub(crate) is_group: bool,
}

/// An error with its causes, outermost first; the parts of a group follow each other, each with its own causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    /// At least 1, at most 50 entries. What remembers an error shares them.
    pub(crate) entries: Vec<Arc<ChainEntry>>,
    /// Whether there were more causes. The last entry's text says so too.
    pub(crate) cut: bool,
}

impl Chain {
    /// Returns a chain of one entry.
    pub(crate) fn of(entry: ChainEntry) -> Self {
        Self { entries: vec![Arc::new(entry)], cut: false }
    }
}

/// Reads an error and its causes. `E` may be `dyn Error`, and is then named like a cause.
pub(crate) fn read<E: Error + ?Sized>(error: &E, groups: &[GroupReader]) -> Chain {
    let outermost = outermost(&error, type_name::<E>());
    Reader::start(outermost, groups).causes(contained(|| error.source()).flatten(), None)
}

/// Reads an error with a known [`type_name`]. That type may hide another one (`Box<dyn Error>`, `anyhow::Error`,
/// `eyre::Report`): `error` is then the inner one.
pub(crate) fn read_named(error: &dyn Error, static_name: &'static str, groups: &[GroupReader]) -> Chain {
    let outermost = outermost(error, static_name);
    Reader::start(outermost, groups).causes(contained(|| error.source()).flatten(), None)
}

/// Like [`read_named`], for an error that may be a group of a known type.
pub(crate) fn read_dynamic(
    error: &(dyn Error + 'static),
    static_name: &'static str,
    groups: &[GroupReader],
) -> Chain {
    let reader = Reader::start(outermost(error, static_name), groups);
    let parts = reader.parts(error);
    reader.causes(contained(|| error.source()).flatten(), parts)
}

/// Reads a group, its parts and its causes.
pub(crate) fn read_group<E: ErrorGroup + ?Sized>(
    group: &E,
    static_name: &'static str,
    groups: &[GroupReader],
) -> Chain {
    let parts = contained(|| group.errors()).unwrap_or_default();
    let outermost = outermost(&group, static_name);
    Reader::start(outermost, groups).causes(contained(|| group.source()).flatten(), Some(parts))
}

fn outermost<E: Error + ?Sized>(error: &E, static_name: &'static str) -> ChainEntry {
    let debug = debug(&error);
    let (ty, module) = named(static_name).unwrap_or_else(|| (Cow::Owned(guessed(&debug)), None));
    ChainEntry { debug, ..ChainEntry::new(ty, module, text(&error)) }
}

/// Reads a value that implements `Display` but is not an error.
pub(crate) fn of_display(value: &dyn Display, static_name: &'static str) -> Chain {
    Chain::of(ChainEntry::of_type(static_name, text(&value)))
}

/// Reads a value that implements `Debug` but is not an error.
pub(crate) fn of_debug(value: &dyn Debug, static_name: &'static str) -> Chain {
    Chain::of(ChainEntry::of_type(static_name, text(&format_args!("{value:?}"))))
}

impl ChainEntry {
    fn new(ty: Cow<'static, str>, module: Option<Cow<'static, str>>, value: String) -> Self {
        let debug = String::new();
        Self { ty, module, value, debug, parent: 0, source: Cow::Borrowed("source"), is_group: false }
    }

    /// Returns an entry for a type that is not an error.
    pub(crate) fn of_type(type_name: &'static str, value: String) -> Self {
        let (ty, module) = named(type_name).unwrap_or((Cow::Borrowed(UNKNOWN), None));
        Self::new(ty, module, value)
    }

    fn of(error: &(dyn Error + 'static), parent: usize, source: Cow<'static, str>) -> Self {
        // Its `Debug` output begins with the error's representation: `Os`, `Custom`, `Kind`.
        let known = if error.is::<std::io::Error>() { named(type_name::<std::io::Error>()) } else { None };
        let debug = debug(&error);
        let (ty, module) = known.unwrap_or_else(|| (Cow::Owned(guessed(&debug)), None));
        Self { parent, source, debug, ..Self::new(ty, module, text(&error)) }
    }

    /// Returns the name at the beginning of the `Debug` output: that of the struct or of the enum's variant.
    pub(crate) fn debug_name(&self) -> String {
        guessed(&self.debug)
    }
}

/// Reads an error's causes and parts.
struct Reader<'g> {
    chain: Chain,
    /// The readers of group types.
    groups: &'g [GroupReader],
}

impl<'g> Reader<'g> {
    fn start(outermost: ChainEntry, groups: &'g [GroupReader]) -> Self {
        Self { chain: Chain::of(outermost), groups }
    }

    /// Returns the parts of an error, if it is a group of a known type.
    fn parts<'e>(&self, error: &'e (dyn Error + 'static)) -> Option<Vec<&'e (dyn Error + 'static)>> {
        self.groups.iter().find_map(|group| contained(|| group.parts(error)).flatten())
    }

    /// Adds the causes of the outermost error.
    fn causes(
        mut self,
        source: Option<&(dyn Error + 'static)>,
        parts: Option<Vec<&(dyn Error + 'static)>>,
    ) -> Chain {
        self.below(0, source, parts);
        self.chain
    }

    /// Adds the parts and the source of an entry, the latter unless it is one of the parts.
    fn below(
        &mut self,
        parent: usize,
        source: Option<&(dyn Error + 'static)>,
        parts: Option<Vec<&(dyn Error + 'static)>>,
    ) {
        if parts.is_some() {
            Arc::make_mut(&mut self.chain.entries[parent]).is_group = true;
        }
        let parts = parts.unwrap_or_default();
        for (number, &part) in parts.iter().enumerate() {
            if self.chain.cut {
                return;
            }
            self.add(part, parent, Cow::Owned(format!("errors[{number}]")));
        }
        if let Some(source) = source
            && !parts.iter().any(|part| std::ptr::addr_eq(*part, source))
        {
            self.add(source, parent, Cow::Borrowed("source"));
        }
    }

    fn add(&mut self, error: &(dyn Error + 'static), parent: usize, source: Cow<'static, str>) {
        let entries = &mut self.chain.entries;
        if entries.len() == MAX_ENTRIES {
            if !std::mem::replace(&mut self.chain.cut, true) {
                let last = &mut Arc::make_mut(&mut entries[MAX_ENTRIES - 1]).value;
                last.push_str(&format!(" (more causes follow; the chain is cut after {MAX_ENTRIES})"));
            }
            return;
        }
        let own = entries.len();
        entries.push(Arc::new(ChainEntry::of(error, parent, source)));
        let parts = self.parts(error);
        self.below(own, contained(|| error.source()).flatten(), parts);
    }
}

const INTERNAL_ERROR: &str = "actix_web::error::internal::InternalError<";

/// Returns the name and module of a type from the compiler's type name; `None` if the type hides another one.
pub(super) fn named(mut path: &str) -> Option<(Cow<'_, str>, Option<Cow<'_, str>>)> {
    // Most types wrap nothing: those that do end in a bracket, or begin as a reference.
    while path.ends_with('>') || path.starts_with('&') {
        // actix-web's type puts a status beside an error.
        let inner = ["alloc::boxed::Box<", "alloc::sync::Arc<", "alloc::rc::Rc<", INTERNAL_ERROR]
            .iter()
            .find_map(|prefix| path.strip_prefix(prefix)?.strip_suffix('>'))
            .or_else(|| path.strip_prefix("&mut "))
            .or_else(|| path.strip_prefix('&'));
        match inner {
            Some(inner) => path = inner,
            None => break,
        }
    }
    let hides =
        ["anyhow::Error", "eyre::Report", "actix_web::error::error::Error", "alloc::string::String", "str"];
    if path.starts_with("dyn ") || hides.contains(&path) {
        return None;
    }
    let (module, mut name) = match names::of_plain_path(path) {
        Some((module, name)) => (Some(Cow::Borrowed(module)), Cow::Borrowed(name)),
        None => (names::module_of(path).map(Cow::Owned), Cow::Owned(names::shorten(path))),
    };
    if name == UNKNOWN {
        // Every second crate has an `Error`; people write `io::Error`, `serde_json::Error`.
        let of = module.iter().flat_map(|module| module.rsplit("::")).find(|part| !part.starts_with("error"));
        name = of.map_or(name, |of| Cow::Owned(format!("{of}::{UNKNOWN}")));
    }
    (!name.is_empty()).then_some((name, module))
}

/// Returns the beginning of the `Debug` output.
fn debug(error: &dyn fmt::Debug) -> String {
    let mut head = Limited::new(MAX_DEBUG);
    match contained(|| write!(head, "{error:?}")) {
        Some(_) => head.text,
        None => String::new(),
    }
}

/// Returns the name at the beginning of `Debug` output.
fn guessed(debug: &str) -> String {
    let name = debug.split([' ', '(', '{', '\r', '\n']).next().unwrap_or_default();
    // A path may precede the name, and type arguments may follow it: `my::Failed<u8>`.
    let of_type = name.rsplit("::").next().unwrap_or_default();
    let like_a_type = of_type.starts_with(char::is_uppercase)
        && !of_type.contains(':')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '<' | '>'));
    if like_a_type { of_type.to_owned() } else { UNKNOWN.to_owned() }
}

/// Returns the error's message, truncated to the limit and never empty.
fn text(error: &dyn fmt::Display) -> String {
    let text = written(error);
    if text.trim().is_empty() { "<no message>".to_owned() } else { text }
}

/// Returns a value's `Display` output, truncated to the limit.
pub(crate) fn written(value: &dyn fmt::Display) -> String {
    let mut limited = Limited::new(MAX_TEXT);
    let outcome = contained(|| write!(limited, "{value}"));
    let Limited { mut text, cut, .. } = limited;
    match outcome {
        _ if cut => text.push('…'),
        Some(Ok(())) => {}
        Some(Err(fmt::Error)) => text.push_str("<the error's Display failed>"),
        None => text.push_str("<the error's Display panicked>"),
    }
    text
}

/// A text of limited length that refuses further writes, so that the writer stops.
struct Limited {
    text: String,
    left: usize,
    cut: bool,
    /// The number of refused pieces.
    refused: u32,
}

/// The length for which room is made at first.
const USUAL_TEXT: usize = 64;

/// The refused pieces after which a writer that goes on is stopped by unwinding: it looks at no answer.
const MAX_REFUSED: u32 = 10_000;

impl Limited {
    fn new(left: usize) -> Self {
        Self { text: String::with_capacity(USUAL_TEXT), left, cut: false, refused: 0 }
    }
}

impl Write for Limited {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        // Once full, it remains full, even if a shorter piece would fit.
        if self.cut {
            self.refused += 1;
            // A program that aborts on a panic would end here.
            if self.refused >= MAX_REFUSED && cfg!(panic = "unwind") {
                self.refused = 0;
                std::panic::resume_unwind(Box::new("a writer that ignores errors is stopped"));
            }
            return Err(fmt::Error);
        }
        self.cut = piece.len() > self.left;
        let mut fits = piece.len().min(self.left);
        while !piece.is_char_boundary(fits) {
            fits -= 1;
        }
        self.text.push_str(&piece[..fits]);
        self.left -= fits;
        if self.cut { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
