//! Tests that no lint comes from the expansion, and that none is silenced in the user's code.

use crate::compile::{How, PLAIN, Said, annotated, compare, same};

const CLIPPY: How = How { clippy: true, ..PLAIN };
/// The arguments contain code, so clippy checks the function as the compiler sees it.
const CLIPPY_WITH_CODE: How = How { attribute: "#[sentry::span(attributes(n = 1 + 1))]", ..CLIPPY };

const DEFAULTS_AND_MORE: &str = "#![warn(clippy::all, clippy::pedantic, clippy::nursery)]\n";
const RESTRICTIONS: &str = "#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, \
     clippy::pattern_type_mismatch, \
     clippy::absolute_paths, clippy::single_call_fn, clippy::semicolon_outside_block, clippy::semicolon_inside_block, \
     clippy::multiple_unsafe_ops_per_block, clippy::undocumented_unsafe_blocks, \
     clippy::let_underscore_untyped, clippy::let_underscore_must_use, clippy::question_mark_used, clippy::arithmetic_side_effects, \
     clippy::items_after_statements, clippy::redundant_type_annotations, clippy::std_instead_of_core, clippy::missing_docs_in_private_items)]\n";

#[track_caller]
fn lint(code: &str, text: &str) -> Vec<String> {
    let (said, differences) = compare(code, text, PLAIN);
    assert!(said.iter().any(|said| said.code == code), "the compiler reports {code}: {said:#?}\n{text}");
    differences
}

/// A lint level on an argument applies to its name, also inside of `cfg_attr`.
#[test]
fn lint_levels_of_arguments() {
    let text = "#![deny(unused, unfulfilled_lint_expectations)]\n\
        @ pub fn a(#[expect(unused_variables)] a: u8) -> Result<(), ()> { Ok(()) }\n\
        @ pub async fn b(#[cfg_attr(all(), expect(unused_variables))] a: u8) {}\n\
        @ pub async fn c(#[cfg_attr(all(), cfg(all()), expect(unused_variables))] (a, _): (u8, u8)) {}\n\
        @ pub async fn d(#[cfg_attr(all(), cfg_attr(all(), expect(unused_variables)))] (a, _): (u8, u8)) {}\n\
        @ pub fn e(#[cfg_attr(all(), cfg(any()))] a: u8, #[cfg_attr(any(), cfg(any()))] b: u8) -> Result<u8, ()> { Ok(b) }\n";
    assert_eq!(same("levels", text, PLAIN), []);
}

/// An error type without a text causes a warning at the argument `err`.
#[test]
fn errors_without_a_text() {
    let how = How { attribute: "#[sentry::span(err)]", ..PLAIN };
    let text = "pub struct Silent; #[derive(Debug)] pub struct Told;\n\
        @ pub fn a() -> Result<u8, Silent> { Ok(1) }\n\
        @ pub async fn b() -> Result<u8, Silent> { Ok(1) }\n\
        @ #[allow(deprecated)] pub fn c() -> Result<u8, Silent> { Ok(1) }\n\
        @ pub fn d() -> Result<u8, Told> { Ok(1) }\n\
        @ pub fn e() -> Result<u8, Box<dyn std::error::Error + Send + Sync>> { Ok(1) }\n\
        @ pub fn f<'a>(_: &'a str) -> Result<u8, std::borrow::Cow<'a, str>> { Ok(1) }\n\
        @ pub fn g<E: std::error::Error>(error: E) -> Result<u8, E> { Err(error) }\n\
        pub type Answer = u8; @ pub fn h() -> Answer { 1 }\n";
    let said = annotated("silent", text, how);
    assert!(said.iter().all(|said| said.code == "deprecated" && said.level == "warning"), "{said:#?}");
    assert!(said.iter().all(|said| said.message.contains("neither `Display` nor `Debug`")), "{said:#?}");
    let places: Vec<_> = said.iter().flat_map(|said| said.places.clone()).collect();
    assert_eq!(places, [[2, 16, 2, 19], [3, 16, 3, 19]]);
}

