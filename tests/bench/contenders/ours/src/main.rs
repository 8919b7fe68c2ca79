//! The contender of this project, with a transport that discards envelopes or with the one that sends to the sink.

mod answers;
mod growth;
mod web;

use std::sync::Arc;
use std::time::Duration;

use bench_harness::{Bench, Load, Threads, black_box, load, request, run, yield_once};
use sentry::protocol::DataCategory;
use sentry::{Breadcrumb, ClientInitGuard, ClientOptions, Envelope, Level, Transport};

#[sentry::span]
#[inline(never)]
fn leaf(number: u64) -> u64 {
    black_box(number) + 1
}

#[sentry::span(attributes(kind = "card", amount = amount, user = user))]
#[inline(never)]
fn leaf_attributes(amount: i64, user: &str) -> u64 {
    black_box(amount as u64) + black_box(user.len() as u64)
}

#[sentry::span(only_if_parent)]
#[inline(never)]
fn leaf_with_parent(number: u64) -> u64 {
    black_box(number) + 1
}

#[sentry::span]
async fn leaf_async(number: u64) -> u64 {
    yield_once().await;
    black_box(number) + 1
}

#[sentry::span]
#[inline(never)]
async fn leaf_async_call(number: u64) -> u64 {
    yield_once().await;
    black_box(number) + 1
}

#[sentry::span]
#[inline(never)]
fn nested(depth: u64) -> u64 {
    if depth <= 1 { 0 } else { black_box(nested(depth - 1)) + 1 }
}

#[sentry::span]
#[inline(never)]
fn root() {
    black_box(7);
}

#[sentry::server_action]
#[inline(never)]
fn action(number: u64) -> u64 {
    black_box(number) + 1
}

#[sentry::server_action]
async fn action_async(number: u64) -> u64 {
    yield_once().await;
    black_box(number) + 1
}

const FORM: [(&str, &str); 5] =
    [("name", "Mozart"), ("street", "Getreidegasse 9"), ("city", "Salzburg"), ("items", "3"), ("gift", "on")];

#[sentry::server_action(headers = request::TRACE_HEADERS, form_data = FORM)]
#[inline(never)]
fn action_with_form(number: u64) -> u64 {
    black_box(number) + 1
}

#[sentry::monitor("bench")]
#[inline(never)]
fn job(number: u64) -> u64 {
    black_box(number) + 1
}

#[sentry::monitor("bench")]
async fn job_async(number: u64) -> u64 {
    yield_once().await;
    black_box(number) + 1
}

/// Runs a closure in a root span.
#[sentry::span]
fn in_root(body: &mut dyn FnMut()) {
    body();
}

struct Forget;

impl Transport for Forget {
    fn send_envelope(&self, envelope: Envelope) {
        drop(envelope);
    }
}

fn options() -> ClientOptions {
    ClientOptions::new().dsn("http://public@127.0.0.1:9/1").release("bench@1").transport(Arc::new(Forget))
}

fn start() -> ClientInitGuard {
    sentry::init(options().traces_sample_rate(1.0))
}

fn start_unsampled() -> ClientInitGuard {
    sentry::init(options().traces_sample_rate(0.0))
}

fn drain() {
    assert!(sentry::flush(Duration::from_secs(60)), "the queues are empty within a minute");
}

fn sync(bench: &Bench) {
    bench.measure(100_000, || _ = black_box(leaf(7)), || ());
}

fn awaiting(bench: &Bench) {
    bench.measure(100_000, || _ = black_box(run(leaf_async(7))), || ());
}

fn awaiting_call(bench: &Bench) {
    bench.measure(100_000, || _ = black_box(run(leaf_async_call(7))), || ());
}

fn no_parent(bench: &Bench) {
    let _guard = start();
    bench.measure(100_000, || _ = black_box(leaf_with_parent(7)), || ());
}

fn unsampled(bench: &Bench) {
    let _guard = start_unsampled();
    bench.measure_inside(20_000, |body| in_root(body), || _ = black_box(leaf(7)), drain);
}

fn unsampled_async(bench: &Bench) {
    let _guard = start_unsampled();
    bench.measure_inside(20_000, |body| in_root(body), || _ = black_box(run(leaf_async(7))), drain);
}

