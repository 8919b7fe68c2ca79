//! Tests of the arguments of functions that a panic unwinds.

use super::*;

#[sentry::span(vars)]
fn recursive(depth: u8) -> u8 {
    if depth == 0 { panic!("at the end") } else { recursive(depth - 1) + 1 }
}

#[sentry::span(vars(id))]
async fn polled(id: u32) -> u8 {
    yield_once().await;
    recursive(2)
}

#[test]
fn a_panic_shows_the_arguments_of_the_functions_that_it_leaves() {
    let seen = observe(untraced(), || {
        catch_unwind(|| block_on(polled(7))).unwrap_err();
    });
    let of = |depth: &str| ("recursive".to_owned(), json!({ "depth": depth }));
    assert_eq!(vars(&seen.event()), [("polled".to_owned(), json!({ "id": "7" })), of("2"), of("1"), of("0")]);
}

/// A `Debug` that panicked in a panic hook would abort the program.
#[test]
fn values_that_panic_are_left_out() {
    struct Broken;
    impl Debug for Broken {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("cannot be shown");
        }
    }
    #[sentry::span(err, vars)]
    fn fails(broken: &Broken, id: u8) -> Result<(), String> {
        Err("fails".to_owned())
    }
    #[sentry::span(vars)]
    fn unwinds(broken: &Broken, id: u8) {
        panic!("unwinds");
    }
    let seen = observe(untraced(), || {
        fails(&Broken, 1).unwrap_err();
        catch_unwind(|| unwinds(&Broken, 2)).unwrap_err();
    });
    let events = seen.events();
    assert_eq!(events.len(), 2);
    assert_eq!(vars(&events[0])[0].1, json!({ "id": "1" }));
}

/// A function that is called while the panic unwinds, or after it was caught, succeeds.
#[test]
fn functions_that_a_panic_does_not_leave_show_nothing() {
    struct Last<'a>(Counted<'a>);
    impl Drop for Last<'_> {
        fn drop(&mut self) {
            succeeds(&self.0);
        }
    }
    #[sentry::span(vars)]
    fn succeeds(value: &Counted<'_>) -> u8 {
        1
    }
    #[sentry::span(vars)]
    fn left(number: u8, count: &Cell<u32>) -> u8 {
        let _last = Last(Counted(count));
        panic!("left");
    }
    #[sentry::span(vars)]
    fn catches(value: &Counted<'_>, count: &Cell<u32>) -> u8 {
        catch_unwind(AssertUnwindSafe(|| left(3, count))).unwrap_err();
        succeeds(value)
    }
    let (outer, inner) = (Cell::new(0), Cell::new(0));
    let seen = observe(untraced(), || catches(&Counted(&outer), &inner));
    let shown = vars(&seen.event());
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!((&*shown[0].0, &shown[0].1["number"]), ("left", &json!("3")));
    assert_eq!((outer.get(), inner.get()), (0, 0));
}

/// A slow destructor delays the event of its panic, but no other event.
#[test]
fn an_event_whose_panic_still_unwinds_keeps_no_other_waiting() {
    struct Slow(Receiver<String>);
    impl Drop for Slow {
        fn drop(&mut self) {
            sentry::capture_message("meanwhile", sentry::Level::Info);
            let first = self.0.recv_timeout(Duration::from_secs(30)).unwrap();
            sentry::set_tag("first", first);
        }
    }
    #[sentry::span(vars(number))]
    fn left(number: u8, sent: Receiver<String>) {
        let _slow = Slow(sent);
        panic!("left");
    }
    // An event waits for half a second at most, and the pipeline thread may be kept from running for that long.
    let is_passed = (0..5).any(|_| {
        let (sender, sent) = channel();
        let options = untraced().before_send(move |event| {
            let _ = sender.send(event.message.clone().unwrap_or_default());
            Some(event)
        });
        let seen = observe(options, || {
            sentry::with_isolation_scope(|| {
                catch_unwind(AssertUnwindSafe(|| left(3, sent))).unwrap_err();
                sentry::capture_message("end", sentry::Level::Info);
            });
        });
        let events = seen.events();
        assert_eq!(events.len(), 3);
        events.iter().any(|event| event["tags"]["first"] == "meanwhile")
    });
    assert!(is_passed);
}
