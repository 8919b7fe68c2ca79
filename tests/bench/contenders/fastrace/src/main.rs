//! The contender `fastrace`, with a reporter that discards reports; end to end with the one of the library.

use bench_fastrace::{Request, end_to_end};
use bench_harness::{Bench, Threads, black_box, run, yield_once};
use fastrace::collector::{Config, Reporter, SpanContext, SpanId, SpanRecord, TraceId};
use fastrace::{Span, trace};

#[trace]
#[inline(never)]
fn leaf(number: u64) -> u64 {
    black_box(number) + 1
}

#[trace(properties = { "kind": "card", "amount": "{amount}", "user": "{user}" })]
#[inline(never)]
fn leaf_attributes(amount: i64, user: &str) -> u64 {
    black_box(amount as u64) + black_box(user.len() as u64)
}

#[trace]
async fn leaf_async(number: u64) -> u64 {
    yield_once().await;
    black_box(number) + 1
}

#[trace]
#[inline(never)]
fn nested(depth: u64) -> u64 {
    if depth <= 1 { 0 } else { black_box(nested(depth - 1)) + 1 }
}

struct Forget;

impl Reporter for Forget {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        drop(spans);
    }
}

fn start() {
    fastrace::set_reporter(Forget, Config::default());
}

fn drain() {
    fastrace::flush();
}

fn context(sampled: bool) -> SpanContext {
    SpanContext::new(TraceId::random(), SpanId::default()).sampled(sampled)
}

fn in_root(body: &mut dyn FnMut()) {
    let root = Span::root("root", context(true));
    let _active = root.set_local_parent();
    body();
}

fn in_unsampled_root(body: &mut dyn FnMut()) {
    let root = Span::root("root", context(false));
    let _active = root.set_local_parent();
    body();
}

fn sync(bench: &Bench) {
    bench.measure(50_000, || _ = black_box(leaf(7)), || ());
}

fn awaiting(bench: &Bench) {
    bench.measure(50_000, || _ = black_box(run(leaf_async(7))), || ());
}

fn no_parent(bench: &Bench) {
    start();
    sync(bench);
}

fn unsampled(bench: &Bench) {
    start();
    bench.measure_inside(20_000, in_unsampled_root, || _ = black_box(leaf(7)), drain);
}

fn unsampled_async(bench: &Bench) {
    start();
    bench.measure_inside(20_000, in_unsampled_root, || _ = black_box(run(leaf_async(7))), drain);
}

fn child(bench: &Bench) {
    start();
    bench.measure_inside(1000, in_root, || _ = black_box(leaf(7)), drain);
}

fn child_attributes(bench: &Bench) {
    start();
    bench.measure_inside(
        1000,
        in_root,
        || _ = black_box(leaf_attributes(black_box(4200), black_box("u-4711"))),
        drain,
    );
}

fn root(bench: &Bench) {
    start();
    bench.measure(500, || in_root(&mut || _ = black_box(7)), drain);
}

fn child_async(bench: &Bench) {
    start();
    bench.measure_inside(1000, in_root, || _ = black_box(run(leaf_async(7))), drain);
}

fn depth(bench: &Bench) {
    start();
    bench.measure_shared(64, 16, in_root, || _ = black_box(nested(64)), drain);
}

fn threads<const COUNT: usize>(bench: &Bench) {
    start();
    bench.measure_threads(Threads(COUNT), (10, 1000), in_root, || _ = black_box(leaf(7)), drain);
}

fn moving(bench: &Bench) {
    start();
    bench.measure_moving(1000, in_root, leaf_async, drain);
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
            ("threads_1", threads::<1>),
            ("threads_2", threads::<2>),
            ("threads_8", threads::<8>),
            ("moving", moving),
        ],
        Some(|load| end_to_end(load, Request::Report)),
    );
}
