//! The contender of the official crate with manual spans, its cheapest way: the parent is passed as an argument, and no
//! span is set on the scope.

use std::time::Duration;

use bench_harness::{Bench, Load, Threads, black_box, load, run, yield_once};
use bench_sentry_official::{
    action, action_with_form, actix, breadcrumb, error, error_with_stack, job, message, scope, start,
    start_sending, tag, tower,
};
use sentry::{Transaction, TransactionContext, TransactionOrSpan};

/// An instrumented function that takes its parent from the scope.
#[inline(never)]
fn leaf_of_scope(number: u64) -> u64 {
    let parent = sentry::configure_scope(|scope| scope.get_span());
    let span = parent.map(|parent| parent.start_child("function", "leaf"));
    let result = black_box(number) + 1;
    if let Some(span) = span {
        span.finish();
    }
    result
}

async fn leaf_of_scope_async(number: u64) -> u64 {
    let parent = sentry::configure_scope(|scope| scope.get_span());
    let span = parent.map(|parent| parent.start_child("function", "leaf_async"));
    yield_once().await;
    let result = black_box(number) + 1;
    if let Some(span) = span {
        span.finish();
    }
    result
}

#[inline(never)]
fn leaf(parent: &Transaction, number: u64) -> u64 {
    let span = parent.start_child("function", "leaf");
    let result = black_box(number) + 1;
    span.finish();
    result
}

#[inline(never)]
fn leaf_attributes(parent: &Transaction, amount: i64, user: &str) -> u64 {
    let span = parent.start_child("function", "leaf_attributes");
    span.set_data("kind", "card".into());
    span.set_data("amount", amount.into());
    span.set_data("user", user.into());
    let result = black_box(amount as u64) + black_box(user.len() as u64);
    span.finish();
    result
}

async fn leaf_async(parent: Transaction, number: u64) -> u64 {
    let span = parent.start_child("function", "leaf_async");
    yield_once().await;
    let result = black_box(number) + 1;
    span.finish();
    result
}

#[inline(never)]
fn nested(parent: &TransactionOrSpan, depth: u64) -> u64 {
    let span = parent.start_child("function", "nested");
    if depth <= 1 {
        span.finish();
        return 0;
    }
    let span = TransactionOrSpan::from(span);
    let result = black_box(nested(&span, depth - 1)) + 1;
    span.finish();
    result
}

fn transaction() -> Transaction {
    sentry::start_transaction(TransactionContext::new("root", "function"))
}

fn sync(bench: &Bench) {
    bench.measure(50_000, || _ = black_box(leaf_of_scope(7)), || ());
}

fn awaiting(bench: &Bench) {
    bench.measure(50_000, || _ = black_box(run(leaf_of_scope_async(7))), || ());
}

fn no_parent(bench: &Bench) {
    let _guard = start(1.0);
    sync(bench);
}

/// Measures an operation under a parent span, with a new parent for every batch.
fn under(bench: &Bench, rate: f32, (parts, count): (usize, usize), mut op: impl FnMut(&Transaction)) {
    let _guard = start(rate);
    let current = std::cell::RefCell::new(None);
    let in_root = |body: &mut dyn FnMut()| {
        let root = transaction();
        *current.borrow_mut() = Some(root.clone());
        body();
        current.borrow_mut().take();
        root.finish();
    };
    bench.measure_shared(
        parts,
        count,
        in_root,
        || op(current.borrow().as_ref().expect("inside of a root")),
        || (),
    );
}

fn unsampled(bench: &Bench) {
    under(bench, 0.0, (1, 1000), |root| _ = black_box(leaf(root, 7)));
}

fn unsampled_async(bench: &Bench) {
    under(bench, 0.0, (1, 1000), |root| _ = black_box(run(leaf_async(root.clone(), 7))));
}

fn child(bench: &Bench) {
    under(bench, 1.0, (1, 1000), |root| _ = black_box(leaf(root, 7)));
}

fn child_attributes(bench: &Bench) {
    under(bench, 1.0, (1, 1000), |root| {
        _ = black_box(leaf_attributes(root, black_box(4200), black_box("u-4711")))
    });
}

fn root(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure(200, || transaction().finish(), || ());
}

fn child_async(bench: &Bench) {
    under(bench, 1.0, (1, 1000), |root| _ = black_box(run(leaf_async(root.clone(), 7))));
}

fn depth(bench: &Bench) {
    under(bench, 1.0, (64, 15), |root| _ = black_box(nested(&root.clone().into(), 64)));
}

fn in_scope_root(body: &mut dyn FnMut()) {
    let root = transaction();
    sentry::configure_scope(|scope| scope.set_span(Some(root.clone().into())));
    body();
    sentry::configure_scope(|scope| scope.set_span(None));
    root.finish();
}

fn threads<const COUNT: usize>(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure_threads(
        Threads(COUNT),
        (2, 1000),
        in_scope_root,
        || _ = black_box(leaf_of_scope(7)),
        || (),
    );
}

fn moving(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure_moving(1000, in_scope_root, leaf_of_scope_async, || ());
}

fn end_to_end(load: &Load) {
    let guard = start_sending(load);
    load.run(
        || {
            let root = transaction();
            (1..load::TRANSACTION).for_each(|number| _ = black_box(leaf(&root, number)));
            root.finish();
        },
        || {
            guard.close(Some(Duration::from_secs(30)));
            None
        },
    );
}

fn main() {
    bench_harness::main(
        &[
            ("off_sync", sync),
            ("off_async", awaiting),
            ("no_parent", no_parent),
            ("unsampled_sync", unsampled),
            ("unsampled_async", unsampled_async),
            ("child_sync", child),
            ("child_attributes", child_attributes),
            ("root", root),
            ("child_async", child_async),
            ("depth_64", depth),
            ("error_no_stack", error),
            ("error_stack", error_with_stack),
            ("message", message),
            ("breadcrumb", breadcrumb),
            ("set_tag", tag),
            ("scope_fork", scope),
            ("action", action),
            ("action_form", action_with_form),
            ("job", job),
            ("tower", tower),
            ("actix", actix),
            ("threads_1", threads::<1>),
            ("threads_2", threads::<2>),
            ("threads_8", threads::<8>),
            ("moving", moving),
        ],
        Some(end_to_end),
    );
}