fn child(bench: &Bench) {
    let _guard = start();
    bench.measure_inside(1000, |body| in_root(body), || _ = black_box(leaf(7)), drain);
}

fn child_attributes(bench: &Bench) {
    let _guard = start();
    let op = || _ = black_box(leaf_attributes(black_box(4200), black_box("u-4711")));
    bench.measure_inside(1000, |body| in_root(body), op, drain);
}

fn roots(bench: &Bench) {
    let _guard = start();
    bench.measure(500, root, drain);
}

fn off_action(bench: &Bench) {
    bench.measure(100_000, || _ = black_box(action(7)), || ());
}

fn off_job(bench: &Bench) {
    bench.measure(100_000, || _ = black_box(job(7)), || ());
}

fn off_job_async(bench: &Bench) {
    bench.measure(100_000, || _ = black_box(run(job_async(7))), || ());
}

fn actions(bench: &Bench) {
    let _guard = start();
    bench.measure(500, || _ = black_box(action(7)), drain);
}

fn actions_async(bench: &Bench) {
    let _guard = start();
    bench.measure(500, || _ = black_box(run(action_async(7))), drain);
}

fn actions_with_form(bench: &Bench) {
    let _guard = start();
    bench.measure(200, || _ = black_box(action_with_form(7)), drain);
}

fn jobs(bench: &Bench) {
    let _guard = start();
    bench.measure(100, || _ = black_box(job(7)), drain);
}

fn child_async(bench: &Bench) {
    let _guard = start();
    bench.measure_inside(1000, |body| in_root(body), || _ = black_box(run(leaf_async(7))), drain);
}

fn depth(bench: &Bench) {
    let _guard = start();
    bench.measure_shared(64, 15, |body| in_root(body), || _ = black_box(nested(64)), drain);
}

fn keep() -> ClientInitGuard {
    sentry::init(options().traces_sample_rate(0.0).keep(|trace| trace.failed()))
}

fn keep_child(bench: &Bench) {
    let _guard = keep();
    bench.measure_inside(1000, |body| in_root(body), || _ = black_box(leaf(7)), drain);
}

fn keep_root(bench: &Bench) {
    let _guard = keep();
    bench.measure(500, root, drain);
}

fn flight_child(bench: &Bench) {
    let _guard = sentry::init(options().traces_sample_rate(0.0).flight_recorder(Duration::from_secs(30)));
    bench.measure_inside(1000, |body| in_root(body), || _ = black_box(leaf(7)), drain);
}

fn polls_async(bench: &Bench) {
    let _guard = sentry::init(options().traces_sample_rate(1.0).track_polls(true));
    bench.measure_inside(1000, |body| in_root(body), || _ = black_box(run(leaf_async(7))), drain);
}

fn watched_async(bench: &Bench) {
    let options = options().traces_sample_rate(1.0).blocked_poll_warning(Duration::from_secs(3600));
    let _guard = sentry::init(options);
    bench.measure_inside(1000, |body| in_root(body), || _ = black_box(run(leaf_async(7))), drain);
}

#[sentry::span("SELECT * FROM card WHERE id = ?", op = "db.query")]
#[inline(never)]
fn query(number: u64) -> u64 {
    black_box(number) + 1
}

fn repeats_child(bench: &Bench) {
    let _guard = start();
    bench.measure_inside(1000, |body| in_root(body), || _ = black_box(query(7)), drain);
}

#[sentry::span(vars)]
#[inline(never)]
fn shown(number: u64, text: &str) -> Result<u64, Declined> {
    if text.is_empty() { Err(Declined(number)) } else { Ok(black_box(number) + 1) }
}

#[sentry::span(vars)]
async fn shown_async(number: u64, text: &str) -> Result<u64, Declined> {
    yield_once().await;
    if text.is_empty() { Err(Declined(number)) } else { Ok(black_box(number) + 1) }
}

fn vars_child(bench: &Bench) {
    let _guard = start();
    bench.measure_inside(1000, |body| in_root(body), || _ = black_box(shown(7, black_box("x"))), drain);
}

