//! Cases for the comparison with the tools that time every call or watch the polls of every task.

use bench_harness::{Bench, Case, black_box, run};
use sentry::ClientInitGuard;

use crate::{drain, in_root, leaf, leaf_async, options, start};

pub(crate) const CASES: [Case; 3] = [("timed_sync", timed), ("timed_async", timed_async), ("task", tasks)];

fn start_counting() -> ClientInitGuard {
    sentry::init(options().traces_sample_rate(1.0).track_polls(true))
}

fn timed(bench: &Bench) {
    let _guard = start();
    bench.measure_inside(1000, |body| in_root(body), || _ = black_box(leaf(7)), drain);
}

fn timed_async(bench: &Bench) {
    let _guard = start_counting();
    bench.measure_inside(1000, |body| in_root(body), || _ = black_box(run(leaf_async(7))), drain);
}

#[sentry::span]
async fn leaf_task(number: u64) -> u64 {
    tokio::task::yield_now().await;
    black_box(number) + 1
}

fn tasks(bench: &Bench) {
    let _guard = start_counting();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let op = || {
        runtime.block_on(async {
            for _ in 0..100 {
                black_box(tokio::spawn(leaf_task(7)).await.expect("the task ends"));
            }
        });
    };
    bench.measure_shared(100, 2, |body| in_root(body), op, drain);
}
