//! What the compiler says about a mistake in an attribute: one message, at the token, and the function is still
//! there; and what must compile.

#[test]
fn the_messages_of_the_compiler() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*.rs");
}
