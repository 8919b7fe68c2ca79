//! Expressions in attributes that leave their own closures, blocks and loops, but not the function.

#[sentry::span(attributes(
    closure = (|| Some(number? + 1))().unwrap_or_default(),
    looped = loop { if number.is_some() || number.is_none() { break 1 } },
    each = { for _ in 0..2 { continue } 1 },
    nested = { fn inner() -> u8 { return 1 } inner() },
    later = { drop(async { std::future::ready(number?).await; Some(1) }); 1 },
    text = std::any::type_name::<dyn Fn(&str) -> Option<u8>>(),
    unsized_bound = { fn size<T: ?Sized>(_: &T) -> u8 { 1 } size("text") },
))]
fn contained(number: Option<u8>) -> Option<u8> {
    number
}

fn main() {
    let _ = contained(None);
}
