//! The contender of the official crate's `tracing` layer, which turns `tracing` spans into Sentry spans.

use std::time::Duration;

use bench_harness::{Bench, Load, Threads, black_box, load, run, yield_once};
use bench_sentry_official::{start as client, start_sending};
use sentry::ClientInitGuard;
use tracing::instrument;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[instrument(skip_all)]
#[inline(never)]
fn leaf(number: u64) -> u64 {
    black_box(number) + 1
}

#[instrument(skip_all, fields(kind = "card", amount = amount, user = user))]
#[inline(never)]
fn leaf_attributes(amount: i64, user: &str) -> u64 {
    black_box(amount as u64) + black_box(user.len() as u64)
}

#[instrument(skip_all)]
async fn leaf_async(number: u64) -> u64 {
    yield_once().await;
    black_box(number) + 1
}

#[instrument(skip_all)]
#[inline(never)]
fn nested(depth: u64) -> u64 {
    if depth <= 1 { 0 } else { black_box(nested(depth - 1)) + 1 }
}

#[instrument(skip_all)]
#[inline(never)]
fn root() {
    black_box(7);
}

fn install() {
    tracing_subscriber::registry().with(sentry::integrations::tracing::SpanLayer::new()).init();
}

fn start(rate: f32) -> ClientInitGuard {
    let guard = client(rate);
    install();
    guard
}

fn in_root(body: &mut dyn FnMut()) {
    let root = tracing::info_span!("root");
    let _entered = root.enter();
    body();
}

fn sync(bench: &Bench) {
    bench.measure(100_000, || _ = black_box(leaf(7)), || ());
}

fn awaiting(bench: &Bench) {
    bench.measure(50_000, || _ = black_box(run(leaf_async(7))), || ());
}

fn unsampled(bench: &Bench) {
    let _guard = start(0.0);
    bench.measure_inside(1000, in_root, || _ = black_box(leaf(7)), || ());
}

fn unsampled_async(bench: &Bench) {
    let _guard = start(0.0);
    bench.measure_inside(1000, in_root, || _ = black_box(run(leaf_async(7))), || ());
}

fn child(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure_inside(1000, in_root, || _ = black_box(leaf(7)), || ());
}

fn child_attributes(bench: &Bench) {
    let _guard = start(1.0);
    let op = || _ = black_box(leaf_attributes(black_box(4200), black_box("u-4711")));
    bench.measure_inside(1000, in_root, op, || ());
}

fn roots(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure(200, root, || ());
}

fn child_async(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure_inside(1000, in_root, || _ = black_box(run(leaf_async(7))), || ());
}

fn depth(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure_shared(64, 15, in_root, || _ = black_box(nested(64)), || ());
}

fn threads<const COUNT: usize>(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure_threads(Threads(COUNT), (2, 1000), in_root, || _ = black_box(leaf(7)), || ());
}

fn moving(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure_moving(1000, in_root, leaf_async, || ());
}

fn end_to_end(load: &Load) {
    let guard = start_sending(load);
    install();
    load.run(
        || in_root(&mut || (1..load::TRANSACTION).for_each(|number| _ = black_box(leaf(number)))),
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
            ("unsampled_sync", unsampled),
            ("unsampled_async", unsampled_async),
            ("child_sync", child),
            ("child_attributes", child_attributes),
            ("root", roots),
            ("child_async", child_async),
            ("depth_64", depth),
            ("threads_1", threads::<1>),
            ("threads_2", threads::<2>),
            ("threads_8", threads::<8>),
            ("moving", moving),
        ],
        Some(end_to_end),
    );
}
