//! Tests of custom transports that record, hang and panic.

use super::*;

/// A custom transport that panics and hangs.
struct Broken(std::sync::Mutex<std::sync::mpsc::Receiver<()>>);

impl sentry::Transport for Broken {
    fn send_envelope(&self, envelope: sentry::Envelope) {
        drop(envelope);
        std::panic::panic_any(Bomb);
    }

    fn flush(&self, _: Duration) -> bool {
        let _ = self.0.lock().unwrap().recv();
        true
    }

    fn shutdown(&self, _: Duration) -> bool {
        panic!("it cannot be shut down");
    }
}

/// A custom transport with an annotated function that captures.
struct Recording(Arc<AtomicU64>);

#[sentry::span]
fn post() {
    message("sent one");
    sentry::logger::info!("sent one");
    sentry::metrics::count("sent", 1).capture();
    sentry::add_breadcrumb(Breadcrumb { message: Some("sent one".into()), ..Default::default() });
}

impl sentry::Transport for Recording {
    fn send_envelope(&self, _: sentry::Envelope) {
        self.0.fetch_add(1, Ordering::Relaxed);
        post();
    }
}

#[test]
fn a_transport_of_the_users_may_record_without_running_in_circles() {
    let (count, sent) = counter();
    let options = options().enable_logs(true).transport(Recording(count));
    support::without_client(|| {
        let guard = sentry::init(options);
        message("one");
        for _ in 0..20 {
            sentry::flush(LONG);
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(guard);
        assert_eq!(sent.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_transport_of_the_users_may_hang_and_panic() {
    // A panic in `shutdown` ends the wait for it.
    assert_takes_less_than(Duration::from_secs(3), || {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let options = untraced().transport(Broken(std::sync::Mutex::new(wait)));
        support::without_client(|| {
            let guard = sentry::init(options);
            let client = Arc::clone(&guard);
            message("one");
            sentry::start_span("unsampled", |_| message("two"));
            let started = std::time::Instant::now();
            assert!(!sentry::flush(Duration::from_millis(200)), "it hangs");
            drop(guard);
            let took = started.elapsed();
            assert_eq!(client.stats().lost(), 2, "{:?}", client.stats());
            drop(go);
            took
        })
    });
}

#[test]
fn a_batch_that_a_transport_of_the_users_breaks_is_counted_in_every_category() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    drop(go);
    let options = untraced().enable_logs(true).transport(Broken(std::sync::Mutex::new(wait)));
    support::without_client(|| {
        let guard = sentry::init(options);
        let client = Arc::clone(&guard);
        let text = "x".repeat(10_000);
        (0..3).for_each(|_| sentry::logger_info!("{}", text));
        sentry::metrics::count("broken", 1).capture();
        sentry::flush(LONG);
        drop(guard);
        let dropped = client.stats().dropped;
        let lost = |category| {
            dropped.iter().filter(|lost| lost.category == category).map(|lost| lost.quantity).sum::<u64>()
        };
        assert_eq!((lost(DataCategory::LogItem), lost(DataCategory::TraceMetric)), (3, 1), "{dropped:?}");
        assert!(lost(DataCategory::LogByte) >= 30_000, "{dropped:?}");
    });
}

#[test]
fn flush_and_close_keep_to_their_time_while_everything_hangs_at_once() {
    // The measured time is the time beyond the timeouts.
    assert_takes_less_than(Duration::from_secs(2), || {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let wait = std::sync::Mutex::new(wait);
        let options = options().before_send_transaction(move |transaction| {
            let _ = wait.lock().unwrap().recv();
            Some(transaction)
        });
        support::without_client(|| {
            let server = sentry_tests::FakeSentry::start();
            server.answer_all(sentry_tests::Answer::never());
            let guard = sentry::init(options.dsn(&server.dsn()).shutdown_timeout(Duration::from_millis(200)));
            // This error needs symbols, the server does not answer, and the callback never returns.
            sentry::capture_error(&std::fmt::Error);
            assert!(server.wait_for_requests(1, LONG));
            sentry::start_span("one", |_| ());
            let mut longest = Duration::ZERO;
            for timeout in [0, 50, 300].map(Duration::from_millis) {
                let started = std::time::Instant::now();
                assert!(!sentry::flush(timeout));
                longest = longest.max(started.elapsed().saturating_sub(timeout));
            }
            let started = std::time::Instant::now();
            assert!(!sentry::close(Duration::from_millis(100)));
            drop(guard);
            drop(go);
            longest.max(started.elapsed().saturating_sub(Duration::from_millis(300)))
        })
    });
}
