//! The contender `fastrace`, end to end with one request for each trace.

use bench_fastrace::{Request, end_to_end};

fn main() {
    bench_harness::main(&[], Some(|load| end_to_end(load, Request::Trace)));
}
