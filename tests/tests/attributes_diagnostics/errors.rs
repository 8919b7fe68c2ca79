//! Tests of compiler errors in synchronous and asynchronous functions.

use crate::compile::{How, PLAIN, compare, same};

/// Checks one kind of error; `code` is the compiler's code.
#[track_caller]
fn error(code: &str, cases: &[&str]) {
    let mut all = Vec::new();
    for text in cases {
        let (said, differences) = compare(code, text, PLAIN);
        assert!(said.iter().any(|said| said.code == code), "the compiler reports {code}: {said:#?}\n{text}");
        all.extend(differences);
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn type_errors() {
    error(
        "E0308",
        &[
            "@ pub fn f(a: u8) -> u8 { let b: u16 = a; 1 }",
            "@ pub async fn f(a: u8) -> u8 { let b: u16 = a; 1 }",
            "@ pub fn f(a: u8) -> Result<u8, ()> { let b: u16 = a; Ok(1) }",
            "@ pub async fn f(a: u8) -> Result<u8, ()> { let b: u16 = a; Ok(1) }",
            "pub struct S; impl S { @ pub fn f(&self, a: u8) { g(a) } }\nfn g(_: u16) {}",
            "pub struct S; impl S { @ pub async fn f(&mut self, (a, _): (u8, u8)) { g(a) } }\nfn g(_: u16) {}",
            "@ pub fn f(a: bool) -> u8 { if a { 1 } else { \"x\" } }",
            "@ pub async fn f(a: bool) -> u8 { match a { true => 1, false => \"x\" } }",
        ],
    );
}

#[test]
fn wrong_returns() {
    error(
        "E0308",
        &[
            "@ pub fn f() -> u8 { \"x\" }",
            "@ pub fn f() -> Result<u8, ()> { 1 }",
            "@ pub fn f() -> Result<u8, ()> { Ok(\"x\") }",
            "@ pub fn f() -> Result<u8, ()> { return 1; }",
            "@ pub fn f() { 1 }",
            "@ pub fn f() -> String { if true { return 5; } String::new() }",
            "@ pub async fn f() -> u8 { \"x\" }",
            "@ pub async fn f() -> Result<u8, ()> { Ok(\"x\") }",
            "@ pub async fn f() -> Result<u8, ()> { 1 }",
            "@ pub async fn f() { 1 }",
            "@ pub async fn f() -> u8 { return \"x\"; }",
            "@ pub async fn f() -> Option<u8> {\n    let a = 1;\n    a\n}",
        ],
    );
}

#[test]
fn missing_tails() {
    error(
        "E0308",
        &[
            "@ pub fn f() -> u8 { 1; }",
            "@ pub fn f() -> u8 {\n    let a = 1;\n}",
            "@ pub fn f() -> u8 {}",
            "@ pub fn f() -> Result<u8, ()> { Ok(1); }",
            "@ pub fn f() -> Result<(), String> {\n    let a = 1;\n}",
            "@ pub fn f() -> Result<u8, ()> {}",
            "@ pub async fn f() -> u8 { 1; }",
            "@ pub async fn f() -> u8 {\n    let a = 1;\n}",
            "@ pub async fn f() -> Result<(), String> {\n    let a = 1;\n}",
            "@ pub async fn f() -> Result<u8, ()> {}",
        ],
    );
}

#[test]
fn missing_awaits() {
    error(
        "E0308",
        &[
            "async fn g() -> u8 { 1 }\n@ pub async fn f() -> u8 { g() }",
            "async fn g() -> Result<u8, ()> { Ok(1) }\n@ pub async fn f() -> Result<u8, ()> { g() }",
            "async fn g() -> u8 { 1 }\n@ pub async fn f() { let a: u8 = g(); }",
        ],
    );
    error(
        "E0728",
        &[
            "async fn g() {}\n@ pub fn f() { g().await }",
            "async fn g() {}\n@ pub fn f() -> Result<(), ()> { Ok(g().await) }",
        ],
    );
    error(
        "E0277",
        &["async fn g() -> Result<u8, ()> { Ok(1) }\n@ pub async fn f() -> Result<u8, ()> { Ok(g()?) }"],
    );
    // The annotated function itself is called.
    error("E0308", &["@ async fn g() -> u8 { 1 }\npub async fn f() -> u8 { g() }"]);
}

#[test]
fn moves_and_borrows() {
    error(
        "E0382",
        &[
            "@ pub fn f(a: String) { drop(a); drop(a); }",
            "@ pub fn f(a: String) -> Result<(), ()> { drop(a); drop(a); Ok(()) }",
            "@ pub async fn f(a: String) { drop(a); drop(a); }",
            "@ pub async fn f((a, b): (String, u8)) -> Result<(), ()> { drop(a); drop(a); Ok(()) }",
            "pub struct S(String); impl S { @ pub fn f(self) -> Result<(), ()> { drop(self.0); drop(self.0); Ok(()) } }",
        ],
    );
    error(
        "E0502",
        &[
            "@ pub fn f(a: &mut Vec<u8>) -> Result<(), ()> { let b = &a[0]; a.push(1); drop(b); Ok(()) }",
            "@ pub async fn f(a: &mut Vec<u8>) { let b = &a[0]; a.push(1); drop(b); }",
        ],
    );
    error(
        "E0596",
        &[
            "@ pub fn f(a: Vec<u8>) { a.push(1); }",
            "@ pub fn f(a: Vec<u8>) -> Result<(), ()> { a.push(1); Ok(()) }",
            "@ pub async fn f(a: Vec<u8>) { a.push(1); }",
            "pub struct S(Vec<u8>); impl S { @ pub fn f(&self) -> Result<(), ()> { self.0.push(1); Ok(()) } }",
        ],
    );
    error(
        "E0384",
        &[
            "@ pub fn f(a: u8) -> u8 { a = 2; a }",
            "@ pub fn f(a: u8) -> Result<u8, ()> { a = 2; Ok(a) }",
            "@ pub async fn f(a: u8) -> u8 { a = 2; a }",
        ],
    );
    error(
        "E0515",
        &[
            "@ pub fn f() -> &'static str { let a = String::new(); &a }",
            "@ pub async fn f() -> &'static str { let a = String::new(); &a }",
        ],
    );
}

#[test]
fn lifetimes() {
    error(
        "E0106",
        &["@ pub fn f(a: &u8, b: &u8) -> &u8 { a }", "@ pub async fn f(a: &u8, b: &u8) -> &u8 { a }"],
    );
}

#[test]
fn question_marks() {
    error(
        "E0277",
        &[
            "@ pub fn f(a: Option<u8>) { a?; }",
            "@ pub async fn f(a: Option<u8>) { a?; }",
            "@ pub async fn f(a: Result<u8, ()>) -> u8 { a? }",
            "@ pub fn f(a: Result<u8, ()>) -> u8 { a? }",
            "@ pub fn f(a: Result<u8, ()>) -> Result<u8, String> { Ok(a?) }",
            "@ pub fn f(a: Option<u8>) -> Result<u8, String> { Ok(a?) }",
            "@ pub async fn f(a: Result<u8, ()>) -> Result<u8, String> { Ok(a?) }",
        ],
    );
}

#[test]
fn names_and_bounds() {
    error(
        "E0425",
        &["@ pub fn f() -> u8 { missing }", "@ pub async fn f() -> Result<u8, ()> { Ok(missing) }"],
    );
    error("E0425", &["@ pub fn f(a: Missing) {}", "@ pub async fn f() -> Missing { loop {} }"]);
    error(
        "E0599",
        &[
            "@ pub fn f(a: u8) { a.missing() }",
            "@ pub async fn f(a: u8) -> Result<(), ()> { Ok(a.missing()) }",
        ],
    );
    error(
        "E0369",
        &[
            "@ pub fn f<T>(a: T, b: T) -> T { a + b }",
            "@ pub async fn f<T>(a: T, b: T) -> Result<T, ()> { Ok(a + b) }",
        ],
    );
    error("E0282", &["@ pub fn f() { let a = Vec::new(); }", "@ pub async fn f() { let a = Vec::new(); }"]);
    error(
        "E0061",
        &[
            "@ fn g(a: u8) {}\n@ pub fn f() { g() }",
            "@ async fn g(a: u8) {}\n@ pub async fn f() { g(1, 2).await }",
        ],
    );
    error(
        "E0133",
        &[
            "unsafe fn g() {}\n@ pub fn f() { g() }",
            "unsafe fn g() {}\n@ pub fn f() -> Result<(), ()> { Ok(g()) }",
        ],
    );
    error("E0004", &["@ pub fn f(a: Option<u8>) -> u8 { match a { None => 1 } }"]);
    error(
        "E0005",
        &[
            "@ pub fn f(Some(a): Option<u8>) -> u8 { a }",
            "@ pub fn f(Some(a): Option<u8>) -> Result<u8, ()> { Ok(a) }",
        ],
    );
    error("E0046", &["pub trait T { fn f(&self); fn g(&self); }\nimpl T for u8 { @ fn f(&self) {} }"]);
    error("E0053", &["pub trait T { fn f(&self, a: u8); }\nimpl T for u8 { @ fn f(&self, a: u16) {} }"]);
    error("E0407", &["pub trait T {}\nimpl T for u8 { @ fn f(&self) {} }"]);
}

/// If the type of the returned value is an error, the compiler cannot infer the types of a closure's arguments.
#[test]
fn imports_of_returned_types() {
    let attributes = [
        "#[sentry::span]",
        "#[sentry::span(err)]",
        "#[sentry::server_action]",
        "#[sentry::api_handler(\"/lamps\")]",
        "#[sentry::data_fetcher(page, \"/lamps\")]",
        "#[sentry::monitor(\"lamps\")]",
    ];
    let cases = [
        "use lost::Json;\n@ pub async fn f() -> Json<u8> { Json(1) }",
        "use lost::Json;\n@ pub fn f() -> Json<u8> { Json(1) }",
        "use lost::Json;\n@ pub async fn f() -> Result<Json<u8>, String> { Ok(Json(1)) }",
        "use lost::Json;\n@ pub fn f() -> Result<Json<u8>, String> { Ok(Json(1)) }",
        "use lost::Failure;\n@ pub async fn f() -> Result<u8, Failure> { Ok(1) }",
    ];
    for attribute in attributes {
        for text in cases {
            let said = same("E0432", text, How { attribute, ..PLAIN });
            assert!(said.iter().any(|said| said.code == "E0432"), "{said:#?}");
        }
    }
}

#[test]
fn what_is_not_send_at_a_spawn() {
    let spawn = "pub fn spawn<F: std::future::Future + Send + 'static>(_: F) {}\npub async fn pause() {}\n";
    for (own, call) in [
        ("@ pub async fn f() { let a = std::rc::Rc::new(1); pause().await; drop(a); }", "f()"),
        ("@ pub async fn f(a: std::rc::Rc<u8>) -> u8 { pause().await; *a }", "f(std::rc::Rc::new(1))"),
    ] {
        let text = format!("{spawn}{own}\npub fn g() {{ spawn({call}); }}");
        let said = same("not Send", &text, PLAIN);
        assert!(said.iter().any(|said| said.message.contains("sent between threads")), "{said:#?}");
    }
}

#[test]
fn forbidden_unsafe_code_is_not_generated() {
    let text = "#![forbid(unsafe_code)]\n#![deny(warnings)]\n@ pub fn f() -> Result<u8, ()> { Ok(1) }\n@ pub async fn g() -> u8 { 1 }";
    assert_eq!(same("forbid", text, PLAIN), []);
}
