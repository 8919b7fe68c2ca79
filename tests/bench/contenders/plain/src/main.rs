//! The functions that the other contenders instrument, without any instrumentation.

use bench_harness::{Bench, Load, black_box, load, run, yield_once};

#[inline(never)]
fn leaf(number: u64) -> u64 {
    black_box(number) + 1
}

async fn leaf_async(number: u64) -> u64 {
    yield_once().await;
    black_box(number) + 1
}

#[inline(never)]
fn nested(depth: u64) -> u64 {
    if depth == 0 { 0 } else { black_box(nested(depth - 1)) + 1 }
}

fn sync(bench: &Bench) {
    bench.measure(100_000, || _ = black_box(leaf(7)), || ());
}

fn awaiting(bench: &Bench) {
    bench.measure(100_000, || _ = black_box(run(leaf_async(7))), || ());
}

fn depth(bench: &Bench) {
    bench.measure_shared(64, 10_000, |body| body(), || _ = black_box(nested(64)), || ());
}

fn moving(bench: &Bench) {
    bench.measure_moving(1000, |body| body(), leaf_async, || ());
}

async fn leaf_task(number: u64) -> u64 {
    tokio::task::yield_now().await;
    black_box(number) + 1
}

fn tasks(bench: &Bench) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let op = || {
        runtime.block_on(async {
            for _ in 0..100 {
                black_box(tokio::spawn(leaf_task(7)).await.expect("the task ends"));
            }
        });
    };
    bench.measure_shared(100, 100, |body| body(), op, || ());
}

/// Measures the program's own cost in the end-to-end runs: mostly waking up for the next transaction.
fn end_to_end(load: &Load) {
    load.run(|| (1..load::TRANSACTION).for_each(|number| _ = black_box(leaf(number))), || None);
}

fn main() {
    bench_harness::main(
        &[
            ("off_sync", sync),
            ("off_async", awaiting),
            ("depth_64", depth),
            ("moving", moving),
            ("task", tasks),
        ],
        Some(end_to_end),
    );
}
