//! What is written of a callsite: its name and its fields, found out at its first span and kept from then on.
//!
//! A callsite is data that is never written to, so it is kept beside it, in a table that all threads read. No lock
//! is taken: the child of a fork would wait for one that another thread of its parent held.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::callsite::Callsite;
use crate::protocol::json::write_str;

/// How spans of a function are written.
#[derive(Debug)]
pub(crate) struct Described {
    /// As a reader would write it: the given name, or `Type::method`, `module::function`, `function`.
    pub(crate) name: String,
    /// The fields `op`, `description` and `origin`, each behind a comma.
    pub(crate) json: Vec<u8>,
}

/// One callsite in a chain of those that share a place in the table.
struct Node {
    site: *const Callsite,
    described: Described,
    next: *const Node,
}

/// A power of two, more than most programs have callsites.
const PLACES: usize = 1 << 10;

/// The newest node of each chain. What is in here stays for ever, as callsites do.
static TABLE: [AtomicPtr<Node>; PLACES] = [const { AtomicPtr::new(ptr::null_mut()) }; PLACES];

/// What is written of `site`.
pub(crate) fn described(site: &'static Callsite) -> &'static Described {
    let place = &TABLE[place_of(site)];
    let mut head = place.load(Ordering::Acquire);
    if let Some(found) = find(head, site) {
        return found;
    }
    let node = Box::leak(Box::new(Node { site, described: find_out(site), next: head }));
    loop {
        match place.compare_exchange(head, node, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return &node.described,
            Err(newer) => {
                // Another thread was faster. If it found out the same, its node stays and this one goes.
                if let Some(found) = find(newer, site) {
                    // SAFETY: made above, and nobody else has seen it.
                    drop(unsafe { Box::from_raw(ptr::from_mut(node)) });
                    return found;
                }
                (head, node.next) = (newer, newer);
            }
        }
    }
}

fn find(mut node: *const Node, site: &Callsite) -> Option<&'static Described> {
    // SAFETY: a node in the table is whole before it gets there, is not written to again, and is never freed.
    while let Some(here) = unsafe { node.as_ref() } {
        if ptr::eq(here.site, site) {
            return Some(&here.described);
        }
        node = here.next;
    }
    None
}

/// Callsites lie one beside the other: what differs is spread over the upper bits, of which some are taken.
fn place_of(site: &Callsite) -> usize {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let spread = (ptr::from_ref(site).addr() as u64 >> 3).wrapping_mul(SPREAD);
    (spread >> (u64::BITS - PLACES.trailing_zeros())) as usize
}

#[cold]
fn find_out(site: &Callsite) -> Described {
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
    Described { name, json }
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
    use super::{described, readable_path};
    use crate::trace::callsite::{Callsite, CallsiteOptions};

    fn site(name: &'static str) -> &'static Callsite {
        let options = Box::leak(Box::new(CallsiteOptions::new().name(name)));
        Box::leak(Box::new(Callsite { path: || "", module: "", place: "", options }))
    }

    #[test]
    fn all_threads_are_told_the_same() {
        let count = if cfg!(miri) { 20 } else { 5_000 };
        let names: Vec<&'static str> = (0..count).map(|n| &*format!("span {n}").leak()).collect();
        let sites: Vec<&'static Callsite> = names.iter().map(|name| site(name)).collect();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| sites.iter().map(|site| described(site)).collect::<Vec<_>>()))
                .collect();
            let told: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
            for (index, name) in names.iter().enumerate() {
                assert_eq!(told[0][index].name, *name);
                assert!(told.iter().all(|told_one| std::ptr::eq(told_one[index], told[0][index])), "{name}");
            }
        });
    }

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
