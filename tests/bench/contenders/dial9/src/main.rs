//! The contender `dial9`, which records the tasks of a runtime and their polls into a buffer.

use std::time::Duration;

use bench_harness::{Bench, black_box};
use dial9::{Dial9HandleTokioExt as _, MemoryBuffer, TokioAttachOptions};

async fn leaf(number: u64) -> u64 {
    tokio::task::yield_now().await;
    black_box(number) + 1
}

fn tasks(bench: &Bench) {
    let recorder = dial9::recorder(MemoryBuffer::new(16 << 20).expect("a buffer")).build();
    let options = TokioAttachOptions::builder().task_tracking_enabled(true).build();
    let runtime = recorder
        .handle()
        .attach_tokio_runtime(tokio::runtime::Builder::new_current_thread(), options)
        .expect("a runtime");
    let op = || {
        runtime.block_on(async {
            for _ in 0..100 {
                black_box(tokio::spawn(leaf(7)).await.expect("the task ends"));
            }
        });
    };
    bench.measure_shared(100, 2, |body| body(), op, || ());
    drop(runtime);
    recorder.graceful_shutdown(Duration::from_secs(5));
}

fn main() {
    bench_harness::main(&[("task", tasks)], None);
}
