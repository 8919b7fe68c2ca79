//! Tests of the memory that an annotated function needs: bytes of a future, bytes of a stack frame. Its allocations are
//! counted in `tests/bench`.

use crate::support::{block_on, pause, twins};

twins! {
    pub async fn small(a: u64) -> u64 { pause().await; a }
    pub async fn large(a: [u64; 64]) -> u64 { pause().await; a[3] }
    pub async fn two(a: [u64; 64], (b, c): ([u64; 64], u8)) -> Result<u64, String> { pause().await; Ok(a[3] + b[3]) }
    pub async fn chain_1() -> u64 { small(1).await }
    pub async fn chain_2() -> u64 { chain_1().await }
    pub async fn chain_3() -> u64 { chain_2().await }
    pub async fn chain_4() -> u64 { chain_3().await }
    pub async fn chain_5() -> u64 { chain_4().await }
    pub async fn chain_6() -> u64 { chain_5().await }
    pub async fn chain_7() -> u64 { chain_6().await }
    pub async fn chain_8() -> u64 { chain_7().await }
    #[inline(never)]
    pub fn depth(left: u32, first: usize) -> usize {
        let here = std::hint::black_box(0_u8);
        let address = std::ptr::from_ref(&here).addr();
        let first = if first == 0 { address } else { first };
        if left == 0 { first - address } else { std::hint::black_box(depth(left - 1, first)) }
    }
    #[inline(never)]
    pub fn depth_fallible(left: u32, first: usize) -> Result<usize, String> {
        let here = std::hint::black_box(0_u8);
        let address = std::ptr::from_ref(&here).addr();
        let first = if first == 0 { address } else { first };
        if left == 0 { Ok(first - address) } else { std::hint::black_box(depth_fallible(left - 1, first)) }
    }
    #[inline(never)]
    pub fn depth_large(left: u32, first: usize) -> Result<[usize; 64], String> {
        let here = std::hint::black_box(0_u8);
        let address = std::ptr::from_ref(&here).addr();
        let first = if first == 0 { address } else { first };
        if left == 0 { return Ok([first - address; 64]) }
        let mut below = depth_large(left - 1, first)?;
        below[1] += 1;
        Ok(below)
    }
}

mod other_attributes {
    use super::pause;
    use sentry as obs;

    /// The macro does not know the attribute below it, which may rely on `async`.
    #[sentry::span]
    #[obs::span(skip)]
    pub async fn below(a: [u64; 64]) -> u64 {
        pause().await;
        a[3]
    }
    #[obs::span(skip)]
    #[sentry::span]
    pub async fn above(a: [u64; 64]) -> u64 {
        pause().await;
        a[3]
    }
    #[async_trait::async_trait]
    pub trait Boxed {
        async fn boxed(&self, a: [u64; 64]) -> u64;
    }
    pub struct Plain;
    #[async_trait::async_trait]
    impl Boxed for Plain {
        async fn boxed(&self, a: [u64; 64]) -> u64 {
            pause().await;
            a[3]
        }
    }
    #[sentry::span]
    #[async_trait::async_trait]
    impl Boxed for Holder {
        async fn boxed(&self, a: [u64; 64]) -> u64 {
            pause().await;
            a[3]
        }
    }
    #[sentry::span]
    impl Holder {
        #[obs::span(skip)]
        #[obs::span("inside")]
        pub async fn inside(self, a: [u64; 64], b: &u8) -> Result<u64, String> {
            pause().await;
            Ok(a[3] + u64::from(*b) + u64::from(self.0))
        }
    }
    pub struct Holder(pub u8);
    #[sentry::monitor("sizes")]
    #[sentry::span(err)]
    pub async fn stacked(a: [u64; 64]) -> u64 {
        pause().await;
        a[3]
    }
}

/// Tests that other attributes do not make a future store an argument twice.
#[test]
fn other_attributes_do_not_enlarge_a_future() {
    use other_attributes::{Boxed as _, Holder, Plain, above, below, stacked};
    let (plain, plain_box) = (size_of_val(&plain::large([0; 64])), size_of_val(&*Plain.boxed([0; 64])));
    for (name, plain, annotated) in [
        ("below", plain, size_of_val(&below([0; 64]))),
        ("above", plain, size_of_val(&above([0; 64]))),
        ("inside", plain, size_of_val(&Holder(1).inside([0; 64], &1))),
        ("stacked", plain + size_of::<sentry::__private::Monitor>(), size_of_val(&stacked([0; 64]))),
        ("boxed", plain_box, size_of_val(&*Holder(1).boxed([0; 64]))),
    ] {
        println!("{name}: {plain} bytes plain, {annotated} annotated");
        assert!(annotated <= plain + 80, "{name}: {plain} grew to {annotated}");
    }
}