/// So does a function that returns no error. On a block, `err` applies to the functions that return one.
#[test]
fn functions_that_return_no_error() {
    let how = How { attribute: "#[sentry::span(err)]", ..PLAIN };
    let text = "@ pub fn a() -> Option<Vec<u8>> { None }\n\
        @ pub async fn b() {}\n\
        @ pub fn c() -> impl Future<Output = u8> { async { 1 } }\n\
        @ pub fn d() -> std::pin::Pin<Box<dyn Future<Output = bool>>> { Box::pin(async { true }) }\n\
        @ #[allow(deprecated)] pub fn e() {}\n\
        @ pub mod f { pub fn g() -> u8 { 1 } pub fn h() -> Result<u8, String> { Ok(1) } }\n\
        #[sentry::span(err)] #[allow(deprecated)] pub mod i { #[span(err = true)] pub fn j() {} #[span(err = false)] pub fn k() {} }\n";
    for how in [how, How { clippy: true, ..how }] {
        let said = annotated("no error", text, how);
        assert!(said.iter().all(|said| said.code == "deprecated" && said.level == "warning"), "{said:#?}");
        let told = |said: &Said| said.message.contains("`err` captures a returned `Err`, but");
        assert!(said.iter().all(told), "{said:#?}");
        let places: Vec<_> = said.iter().flat_map(|said| said.places.clone()).collect();
        assert_eq!(places, [1, 2, 3, 4].map(|line| [line, 16, line, 19]));
    }
}

/// For the compiler, an assignment to a captured `self` is unread if only a destructor reads it.
#[test]
fn a_destructor_may_read_what_a_method_assigns() {
    let text = "#![warn(unused)]\npub struct Tx { done: bool }\n\
        impl Drop for Tx { fn drop(&mut self) { assert!(self.done) } }\n\
        impl Tx {\n\
        @ pub fn commit(mut self) -> Result<(), String> { self.done = true; Ok(()) }\n\
        @ pub async fn later(mut self) { self.done = true; }\n\
        @ pub fn boxed(mut self: Box<Self>) -> Result<(), ()> { *self = Tx { done: true }; Ok(()) }\n\
        }\n";
    for edition in ["2021", "2024"] {
        assert!(same("destructors", text, How { edition, ..PLAIN }).is_empty(), "{edition}");
    }
}

