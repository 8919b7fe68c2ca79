//! Tests that the store's estimate of its memory is close to the bytes that the allocator hands out.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use serde_json::{Value, json};

use super::{Lab, NOW, TRACE, envelope, error, span};

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
}

/// Counts the bytes that each thread holds. A test runs in one thread.
struct Counting;

fn count(bytes: isize) {
    // A thread that ends may free memory after its counter was dropped.
    let _ = HELD.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: every call goes to the system's allocator unchanged; the counter is a plain cell without a destructor, so
// counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller keeps the contract of `dealloc`, and `alloc` used the same allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Sends envelopes, and returns the store's estimate of its memory and the memory that it really holds.
fn measure(memory: usize, envelopes: impl Iterator<Item = Vec<u8>>) -> (f64, f64) {
    let before = HELD.get();
    let mut lab = Lab::with_memory(memory);
    for envelope in envelopes {
        lab.send_bytes(&envelope);
    }
    let held = (HELD.get() - before) as f64;
    let estimated = lab.get("/api/overview")["memory"]["bytes"].as_f64().unwrap();
    (estimated, held)
}

fn item(kind: &str, payload: &Value) -> Vec<u8> {
    envelope(&json!({}), &[(json!({ "type": kind }), payload.to_string().into_bytes())])
}

fn spans(names: u32) -> impl Iterator<Item = Vec<u8>> {
    (0..1000_u32).map(move |batch| {
        let spans: Vec<Value> = (0..20)
            .map(|at| {
                let number = batch * 20 + at + 1;
                let mut span = span(&format!("{number:016x}"), "", "x", &format!("name {}", number % names), 0.0, 1.0);
                span["trace_id"] = json!(format!("{:032x}", batch + 1));
                span["data"] = json!({ "n": number, "code.file.path": "src/a.rs", "text": "x".repeat(number as usize % 400) });
                span
            })
            .collect();
        item("span", &json!({ "items": spans }))
    })
}

fn logs() -> impl Iterator<Item = Vec<u8>> {
    (0..10_000_u32).map(|number| {
        item(
            "log",
            &json!({ "items": [{ "body": format!("line {number}"), "timestamp": NOW, "trace_id": TRACE,
            "attributes": { "n": { "value": number, "type": "integer" } } }] }),
        )
    })
}

fn events() -> impl Iterator<Item = Vec<u8>> {
    (0..1000_u32).map(|number| {
        item("event", &error(&format!("{:x}", number + 1), &format!("Kind{}", number % 50), "v"))
    })
}

#[test]
fn the_estimate_is_near_what_is_held() {
    for (what, (estimated, held)) in [
        ("spans of few names", measure(64 << 20, spans(50))),
        ("spans of many names", measure(64 << 20, spans(20_000))),
        ("logs", measure(64 << 20, logs())),
        ("events", measure(64 << 20, events())),
        ("spans, most of them dropped", measure(2 << 20, spans(20_000))),
        ("logs, most of them dropped", measure(1 << 20, logs())),
    ] {
        let share = estimated / held;
        assert!(
            (0.85..1.25).contains(&share),
            "{what}: {estimated} bytes are estimated, {held} are held ({share:.2})"
        );
    }
}
