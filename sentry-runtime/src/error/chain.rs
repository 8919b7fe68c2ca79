//! An error and what caused it, read as far as it can be trusted.
//!
//! Runs on the caller's thread, as errors can be read only there; so every text has a bound before it is
//! written, and user code that misbehaves (`Display`, `Debug`, `source`) costs its own entry alone. A
//! chain follows the [exception page](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/exception/),
//! but outermost first: the wire wants the reverse.
//!
//! **How a type gets its name.** The outermost error's type is known where it is captured, and is taken
//! from [`std::any::type_name`]. The causes are `dyn Error`, which hides the type; the only trace of it is
//! how `Debug` output begins, which for derived implementations is the name of the struct, or of the
//! enum's variant: `ParseIntError { kind: … }`. Output that does not begin like a type (a string error is
//! a quoted text) gives `Error`. Errors of `std::io`, whose `Debug` output begins with how they are
//! stored, are recognised by their type. A type that is called just `Error` keeps one more segment:
//! `io::Error`, `serde_json::Error`.

use std::any::type_name;
use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Debug, Display, Write};

use super::group::{ErrorGroup, GroupReader};
use crate::base::callback::contain as contained;
use crate::stacktrace::names;

/// The most entries of a chain. Longer ones are rings, or made by accident.
pub(crate) const MAX_ENTRIES: usize = 50;
/// The most bytes of one error's text: servers keep as much.
const MAX_TEXT: usize = 8_192;
/// The most bytes of `Debug` output read for a type's name.
const MAX_TYPE: usize = 128;
/// The type of an error that hides it.
const UNKNOWN: &str = "Error";

/// One error of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChainEntry {
    /// The type's name, like `ParseIntError`. Never empty.
    pub(crate) ty: String,
    /// The module of the type, where it is known.
    pub(crate) module: Option<String>,
    /// The `Display` text, cut at 8 KiB.
    pub(crate) value: String,
    /// Which entry it is a cause or a part of; the outermost of itself.
    pub(crate) parent: usize,
    /// How that one refers to it: `source`, or `errors[0]` for a part.
    pub(crate) source: Cow<'static, str>,
    /// Whether it consists of parts.
    pub(crate) is_group: bool,
}

/// An error with its causes, outermost first; the parts of a group each with their own causes, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    /// At least one, at most 50.
    pub(crate) entries: Vec<ChainEntry>,
    /// Whether there were more causes; the last entry's text says so too.
    pub(crate) cut: bool,
}

/// Reads an error and its causes. `E` may be `dyn Error`, and is then named like a cause.
pub(crate) fn read<E: Error + ?Sized>(error: &E, groups: &[GroupReader]) -> Chain {
    let outermost = outermost(&error, type_name::<E>());
    Reader::start(outermost, groups).causes(contained(|| error.source()).flatten(), None)
}

/// Reads an error of which the caller knows the [`type_name`]. That may be one that hides another type
/// (`Box<dyn Error>`, `anyhow::Error`, `eyre::Report`): `error` is then what is inside.
pub(crate) fn read_named(error: &dyn Error, static_name: &str, groups: &[GroupReader]) -> Chain {
    let outermost = outermost(error, static_name);
    Reader::start(outermost, groups).causes(contained(|| error.source()).flatten(), None)
}

