//! The growth cases: how cost depends on a number. Each case ends in the number that varies, and is one point of a
//! plot.

use std::time::Duration;

use bench_harness::{Bench, Case, black_box, run};

use crate::{drain, in_root, leaf, leaf_async, nested, start};

/// The cases, named `grow/<plot>/<number>`.
pub(crate) const CASES: [Case; 35] = [
    ("grow/segment/1", segment::<1>),
    ("grow/segment/10", segment::<10>),
    ("grow/segment/100", segment::<100>),
    ("grow/segment/1000", segment::<1_000>),
    ("grow/segment/10000", segment::<10_000>),
    ("grow/segment/100000", segment::<100_000>),
    ("grow/segment_process/10", segment_process::<10>),
    ("grow/segment_process/100", segment_process::<100>),
    ("grow/segment_process/1000", segment_process::<1_000>),
    ("grow/segment_process/10000", segment_process::<10_000>),
    ("grow/segment_process/100000", segment_process::<100_000>),
    ("grow/depth/1", depth::<1>),
    ("grow/depth/10", depth::<10>),
    ("grow/depth/100", depth::<100>),
    ("grow/depth/1000", depth::<1_000>),
    ("grow/poll_tags/1", poll_tags::<1>),
    ("grow/poll_tags/10", poll_tags::<10>),
    ("grow/poll_tags/100", poll_tags::<100>),
    ("grow/poll_tags/1000", poll_tags::<1_000>),
    ("grow/poll_scopes/1", poll_scopes::<1>),
    ("grow/poll_scopes/10", poll_scopes::<10>),
    ("grow/poll_scopes/100", poll_scopes::<100>),
    ("grow/poll_spans/1", poll_spans::<1>),
    ("grow/poll_spans/10", poll_spans::<10>),
    ("grow/poll_spans/100", poll_spans::<100>),
    ("grow/poll_spans/1000", poll_spans::<1_000>),
    ("grow/threads/1", crate::threads::<1>),
    ("grow/threads/2", crate::threads::<2>),
    ("grow/threads/4", crate::threads::<4>),
    ("grow/threads/8", crate::threads::<8>),
    ("grow/capture/1", capture::<1>),
    ("grow/capture/100", capture::<100>),
    ("grow/capture/1000", capture::<1_000>),
    ("grow/capture/10000", capture::<10_000>),
    ("grow/capture/100000", capture::<100_000>),
];

/// Measures a child span, as one of `COUNT` in its segment; the root is not counted.
fn segment<const COUNT: usize>(bench: &Bench) {
    let _guard = start();
    let segment = || in_root(&mut || (0..COUNT).for_each(|_| _ = black_box(leaf(7))));
    bench.measure_difference(COUNT, 1_000_usize.div_ceil(COUNT), || in_root(&mut || ()), segment, drain);
}

/// Measures a child span, including its share of the whole process's work for the segment.
fn segment_process<const COUNT: usize>(bench: &Bench) {
    let _guard = start();
    let segments = 20_000_usize.div_ceil(COUNT);
    bench.measure_process(segments * COUNT, || {
        for _ in 0..segments {
            in_root(&mut || (0..COUNT).for_each(|_| _ = black_box(leaf(7))));
        }
        drain();
    });
}

/// Measures a span, as one of `COUNT` nested open spans.
fn depth<const COUNT: u64>(bench: &Bench) {
    let _guard = start();
    let nests = 1_000 / COUNT;
    let op = || (0..nests).for_each(|_| _ = black_box(nested(COUNT)));
    bench.measure_shared((nests * COUNT) as usize, 4, |body| in_root(body), op, drain);
}

/// Measures two polls of an annotated future, with the creation of its span, while the scope has `COUNT` tags.
fn poll_tags<const COUNT: usize>(bench: &Bench) {
    let _guard = start();
    for number in 0..COUNT {
        sentry::set_tag(&format!("tag.{number}"), number);
    }
    bench.measure_inside(1000, |body| in_root(body), || _ = black_box(run(leaf_async(7))), drain);
}

/// Measures the same inside `COUNT` scopes.
fn poll_scopes<const COUNT: usize>(bench: &Bench) {
    fn inside(scopes: usize, body: &mut dyn FnMut()) {
        match scopes {
            0 => body(),
            _ => sentry::with_scope(|scope| scope.set_tag("scope", scopes), || inside(scopes - 1, body)),
        }
    }
    let _guard = start();
    let surround = |body: &mut dyn FnMut()| in_root(&mut || inside(COUNT, body));
    bench.measure_inside(1000, surround, || _ = black_box(run(leaf_async(7))), drain);
}

/// Measures the same inside `COUNT` open spans.
fn poll_spans<const COUNT: usize>(bench: &Bench) {
    #[sentry::span]
    fn inside(spans: usize, body: &mut dyn FnMut()) {
        if spans == 0 { body() } else { inside(spans - 1, body) }
    }
    let _guard = start();
    bench.measure_inside(1000, |body| inside(COUNT, body), || _ = black_box(run(leaf_async(7))), drain);
}

/// Measures a captured error, while a segment with `COUNT` spans is open.
fn capture<const COUNT: usize>(bench: &Bench) {
    let _guard = start();
    let mut number = 0;
    in_root(&mut || {
        for _ in 0..COUNT {
            black_box(leaf(7));
        }
        std::thread::sleep(Duration::from_millis(50));
        let op = || {
            number += 1;
            black_box(sentry::capture_error(&crate::Declined(number)));
        };
        bench.measure(100, op, drain);
    });
}
