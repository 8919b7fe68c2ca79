//! Tests of the compiler's messages about mistakes in an attribute (one message, at the token, and the function still
//! exists), and of cases that must compile.

#[test]
fn the_messages_of_the_compiler() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*.rs");
}
