//! Readable names of functions: parses a demangled symbol into a module and a function.
//!
//! A symbol is a path from the compiler: `my::order::place::{{closure}}::{{closure}}` is the body
//! of an async `place`, `<my::order::Cart as my::shop::Shop>::total` a method of a trait. The readable
//! forms are `place` in `my::order`, and `<Cart as Shop>::total`. Both manglings are supported, the legacy
//! one (`{{closure}}`, no generic arguments) and v0 (`{closure#0}`, `place::<u8>`).

use crate::protocol::limits::truncate_middle;

/// The maximum length of a function's name, in characters: names of adapter chains have kilobytes.
const MAX_NAME: usize = 256;

/// The parts of a function's symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// The crate of the function: the crate of its type, or of the trait for a foreign type.
    pub(crate) krate: Option<String>,
    /// The path without the function, like `my_crate::orders`.
    pub(crate) module: Option<String>,
    /// The function, with its type if it is a method, like `Cart::total`.
    pub(crate) function: String,
}

/// Parses a demangled symbol without hash.
pub(crate) fn parse(symbol: &str) -> Name {
    let mut segments = segments(symbol);
    if let Some(head) = segments.first().filter(|first| first.starts_with('<')).cloned() {
        return method(&head, &segments[1..]);
    }
    if segments.len() < 2 {
        let function = segments.pop().unwrap_or_else(|| symbol.to_owned());
        return Name { krate: None, module: None, function: bounded(function) };
    }
    // By convention only types begin with a capital letter; the module path ends at the type.
    let function = segments
        .iter()
        .skip(1)
        .position(|segment| segment.starts_with(|c: char| c == '<' || c.is_uppercase()))
        .map_or(segments.len() - 1, |after_crate| after_crate + 1);
    Name {
        krate: Some(segments[0].clone()),
        module: Some(segments[..function].join("::")),
        function: bounded(join_short(&segments[function..])),
    }
}

/// Parses `<Type as Trait>::rest` or `<Type>::rest`.
fn method(head: &str, rest: &[String]) -> Name {
    let inside = head.strip_prefix('<').and_then(|head| head.strip_suffix('>')).unwrap_or(head);
    let (of_type, of_trait) = split_outside(inside, " as ").map_or((inside, None), |(t, r)| (t, Some(r)));
    let owner = match (plain_path(of_type), of_trait.map(plain_path)) {
        // A foreign trait can only be implemented for an own type, and the other way round.
        (own, Some(foreign)) if own.len() < 2 || is_std(own[0]) => foreign,
        (own, _) => own,
    };
    let (krate, module) = match owner.split_last() {
        Some((_, module)) if !module.is_empty() => (Some(module[0].to_owned()), Some(module.join("::"))),
        _ => (None, None),
    };
    let mut function = match of_trait {
        Some(of_trait) => format!("<{} as {}>", shorten(of_type), shorten(of_trait)),
        None => shorten(of_type),
    };
    if !rest.is_empty() {
        function.push_str("::");
        function.push_str(&join_short(rest));
    }
    Name { krate, module, function: bounded(function) }
}

/// Returns whether a name has no path. Line-table debug information has only bare names, except for the standard library.
pub(crate) fn is_bare(symbol: &str) -> bool {
    !symbol.starts_with('<') && split_outside(symbol, "::").is_none()
}

/// Returns a bare name in a module that was found by other means.
pub(crate) fn within(krate: String, module: String, bare: &str) -> Name {
    // Debug information writes the generic arguments of a function in full in its name.
    let function = match bare.split(['<', '#']).next() {
        // The function of a closure or async body is unknown; its number would change with every edit.
        Some(kind) if kind.starts_with('{') => format!("{kind}}}"),
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => bare.to_owned(),
    };
    Name { krate: Some(krate), module: Some(module), function: bounded(function) }
}

/// Returns whether a crate is part of the toolchain.
pub(crate) fn is_std(krate: &str) -> bool {
    matches!(
        krate,
        "std" | "core" | "alloc" | "proc_macro" | "test" | "panic_unwind" | "std_detect" | "__rustc"
    )
}

