//! Functions that lints have something to say about, and functions that they have not.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// Fine.
@ pub fn fine(a: u8) -> u8 {
    a.wrapping_add(1)
}

/// Fine.
@ pub fn fine_result(text: &str) -> Result<u8, std::num::ParseIntError> {
    let value: u8 = text.parse()?;
    Ok(value)
}

/// Fine.
@ pub async fn fine_async(text: &str) -> Result<u8, std::num::ParseIntError> {
    pause().await;
    let value: u8 = text.parse()?;
    Ok(value)
}

/// Fine.
@ pub async fn pause() {
    std::future::ready(()).await;
}

/// Fine.
@ pub fn short() -> u8 { 1 }

/// Fine.
@ pub fn calls() -> Result<(), fmt::Error> { helper(1) }

@ fn helper(a: u8) -> fmt::Result {
    if a > 1 { Err(fmt::Error) } else { Ok(()) }
}

/// Returns needlessly.
@ pub fn needless_return(a: u8) -> u8 {
    return a;
}

/// Returns needlessly.
@ pub fn needless_return_result(a: u8) -> Result<u8, fmt::Error> {
    if a > 3 {
        return Err(fmt::Error);
    }
    return Ok(a);
}

/// Returns needlessly.
@ pub async fn needless_return_async(a: u8) -> u8 {
    pause().await;
    return a;
}

/// Awaits nothing.
@ pub async fn unused_async(a: u8) -> u8 {
    a
}

/// Takes by value.
@ pub fn by_value(a: String, b: Vec<u8>) -> usize {
    a.len() + b.len()
}

/// Takes by value.
@ pub fn by_value_result(a: String) -> Result<usize, fmt::Error> {
    if a.is_empty() { Err(fmt::Error) } else { Ok(a.len()) }
}

/// Names a lifetime.
@ pub fn lifetimes<'a>(a: &'a str) -> &'a str {
    a
}

/// Names a lifetime.
@ pub async fn lifetimes_async<'a>(a: &'a str) -> &'a str {
    pause().await;
    a
}

/// Many.
#[allow(clippy::many_single_char_names)]
@ pub fn many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> u8 {
    a ^ b ^ c ^ d ^ e ^ f ^ g ^ h
}

/// Wraps for nothing.
@ pub fn wraps(a: u8) -> Option<u8> { Some(a) }

@ fn wraps_result(a: u8) -> Result<u8, fmt::Error> {
    Ok(a)
}

/// Lets and returns.
@ pub fn let_and_return(a: u8) -> u8 {
    let b = wraps_result(a).unwrap_or_default();
    b
}

/// Lets and returns.
@ pub fn let_and_return_result(a: &str) -> Result<u8, std::num::ParseIntError> {
    let b = fine_result(a);
    b
}

/// Takes a vector.
@ pub fn vector(a: &Vec<u8>, b: &String) -> usize {
    a.len() + b.len()
}

/// Is complex.
@ pub fn complex(a: Box<dyn Fn(Vec<Result<Option<(u8, u16)>, fmt::Error>>) -> Box<dyn Fn(u8) -> Vec<u8>>>) -> u8 {
    drop(a);
    1
}

/// Returns what is complex.
@ pub fn complex_result() -> Result<Vec<Result<Option<(u8, Box<dyn Fn(u8) -> Vec<u8>>)>, Box<dyn std::error::Error + Send>>>, fmt::Error> {
    Err(fmt::Error)
}

/// Asks by hand.
@ pub fn question(a: Option<u8>) -> Option<u8> {
    if a.is_none() {
        return None;
    }
    a
}

/// Goes on and on.
@ pub fn cognitive(a: u8, b: u8) -> u8 {
    let mut c = 0;
    for i in 0..a {
        if i > 1 {
            for j in 0..b {
                if j > 2 && i > 3 || j < 1 {
                    if c > 4 { if i > 5 { c += 1; } else if j > 6 { c += 2; } else { c += 3; } }
                    match j { 0 => c += 1, 1 => c += 2, 2 => if i > 2 { c += 3 }, 3 => c += 4, _ => { while c < 9 { c += 1; if c > 7 { break; } } } }
                } else if j > 9 { if i > 4 { c += 7; } else { c += 8; } }
            }
        } else if i > 7 { if b > 8 { c += 9; } }
    }
    c
}

/// A type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cart(u8);

