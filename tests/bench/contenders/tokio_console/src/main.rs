//! The contender `tokio-console`: its layer records the tasks of a runtime and their polls, for a client that may
//! connect.

use bench_harness::{Bench, black_box};
use tracing_subscriber::layer::SubscriberExt as _;

async fn leaf(number: u64) -> u64 {
    tokio::task::yield_now().await;
    black_box(number) + 1
}

fn tasks(bench: &Bench) {
    // The server does not run: no client connects, and the layer records nevertheless.
    let (layer, _server) = console_subscriber::ConsoleLayer::builder().build();
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing_subscriber::util::SubscriberInitExt::init(subscriber);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let op = || {
        runtime.block_on(async {
            for _ in 0..100 {
                black_box(tokio::spawn(leaf(7)).await.expect("the task ends"));
            }
        });
    };
    bench.measure_shared(100, 2, |body| body(), op, || ());
}

fn main() {
    bench_harness::main(&[("task", tasks)], None);
}