/// Returns the segments of a path without closures and shims; generic arguments stay with their function.
fn segments(symbol: &str) -> Vec<String> {
    let mut segments: Vec<String> = Vec::new();
    let mut rest = symbol;
    loop {
        let (segment, tail) = split_outside(rest, "::").map_or((rest, None), |(s, t)| (s, Some(t)));
        match segments.last_mut() {
            _ if segment.starts_with('{') || segment.is_empty() => {}
            // `place::<u8>` is one segment; `str::<impl str>` is a module and a type.
            Some(previous) if segment.starts_with('<') && !segment.starts_with("<impl ") => {
                previous.push_str("::");
                previous.push_str(segment);
            }
            // `call_once{{vtable.shim}}`
            _ if !segment.starts_with('<') => {
                segments.push(segment.split("{{").next().unwrap_or(segment).to_owned());
            }
            _ => segments.push(segment.to_owned()),
        }
        match tail {
            Some(tail) => rest = tail,
            None => return segments,
        }
    }
}

/// Joins the segments of a method: `<impl my::Shop for my::Cart>` becomes `<Cart as Shop>`.
fn join_short(segments: &[String]) -> String {
    let short: Vec<String> = segments
        .iter()
        .map(|segment| {
            let Some(of) = segment.strip_prefix("<impl ").and_then(|of| of.strip_suffix('>')) else {
                return shorten(segment);
            };
            match split_outside(of, " for ") {
                Some((of_trait, of_type)) => format!("<{} as {}>", shorten(of_type), shorten(of_trait)),
                None => shorten(of),
            }
        })
        .collect();
    short.join("::")
}

/// Reduces every path in a type to its last segment: `alloc::vec::Vec<my::Item>` to `Vec<Item>`.
pub(crate) fn shorten(path: &str) -> String {
    let mut short = String::with_capacity(path.len());
    // The position in `short` at which the current path began.
    let mut start = 0;
    let mut rest = path;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("::") {
            if short.len() > start && after.starts_with(is_word) {
                short.truncate(start);
            } else {
                short.push_str("::");
                start = short.len();
            }
            rest = after;
            continue;
        }
        short.push(c);
        if !is_word(c) {
            start = short.len();
        }
        rest = &rest[c.len_utf8()..];
    }
    short
}

/// Splits the path of a type without arguments, references and the like into module and name: `my::order::Cart` into
/// `my::order` and `Cart`. `None` for every other type, and without a module.
pub(crate) fn of_plain_path(path: &str) -> Option<(&str, &str)> {
    let mut colons = 0;
    let mut name = 0;
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b':' => colons += 1,
            b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' if colons == 0 => {}
            b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' if colons == 2 && at > 2 => {
                (colons, name) = (0, at)
            }
            _ => return None,
        }
    }
    if colons > 0 || name == 0 {
        return None;
    }
    Some((path.get(..name - 2)?, path.get(name..)?))
}

/// Returns the module of a type's path: `my::order` for `&mut my::order::Cart<T>`.
pub(crate) fn module_of(of_type: &str) -> Option<String> {
    let path = plain_path(of_type);
    let (_, module) = path.split_last()?;
    (!module.is_empty()).then(|| module.join("::"))
}

/// Returns the segments of a type's path, without references, pointers and generic arguments.
fn plain_path(of_type: &str) -> Vec<&str> {
    let mut path = of_type;
    loop {
        let stripped = ["&", "*const ", "*mut ", "mut ", "dyn ", "(", "["]
            .iter()
            .find_map(|prefix| path.strip_prefix(prefix));
        match stripped {
            Some(inner) => path = inner.trim_start(),
            None => break,
        }
    }
    let end = path.find(|c| !is_word(c) && c != ':').unwrap_or(path.len());
    path[..end].split("::").filter(|segment| !segment.is_empty()).collect()
}

