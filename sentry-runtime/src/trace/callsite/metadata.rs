//! The metadata of a callsite on the wire: its name and its fields, computed at its first span and kept from then on.

use super::Callsite;
use crate::base::static_map::StaticMap;
use crate::protocol::json::write_str;

/// The wire representation of a function's spans.
#[derive(Debug)]
pub(crate) struct CallsiteMetadata {
    /// The readable name: the given one, or `Type::method`, `module::function`, `function`.
    pub(crate) name: String,
    /// The fields `op`, `description` and `origin`, each preceded by a comma.
    pub(crate) json: Vec<u8>,
}

/// Returns the metadata of `site`.
pub(crate) fn metadata(site: &'static Callsite) -> &'static CallsiteMetadata {
    static TABLE: StaticMap<Callsite, CallsiteMetadata> = StaticMap::new();
    TABLE.get(site, find_out)
}

#[cold]
fn find_out(site: &Callsite) -> CallsiteMetadata {
    let name = match site.options.name {
        Some(name) => name.to_owned(),
        None => readable_path((site.path)(), site.module),
    };
    let mut json = Vec::new();
    for (key, value) in [("op", site.operation()), ("description", &name), ("origin", site.made_by())] {
        if !value.is_empty() {
            json.push(b',');
            write_str(&mut json, key);
            json.push(b':');
            write_str(&mut json, value);
        }
    }
    CallsiteMetadata { name, json }
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
        // `#[sentry::main]` wraps the user's `main` in one of its own.
        Some(last) if *last == "main" && *function == "main" => None,
        Some(last) => Some(type_name(last)),
    };
    match owner {
        Some(owner) => format!("{owner}::{function}"),
        None => (*function).to_owned(),
    }
}

/// Splits at `::` outside angle brackets.
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

/// Returns the bare name of a type in one segment of a path: `Cart` of `Cart<T>`, `<shop::Cart as shop::Shop>`,
/// `<impl shop::Cart>`.
fn type_name(segment: &str) -> String {
    let inner = segment.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let ty = inner.unwrap_or(segment);
    let ty = ty.strip_prefix("impl ").unwrap_or(ty);
    // `impl Trait for Type` has the type last, `Type as Trait` has it first.
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
