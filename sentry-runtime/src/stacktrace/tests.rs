//! Tests from a real capture to the frames of the event.

use super::*;

struct Cart;

trait Shop {
    fn checkout(&self) -> (RawStack, u32);
}

impl Shop for Cart {
    #[inline(never)]
    fn checkout(&self) -> (RawStack, u32) {
        (RawStack::capture(), line!())
    }
}

#[inline(never)]
fn place_order() -> (RawStack, u32) {
    let (stack, line) = Cart.checkout();
    (std::hint::black_box(stack), line)
}

async fn refund() -> RawStack {
    let inner = async { std::hint::black_box(RawStack::capture()) };
    inner.await
}

fn resolve(stack: &RawStack) -> ResolvedStack {
    Symbolicator::new(InAppRules::default(), 5).resolve(stack)
}

#[test]
fn a_capture_names_functions_files_and_lines() {
    let (stack, line) = place_order();
    let resolved = resolve(&stack);
    let [.., order, checkout] = &resolved.frames[..] else { panic!("two frames at least: {resolved:?}") };

    assert_eq!(checkout.function.as_deref(), Some("<Cart as Shop>::checkout"));
    assert_eq!(checkout.module.as_deref(), Some("sentry::stacktrace::tests"));
    assert_eq!(checkout.package.as_deref(), Some("sentry"));
    assert_eq!(checkout.filename.as_deref(), Some("sentry-runtime/src/stacktrace/tests.rs"));
    assert_eq!((checkout.lineno, checkout.in_app), (Some(line), Some(true)));
    assert!(checkout.colno.is_some());
    assert_eq!(checkout.context_line.as_deref(), Some("        (RawStack::capture(), line!())"));
    assert_eq!((checkout.pre_context.len(), checkout.post_context.len()), (5, 5));
    assert_eq!(checkout.post_context[0], "    }");

    assert_eq!(order.function.as_deref(), Some("place_order"));
    assert_eq!(order.context_line.as_deref().map(str::trim), Some("let (stack, line) = Cart.checkout();"));
}

#[test]
fn the_machinery_at_both_ends_is_left_out() {
    let resolved = resolve(&place_order().0);
    let symbols: Vec<&str> = resolved.frames.iter().filter_map(|frame| frame.symbol.as_deref()).collect();
    // The outermost frame is the test, or the closure through which the test harness calls it.
    assert!(symbols[0].starts_with("sentry::stacktrace::tests::"), "{symbols:?}");
    assert!(resolved.frames.iter().all(|frame| frame.in_app == Some(true)), "{symbols:?}");
    assert!(!symbols.iter().any(|symbol| symbol.contains("capture::")), "{symbols:?}");
}

#[test]
fn an_async_body_is_called_by_its_function() {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    // The call goes through a pointer, as in an executor, so that the body is not inlined here: otherwise
    // only its file and line would be known.
    let mut future: std::pin::Pin<Box<dyn Future<Output = RawStack>>> =
        std::hint::black_box(Box::pin(refund()));
    let std::task::Poll::Ready(stack) = future.as_mut().poll(&mut context) else {
        panic!("there is nothing to wait for")
    };
    let frames = resolve(&stack).frames;
    let refund = frames.iter().find(|frame| frame.function.as_deref() == Some("refund")).unwrap();
    assert_eq!(refund.module.as_deref(), Some("sentry::stacktrace::tests"));
    assert_eq!(refund.in_app, Some(true));
}

#[test]
fn frames_of_the_library_are_not_in_app() {
    #[inline(never)]
    fn sorted() -> RawStack {
        let mut stack = None;
        let mut items = [2, 1];
        items.sort_by_key(|&item: &i32| {
            stack = Some(RawStack::capture());
            item
        });
        stack.unwrap()
    }
    let resolved = resolve(&sorted());
    let functions: Vec<_> =
        resolved.frames.iter().map(|frame| (frame.function.as_deref(), frame.in_app)).collect();
    assert!(functions.contains(&(Some("sorted"), Some(true))), "{functions:?}");
    assert!(functions.last().is_some_and(|(_, in_app)| *in_app == Some(true)), "{functions:?}");
    let foreign = resolved.frames.iter().find(|frame| frame.in_app == Some(false)).unwrap();
    assert!(matches!(foreign.package.as_deref(), Some("core" | "alloc")), "{foreign:?}");
    assert_eq!(foreign.context_line, None);
}

#[test]
fn the_users_prefixes_decide() {
    let stack = place_order().0;
    let exclude = InAppRules::new(Vec::new(), vec!["sentry::stacktrace::tests".into()]);
    let resolved = Symbolicator::new(exclude, 5).resolve(&stack);
    assert!(resolved.frames.iter().all(|frame| frame.in_app == Some(false) && frame.context_line.is_none()));
}

#[cfg(target_os = "linux")]
#[test]
fn addresses_lie_in_the_image_that_is_sent() {
    let stack = place_order().0;
    let resolved = resolve(&stack);
    let last = resolved.frames.last().unwrap();
    let image = resolved.images.iter().find(|image| Some(image.image_addr) == last.image_addr).unwrap();
    assert_eq!(std::path::Path::new(&image.code_file), std::env::current_exe().unwrap());
    // Only the innermost address is moved back into its call instruction; the server moves the others.
    assert!(stack.addresses().contains(&(last.instruction_addr as usize + 1)));
    let first = &resolved.frames[0];
    assert!(stack.addresses().contains(&(first.instruction_addr as usize)));
}

#[test]
fn a_second_look_gives_the_same() {
    let stack = place_order().0;
    let mut symbolicator = Symbolicator::new(InAppRules::default(), 5);
    let first = symbolicator.resolve(&stack);
    assert_eq!(symbolicator.resolve(&stack).frames, first.frames);
}

#[test]
fn what_started_the_thread_is_not_read() {
    let stack = std::thread::spawn(|| place_order().0).join().unwrap();
    let mut symbolicator = Symbolicator::new(InAppRules::default(), 5);
    assert!(!symbolicator.knows(&stack));
    assert!(!symbolicator.resolve(&stack).frames.is_empty());
    assert!(symbolicator.knows(&stack), "a second lookup reads no file");
    let outermost = stack.addresses().iter().rfind(|&&address| address != 0).unwrap();
    assert!(!symbolicator.has_read(*outermost), "it belongs to the library that starts threads");
}