impl Cart {
    /// Does not use itself.
    @ pub fn unused_self(&self) -> u8 {
        1
    }

    /// Does not use itself.
    @ pub fn unused_self_result(&self, text: &str) -> Result<u8, std::num::ParseIntError> {
        text.parse()
    }

    /// Takes a reference to something small.
    @ pub fn small(a: &u8) -> u8 {
        *a
    }

    /// By value.
    @ pub fn into_inner(self) -> u8 {
        self.0
    }

    /// Fine.
    @ pub async fn later(&self, (a, _): (u8, u8)) -> Result<u8, fmt::Error> {
        pause().await;
        helper(a).map(|()| self.0)
    }

    /// Should be the trait.
    @ pub fn default() -> Self {
        Self(1)
    }

    /// Fine.
    @ pub fn push(&mut self, a: u8) -> &mut Self {
        self.0 = a;
        self
    }
}

impl fmt::Display for Cart {
    @ fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl PartialOrd for Cart {
    @ fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cart {
    @ fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

/// Another.
#[derive(Debug, Copy)]
pub struct Copied(u8);

impl Clone for Copied {
    @ fn clone(&self) -> Self {
        *self
    }
}

impl Drop for Guard {
    @ fn drop(&mut self) {
        self.0 = 0;
    }
}

/// Another.
#[derive(Debug)]
pub struct Guard(u8);

/// A trait.
pub trait Shop {
    /// A method.
    @ fn total(&self, items: &[u8]) -> usize {
        items.len()
    }

    /// A method.
    @ fn checked(&self, items: &[u8]) -> Result<usize, fmt::Error> {
        if items.is_empty() { Err(fmt::Error) } else { Ok(items.len()) }
    }
}

impl Shop for Cart {
    @ fn total(&self, items: &[u8]) -> usize {
        usize::from(self.0) + items.len()
    }
}

impl Iterator for Guard {
    type Item = u8;
    @ fn next(&mut self) -> Option<Self::Item> {
        self.0.checked_sub(1)
    }
}

/// Generic.
@ pub fn generic<T: fmt::Display, const N: usize>(all: [T; N]) -> String {
    all.iter().map(ToString::to_string).collect()
}

/// Generic.
@ pub fn generic_result<T, E>(a: Result<T, E>, _b: &str) -> Result<T, E> {
    a
}

/// By hand.
@ pub fn by_hand<'a>(a: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    Box::pin(async move { a.len() })
}

/// By hand.
@ pub fn impl_future(a: u8) -> impl Future<Output = Result<u8, fmt::Error>> + Send {
    async move { helper(a).map(|()| a) }
}

/// Never.
@ pub fn never() -> ! {
    std::process::exit(1)
}

/// Unsafe.
///
/// # Safety
/// `a` is valid.
@ pub unsafe fn dangerous(a: *const u8) -> Result<u8, fmt::Error> {
    // SAFETY: the caller says so.
    Ok(unsafe { *a })
}

/// Items come late.
@ pub fn items(a: u8) -> u8 {
    let b = a;
    fn inner() -> u8 { 1 }
    b + inner()
}

/// Has a type parameter for nothing.
@ pub fn unused_parameter<T: Copy>(a: u8) -> u8 { a }

/// Asserts something of a type.
@ pub fn assertion<T: Copy>() {}

/// Is for something that is large.
#[inline(always)]
@ pub fn item_first() -> usize {
    use std::mem::size_of;
    size_of::<u8>() + 1
}

/// Large.
pub struct Large(
    /// Large.
    pub [u8; 512],
);

impl std::str::FromStr for Large {
    type Err = Self;
    @ fn from_str(text: &str) -> Result<Self, Self> {
        if text.is_empty() { Err(Self([0; 512])) } else { Ok(Self([1; 512])) }
    }
}

/// Returns what is large.
@ pub fn large(a: u8) -> Result<u8, Large> {
    if a == 0 { Err(Large([0; 512])) } else { Ok(a) }
}

/// Leaves a temporary behind.
@ pub fn last(a: &std::cell::RefCell<Vec<u8>>) -> u8 {
    a.borrow()[0]
}

/// Leaves a temporary behind.
@ pub fn last_result(a: &std::cell::RefCell<Vec<u8>>) -> Result<u8, fmt::Error> {
    a.borrow().first().copied().ok_or(fmt::Error)
}
