//! Tests that the expansion is the same in every edition of the user's crate, and stays the same after edits.

use std::process::Command;

use crate::compile::{How, PLAIN, annotated, deps, folder, library, same};

#[test]
fn every_edition_takes_the_attribute() {
    for edition in ["2015", "2018", "2021", "2024"] {
        let start = if edition == "2015" { "extern crate sentry;\n" } else { "" };
        let sync = "pub mod a { pub mod b {\n\
            @ pub fn plain(a: u8) -> u8 { a + 1 }\n\
            @ pub fn fallible((a, _): (u8, u8), b: &str) -> Result<u8, ::std::num::ParseIntError> { Ok(a + b.parse::<u8>()?) }\n\
            pub struct S(u8);\n\
            impl S { @ pub fn method(&self) -> &u8 { &self.0 } }\n\
            #[::sentry::span(err, crate = ::sentry)] pub fn captured(a: u8) -> Result<u8, String> { Ok(a) }\n\
            @ pub fn boxed<'a>(a: &'a u8) -> ::std::pin::Pin<Box<::std::future::Future<Output = u8> + 'a>> { Box::pin(::std::future::ready(*a)) }\n\
            @ pub fn dynamic(a: &::std::fmt::Display) -> Box<::std::fmt::Debug> { Box::new(a.to_string()) }\n\
            } }\n";
        let sync = match edition {
            "2021" | "2024" => sync
                .replace("<::std::future", "<dyn ::std::future")
                .replace("&::std::fmt", "&dyn ::std::fmt")
                .replace("<::std::fmt", "<dyn ::std::fmt"),
            _ => sync.to_owned(),
        };
        let later = "@ pub async fn later(a: u8, (b, _): (u8, &str)) -> Result<u8, ()> { Ok(a + b) }\n";
        let later = if edition == "2015" { "" } else { later };
        let text = format!("{start}#![deny(unused)]\n#![allow(unused_extern_crates)]\n{sync}{later}")
            .replace(
                "extern crate sentry;\n#![deny(unused)]\n#![allow(unused_extern_crates)]",
                "#![deny(unused)]\n#![allow(unused_extern_crates)]\nextern crate sentry;\n",
            );
        let said = same(edition, &text, How { edition, build: true, ..PLAIN });
        assert!(said.iter().all(|said| said.level != "error"), "{edition}: {said:#?}");
    }
}

/// An attribute on a function or on its block accepts types that syn cannot parse.
#[test]
fn types_of_older_editions() {
    for edition in ["2015", "2018"] {
        let start = if edition == "2015" { "extern crate sentry;\n" } else { "" };
        let text = format!(
            "#![allow(anonymous_parameters)]\n{start}\
            @ pub fn f(a: Box<Fn(u8) -> u8>) -> Result<u8, ()> {{ Ok(a(1)) }}\n\
            @ pub fn g<'a>(a: &'a (Fn(u8) -> u8 + Send), (b, _): (u8, u8)) -> Result<Box<Fn(u8) -> u8 + 'a>, ()> {{ if b > 1 {{ return Err(()) }} Ok(Box::new(move |c| a(c))) }}\n\
            @ pub mod m {{ pub struct S; impl S {{ pub fn h(&self, a: Box<Fn(u8) -> u8>) -> u8 {{ a(1) }} }} }}\n"
        );
        let anonymous = "pub trait T { @ fn i(&self, u8, Box<Fn(u8)>) -> Result<u8, ()> { Ok(1) } }\n";
        let anonymous = if edition == "2015" { anonymous } else { "" };
        let said = same(edition, &format!("{text}{anonymous}"), How { edition, build: true, ..PLAIN });
        assert!(said.iter().all(|said| said.code == "bare_trait_objects"), "{edition}: {said:#?}");
        assert!(!said.is_empty());
    }
}