/// Splits at the first `at` outside of all brackets.
fn split_outside<'a>(text: &'a str, at: &str) -> Option<(&'a str, &'a str)> {
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (index, c) in text.char_indices() {
        if depth == 0 && text[index..].starts_with(at) {
            return Some((&text[..index], &text[index + at.len()..]));
        }
        match c {
            '<' | '(' | '[' | '{' => depth += 1,
            // The arrow of `fn() -> T` closes nothing.
            '>' if previous == '-' => {}
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        previous = c;
    }
    None
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn bounded(mut name: String) -> String {
    truncate_middle(&mut name, MAX_NAME);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(symbol: &str, krate: &str, module: &str, function: &str) {
        let optional = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let wanted = Name { krate: optional(krate), module: optional(module), function: function.to_owned() };
        assert_eq!(parse(symbol), wanted, "{symbol}");
    }

    #[test]
    fn plain_paths_are_split_like_others() {
        for path in ["my::order::Cart", "alloc::Vec", "_a::b_1::C"] {
            let (module, name) = of_plain_path(path).unwrap();
            assert_eq!(
                (Some(module.to_owned()), name.to_owned()),
                (module_of(path), shorten(path)),
                "{path}"
            );
        }
        for path in
            ["", "Cart", "::Cart", "a::", "a:::B", "a:B", "a::::B", "a::B<C>", "&a::B", "a::\u{e9}", "[a::B]"]
        {
            assert_eq!(of_plain_path(path), None, "{path}");
        }
    }

    #[test]
    fn functions_and_methods() {
        check("main", "", "", "main");
        check("shop::main", "shop", "shop", "main");
        check("shop::order::place", "shop", "shop::order", "place");
        check("shop::order::place::<u8>", "shop", "shop::order", "place::<u8>");
        check("shop::order::Cart::total", "shop", "shop::order", "Cart::total");
        check("shop::Cart<T>::total", "shop", "shop", "Cart<T>::total");
        check("<shop::order::Cart>::total", "shop", "shop::order", "Cart::total");
        check("core::str::<impl str>::parse", "core", "core::str", "str::parse");
        check("shop::order::<impl shop::cart::Cart>::total", "shop", "shop::order", "Cart::total");
        check("a::<impl b::Shop for c::Cart>::total", "a", "a", "<Cart as Shop>::total");
    }

    #[test]
    fn traits_belong_to_whoever_could_implement_them() {
        check("<shop::Cart as till::Shop>::checkout", "shop", "shop", "<Cart as Shop>::checkout");
        check("<&mut shop::Cart as core::fmt::Debug>::fmt", "shop", "shop", "<&mut Cart as Debug>::fmt");
        check(
            "<alloc::vec::Vec<shop::Item> as till::ext::Sum<u8>>::sum",
            "till",
            "till::ext",
            "<Vec<Item> as Sum<u8>>::sum",
        );
        check("<F as axum::handler::Handler<T>>::call", "axum", "axum::handler", "<F as Handler<T>>::call");
        check("<fn() -> u8 as shop::Run>::run", "shop", "shop", "<fn() -> u8 as Run>::run");
        check("<T>::run", "", "", "T::run");
    }

    #[test]
    fn closures_and_async_bodies_are_their_function() {
        check("shop::order::place::{{closure}}", "shop", "shop::order", "place");
        check("shop::order::place::{{closure}}::{{closure}}", "shop", "shop::order", "place");
        check("shop::order::place::<u8>::{closure#0}::{closure#1}", "shop", "shop::order", "place::<u8>");
        check("<shop::Cart as shop::Shop>::pay::{{closure}}", "shop", "shop", "<Cart as Shop>::pay");
        check("shop::place::{{closure}}::inner", "shop", "shop::place", "inner");
        check(
            "core::ops::function::FnOnce::call_once{{vtable.shim}}",
            "core",
            "core::ops::function",
            "FnOnce::call_once",
        );
    }

    #[test]
    fn bare_names_need_a_module() {
        assert!(is_bare("place") && is_bare("walk<shop::order::Cart>") && is_bare("{closure#0}"));
        assert!(!is_bare("shop::place") && !is_bare("<shop::Cart as till::Shop>::total"));
        let function = |bare| within("shop".into(), "shop::order".into(), bare).function;
        assert_eq!(function("walk<shop::order::Cart>"), "walk");
        assert_eq!(function("{async_fn#0}"), "{async_fn}");
    }

    #[test]
    fn nonsense_is_kept_within_bounds() {
        for text in ["", "::", "<", "<<<", "a::<", "{{closure}}", "->::>>", "<as as as>", "é::ü::{"] {
            assert!(parse(text).function.len() <= text.len());
        }
        assert_eq!(parse(&"x".repeat(10_000)).function.chars().count(), MAX_NAME);
        let chain = format!("shop::walk::<{}>::Step::next", "Map<".repeat(200));
        assert!(parse(&chain).function.ends_with("::next"), "{:?}", parse(&chain));
    }

    #[test]
    fn types_lose_their_paths() {
        assert_eq!(shorten("alloc::vec::Vec<(my::Item, &'a str)>"), "Vec<(Item, &'a str)>");
        assert_eq!(shorten("a::Vec<b::C>::new"), "Vec<C>::new");
        assert_eq!(module_of("&my::order::Cart<T>").as_deref(), Some("my::order"));
        assert_eq!(module_of("str"), None);
    }
}
