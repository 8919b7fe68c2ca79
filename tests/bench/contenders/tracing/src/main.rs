//! The contender `tracing`, without a subscriber, or with a registry that only keeps open spans.

use bench_harness::{Bench, Threads, black_box, run, yield_once};
use tracing::instrument;
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
async fn leaf_async_call(number: u64) -> u64 {
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

fn start() {
    tracing_subscriber::registry().init();
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

fn awaiting_call(bench: &Bench) {
    bench.measure(50_000, || _ = black_box(run(leaf_async_call(7))), || ());
}

fn child(bench: &Bench) {
    start();
    bench.measure_inside(1000, in_root, || _ = black_box(leaf(7)), || ());
}

fn child_attributes(bench: &Bench) {
    start();
    let op = || _ = black_box(leaf_attributes(black_box(4200), black_box("u-4711")));
    bench.measure_inside(1000, in_root, op, || ());
}

fn roots(bench: &Bench) {
    start();
    bench.measure(500, root, || ());
}

fn child_async(bench: &Bench) {
    start();
    bench.measure_inside(1000, in_root, || _ = black_box(run(leaf_async(7))), || ());
}

fn depth(bench: &Bench) {
    start();
    bench.measure_shared(64, 16, in_root, || _ = black_box(nested(64)), || ());
}

fn threads<const COUNT: usize>(bench: &Bench) {
    start();
    bench.measure_threads(Threads(COUNT), (10, 1000), in_root, || _ = black_box(leaf(7)), || ());
}

fn moving(bench: &Bench) {
    start();
    bench.measure_moving(1000, in_root, leaf_async, || ());
}

fn main() {
    bench_harness::main(
        &[
            ("off_sync", sync),
            ("off_async", awaiting),
            ("off_async_call", awaiting_call),
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
        None,
    );
}