/// The same for an error that may be a group of a known type.
pub(crate) fn read_dynamic(
    error: &(dyn Error + 'static),
    static_name: &str,
    groups: &[GroupReader],
) -> Chain {
    let reader = Reader::start(outermost(error, static_name), groups);
    let parts = reader.parts(error);
    reader.causes(contained(|| error.source()).flatten(), parts)
}

/// Reads a group, its parts, and its causes.
pub(crate) fn read_group<E: ErrorGroup + ?Sized>(
    group: &E,
    static_name: &str,
    groups: &[GroupReader],
) -> Chain {
    let parts = contained(|| group.errors()).unwrap_or_default();
    let outermost = outermost(&group, static_name);
    Reader::start(outermost, groups).causes(contained(|| group.source()).flatten(), Some(parts))
}

fn outermost<E: Error + ?Sized>(error: &E, static_name: &str) -> ChainEntry {
    let (ty, module) = named(static_name).unwrap_or_else(|| (guessed(&error), None));
    ChainEntry::new(ty, module, text(&error))
}

/// Reads a value that is no error but can be shown.
pub(crate) fn of_display(value: &dyn Display, static_name: &str) -> Chain {
    Chain { entries: vec![ChainEntry::of_type(static_name, text(&value))], cut: false }
}

/// Reads a value that is no error but can be debugged.
pub(crate) fn of_debug(value: &dyn Debug, static_name: &str) -> Chain {
    Chain { entries: vec![ChainEntry::of_type(static_name, text(&format_args!("{value:?}")))], cut: false }
}

impl ChainEntry {
    fn new(ty: String, module: Option<String>, value: String) -> Self {
        Self { ty, module, value, parent: 0, source: Cow::Borrowed("source"), is_group: false }
    }

    /// An entry of a type that is no error.
    pub(crate) fn of_type(type_name: &str, value: String) -> Self {
        let (ty, module) = named(type_name).unwrap_or_else(|| (UNKNOWN.to_owned(), None));
        Self::new(ty, module, value)
    }

    fn of(error: &(dyn Error + 'static), parent: usize, source: Cow<'static, str>) -> Self {
        // Its `Debug` output begins with how the error is stored: `Os`, `Custom`, `Kind`.
        let known = if error.is::<std::io::Error>() { named(type_name::<std::io::Error>()) } else { None };
        let (ty, module) = known.unwrap_or_else(|| (guessed(&error), None));
        Self { parent, source, ..Self::new(ty, module, text(&error)) }
    }
}

/// Follows an error to its causes and parts.
struct Reader<'g> {
    chain: Chain,
    /// For the types that are groups.
    groups: &'g [GroupReader],
}

impl<'g> Reader<'g> {
    fn start(outermost: ChainEntry, groups: &'g [GroupReader]) -> Self {
        Self { chain: Chain { entries: vec![outermost], cut: false }, groups }
    }

    /// The parts of an error that is a group of a known type.
    fn parts<'e>(&self, error: &'e (dyn Error + 'static)) -> Option<Vec<&'e (dyn Error + 'static)>> {
        self.groups.iter().find_map(|group| contained(|| group.parts(error)).flatten())
    }

    /// Adds what the outermost error refers to.
    fn causes(
        mut self,
        source: Option<&(dyn Error + 'static)>,
        parts: Option<Vec<&(dyn Error + 'static)>>,
    ) -> Chain {
        self.below(0, source, parts);
        self.chain
    }

    /// Adds what an entry refers to: its parts first, then its source, unless that is one of the parts.
    fn below(
        &mut self,
        parent: usize,
        source: Option<&(dyn Error + 'static)>,
        parts: Option<Vec<&(dyn Error + 'static)>>,
    ) {
        self.chain.entries[parent].is_group = parts.is_some();
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
                let last = &mut entries[MAX_ENTRIES - 1].value;
                last.push_str(&format!(" (more causes follow; the chain is cut after {MAX_ENTRIES})"));
            }
            return;
        }
        let own = entries.len();
        entries.push(ChainEntry::of(error, parent, source));
        let parts = self.parts(error);
        self.below(own, contained(|| error.source()).flatten(), parts);
    }
}

/// The name and module of a type as the compiler writes it; nothing if it hides another type.
fn named(mut path: &str) -> Option<(String, Option<String>)> {
    loop {
        let inner = ["alloc::boxed::Box<", "alloc::sync::Arc<", "alloc::rc::Rc<"]
            .iter()
            .find_map(|prefix| path.strip_prefix(prefix)?.strip_suffix('>'))
            .or_else(|| path.strip_prefix("&mut "))
            .or_else(|| path.strip_prefix('&'));
        match inner {
            Some(inner) => path = inner,
            None => break,
        }
    }
    let hides = ["anyhow::Error", "eyre::Report", "alloc::string::String", "str"];
    if path.starts_with("dyn ") || hides.contains(&path) {
        return None;
    }
    let module = names::module_of(path);
    let mut name = names::shorten(path);
    if name == UNKNOWN {
        // Every second crate has an `Error`; readers write `io::Error`, `serde_json::Error`.
        let of = module.iter().flat_map(|module| module.rsplit("::")).find(|part| !part.starts_with("error"));
        name = of.map_or(name, |of| format!("{of}::{UNKNOWN}"));
    }
    (!name.is_empty()).then_some((name, module))
}

/// The name that `Debug` output begins with.
fn guessed(error: &dyn fmt::Debug) -> String {
    let mut head = TypeName(Limited::new(MAX_TYPE));
    let written = contained(|| write!(head, "{error:?}"));
    let name = head.0.text;
    // A path may stand before the name, and its arguments behind it: `my::Failed<u8>`.
    let of_type = name.rsplit("::").next().unwrap_or_default();
    let like_a_type = of_type.starts_with(char::is_uppercase)
        && !of_type.contains(':')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '<' | '>'));
    match written {
        Some(_) if like_a_type => of_type.to_owned(),
        _ => UNKNOWN.to_owned(),
    }
}

/// The error's message, never longer than the limit, never empty.
fn text(error: &dyn fmt::Display) -> String {
    let text = written(error);
    if text.trim().is_empty() { "<no message>".to_owned() } else { text }
}

/// What a value's `Display` writes, never longer than the limit.
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

/// A text that takes so many bytes, and refuses the rest so that the writer stops.
struct Limited {
    text: String,
    left: usize,
    cut: bool,
}

impl Limited {
    fn new(left: usize) -> Self {
        Self { text: String::new(), left, cut: false }
    }
}

impl Write for Limited {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        // Once full, it stays full, even if a shorter piece would fit.
        if self.cut {
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

/// Takes `Debug` output up to where a type's name ends, and refuses the rest.
struct TypeName(Limited);

impl Write for TypeName {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        match piece.find([' ', '(', '{', '\r', '\n']) {
            Some(end) => {
                self.0.write_str(&piece[..end])?;
                self.0.cut = true;
                Err(fmt::Error)
            }
            None => self.0.write_str(piece),
        }
    }
}

#[cfg(test)]
mod tests;
