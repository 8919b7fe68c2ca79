//! The check that an expression in the arguments of an attribute does not leave the function.
//!
//! Such an expression is evaluated in the function, in front of its body, and often only if something is recorded. A `?`
//! in it would return early, but only then.

use proc_macro2::Span;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Block, Expr, Macro, Pat, Stmt, Token};

/// Checks that `value` holds no `?`, `return` or `.await` outside of its own closures and `async` blocks.
pub(crate) fn check(value: &Expr) -> syn::Result<()> {
    let Some((place, word)) = in_expr(value) else {
        return Ok(());
    };
    let (effect, advice) = match word {
        "?" => ("return from", "use a fallback such as `.ok()`, or record the value in the body"),
        ".await" => ("suspend", "record the value in the body"),
        _ => ("return from", "record the value in the body"),
    };
    let message = format!(
        "`{word}` would {effect} the function, but an argument of an attribute must not change what the function does; {advice}"
    );
    Err(syn::Error::new(place, message))
}

/// A token that leaves the function: its place and its text.
type Escape = (Span, &'static str);

fn in_expr(expr: &Expr) -> Option<Escape> {
    match expr {
        Expr::Try(tried) => in_expr(&tried.expr).or(Some((tried.question_token.span(), "?"))),
        Expr::Return(returned) => Some((returned.return_token.span, "return")),
        Expr::Await(awaited) => in_expr(&awaited.base).or(Some((awaited.await_token.span, ".await"))),

        Expr::Array(array) => first(&array.elems),
        Expr::Assign(assign) => in_both(&assign.left, &assign.right),
        Expr::Binary(binary) => in_both(&binary.left, &binary.right),
        Expr::Block(block) => in_block(&block.block),
        Expr::Break(broken) => in_option(broken.expr.as_deref()),
        Expr::Call(call) => in_expr(&call.func).or_else(|| first(&call.args)),
        Expr::Cast(cast) => in_expr(&cast.expr),
        Expr::Field(field) => in_expr(&field.base),
        Expr::ForLoop(each) => in_expr(&each.expr).or_else(|| in_block(&each.body)),
        Expr::Group(group) => in_expr(&group.expr),
        Expr::If(branch) => in_expr(&branch.cond)
            .or_else(|| in_block(&branch.then_branch))
            .or_else(|| in_option(branch.else_branch.as_ref().map(|(_, other)| &**other))),
        Expr::Index(index) => in_both(&index.expr, &index.index),
        Expr::Let(condition) => in_expr(&condition.expr),
        Expr::Loop(endless) => in_block(&endless.body),
        Expr::Macro(call) => in_macro(&call.mac),
        Expr::Match(matched) => in_expr(&matched.expr).or_else(|| {
            matched.arms.iter().find_map(|arm| in_guard(&arm.pat).or_else(|| in_expr(&arm.body)))
        }),
        Expr::MethodCall(call) => in_expr(&call.receiver).or_else(|| first(&call.args)),
        Expr::Paren(paren) => in_expr(&paren.expr),
        Expr::Range(range) => in_option(range.start.as_deref()).or_else(|| in_option(range.end.as_deref())),
        Expr::RawAddr(address) => in_expr(&address.expr),
        Expr::Reference(reference) => in_expr(&reference.expr),
        Expr::Repeat(repeat) => in_expr(&repeat.expr),
        Expr::Struct(fields) => {
            first(fields.fields.iter().map(|field| &field.expr)).or_else(|| in_option(fields.rest.as_deref()))
        }
        Expr::Tuple(tuple) => first(&tuple.elems),
        Expr::Unary(unary) => in_expr(&unary.expr),
        Expr::Unsafe(block) => in_block(&block.block),
        Expr::While(repeated) => in_expr(&repeated.cond).or_else(|| in_block(&repeated.body)),

        // Closures and blocks that `?` and `return` end in, and expressions without others inside.
        _ => None,
    }
}

fn first<'a>(all: impl IntoIterator<Item = &'a Expr>) -> Option<Escape> {
    all.into_iter().find_map(in_expr)
}

fn in_both(left: &Expr, right: &Expr) -> Option<Escape> {
    in_expr(left).or_else(|| in_expr(right))
}

fn in_option(expr: Option<&Expr>) -> Option<Escape> {
    expr.and_then(in_expr)
}

fn in_guard(pat: &Pat) -> Option<Escape> {
    match pat {
        Pat::Guard(guarded) => in_expr(&guarded.guard),
        _ => None,
    }
}

