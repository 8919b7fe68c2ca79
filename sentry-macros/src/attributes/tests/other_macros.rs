//! Tests of functions with attribute macros of other crates, which read the expansion.

use proc_macro2::TokenStream;
use quote::quote;

use crate::attributes::span;

fn statements(item: TokenStream) -> usize {
    let function: syn::ItemFn = syn::parse2(span(quote!(), item)).expect("the expansion is a function");
    function.block.stmts.len()
}

/// `rstest` puts the body into a block of its own. The compiler calls braces unnecessary if an expression is alone in them.
#[test]
fn a_body_is_no_single_expression_if_another_macro_reads_it() {
    let read = quote!(
        #[rstest]
        #[case(1)]
        fn f(#[case] a: u8) {
            let b = a;
            check(b);
        }
    );
    assert!(statements(read) > 1);
    let plain = quote!(
        #[inline]
        fn f(a: u8) {
            check(a)
        }
    );
    assert_eq!(statements(plain), 1);
}
