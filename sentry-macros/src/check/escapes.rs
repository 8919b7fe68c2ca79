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