#[test]
fn a_future_grows_by_at_most_forty_bytes() {
    let sizes = [
        ("small", size_of_val(&plain::small(1)), size_of_val(&annotated::small(1)), 1),
        ("large", size_of_val(&plain::large([0; 64])), size_of_val(&annotated::large([0; 64])), 1),
        (
            "two",
            size_of_val(&plain::two([0; 64], ([0; 64], 1))),
            size_of_val(&annotated::two([0; 64], ([0; 64], 1))),
            1,
        ),
        ("chain of 9", size_of_val(&plain::chain_8()), size_of_val(&annotated::chain_8()), 9),
    ];
    for (name, plain, annotated, functions) in sizes {
        println!("{name}: {plain} bytes plain, {annotated} annotated");
        assert!(annotated <= plain + 40 * functions, "{name}: {plain} grew to {annotated}");
    }
    assert_eq!(block_on(annotated::chain_8()), 1);
}

mod jobs {
    use super::pause;

    #[sentry::monitor("sizes")]
    pub async fn job(a: [u64; 64]) -> u64 {
        pause().await;
        a[3]
    }
    #[sentry::server_action]
    pub async fn action(a: [u64; 64]) -> u64 {
        pause().await;
        a[3]
    }
    #[inline(never)]
    #[sentry::monitor("sizes")]
    pub fn job_depth(left: u32, first: usize) -> usize {
        let here = std::hint::black_box(0_u8);
        let address = std::ptr::from_ref(&here).addr();
        let first = if first == 0 { address } else { first };
        if left == 0 { first - address } else { std::hint::black_box(job_depth(left - 1, first)) }
    }
    #[inline(never)]
    #[sentry::server_action]
    pub fn action_depth(left: u32, first: usize) -> usize {
        let here = std::hint::black_box(0_u8);
        let address = std::ptr::from_ref(&here).addr();
        let first = if first == 0 { address } else { first };
        if left == 0 { first - address } else { std::hint::black_box(action_depth(left - 1, first)) }
    }
}

#[test]
fn a_future_of_a_job_or_a_server_action_grows_by_at_most_64_bytes() {
    let plain = size_of_val(&plain::large([0; 64]));
    for (name, annotated) in
        [("job", size_of_val(&jobs::job([0; 64]))), ("action", size_of_val(&jobs::action([0; 64])))]
    {
        println!("{name}: {plain} bytes plain, {annotated} annotated");
        assert!(annotated <= plain + 64, "{name}: {plain} grew to {annotated}");
    }
}

#[test]
fn a_frame_of_a_job_or_a_server_action_grows_by_at_most_128_bytes() {
    use sentry::__private::{hold, server_action};
    let guard = size_of_val(&hold(server_action("sizes")));
    let monitor = size_of::<sentry::__private::Monitor>();
    println!("{guard} bytes are the guard of an action, {monitor} the state of a job");
    assert!(guard <= 96 && monitor <= 16, "the guard is part of the frame: {guard}, {monitor}");
    const DEPTH: u32 = 20;
    let per_frame = |total: usize| total / DEPTH as usize;
    let plain = per_frame(plain::depth(DEPTH, 0));
    for (name, annotated) in [("job", jobs::job_depth(DEPTH, 0)), ("action", jobs::action_depth(DEPTH, 0))] {
        let annotated = per_frame(annotated);
        println!("{name}: {plain} bytes plain, {annotated} annotated");
        if !cfg!(debug_assertions) {
            assert!(annotated <= plain + 128, "{name}: {plain} grew to {annotated}");
        }
    }
}

#[test]
fn a_frame_grows_by_at_most_96_bytes() {
    const DEPTH: u32 = 100;
    let per_frame = |total: usize| total / DEPTH as usize;
    let cases = [
        ("a frame", plain::depth(DEPTH, 0), annotated::depth(DEPTH, 0), 64),
        (
            "of a function with a result",
            plain::depth_fallible(DEPTH, 0).unwrap(),
            annotated::depth_fallible(DEPTH, 0).unwrap(),
            96,
        ),
        (
            "of one whose result is large",
            plain::depth_large(DEPTH, 0).unwrap()[0],
            annotated::depth_large(DEPTH, 0).unwrap()[0],
            96,
        ),
    ];
    for (name, plain, annotated, limit) in cases {
        let (plain, annotated) = (per_frame(plain), per_frame(annotated));
        println!("{name}: {plain} bytes plain, {annotated} annotated");
        if !cfg!(debug_assertions) {
            assert!(annotated <= plain + limit, "{name}: {plain} grew to {annotated}");
        }
    }
}