fn vars_async(bench: &Bench) {
    let _guard = start();
    bench.measure_inside(
        1000,
        |body| in_root(body),
        || _ = black_box(run(shown_async(7, black_box("x")))),
        drain,
    );
}

/// An error that differs from the previous one: an identical error would be recognised, and not captured.
#[derive(Debug)]
struct Declined(u64);

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "card {:08} was declined", self.0)
    }
}

impl std::error::Error for Declined {}

/// Measures an error with a stack. Errors always carry the addresses of their stack, so the case without one is the
/// same.
fn error_with_stack(bench: &Bench) {
    let _guard = start();
    let mut number = 0;
    let op = || {
        number += 1;
        black_box(sentry::capture_error(&Declined(number)));
    };
    bench.measure(100, op, drain);
}

fn message(bench: &Bench) {
    let _guard = start();
    bench.measure(100, || _ = black_box(sentry::capture_message("card was declined", Level::Error)), drain);
}

fn breadcrumb(bench: &Bench) {
    let _guard = start();
    let op = || {
        sentry::add_breadcrumb(Breadcrumb {
            category: Some("cart".into()),
            message: Some("item added".into()),
            ..Default::default()
        });
    };
    bench.measure(1000, op, || ());
}

fn tag(bench: &Bench) {
    let _guard = start();
    bench.measure(1000, || sentry::set_tag("step", "payment"), || ());
}

fn scope(bench: &Bench) {
    let _guard = start();
    let op = || sentry::with_scope(|scope| scope.set_tag("step", "payment"), || _ = black_box(7));
    bench.measure(1000, op, || ());
}

fn threads<const COUNT: usize>(bench: &Bench) {
    let _guard = start();
    let op = || _ = black_box(leaf(7));
    bench.measure_threads(Threads(COUNT), (10, 1000), |body| in_root(body), op, drain);
}

fn moving(bench: &Bench) {
    let _guard = start();
    bench.measure_moving(1000, |body| in_root(body), leaf_async, drain);
}

#[sentry::span]
fn transaction() {
    (1..load::TRANSACTION).for_each(|number| _ = black_box(leaf(number)));
}

fn end_to_end(load: &Load) {
    let guard = sentry::init(
        ClientOptions::new()
            .dsn(&format!("http://public@{}/1", load.authority()))
            .release("bench@1")
            .traces_sample_rate(1.0)
            .compression(load.gzip),
    );
    load.run(transaction, || {
        guard.close(Duration::from_secs(30));
        let mut dropped = guard.stats().dropped;
        dropped.retain(|entry| entry.category == DataCategory::Span);
        for entry in &dropped {
            eprintln!("{} spans lost: {:?}", entry.quantity, entry.reason);
        }
        Some(dropped.iter().map(|entry| entry.quantity).sum())
    });
}

fn main() {
    let mut cases: Vec<bench_harness::Case> = vec![
        ("off_sync", sync),
        ("off_async", awaiting),
        ("off_async_call", awaiting_call),
        ("no_parent", no_parent),
        ("unsampled_sync", unsampled),
        ("unsampled_async", unsampled_async),
        ("child_sync", child),
        ("child_attributes", child_attributes),
        ("root", roots),
        ("child_async", child_async),
        ("depth_64", depth),
        ("error_no_stack", error_with_stack),
        ("error_stack", error_with_stack),
        ("message", message),
        ("breadcrumb", breadcrumb),
        ("set_tag", tag),
        ("scope_fork", scope),
        ("action", actions),
        ("action_async", actions_async),
        ("action_form", actions_with_form),
        ("job", jobs),
        ("off_action", off_action),
        ("off_job", off_job),
        ("off_job_async", off_job_async),
        ("keep_child", keep_child),
        ("keep_root", keep_root),
        ("flight_child", flight_child),
        ("polls_async", polls_async),
        ("watched_async", watched_async),
        ("repeats_child", repeats_child),
        ("vars_child", vars_child),
        ("vars_async", vars_async),
        ("threads_1", threads::<1>),
        ("threads_2", threads::<2>),
        ("threads_8", threads::<8>),
        ("moving", moving),
    ];
    cases.extend(answers::CASES);
    cases.extend(growth::CASES);
    cases.extend(web::CASES);
    bench_harness::main(&cases, Some(end_to_end));
}
