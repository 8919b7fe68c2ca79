//! The contender `tracing-opentelemetry` over the OpenTelemetry SDK: a batch processor, with an exporter that discards
//! spans, or the one for OTLP over HTTP.

use std::sync::OnceLock;

use bench_harness::{Bench, Load, Threads, black_box, load, run, yield_once};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter as Otlp, WithExportConfig};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use tracing::instrument;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

#[instrument(skip_all)]
#[inline(never)]
fn leaf(number: u64) -> u64 {
    black_box(number) + 1
}

#[instrument(skip_all, fields(kind = "card", amount = amount, user = user))]
#[inline(never)]
fn leaf_attributes(amount: i64, user: &str) -> u64 {
    black_box(amount as u64) + black_box(user.len() as u64)
}

#[instrument(skip_all)]
async fn leaf_async(number: u64) -> u64 {
    yield_once().await;
    black_box(number) + 1
}

#[instrument(skip_all)]
#[inline(never)]
fn nested(depth: u64) -> u64 {
    if depth <= 1 { 0 } else { black_box(nested(depth - 1)) + 1 }
}

#[instrument(skip_all)]
#[inline(never)]
fn root() {
    black_box(7);
}

#[derive(Debug)]
struct Forget;

impl SpanExporter for Forget {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        drop(batch);
        Ok(())
    }
}

fn start_with(exporter: impl SpanExporter + 'static, sampler: Sampler) {
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_sampler(sampler).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    tracing_subscriber::registry().with(layer).init();
    PROVIDER.set(provider).expect("started once");
}

fn start() {
    start_with(Forget, Sampler::AlwaysOn);
}

fn drain() {
    if let Some(provider) = PROVIDER.get() {
        provider.force_flush().expect("an exporter that forgets does not fail");
    }
}

fn in_root(body: &mut dyn FnMut()) {
    let root = tracing::info_span!("root");
    let _entered = root.enter();
    body();
}

fn sync(bench: &Bench) {
    bench.measure(100_000, || _ = black_box(leaf(7)), || ());
}

fn awaiting(bench: &Bench) {
    bench.measure(50_000, || _ = black_box(run(leaf_async(7))), || ());
}

fn unsampled(bench: &Bench) {
    start_with(Forget, Sampler::AlwaysOff);
    bench.measure_inside(1000, in_root, || _ = black_box(leaf(7)), drain);
}

fn unsampled_async(bench: &Bench) {
    start_with(Forget, Sampler::AlwaysOff);
    bench.measure_inside(1000, in_root, || _ = black_box(run(leaf_async(7))), drain);
}

fn child(bench: &Bench) {
    start();
    bench.measure_inside(1000, in_root, || _ = black_box(leaf(7)), drain);
}

fn child_attributes(bench: &Bench) {
    start();
    let op = || _ = black_box(leaf_attributes(black_box(4200), black_box("u-4711")));
    bench.measure_inside(1000, in_root, op, drain);
}

fn roots(bench: &Bench) {
    start();
    bench.measure(500, root, drain);
}

fn child_async(bench: &Bench) {
    start();
    bench.measure_inside(1000, in_root, || _ = black_box(run(leaf_async(7))), drain);
}

fn depth(bench: &Bench) {
    start();
    bench.measure_shared(64, 16, in_root, || _ = black_box(nested(64)), drain);
}

fn threads<const COUNT: usize>(bench: &Bench) {
    start();
    bench.measure_threads(Threads(COUNT), (2, 1000), in_root, || _ = black_box(leaf(7)), drain);
}

fn moving(bench: &Bench) {
    start();
    bench.measure_moving(1000, in_root, leaf_async, drain);
}

/// The sink counts the spans in a body by this name.
#[instrument(skip_all, name = "span_of_load")]
#[inline(never)]
fn leaf_of_load(number: u64) -> u64 {
    black_box(number) + 1
}

fn transaction() {
    let root = tracing::info_span!("span_of_load");
    let _entered = root.enter();
    (1..load::TRANSACTION).for_each(|number| _ = black_box(leaf_of_load(number)));
}

fn end_to_end(load: &Load) {
    let exporter = Otlp::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", load.url))
        .build()
        .expect("the exporter can be built");
    start_with(exporter, Sampler::AlwaysOn);
    load.run(transaction, || {
        let provider = PROVIDER.get().expect("started above");
        let _flushed = provider.force_flush();
        let _stopped = provider.shutdown();
        None
    });
}

fn main() {
    bench_harness::main(
        &[
            ("off_sync", sync),
            ("off_async", awaiting),
            ("unsampled_sync", unsampled),
            ("unsampled_async", unsampled_async),
            ("child_sync", child),
            ("child_attributes", child_attributes),
            ("root", roots),
            ("child_async", child_async),
            ("depth_64", depth),
            ("threads_1", threads::<1>),
            ("threads_2", threads::<2>),
            ("threads_8", threads::<8>),
            ("moving", moving),
        ],
        Some(end_to_end),
    );
}
