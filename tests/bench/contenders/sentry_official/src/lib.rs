//! The shared code of the two contenders of the official crate `sentry`: manual spans, and spans through `tracing`.

mod web;

pub use web::{actix, tower};

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench_harness::{Bench, Load, black_box, request};
use sentry::protocol::{EnvelopeItem, MonitorCheckIn, MonitorCheckInStatus};
use sentry::transports::DefaultTransportFactory;
use sentry::types::random_uuid;
use sentry::{
    Breadcrumb, ClientInitGuard, ClientOptions, Envelope, Hub, Level, TransactionContext, Transport,
};

struct Forget;

impl Transport for Forget {
    fn send_envelope(&self, envelope: Envelope) {
        drop(envelope);
    }
}

fn options(rate: f32) -> ClientOptions {
    let mut options = ClientOptions::new().traces_sample_rate(rate);
    options.release = Some(Cow::Borrowed("bench@1"));
    options
}

/// Returns a client that discards envelopes.
#[must_use]
pub fn start(rate: f32) -> ClientInitGuard {
    let mut options = options(rate);
    options.dsn = "http://public@127.0.0.1:9/1".parse().ok();
    options.transport = Some(Arc::new(|_: &ClientOptions| Arc::new(Forget) as Arc<dyn Transport>));
    sentry::init(options)
}

/// Returns a client that sends to the sink.
#[must_use]
pub fn start_sending(load: &Load) -> ClientInitGuard {
    let mut options = options(1.0);
    options.dsn = format!("http://public@{}/1", load.authority()).parse().ok();
    options.transport = Some(Arc::new(DefaultTransportFactory));
    options.shutdown_timeout = Duration::from_secs(30);
    sentry::init(options)
}

/// An error that differs from the previous one.
#[derive(Debug)]
struct Declined(u64);

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "card {} was declined", self.0)
    }
}

impl std::error::Error for Declined {}

/// Measures an error without a stack.
pub fn error(bench: &Bench) {
    let _guard = start(1.0);
    let mut number = 0;
    bench.measure(
        100,
        || {
            number += 1;
            black_box(sentry::capture_error(&Declined(number)));
        },
        || (),
    );
}

/// Measures an error with the stack of the capture.
pub fn error_with_stack(bench: &Bench) {
    let mut options = options(1.0);
    options.dsn = "http://public@127.0.0.1:9/1".parse().ok();
    options.transport = Some(Arc::new(|_: &ClientOptions| Arc::new(Forget) as Arc<dyn Transport>));
    options.attach_stacktrace = true;
    let _guard = sentry::init(options);
    let mut number = 0;
    bench.measure(
        20,
        || {
            number += 1;
            black_box(sentry::capture_error(&Declined(number)));
        },
        || (),
    );
}

/// Measures the start and the end of a request: a hub of its own, and a transaction that is set on its scope.
pub fn action(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure(200, || _ = handle(TransactionContext::new("serverAction/action", OP), &[]), || ());
}

const OP: &str = "function.server_action";

/// Measures the same with the headers of a caller that is sampled and the fields of a form.
pub fn action_with_form(bench: &Bench) {
    const FORM: [(&str, &str); 5] = [
        ("server_action_form_data.name", "Mozart"),
        ("server_action_form_data.street", "Getreidegasse 9"),
        ("server_action_form_data.city", "Salzburg"),
        ("server_action_form_data.items", "3"),
        ("server_action_form_data.gift", "on"),
    ];
    let _guard = start(1.0);
    let op = || {
        let context =
            TransactionContext::continue_from_headers("serverAction/action", OP, request::TRACE_HEADERS);
        _ = handle(context, &FORM);
    };
    bench.measure(200, op, || ());
}

fn handle(context: TransactionContext, form: &[(&str, &str)]) -> u64 {
    let hub = Arc::new(Hub::new_from_top(Hub::current()));
    Hub::run(hub, || {
        let transaction = sentry::start_transaction(context);
        sentry::configure_scope(|scope| {
            scope.set_span(Some(transaction.clone().into()));
            for (field, value) in form {
                scope.set_extra(field, (*value).into());
            }
        });
        for (field, value) in form {
            transaction.set_data(field, (*value).into());
        }
        let result = black_box(7) + 1;
        transaction.finish();
        result
    })
}

/// Measures a job with both check-ins, which programs send by hand: a hub of its own, and an envelope for each
/// check-in.
pub fn job(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure(100, || _ = black_box(monitored(7)), || ());
}

fn monitored(number: u64) -> u64 {
    let hub = Arc::new(Hub::new_from_top(Hub::current()));
    Hub::run(hub, || {
        let since = Instant::now();
        let mut check_in = MonitorCheckIn {
            check_in_id: random_uuid(),
            monitor_slug: "bench".to_owned(),
            status: MonitorCheckInStatus::InProgress,
            environment: None,
            duration: None,
            monitor_config: None,
        };
        send(check_in.clone());
        let result = black_box(number) + 1;
        check_in.status = MonitorCheckInStatus::Ok;
        check_in.duration = Some(since.elapsed().as_secs_f64());
        send(check_in);
        result
    })
}

fn send(check_in: MonitorCheckIn) {
    if let Some(client) = Hub::current().client() {
        client.send_envelope(EnvelopeItem::from(check_in).into());
    }
}

/// Measures a message.
pub fn message(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure(100, || _ = black_box(sentry::capture_message("card was declined", Level::Error)), || ());
}

/// Measures a breadcrumb, when there are already a hundred.
pub fn breadcrumb(bench: &Bench) {
    let _guard = start(1.0);
    let op = || {
        sentry::add_breadcrumb(Breadcrumb {
            category: Some("cart".into()),
            message: Some("item added".into()),
            ..Default::default()
        });
    };
    bench.measure(1000, op, || ());
}

/// Measures setting a tag.
pub fn tag(bench: &Bench) {
    let _guard = start(1.0);
    bench.measure(1000, || sentry::configure_scope(|scope| scope.set_tag("step", "payment")), || ());
}

/// Measures a scope with one tag.
pub fn scope(bench: &Bench) {
    let _guard = start(1.0);
    let op = || sentry::with_scope(|scope| scope.set_tag("step", "payment"), || _ = black_box(7));
    bench.measure(1000, op, || ());
}
