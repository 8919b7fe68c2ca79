//! Tests of `vars`: a function that keeps its arguments compiles with the same messages of the compiler and clippy.

use crate::compile::{How, PLAIN, same};

const VARS: How = How { attribute: "#[sentry::span(vars)]", ..PLAIN };

const FUNCTIONS: &str = "#![deny(warnings, unused, clippy::all)]\n#![forbid(unsafe_code)]\n\
    pub struct Plain;\n\
    @ pub fn a(id: u8, text: &str, owned: String, _hidden: u8) -> usize { usize::from(id) + text.len() + owned.len() }\n\
    @ pub fn b<T, U: Copy + std::fmt::Debug>(any: T, shown: U, plain: &Plain) -> (T, U) { let _: &Plain = plain; (any, shown) }\n\
    @ pub fn c(exclusive: &mut Vec<u8>, mut number: u8) -> Option<u8> { number += 1; exclusive.push(number); exclusive.pop() }\n\
    @ pub fn d((left, right): (u8, u8), [first, ..]: [u8; 2]) -> Result<u8, String> { if left > right { Err(String::new()) } else { Ok(first) } }\n\
    @ pub async fn e(text: &str, other: &str) -> Result<usize, String> { std::future::ready(()).await; Ok(text.len() + other.len()) }\n\
    @ pub async fn f(owned: Vec<u8>, id: u8) -> Vec<u8> { let mut owned = owned; owned.push(id); owned }\n\
    @ pub mod block { pub fn g(id: u8) -> ! { std::process::exit(i32::from(id)) } pub fn i(id: u8) -> impl Fn(u8) -> u8 { move |other| other + id } }\n\
    @ pub fn h(text: &str) -> impl Iterator<Item = char> + '_ { text.chars().rev() }\n\
    @ pub fn j<'a>(text: &'a str, id: u8) -> std::pin::Pin<Box<dyn Future<Output = usize> + Send + 'a>> { Box::pin(async move { text.len() + usize::from(id) }) }\n\
    pub struct Shop(pub u8);\n\
    @ impl Shop { pub fn k(&self, id: u8) -> u8 { self.0 + id } pub fn l(self, id: u8) -> Self { Self(self.0 + id) } pub async fn m(&mut self, id: u8) { self.0 = id; } }\n\
    pub fn is_send<T: Send>(_: T) {}\n\
    pub fn sends() { is_send(e(\"a\", \"b\")); is_send(f(vec![1], 2)); is_send(j(\"a\", 1)); }\n";

#[test]
fn functions_compile_as_the_plain_ones_do() {
    for how in [VARS, How { clippy: true, ..VARS }, How { edition: "2021", ..VARS }] {
        let text = FUNCTIONS.replace("dyn Future", "dyn std::future::Future");
        assert_eq!(same("vars", &text, how), []);
    }
}

/// Clippy knows the variables that the expressions use.
#[test]
fn named_values_do_not_change_what_clippy_says() {
    let text = "#![warn(clippy::all, clippy::pedantic, clippy::nursery)]\n\
        @ pub fn a(id: &str, count: u8) -> Result<u8, String> { if id.is_empty() { Err(id.to_owned()) } else { Ok(count) } }\n\
        @ pub async fn b(id: &str, count: u8) -> Result<u8, String> { if id.is_empty() { Err(id.to_owned()) } else { Ok(count) } }\n";
    let named = "#[sentry::span(vars(id, count = count + 1))]";
    for how in [How { attribute: named, ..VARS }, How { attribute: named, clippy: true, ..VARS }] {
        same("vars named", text, how);
    }
}

/// `vars` does not count as a use of an argument.
#[test]
fn unused_arguments_and_wrong_types_are_reported() {
    let text = "@ pub fn a(id: u8) {}\n@ pub async fn b(id: u8, other: &str) -> Result<(), String> { Ok(()) }\n\
        @ pub fn c(id: u8) -> Result<u8, String> { Ok(id.len()) }\n\
        @ pub async fn d(text: String) -> usize { drop(text); text.len() }\n";
    let said = same("vars unused", text, VARS);
    let mut codes: Vec<_> = said.iter().map(|said| &*said.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["E0382", "E0599", "unused_variables", "unused_variables", "unused_variables"]);
}
