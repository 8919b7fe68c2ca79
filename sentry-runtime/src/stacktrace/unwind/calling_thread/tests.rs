//! Tests of the stack walk: its addresses are compared with those of the system's unwinder.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::walk;
use crate::stacktrace::capture::system;

const MANY: usize = 1024;

/// The addresses of the callers of [`both`].
struct Both {
    remembered: Option<Vec<usize>>,
    system: Vec<usize>,
}

impl Both {
    fn assert_same(&self) {
        assert!(self.system.len() > 2, "{:x?}", self.system);
        assert_eq!(self.remembered.as_ref(), Some(&self.system));
    }
}

/// Walks the stack with both unwinders.
#[inline(never)]
fn both() -> Both {
    let mut found = [0; MANY];
    let above = found.as_ptr() as usize;
    let remembered = walk(above, &mut found).map(|count| found[..count].to_vec());
    let count = system(Some(above), &mut found);
    black_box(Both { remembered, system: found[..count].to_vec() })
}

#[test]
fn plain_calls_are_walked() {
    #[inline(never)]
    fn outer() -> Both {
        black_box(both())
    }
    let first = outer();
    first.assert_same();
    for _ in 0..3 {
        let again = outer();
        again.assert_same();
    }
    assert_eq!(first.system.last(), Some(&0), "up to the end of the stack");
}

#[test]
fn deep_recursion_is_walked_and_cut() {
    #[inline(never)]
    fn dive(depth: usize, padding: [u64; 5]) -> Both {
        let found = if depth == 0 { both() } else { dive(depth - 1, black_box(padding)) };
        black_box(padding);
        black_box(found)
    }
    for depth in [3, 300, 5 * MANY] {
        let found = std::thread::Builder::new()
            .stack_size(16 << 20)
            .spawn(move || dive(depth, [depth as u64; 5]))
            .unwrap()
            .join()
            .unwrap();
        found.assert_same();
        assert_eq!(found.system.len() == MANY, depth > MANY);
    }
}

#[test]
fn frames_of_any_form_are_walked() {
    #[repr(align(256))]
    struct Aligned {
        _bytes: [u8; 256],
    }

    #[inline(never)]
    fn aligned(depth: usize) -> Both {
        // The frame is aligned to 256 bytes, so that its size depends on where the caller's frame ends.
        let mut local = Aligned { _bytes: [depth as u8; 256] };
        black_box(&mut local);
        let found = if depth == 0 { both() } else { uneven(depth - 1) };
        black_box(&mut local);
        black_box(found)
    }
    #[inline(never)]
    fn uneven(depth: usize) -> Both {
        let mut local = [depth; 7];
        black_box(&mut local);
        let found = if depth.is_multiple_of(3) { huge(depth) } else { aligned(depth) };
        black_box(&mut local);
        black_box(found)
    }
    #[inline(never)]
    fn huge(depth: usize) -> Both {
        let mut local = [depth as u8; 100_000];
        black_box(&mut local);
        let found = aligned(depth);
        black_box(&mut local);
        black_box(found)
    }
    for depth in (0..40).chain(0..40) {
        aligned(depth).assert_same();
    }
}

#[test]
fn closures_trait_objects_and_futures_are_walked() {
    async fn inner() -> Both {
        std::future::ready(()).await;
        black_box(both())
    }
    async fn outer() -> Both {
        let inner: std::pin::Pin<Box<dyn Future<Output = Both>>> = Box::pin(inner());
        black_box(inner.await)
    }
    let calls: Vec<Box<dyn Fn() -> Both>> = vec![
        Box::new(|| black_box(both())),
        Box::new(|| {
            let mut future = Box::pin(outer());
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            match future.as_mut().poll(&mut context) {
                std::task::Poll::Ready(found) => found,
                std::task::Poll::Pending => panic!("there is nothing to wait for"),
            }
        }),
    ];
    for call in &calls {
        black_box(call)().assert_same();
    }
}

#[test]
fn panics_and_drops_while_unwinding_are_walked() {
    thread_local!(static FOUND: RefCell<Vec<Both>> = const { RefCell::new(Vec::new()) });

    struct WalksWhenDropped;
    impl Drop for WalksWhenDropped {
        fn drop(&mut self) {
            FOUND.with_borrow_mut(|found| found.push(both()));
        }
    }
    let outcome = std::panic::catch_unwind(|| {
        let _walks = WalksWhenDropped;
        // `resume_unwind` does not call the panic hook, which would print.
        std::panic::resume_unwind(Box::new(black_box(7)));
    });
    assert!(outcome.is_err());
    let found = FOUND.take();
    assert_eq!(found.len(), 1);
    // Frames of the unwinding library may lie in between; the walk then leaves them to the system's unwinder.
    for found in found {
        let remembered = found.remembered.unwrap_or_else(|| found.system.clone());
        assert_eq!(remembered, found.system);
    }
    both().assert_same();
}

#[test]
fn functions_of_the_c_library_in_between_are_walked() {
    thread_local!(static FOUND: RefCell<Option<Both>> = const { RefCell::new(None) });

    extern "C" fn compare(one: *const libc::c_void, other: *const libc::c_void) -> libc::c_int {
        FOUND.set(Some(both()));
        (one as usize).cmp(&(other as usize)) as libc::c_int
    }
    let mut numbers = [3, 1, 2];
    // SAFETY: the array has as many elements of that size, and the function compares any two addresses.
    unsafe { libc::qsort(numbers.as_mut_ptr().cast(), 3, size_of::<i32>(), Some(compare)) };
    FOUND.take().expect("two elements were compared").assert_same();
}

#[test]
fn a_signal_is_left_to_the_system() {
    static STATE: AtomicUsize = AtomicUsize::new(0);

    extern "C" fn handler(_signal: libc::c_int) {
        let found = both();
        let is_left = found.remembered.is_none() && found.system.len() > 4;
        STATE.store(if is_left { 1 } else { 2 }, Ordering::Relaxed);
    }
    std::thread::spawn(|| {
        // SAFETY: the handler is for a signal that nothing else here uses, and runs at once, on this thread.
        unsafe {
            libc::signal(libc::SIGUSR2, handler as extern "C" fn(libc::c_int) as libc::sighandler_t);
            libc::raise(libc::SIGUSR2);
            libc::signal(libc::SIGUSR2, libc::SIG_DFL);
        }
    })
    .join()
    .unwrap();
    assert_eq!(STATE.load(Ordering::Relaxed), 1);
}

#[test]
fn threads_walk_at_the_same_time() {
    #[inline(never)]
    fn dive(depth: usize) -> Both {
        black_box(if depth == 0 { both() } else { dive(depth - 1) })
    }
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || (0..200).for_each(|turn| dive(thread * 3 + turn % 7).assert_same()));
        }
    });
}