#[test]
fn unused_and_dead_code() {
    let mut all = Vec::new();
    for (code, text) in [
        ("unused_variables", "@ pub fn f(a: u8) { let b = 1; }"),
        ("unused_variables", "@ pub fn f(a: u8, (b, c): (u8, u8)) -> Result<u8, ()> { let d = 1; Ok(c) }"),
        ("unused_variables", "@ pub async fn f(a: u8, (b, c): (u8, u8)) -> u8 { let d = 1; c }"),
        (
            "unused_variables",
            "pub trait T { @ fn f(&self, a: u8) {} @ fn g(&self, a: u8) -> Result<(), ()> { Ok(()) } }",
        ),
        ("unused_mut", "@ pub fn f(mut a: u8) -> u8 { a }"),
        ("unused_mut", "@ pub fn f(mut a: u8) -> Result<u8, ()> { let mut b = a; Ok(b) }"),
        ("unused_mut", "@ pub async fn f(mut a: u8) -> u8 { a }"),
        ("unused_assignments", "@ pub fn f() -> u8 { let mut a = 1; a = 2; a }"),
        ("unused_must_use", "@ pub fn f() { g(); }\n@ fn g() -> Result<(), ()> { Ok(()) }"),
        (
            "unused_must_use",
            "@ pub async fn f() -> Result<(), ()> { g(); Ok(()) }\n@ async fn g() -> Result<(), ()> { Ok(()) }",
        ),
        ("unused_must_use", "@ #[must_use] pub fn g() -> u8 { 1 }\n@ pub fn f() { g(); }"),
        ("dead_code", "@ fn f() {}"),
        ("dead_code", "@ async fn f() {}\n@ fn g() -> Result<(), ()> { Ok(()) }"),
        ("dead_code", "struct S; impl S { @ fn f(&self) {} }"),
        ("unreachable_code", "@ pub fn f() -> u8 { return 1; 2 }"),
        ("unreachable_code", "@ pub fn f() -> Result<u8, ()> { return Ok(1); Ok(2) }"),
        ("unreachable_code", "@ pub async fn f() -> u8 { loop {} 2 }"),
        ("redundant_semicolons", "@ pub fn f() { ;;; }"),
        ("redundant_semicolons", "@ pub fn f() -> Result<u8, ()> { ;;Ok(1) }"),
        ("redundant_semicolons", "@ pub async fn f() { let _ = 1;; }"),
        ("unused_parens", "@ pub fn f() -> u8 { (1) }"),
        ("unused_braces", "@ pub fn f(a: bool) -> u8 { if { a } { 1 } else { 2 } }"),
        ("non_snake_case", "@ pub fn f(Aa: u8) -> u8 { Aa }"),
        ("non_snake_case", "@ pub fn f(Aa: u8) -> Result<u8, ()> { Ok(Aa) }"),
        ("non_snake_case", "@ pub async fn Ff(aA: u8) -> u8 { aA }"),
        ("unused_unsafe", "@ pub fn f() -> Result<u8, ()> { unsafe { Ok(1) } }"),
        ("deprecated", "#[deprecated] pub fn g() {}\n@ pub fn f() { g() }"),
        (
            "deprecated",
            "@ #[deprecated] pub fn g() -> Result<(), ()> { Ok(()) }\npub fn f() { let _ = g(); }",
        ),
        ("path_statements", "@ pub fn f(a: u8) { a; }"),
        ("unused_imports", "@ pub fn f() { use std::fmt; }"),
        ("unused_labels", "@ pub fn f() -> Result<(), ()> { 'a: loop { break Ok(()); } }"),
        ("unused_attributes", "@ #[inline] #[inline] pub fn f() {}"),
        ("unconditional_recursion", "@ pub fn f(a: u8) -> u8 { f(a) }"),
        ("private_interfaces", "struct P; @ pub fn f() -> Option<P> { None }"),
        ("unused_doc_comments", "@ pub fn f() { /// Nothing.\n 1; }"),
        ("improper_ctypes_definitions", "@ pub extern \"C\" fn f(a: String) {}"),
    ] {
        all.extend(lint(code, text));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn lints_that_are_off_by_default() {
    let all = "#![warn(missing_docs, unused_qualifications, unused_lifetimes, elided_lifetimes_in_paths, unused_results, \
               let_underscore_drop, single_use_lifetimes, unreachable_pub, missing_debug_implementations, trivial_casts, \
               trivial_numeric_casts, variant_size_differences, unused_macro_rules, explicit_outlives_requirements, \
               missing_abi, non_ascii_idents, redundant_lifetimes, unsafe_op_in_unsafe_fn, unstable_features, \
               unused_extern_crates, unused_import_braces, unnameable_types, keyword_idents, meta_variable_misuse, \
               macro_use_extern_crate, absolute_paths_not_starting_with_crate, impl_trait_overcaptures, if_let_rescope, \
               tail_expr_drop_order, closure_returning_async_block, async_idents, non_local_definitions)]\n\
               #![allow(unknown_lints)]\n";
    let text = format!("{all}{}", include_str!("fixture.rs"));
    for edition in ["2021", "2024"] {
        same("rustc lints", &text, How { edition, ..PLAIN });
    }
}

#[test]
fn clippy_says_what_it_says_of_the_plain_functions() {
    let text = format!("{DEFAULTS_AND_MORE}{}", include_str!("fixture.rs"));
    let said = same("clippy", &text, CLIPPY);
    for code in [
        "clippy::extra_unused_type_parameters",
        "clippy::missing_const_for_fn",
        "clippy::missing_errors_doc",
        "clippy::must_use_candidate",
        "clippy::needless_lifetimes",
        "clippy::needless_pass_by_value",
        "clippy::needless_return",
        "clippy::let_and_return",
        "clippy::ptr_arg",
        "clippy::question_mark",
        "clippy::result_large_err",
        "clippy::too_many_arguments",
        "clippy::trivially_copy_pass_by_ref",
        "clippy::type_complexity",
        "clippy::unnecessary_wraps",
        "clippy::unused_async",
    ] {
        assert!(said.iter().any(|said| said.code == code), "the fixture should cause {code}");
    }
    let also = "#![warn(clippy::implicit_return, clippy::min_ident_chars, clippy::shadow_same, \
                clippy::shadow_reuse, clippy::shadow_unrelated)]\n";
    same("clippy restriction", &format!("{also}{RESTRICTIONS}{}", include_str!("fixture.rs")), CLIPPY);
}

#[test]
fn clippy_says_the_same_where_the_arguments_hold_code() {
    let text = format!("{DEFAULTS_AND_MORE}{RESTRICTIONS}{}", include_str!("fixture.rs"));
    let (_, differences) = compare("clippy with code", &text, CLIPPY_WITH_CODE);
    let unexpected = unexpected(&differences);
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

/// Returns the differences that have another reason than code before the body: with it, the function cannot be `const`,
/// and the user's first statement is not the first.
fn unexpected(differences: &[String]) -> Vec<&String> {
    let of_the_code = [
        "- warning clippy::missing_const_for_fn: ",
        "- warning clippy::manual_async_fn: ",
        "+ warning clippy::inline_always: ",
    ];
    let known = |difference: &&String| !of_the_code.iter().any(|known| difference.starts_with(known));
    differences.iter().skip(1).filter(known).collect()
}

#[test]
fn clippy_says_the_same_where_the_value_is_recorded() {
    let more = "/// Dead.\n@ #[expect(dead_code)] fn expected(_: &Unbuilt) -> Option<Unbuilt> { None }\n\
        /// Dead.\n#[derive(Debug)] struct Unbuilt { never: u8 }\n\
        impl Cart { /// Has no use for itself.\n@ fn is_unused(&self, a: u8) -> Result<Self, fmt::Error> { Ok(Self(a)) } }\n\
        /// Has one letter too many.\n@ pub fn letters(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) -> u8 { a + b + c + d + e + f }\n";
    let text = format!("{DEFAULTS_AND_MORE}{RESTRICTIONS}{}{more}", include_str!("fixture.rs"));
    for attribute in ["#[sentry::span(ret)]", "#[sentry::span(ret, err = false)]", "#[sentry::server_action]"]
    {
        same(attribute, &text, How { attribute, ..CLIPPY });
    }
    // The status of a response may come from a method that nothing else calls, so the expansion calls it before the
    // body.
    let attribute = "#[sentry::api_handler(\"/\")]";
    let (_, differences) = compare(attribute, &text, How { attribute, ..CLIPPY });
    let unexpected = unexpected(&differences);
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

#[test]
fn clippy_sees_what_an_attribute_alone_uses() {
    let reply = "pub struct Reply; impl Reply { fn status(&self) -> u16 { 200 } }\n";
    let attribute = "#[sentry::api_handler(\"/\")]";
    for function in [
        "@ pub fn f() -> Reply { Reply }",
        "@ pub async fn f() -> Result<Reply, std::fmt::Error> { Ok(Reply) }",
        "@ pub fn f() -> impl Future<Output = Reply> { async { Reply } }",
    ] {
        let said = annotated("status", &format!("{reply}{function}"), How { attribute, ..CLIPPY });
        let unused: Vec<_> = said.iter().filter(|said| said.code == "dead_code").collect();
        assert!(unused.is_empty(), "{function}: {unused:?}");
    }
    let text = "const NAME: &str = \"name\";\n@ pub fn f(a: u8) {}";
    let attribute = "#[sentry::span(name = NAME, args(a))]";
    assert_eq!(annotated("constant", text, How { attribute, ..CLIPPY }), []);
}