fn in_block(block: &Block) -> Option<Escape> {
    block.stmts.iter().find_map(|statement| match statement {
        Stmt::Local(local) => {
            let init = local.init.as_ref()?;
            in_expr(&init.expr).or_else(|| in_option(init.diverge.as_ref().map(|(_, other)| &**other)))
        }
        Stmt::Expr(expr, _) => in_expr(expr),
        Stmt::Macro(call) => in_macro(&call.mac),
        Stmt::Item(_) => None,
    })
}

/// Looks into a macro call whose arguments are expressions, as those of `format!` are.
fn in_macro(mac: &Macro) -> Option<Escape> {
    let arguments = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(mac.tokens.clone()).ok()?;
    first(&arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escape(expr: &str) -> Option<&'static str> {
        in_expr(&syn::parse_str(expr).unwrap_or_else(|error| panic!("{expr}: {error}"))).map(|(_, word)| word)
    }

    #[test]
    fn every_expression_is_searched() {
        for expr in [
            "a?",
            "a?.await",
            "[1, a?]",
            "a = b?",
            "*a()? = 1",
            "a + b?",
            "a? + b",
            "{ a?; 1 }",
            "{ a? }",
            "{ let a = b?; a }",
            "{ let Some(a) = b else { c? }; a }",
            "{ log!(a?); 1 }",
            "loop { break a?; }",
            "(a?)(b)",
            "a(1, b?)",
            "a? as u8",
            "a?.b",
            "for a in b? {}",
            "for a in b { c?; }",
            "if a? { b } else { c }",
            "if a { b? } else { c }",
            "if a { b } else { c? }",
            "if a { b } else if c? { d } else { e }",
            "if let Some(a) = b? { c } else { d }",
            "a?[0]",
            "a[b?]",
            "format!(\"{} {}\", a, b?)",
            "match a? { _ => 1 }",
            "match a { b if c? => 1, _ => 2 }",
            "match a { b => c?, _ => 2 }",
            "a?.b()",
            "a.b(c?)",
            "(a?)",
            "a?..",
            "..b?",
            "&raw const a()?",
            "&a?",
            "[a?; 3]",
            "S { a, b: c? }",
            "S { a, ..b()? }",
            "(a, b?)",
            "!a?",
            "-a?",
            "unsafe { a()? }",
            "while a? {}",
            "while a { b?; }",
        ] {
            assert_eq!(escape(expr), Some("?"), "{expr}");
        }
        for (expr, word) in [
            ("return", "return"),
            ("return a?", "return"),
            ("a.unwrap_or_else(return 1)", "return"),
            ("a().await", ".await"),
            ("a().await.len()", ".await"),
        ] {
            assert_eq!(escape(expr), Some(word), "{expr}");
        }
        // As a `macro_rules!` macro passes an expression on.
        let group = proc_macro2::Group::new(proc_macro2::Delimiter::None, quote::quote!(a?));
        let group = syn::parse2(proc_macro2::TokenTree::from(group).into()).unwrap();
        assert!(matches!(group, Expr::Group(_)) && in_expr(&group).is_some());
    }

    #[test]
    fn closures_async_blocks_and_items_keep_their_own() {
        for expr in [
            "a",
            "a.b(c)[d] + 1",
            "|| a?",
            "a.map(|b| return b)",
            "async { a.await? }",
            "async move { return a.await }",
            "{ fn a() -> Option<u8> { b? } a() }",
            "{ let a; a = 1; a }",
            "matches!(a, Some(1..=2) | None)",
            "table!(a => b?)",
            "match a { b if c => 1, _ => 2 }",
            "while a { break; }",
        ] {
            assert_eq!(escape(expr), None, "{expr}");
        }
    }

    #[test]
    fn the_message_names_the_effect_and_a_way_out() {
        for (expr, expected) in [
            ("a?", ["`?` would return from the function", "use a fallback such as `.ok()`"]),
            ("return", ["`return` would return from the function", "; record the value in the body"]),
            ("a.await", ["`.await` would suspend the function", "; record the value in the body"]),
        ] {
            let message = check(&syn::parse_str(expr).unwrap()).unwrap_err().to_string();
            assert!(expected.iter().all(|part| message.contains(part)), "{message}");
        }
        assert!(check(&syn::parse_str("a.ok()").unwrap()).is_ok());
    }
}
