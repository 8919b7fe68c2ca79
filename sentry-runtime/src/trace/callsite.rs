//! What is known of an annotated function when it is compiled: one `static` a function.

use std::panic::Location;
use std::sync::OnceLock;

use crate::protocol::Level;
use crate::protocol::json::write_str;

/// An annotated function: names, place and flags. A span stores a pointer to it and nothing else.
#[derive(Debug)]
pub struct Callsite {
    path: fn() -> &'static str,
    module: &'static str,
    file: &'static str,
    line: u32,
    name: Option<&'static str>,
    op: &'static str,
    origin: &'static str,
    level: &'static str,
    flags: u8,
    shown: OnceLock<Box<Shown>>,
}

/// How spans of the function are written, found out by the pipeline at the first of them.
#[derive(Debug)]
struct Shown {
    name: String,
    json: Vec<u8>,
}

/// Capture an `Err` as an event.
pub(crate) const CAPTURE_ERR: u8 = 1;
/// No span unless another one is active.
pub(crate) const ONLY_IF_PARENT: u8 = 2;
/// A transaction of its own although another span is active.
pub(crate) const FORCE_TRANSACTION: u8 = 4;
/// A trace of its own.
pub(crate) const NEW_TRACE: u8 = 8;
/// A call of a model, an agent or a tool, see [`super::gen_ai`].
pub(crate) const GEN_AI: u8 = 16;
/// Flags for which a span is not simply the child of the active one.
pub(crate) const NOT_A_PLAIN_CHILD: u8 = FORCE_TRANSACTION | NEW_TRACE;
/// Flags for which the start of a span takes more than writing it down.
pub(crate) const NEEDS_CONTEXT: u8 = NOT_A_PLAIN_CHILD | CAPTURE_ERR | GEN_AI;

impl Callsite {
    /// The function in which it is called. `path` gives the full path of an item inside of it.
    #[must_use]
    #[track_caller]
    pub const fn new(path: fn() -> &'static str, module: &'static str) -> Self {
        let place = Location::caller();
        Self {
            path,
            module,
            file: place.file(),
            line: place.line(),
            name: None,
            op: "function",
            origin: "auto.function",
            level: "error",
            flags: 0,
            shown: OnceLock::new(),
        }
    }

    /// Names the span; without it, the function's path does.
    #[must_use]
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// The span's operation, `function` by default.
    #[must_use]
    pub const fn op(mut self, op: &'static str) -> Self {
        self.op = op;
        if super::gen_ai::is_gen_ai(op) {
            self.flags |= GEN_AI;
        }
        self
    }

    /// Who made the span, `auto.function` by default.
    #[must_use]
    pub const fn origin(mut self, origin: &'static str) -> Self {
        self.origin = origin;
        self
    }

    /// The level of events that the span captures, `error` by default.
    #[must_use]
    pub const fn level(mut self, level: &'static str) -> Self {
        self.level = level;
        self
    }

    /// Captures an `Err` as an event.
    #[must_use]
    pub const fn capture_err(mut self) -> Self {
        self.flags |= CAPTURE_ERR;
        self
    }

    /// Makes no span unless another one is active.
    #[must_use]
    pub const fn only_if_parent(mut self) -> Self {
        self.flags |= ONLY_IF_PARENT;
        self
    }

    /// Makes a transaction although another span is active.
    #[must_use]
    pub const fn force_transaction(mut self) -> Self {
        self.flags |= FORCE_TRANSACTION;
        self
    }

    /// Starts a trace of its own.
    #[must_use]
    pub const fn new_trace(mut self) -> Self {
        self.flags |= NEW_TRACE;
        self
    }

    #[inline]
    pub(crate) const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether its spans have a name that was given.
    pub(crate) const fn is_named(&self) -> bool {
        self.name.is_some()
    }

