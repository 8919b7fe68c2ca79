//! The measurement: runs an operation in batches and reads CPU time around each.
//!
//! A batch has as many operations as a queue of any contender can hold; after it, outside the measured time, the
//! contender may process its queue, so that no contender is measured while it discards data.

use std::future::Future;
use std::pin::Pin;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::{alloc, clock, poll};

/// The time for which a process measures one case.
const DURATION: Duration = Duration::from_millis(300);
/// The minimum number of batches, however long they take.
const LEAST: usize = 5;
/// The number of batches that are not counted, in which pools fill and lazy values are initialised.
const WARM_UP: usize = 3;

/// The measurement of one case.
#[derive(Debug)]
pub struct Bench {
    case: String,
    batches: Option<usize>,
    overhead: u64,
}

/// The number of threads that run at the same time.
#[derive(Debug, Clone, Copy)]
pub struct Threads(pub usize);

#[derive(Debug, Clone, Copy)]
struct Batch {
    ns: f64,
    allocations: f64,
}

impl Batch {
    fn shared(self, parts: usize) -> Self {
        Self { ns: self.ns / parts as f64, allocations: self.allocations / parts as f64 }
    }
}

/// The measured loop: a separate function, never inlined, so that a profiler can be restricted to it.
#[inline(never)]
fn measured_section(count: usize, op: &mut impl FnMut()) {
    for _ in 0..count {
        op();
    }
}

impl Bench {
    pub(crate) fn new(case: &str, batches: Option<usize>) -> Self {
        Self { case: case.to_owned(), batches, overhead: clock::overhead() }
    }

    /// Measures `op`, `count` times per batch; `drain` runs after each batch.
    pub fn measure(&self, count: usize, mut op: impl FnMut(), mut drain: impl FnMut()) {
        self.repeat(count, || {
            let batch = self.batch(count, &mut op);
            drain();
            batch
        });
    }

    /// Measures `op` on values that are made outside the measured time, `count` times per batch.
    pub fn measure_made<T>(
        &self,
        count: usize,
        mut make: impl FnMut() -> T,
        mut op: impl FnMut(T),
        mut drain: impl FnMut(),
    ) {
        self.repeat(count, || {
            let mut made: Vec<T> = (0..count).map(|_| make()).collect();
            let batch = self.batch(count, &mut || op(made.pop().expect("as many values as operations")));
            drain();
            batch
        });
    }

    /// Measures `op` inside a context: `surround` sets it up, calls its argument once, and tears it down. `count`
    /// operations run inside each time.
    pub fn measure_inside(
        &self,
        count: usize,
        surround: impl Fn(&mut dyn FnMut()),
        mut op: impl FnMut(),
        mut drain: impl FnMut(),
    ) {
        self.repeat(count, || {
            let mut result = None;
            surround(&mut || result = Some(self.batch(count, &mut op)));
            drain();
            result.expect("`surround` calls what it is given")
        });
    }

    /// Measures an `op` that does `parts` things of equal cost: the result is the cost of one.
    pub fn measure_shared(
        &self,
        parts: usize,
        count: usize,
        surround: impl Fn(&mut dyn FnMut()),
        mut op: impl FnMut(),
        mut drain: impl FnMut(),
    ) {
        self.repeat(count * parts, || {
            let mut result = None;
            surround(&mut || result = Some(self.batch(count, &mut op).shared(parts)));
            drain();
            result.expect("`surround` calls what it is given")
        });
    }

    /// Measures what `more` costs over `less`, `count` times each per batch, as the cost of one of `parts` things.
    pub fn measure_difference(
        &self,
        parts: usize,
        count: usize,
        mut less: impl FnMut(),
        mut more: impl FnMut(),
        mut drain: impl FnMut(),
    ) {
        self.repeat(count * parts, || {
            let less = self.batch(count, &mut less);
            drain();
            let more = self.batch(count, &mut more);
            drain();
            let allocations = more.allocations - less.allocations;
            Batch { ns: more.ns - less.ns, allocations }.shared(parts)
        });
    }

    /// Measures the cost of `op` on all threads of the process, as the cost of one of `parts` things.
    pub fn measure_process(&self, parts: usize, mut op: impl FnMut()) {
        self.repeat(parts, || {
            let start = clock::process_cpu();
            op();
            let ns = clock::process_cpu() - start;
            Batch { ns: ns as f64, allocations: 0.0 }.shared(parts)
        });
    }