/// The path of the compiler's own macro differs between editions, and must never resolve to a module of the user.
#[test]
fn every_edition_is_told_the_mistake() {
    for edition in ["2015", "2018", "2021", "2024"] {
        for shadow in
            ["", "pub mod core {}\nmacro_rules! compile_error { () => {} }\n", "#![no_implicit_prelude]\n"]
        {
            let start = if edition == "2015" { "extern crate sentry;\n" } else { "" };
            let text = format!(
                "{shadow}{start}@ pub fn f() {{}}\n#[::sentry::span]\npub mod m {{ #[span(op = 5)] pub fn g() {{}} }}\npub fn h() {{ f(); m::g() }}"
            );
            let how = How { edition, attribute: "#[::sentry::span(nmae = \"x\")]", ..PLAIN };
            let said = annotated(edition, &text, how);
            let told: Vec<&str> =
                said.iter().filter(|said| said.level == "error").map(|said| &*said.message).collect();
            assert_eq!(told.len(), 2, "{edition}, {shadow}: {said:#?}");
            assert!(told.iter().any(|told| told.contains("did you mean `name`?")), "{told:?}");
            assert!(told.iter().any(|told| told.contains("`op` takes a string literal")), "{told:?}");
        }
    }
}

/// If a span reached from the file of a macro into the file that uses it, the second incremental build would fail.
#[test]
fn incremental_builds_survive_edits() {
    let folder = folder("incremental");
    let build = |comment: &str| {
        std::fs::write(
            folder.join("inner.rs"),
            format!("{comment}macro_rules! made {{ ($($t:tt)*) => {{ #[sentry::span] mod made {{ $($t)* }} }} }}\npub(crate) use made;\n"),
        )
        .unwrap();
        std::fs::write(
            folder.join("case.rs"),
            "mod inner;\ninner::made! {\n    pub fn f(a: u8) -> u8 { a }\n    pub async fn g() -> Result<(), ()> { Ok(()) }\n}\npub fn h() -> u8 { made::f(1) }\n",
        )
        .unwrap();
        let output = Command::new("rustc")
            .arg(folder.join("case.rs"))
            .args(["--edition=2024", "--crate-type=lib", "--emit=link", "--allow=warnings"])
            .arg(format!("-Cincremental={}", folder.join("incremental").display()))
            .arg("--out-dir")
            .arg(&folder)
            .arg(format!("-Ldependency={}", deps().display()))
            .arg(format!("--extern=sentry={}", library(&deps()).display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    build("");
    build("// A line more.\n// And one more.\n");
    build("// A line less.\n");
}

/// The `crate` path of the block also applies to the attributes in it.
#[test]
fn a_renamed_package_is_named_once() {
    let folder = folder("renamed");
    let source = folder.join("case.rs");
    for (edition, start) in [("2015", "extern crate obs;\n"), ("2018", ""), ("2021", ""), ("2024", "")] {
        let text = "pub struct R;\n\
            #[obs::span(op = \"db\", crate = ::obs)]\n\
            impl R {\n\
            pub fn plain(&self) -> u8 { 1 }\n\
            #[span(err)] pub fn bare(&self) -> Result<u8, ()> { Ok(1) }\n\
            #[obs::span(skip)] pub fn skipped(&self) -> u8 { 1 }\n\
            #[obs::span(\"n\")] pub fn named(&self) -> u8 { 1 }\n\
            #[obs::server_action] pub fn action(&self) -> u8 { 1 }\n\
            #[obs::monitor(\"job\",)] pub fn job(&self) -> u8 { 1 }\n\
            #[cfg_attr(all(), obs::span(\"c\"))] pub fn conditional(&self) -> u8 { 1 }\n\
            }\n";
        std::fs::write(&source, format!("{start}{text}")).unwrap();
        let output = Command::new("rustc")
            .arg(&source)
            .args(["--edition", edition, "--crate-type=lib", "--emit=metadata", "--deny=warnings"])
            .arg("--out-dir")
            .arg(&folder)
            .arg(format!("-Ldependency={}", deps().display()))
            .arg(format!("--extern=obs={}", library(&deps()).display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{edition}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
