//! The contender `hotpath`, which measures every call of a function, for a report at the end of the program.

use bench_harness::{Bench, black_box, run, yield_once};
use hotpath::{Format, HotpathGuard, HotpathGuardBuilder};

#[hotpath::measure]
#[inline(never)]
fn leaf(number: u64) -> u64 {
    black_box(number) + 1
}

#[hotpath::measure(future = true)]
async fn leaf_async(number: u64) -> u64 {
    yield_once().await;
    black_box(number) + 1
}

fn start() -> HotpathGuard {
    // The report would mix with the figures of the benchmark.
    HotpathGuardBuilder::new("main").format(Format::None).build()
}

fn timed(bench: &Bench) {
    let _guard = start();
    bench.measure(1000, || _ = black_box(leaf(7)), || ());
}

fn timed_async(bench: &Bench) {
    let _guard = start();
    bench.measure(1000, || _ = black_box(run(leaf_async(7))), || ());
}

fn main() {
    bench_harness::main(&[("timed_sync", timed), ("timed_async", timed_async)], None);
}