    /// Measures `op` in several threads at the same time, each `count` times inside its own `surround`, `rounds` times
    /// per batch.
    pub fn measure_threads(
        &self,
        threads: Threads,
        (rounds, count): (usize, usize),
        surround: impl Fn(&mut dyn FnMut()) + Sync,
        op: impl Fn() + Sync,
        mut drain: impl FnMut(),
    ) {
        let barrier = Barrier::new(threads.0);
        let one = || {
            barrier.wait();
            let (mut ns, mut allocations) = (0.0, 0.0);
            for _ in 0..rounds {
                surround(&mut || {
                    let batch = self.batch(count, &mut || op());
                    ns += batch.ns;
                    allocations += batch.allocations;
                });
            }
            Batch { ns: ns / rounds as f64, allocations: allocations / rounds as f64 }
        };
        self.repeat(threads.0 * rounds * count, || {
            let batches: Vec<Batch> = std::thread::scope(|scope| {
                let running: Vec<_> = (0..threads.0).map(|_| scope.spawn(one)).collect();
                running.into_iter().map(|thread| thread.join().expect("a contender does not panic")).collect()
            });
            drain();
            let mean = |of: fn(&Batch) -> f64| batches.iter().map(of).sum::<f64>() / threads.0 as f64;
            Batch { ns: mean(|batch| batch.ns), allocations: mean(|batch| batch.allocations) }
        });
    }

    /// Measures futures that are created and polled once on this thread, and polled to completion on another.
    pub fn measure_moving<F: Future<Output = u64> + Send + 'static>(
        &self,
        count: usize,
        surround: impl Fn(&mut dyn FnMut()),
        make: impl Fn(u64) -> F,
        mut drain: impl FnMut(),
    ) {
        type Parcel = Vec<Pin<Box<dyn Future<Output = u64> + Send>>>;
        std::thread::scope(|scope| {
            let (there, parcels) = std::sync::mpsc::channel::<Parcel>();
            let (answer, back) = std::sync::mpsc::channel::<Batch>();
            scope.spawn(move || {
                while let Ok(futures) = parcels.recv() {
                    let mut futures = futures.into_iter();
                    let batch = self.batch(count, &mut || {
                        let future = futures.next().expect("as many futures as operations");
                        crate::black_box(poll::run(future));
                    });
                    if answer.send(batch).is_err() {
                        break;
                    }
                }
            });
            self.repeat(count, || {
                let mut result = None;
                surround(&mut || {
                    let mut futures: Parcel = Vec::with_capacity(count);
                    let here = self.batch(count, &mut || {
                        let mut future: Pin<Box<dyn Future<Output = u64> + Send>> = Box::pin(make(7));
                        let _pending = poll::poll_once(future.as_mut());
                        futures.push(future);
                    });
                    there.send(futures).expect("the other thread waits for futures");
                    let other = back.recv().expect("the other thread answers");
                    result = Some(Batch {
                        ns: here.ns + other.ns,
                        allocations: here.allocations + other.allocations,
                    });
                });
                drain();
                result.expect("`surround` calls what it is given")
            });
            drop(there);
        });
    }

    /// Runs and measures one batch.
    fn batch(&self, count: usize, op: &mut impl FnMut()) -> Batch {
        let allocations = alloc::allocations();
        let start = clock::thread_cpu();
        measured_section(count, op);
        let spent = clock::thread_cpu() - start;
        let allocations = alloc::allocations() - allocations;
        Batch {
            ns: spent.saturating_sub(self.overhead) as f64 / count as f64,
            allocations: allocations as f64 / count as f64,
        }
    }

    /// Repeats a batch of `operations` until the time is up, and prints the median.
    fn repeat(&self, operations: usize, mut batch: impl FnMut() -> Batch) {
        let mut batches = Vec::new();
        if let Some(count) = self.batches {
            batches.extend((0..count).map(|_| batch()));
        } else {
            for _ in 0..WARM_UP {
                batch();
            }
            let start = Instant::now();
            while batches.len() < LEAST || start.elapsed() < DURATION {
                batches.push(batch());
            }
        }
        let median = |of: fn(&Batch) -> f64| {
            let mut values: Vec<f64> = batches.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        println!(
            "{{\"case\":\"{}\",\"ns\":{:.3},\"allocations\":{:.3},\"batches\":{},\"operations\":{operations}}}",
            self.case,
            median(|batch| batch.ns),
            median(|batch| batch.allocations),
            batches.len()
        );
    }
}
