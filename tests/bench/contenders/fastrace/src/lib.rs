//! The end-to-end load of `fastrace`: a reporter that posts spans as JSON.

use std::borrow::Cow;

use bench_harness::{Load, black_box, load};
use fastrace::collector::{Config, Reporter, SpanContext, SpanId, SpanRecord, TraceId};
use fastrace::{Span, trace};
use serde::Serialize;

#[trace]
#[inline(never)]
fn leaf(number: u64) -> u64 {
    black_box(number) + 1
}

fn in_root(body: &mut dyn FnMut()) {
    let root = Span::root("root", SpanContext::new(TraceId::random(), SpanId::default()));
    let _active = root.set_local_parent();
    body();
}

/// The spans that one request contains.
#[derive(Debug, Clone, Copy)]
pub enum Request {
    /// All spans of a report, which are those of a second.
    Report,
    /// The spans of one trace, which a server of Sentry requires.
    Trace,
}

/// A reporter that posts spans as JSON, over one connection.
struct Post {
    agent: ureq::Agent,
    url: String,
    request: Request,
}

impl Reporter for Post {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        match self.request {
            Request::Report => self.post(&spans),
            // A report contains the spans of a trace one after the other.
            Request::Trace => {
                spans.chunk_by(|one, next| one.trace_id == next.trace_id).for_each(|trace| self.post(trace));
            }
        }
    }
}

impl Post {
    fn post(&self, spans: &[SpanRecord]) {
        let spans: Vec<_> = spans.iter().map(json).collect();
        let body = serde_json::to_vec(&spans).expect("spans can be written as JSON");
        let request = self.agent.post(&self.url).header("Content-Type", "application/json");
        if let Ok(mut answer) = request.send(&body[..]) {
            let _read = answer.body_mut().read_to_vec();
        }
    }
}

/// Returns a span with the fields that the other contenders send.
fn json(span: &SpanRecord) -> impl Serialize + '_ {
    #[derive(Serialize)]
    struct Wire<'a> {
        trace_id: TraceId,
        span_id: SpanId,
        parent_span_id: SpanId,
        start_timestamp: f64,
        timestamp: f64,
        op: &'static str,
        origin: &'static str,
        status: &'static str,
        description: &'a str,
        data: &'a [(Cow<'static, str>, Cow<'static, str>)],
    }
    Wire {
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent_span_id: span.parent_id,
        start_timestamp: span.begin_time_unix_ns as f64 / 1e9,
        timestamp: (span.begin_time_unix_ns + span.duration_ns) as f64 / 1e9,
        op: "function",
        origin: "auto.function",
        status: "ok",
        description: &span.name,
        data: &span.properties,
    }
}

/// Runs the load.
pub fn end_to_end(load: &Load, request: Request) {
    let agent = ureq::Agent::new_with_defaults();
    let url = format!("{}/spans", load.url);
    fastrace::set_reporter(Post { agent, url, request }, Config::default());
    load.run(
        || in_root(&mut || (1..load::TRANSACTION).for_each(|number| _ = black_box(leaf(number)))),
        || {
            fastrace::flush();
            None
        },
    );
}
