//! Tests of the allocations of a log and a metric on the calling thread: there are none for numbers and static texts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

use sentry::protocol::Unit;
use sentry::{logger, metrics};
use sentry_tests::support::{observe, options, untraced};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    /// The number of bytes that this thread has allocated and not freed, while a test measures it.
    static HELD: Cell<Option<&'static AtomicIsize>> = const { Cell::new(None) };
}

fn hold(bytes: usize, sign: isize) {
    if let Ok(Some(held)) = HELD.try_with(Cell::get) {
        held.fetch_add(sign * bytes.cast_signed(), Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator unchanged; counting only touches plain thread-locals.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        hold(layout.size(), 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        hold(layout.size(), -1);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        hold(size, 1);
        hold(layout.size(), -1);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns the number of allocations of this thread in a closure.
fn allocations(run: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    run();
    COUNT.get() - before
}

fn static_log() {
    logger::info!(
        shop = "a text in the program, longer than what is held in place",
        open = true,
        "the shop is open, and it has lamps"
    );
}

fn log_with_numbers(number: u32, share: f64) {
    logger::warn!(order.id = number, "order {} took {share} s of {}", number, "vienna", share = share);
}

fn metric(number: u32) {
    metrics::count("orders", 1).attribute("shop", "vienna").attribute("number", number).capture();
    metrics::distribution("duration", 1.5).unit(Unit::Second).attribute("express", true).capture();
}

#[test]
fn texts_and_numbers_need_no_allocation() {
    let seen = observe(untraced().enable_logs(true), || {
        // The first log and the first metric allocate the room for all.
        static_log();
        metric(0);
        let logs = allocations(|| {
            for number in 0..50 {
                static_log();
                log_with_numbers(number, 0.25);
            }
        });
        let metrics = allocations(|| (0..50).for_each(metric));
        (logs, metrics)
    });
    assert_eq!(seen.result, (0, 0));
    assert_eq!((seen.logs().len(), seen.metrics().len()), (101, 102));
}

#[test]
fn telemetry_that_is_off_does_not_allocate() {
    let seen = observe(untraced().enable_logs(false).enable_metrics(false), || {
        // The first call creates the context of the process.
        static_log();
        allocations(|| {
            static_log();
            logger::info!("never {}", String::from("evaluated"));
            metric(0);
        })
    });
    assert_eq!(seen.result, 0);
    assert_eq!((seen.logs().len(), seen.metrics().len()), (0, 0));
}

/// Returns the number of bytes that a thread leaves behind after it has run a function.
fn left_by_a_thread(run: fn()) -> isize {
    let held: &AtomicIsize = Box::leak(Box::default());
    let thread = std::thread::spawn(move || {
        HELD.set(Some(held));
        run();
    });
    thread.join().unwrap();
    held.load(Ordering::Relaxed)
}

#[sentry::span(err)]
fn captures() -> Result<(), String> {
    captures_deeper()
}

#[sentry::span(err)]
fn captures_deeper() -> Result<(), String> {
    Ok(())
}

#[test]
fn the_buffers_of_a_thread_are_freed_with_it() {
    // The records of a thread are freed by the pipeline thread, so nothing is recorded here.
    for options in [untraced(), options().traces_sample_rate(0.0)] {
        let seen = observe(options, || {
            // The first thread may free memory that other tests have left.
            left_by_a_thread(|| captures().unwrap());
            (left_by_a_thread(|| ()), left_by_a_thread(|| captures().unwrap()))
        });
        let (plain, annotated) = seen.result;
        assert_eq!(annotated, plain);
    }
}