    pub(crate) const fn operation(&self) -> &'static str {
        self.op
    }

    pub(crate) const fn made_by(&self) -> &'static str {
        self.origin
    }

    /// File and line of the function.
    pub(crate) const fn place(&self) -> (&'static str, u32) {
        (self.file, self.line)
    }

    pub(crate) fn event_level(&self) -> Level {
        self.level.parse().unwrap_or(Level::Error)
    }

    fn shown(&self) -> &Shown {
        if let Some(shown) = self.shown.get() {
            return shown;
        }
        // Found out before the cell is touched: the child of a fork would wait for a parent's thread that is at it.
        let shown = Box::new(self.find_out());
        self.shown.get_or_init(|| shown)
    }

    #[cold]
    fn find_out(&self) -> Shown {
        let name = match self.name {
            Some(name) => name.to_owned(),
            None => readable_path((self.path)(), self.module),
        };
        let mut json = Vec::new();
        for (key, value) in [("op", self.op), ("description", &name), ("origin", self.origin)] {
            if !value.is_empty() {
                json.push(b',');
                write_str(&mut json, key);
                json.push(b':');
                write_str(&mut json, value);
            }
        }
        Shown { name, json }
    }

    /// The name as a reader would write it: the given one, or `Type::method`, `module::function`, `function`.
    pub(crate) fn display_name(&self) -> &str {
        &self.shown().name
    }

    /// The fields `op`, `description` and `origin` of a span, each behind a comma.
    pub(crate) fn json_fields(&self) -> &[u8] {
        &self.shown().json
    }
}

/// Turns `shop::cart::<impl shop::cart::Cart<T>>::total::here` into `Cart::total`, and
/// `shop::orders::place::here` into `orders::place`.
fn readable_path(marker: &str, module: &str) -> String {
    let path = marker.rsplit_once("::").map_or(marker, |(function, _marker)| function);
    let path = path.trim_end_matches("::{{closure}}");
    let segments = split_path(path);
    let Some((function, owner)) = segments.split_last() else {
        return path.to_owned();
    };
    let owner_path = owner.join("::");
    let owner = match owner.last() {
        None => return (*function).to_owned(),
        // A module: its last name, unless it is the root of the crate.
        Some(_) if owner_path == module => module.rsplit_once("::").map(|(_, last)| last.to_owned()),
        // `#[sentry::main]` keeps the user's `main` inside of one of its own.
        Some(last) if *last == "main" && *function == "main" => None,
        Some(last) => Some(type_name(last)),
    };
    match owner {
        Some(owner) => format!("{owner}::{function}"),
        None => (*function).to_owned(),
    }
}

/// Splits at `::` outside of angle brackets.
fn split_path(path: &str) -> Vec<&str> {
    let (mut segments, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    let bytes = path.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' if at == 0 || bytes[at - 1] != b'-' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && bytes.get(at + 1) == Some(&b':') => {
                segments.push(&path[start..at]);
                start = at + 2;
            }
            _ => {}
        }
    }
    segments.push(&path[start.min(path.len())..]);
    segments.retain(|segment| !segment.is_empty());
    segments
}

/// The bare name of a type in one segment of a path: `Cart` of `Cart<T>`, `<shop::Cart as shop::Shop>`,
/// `<impl shop::Cart>`.
fn type_name(segment: &str) -> String {
    let inner = segment.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let ty = inner.unwrap_or(segment);
    let ty = ty.strip_prefix("impl ").unwrap_or(ty);
    // `impl Trait for Type` names the type last, `Type as Trait` first.
    let ty = ty.split_once(" for ").map_or(ty, |(_, ty)| ty);
    let ty = ty.split_once(" as ").map_or(ty, |(ty, _)| ty);
    let ty = ty.trim_start_matches(['&', '*']).trim_start_matches("mut ");
    let last = split_path(ty).last().copied().unwrap_or(ty).to_owned();
    last.split('<').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::readable_path;

    #[test]
    fn names_are_as_a_reader_would_write_them() {
        let cases = [
            ("shop::main::__SentryFunction", "shop", "main"),
            ("shop::main::main::__SentryFunction", "shop", "main"),
            ("shop::orders::place::__SentryFunction", "shop::orders", "orders::place"),
            ("shop::orders::Cart::total::__SentryFunction", "shop::orders", "Cart::total"),
            ("shop::Cart<T>::total::__SentryFunction", "shop", "Cart::total"),
            ("<shop::Cart as shop::Shop>::total::__SentryFunction", "shop", "Cart::total"),
            ("<shop::Cart<T> as shop::Shop<U>>::total::__SentryFunction", "shop", "Cart::total"),
            ("shop::cart::<impl shop::cart::Cart>::total::__SentryFunction", "shop::cart", "Cart::total"),
            (
                "shop::a::<impl shop::Shop for shop::b::Cart>::total::__SentryFunction",
                "shop::a",
                "Cart::total",
            ),
        ];
        for (marker, module, expected) in cases {
            assert_eq!(readable_path(marker, module), expected, "{marker}");
        }
    }
}
