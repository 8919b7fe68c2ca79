//! A thread pool, with `rayon`: the work of its threads belongs to the span that is active where the work begins.
//!
//! `cargo run --manifest-path examples/background/Cargo.toml --bin thread_pool` prints what was recorded and checks it.

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

#[sentry::span]
fn resize(picture: u32) -> Result<u32, String> {
    if picture == 3 { Err(format!("picture {picture} is broken")) } else { Ok(picture * 100) }
}

/// `bind_scope_each` carries the active span, the tags and the breadcrumbs to each call, on any thread.
#[sentry::span]
fn gallery(pictures: u32) -> usize {
    sentry::set_tag("gallery", "lamps");
    let resized = (0..pictures).into_par_iter().map(sentry::bind_scope_each(|picture| {
        let resized = resize(picture);
        if let Err(error) = &resized {
            sentry::capture_display(error);
        }
        resized.is_ok()
    }));
    resized.filter(|&ok| ok).count()
}

/// Runs two jobs at once. `bind_scope` is for a closure that runs once.
#[sentry::span]
fn both() {
    let (left, right) = (sentry::bind_scope(|| resize(7)), sentry::bind_scope(|| resize(8)));
    let results = rayon::join(left, right);
    assert_eq!(results, (Ok(700), Ok(800)));
}

fn main() {
    let captured = sentry::test::with_captured(|| {
        assert_eq!(gallery(8), 7);
        both();
    });
    println!("{}", captured.tree());
    let spans = |name: &str| {
        let mut found = captured.transactions().iter().filter(|it| it.name.as_deref() == Some(name));
        found.next().map_or(0, |transaction| transaction.spans.len())
    };
    assert_eq!((spans("gallery"), spans("both")), (8, 2), "every call is a span of the same trace");
    let event = &captured.events()[0];
    assert_eq!(event.tags["gallery"], "lamps", "the scope went with the work");
    assert_eq!(captured.transactions().len(), 2, "no call is a transaction of its own");
}
