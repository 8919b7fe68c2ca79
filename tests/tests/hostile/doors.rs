//! Tests of data of any depth in every function of the API and in every callback: no data may use stack in proportion
//! to its depth. A stack overflow would abort the whole test program.

use std::collections::BTreeMap;

use sentry::protocol::{
    AttributeValue, Context, Event, Exception, Frame, LogEntry, Map, Mechanism, MonitorCheckIn,
    MonitorCheckInStatus, ResponseContext, SpanId, SpanLink, Stacktrace, Thread, TraceContext, TraceId,
    Transaction, Value,
};
use sentry::{Breadcrumb, ClientOptions, Hint, Level, SpanOptions, User, logger, metrics};
use sentry_tests::support::{Seen, observe, options, without_client};

/// A depth that exceeds the stack of any thread here, if the data is processed recursively.
const DEEP: usize = 100_000;
/// The stack size of the threads that pass data to the API.
const SMALL: usize = 192 * 1024;

fn json() -> Value {
    let wrap = |inner, level: usize| match level % 2 {
        0 => Value::Array(vec![inner]),
        _ => Value::Object([("in".to_owned(), inner)].into_iter().collect()),
    };
    (0..DEEP).fold(Value::from(1), wrap)
}

fn fields() -> Map<String, Value> {
    BTreeMap::from([("deep".to_owned(), json())])
}

fn context() -> Context {
    Context::Other(fields())
}

fn list() -> AttributeValue {
    (0..DEEP).fold(AttributeValue::from(1), |inner, _| AttributeValue::Array([inner].into()))
}

fn breadcrumb() -> Breadcrumb {
    Breadcrumb { data: fields(), ..Breadcrumb::default() }
}

fn link() -> SpanLink {
    SpanLink::new(TraceId::default(), SpanId::default()).attribute("deep", json())
}

fn mechanism() -> Mechanism {
    Mechanism { ty: "generic".into(), data: fields(), ..Mechanism::default() }
}

fn stacktrace() -> Option<Stacktrace> {
    let frames = vec![Frame { function: Some("work".into()), vars: fields(), ..Frame::default() }];
    Some(Stacktrace { frames, ..Stacktrace::default() })
}

fn event() -> Event<'static> {
    let mut event = Event {
        user: Some(User { other: fields(), ..User::default() }),
        logentry: Some(LogEntry { message: "hello".into(), params: vec![json()] }),
        exception: vec![Exception {
            ty: "Error".into(),
            value: Some("broken".into()),
            mechanism: Some(mechanism()),
            stacktrace: stacktrace(),
            ..Exception::default()
        }]
        .into(),
        threads: vec![Thread { stacktrace: stacktrace(), ..Thread::default() }].into(),
        stacktrace: stacktrace(),
        breadcrumbs: vec![breadcrumb()].into(),
        extra: fields(),
        ..Event::default()
    };
    let trace = TraceContext { data: fields(), links: vec![link()], ..TraceContext::default() };
    event.contexts.insert("trace".into(), trace.into());
    event.contexts.insert("deep".into(), context());
    let response = ResponseContext { data: Some(json()), ..ResponseContext::default() };
    event.contexts.insert("response".into(), response.into());
    event
}

fn error() -> std::io::Error {
    std::io::Error::other("disk full")
}

fn message() {
    sentry::capture_message("hello", Level::Info);
}

/// Runs a closure on a thread with a small stack.
#[track_caller]
fn on_a_small_stack(run: fn()) {
    let builder = std::thread::Builder::new().stack_size(SMALL);
    let run = move || sentry::with_isolation_scope(run);
    builder.spawn(run).unwrap().join().unwrap();
}

/// Passes data to the API without a client, without tracing, and with everything switched on.
fn handed_over(run: fn()) -> Seen<()> {
    without_client(|| on_a_small_stack(run));
    let nothing = options().traces_sample_rate(0.0).enable_logs(false).enable_metrics(false);
    observe(nothing, || on_a_small_stack(run));
    observe(options().enable_logs(true).enable_metrics(true).send_default_pii(true), || on_a_small_stack(run))
}

macro_rules! handed_over {
    ($($name:ident: $run:expr;)*) => {$(
        #[test]
        fn $name() {
            handed_over(|| _ = $run);
        }
    )*};
}

handed_over! {
    an_event: sentry::capture_event(event());
    an_event_with_a_hint: sentry::capture_event_with_hint(event(), Hint::new().mechanism(mechanism()));
    the_mechanism_of_a_hint: sentry::capture_error_with_hint(&error(), Hint::new().mechanism(mechanism()));
    the_values_of_a_hint:
        sentry::capture_error_with_hint(&error(), Hint::new().with(json()).with(list()).with(event()));
    the_hint_of_a_breadcrumb:
        sentry::add_breadcrumb_with_hint(Breadcrumb::default(), Hint::new().with(json()).mechanism(mechanism()));
    an_event_that_is_prepared: {
        let client = sentry::get_client();
        client.map(|client| client.prepare_event(event(), None))
    };
    a_breadcrumb: sentry::add_breadcrumb(breadcrumb());
    perhaps_a_breadcrumb: sentry::add_breadcrumb(Some(breadcrumb()));
    a_breadcrumb_of_a_closure: sentry::add_breadcrumb(breadcrumb);
    the_user: sentry::set_user(User { other: fields(), ..User::default() });
    an_extra: { sentry::set_extra("deep", json()); sentry::set_extras([("more", json())]); message(); };
    a_context: { sentry::set_context("deep", context()); message(); };
    a_flag: { sentry::add_feature_flag("deep", json()); message(); };
    an_attribute_of_the_scope: {
        sentry::set_attribute("deep", list());
        sentry::set_attributes([("more", list())]);
        logger::info!("hello");
    };
    a_scope_that_is_configured: sentry::configure_scope(|scope| {
        scope.set_extra("deep", json());
        scope.set_context("deep", context());
        scope.set_attribute("deep", list());
        scope.set_user(User { other: fields(), ..User::default() });
        scope.add_feature_flag("deep", json());
        scope.add_breadcrumb(breadcrumb());
    });
    a_handle_to_a_scope: {
        let scope = sentry::get_isolation_scope();
        scope.set_extra("deep", json());
        scope.set_context("deep", context());
        scope.set_attribute("deep", list());
        scope.set_user(User { other: fields(), ..User::default() });
        scope.add_feature_flag("deep", json());
        scope.add_breadcrumb(breadcrumb());
    };
    a_log_of_a_macro: logger::info!(deep = list(), "hello");
    a_log_of_a_function: logger::info("hello", [("deep", list()), ("more", list())]);
    a_metric: {
        metrics::count("orders", 1).attribute("deep", list()).capture();
        drop(metrics::gauge("depth", 1).attribute("deep", list()));
    };
    an_attribute_of_a_span: sentry::start_span("work", |span| {
        span.set_attribute("deep", list());
        span.set_attribute(String::from("own"), list());
        span.set_attributes([("more", list())]);
        span.set_data("json", json());
        span.add_link(link());
        span.add_links([link()]);
        span.to_json()
    });
    an_attribute_of_no_span: sentry::Span::default().set_attribute("deep", list());
    the_options_of_a_span: {
        let options = SpanOptions::new("work").attribute("deep", list()).attributes([("more", list())]);
        drop(options.clone().link(link()));
        sentry::start_span(options.link(link()).sampling_value("deep", list()), |_| ());
    };
    a_form: {
        let form = json();
        let data = sentry::FormData::of(&form);
        on_a_large_stack(form);
        let options = sentry::ServerActionOptions::new().form_data(data);
        sentry::with_server_action("save", options, || ());
    };
    a_response: {
        let options = sentry::ServerActionOptions::new().record_response();
        let response = sentry::with_server_action("save", options, json);
        on_a_large_stack(response);
        let options = sentry::ServerActionOptions::new().record_response_as(|_| list());
        sentry::with_server_action("save", options, || ());
    };
    what_a_model_said: sentry::start_span("work", |span| {
        let said = json();
        let record = sentry::ai::record(span);
        record.with_contents().input_messages(&said).output_messages(&said).tool_definitions(&said);
        record.tool_arguments(&said).tool_result(&said);
        on_a_large_stack(said);
    });
    a_filter_of_spans: drop(ClientOptions::new().ignore_spans([sentry::SpanFilter::new().attribute("deep", list())]));
    an_annotated_function: {
        #[sentry::span(attributes(deep = list()))]
        fn annotated() {}
        #[sentry::server_action(record_response)]
        fn action() {
            let span = sentry::get_active_span().unwrap_or_default();
            span.set_attribute("deep", list());
        }
        annotated();
        action();
    };
}

/// Drops a value on a large stack: a borrowed value is freed by the program, recursively.
fn on_a_large_stack(value: Value) {
    let free = std::thread::Builder::new().stack_size(256 << 20).spawn(|| drop(value));
    free.unwrap().join().unwrap();
}

/// Runs with callbacks, and captures one item of each kind that they see.
fn seen_by_callbacks(options: ClientOptions) -> Seen<()> {
    observe(options.enable_logs(true).enable_metrics(true), || {
        on_a_small_stack(|| {
            sentry::start_span("work", |_| sentry::start_span("child", |_| ()));
            sentry::capture_error(&error());
            message();
            sentry::capture_check_in(MonitorCheckIn::new("job", MonitorCheckInStatus::Ok).unwrap(), None);
            sentry::capture_feedback(sentry::protocol::Feedback::new("fine"), ());
            logger::info!("hello");
            metrics::count("orders", 1).capture();
        });
    })
}

/// Tests a callback that adds deep data to its item, and then returns the item, drops it, or panics.
macro_rules! callbacks {
    ($($name:ident($value:ident) $(with $hint:ident)?: $change:block;)*) => {$(
        mod $name {
            use super::*;

            fn with(end: fn()) -> ClientOptions {
                options().$name(move |mut $value $(, $hint)?| {
                    $change
                    end();
                    Some($value)
                })
            }

            #[test]
            fn hands_on() {
                seen_by_callbacks(with(|| ()));
            }

            #[test]
            fn panics() {
                seen_by_callbacks(with(|| panic!("broken")));
            }

            #[test]
            fn drops() {
                seen_by_callbacks(options().$name(move |mut $value $(, $hint)?| {
                    $change
                    drop($value);
                    None
                }));
            }
        }
    )*};
}

callbacks! {
    before_send(it): { it.extra = fields(); it.contexts.insert("deep".into(), context()); };
    before_send_with_hint(it) with hint: { it.extra = fields(); hint.mechanism = Some(mechanism()); };
    before_send_transaction(it): {
        it.extra = fields();
        it.spans.iter_mut().for_each(|span| { span.data = fields(); span.links = vec![link()]; });
    };
    before_send_log(it): { it.attributes.insert("deep".into(), list()); };
    before_send_metric(it): { it.attributes.insert("deep".into(), list()); };
    before_send_feedback(it): { it.extra = fields(); it.contexts.insert("deep".into(), context()); };
}

#[test]
fn before_send_span_hands_on() {
    for lifecycle in [sentry::TraceLifecycle::Static, sentry::TraceLifecycle::Stream] {
        seen_by_callbacks(options().trace_lifecycle(lifecycle).before_send_span(|mut span| {
            span.data = fields();
            span.links = vec![link()];
            span
        }));
    }
}

#[test]
fn before_breadcrumb_hands_on() {
    let options =
        options().before_breadcrumb(|_| Some(breadcrumb())).before_breadcrumb_with_hint(|_, hint| {
            hint.mechanism = Some(mechanism());
            Some(breadcrumb())
        });
    observe(options, || on_a_small_stack(|| sentry::add_breadcrumb(Breadcrumb::default())));
}

#[test]
fn processors_hand_on() {
    let seen = observe(options(), || {
        on_a_small_stack(|| {
            sentry::add_event_processor(|mut it| {
                it.extra = fields();
                Some(it)
            });
            sentry::configure_scope(|scope| {
                scope.add_event_processor_with_hint(|it, hint| {
                    hint.mechanism = Some(mechanism());
                    Some(it)
                });
            });
            sentry::add_transaction_processor(|mut it: Transaction<'static>| {
                it.extra = fields();
                Some(it)
            });
            sentry::start_span("work", |_| message());
        });
    });
    assert!(seen.event()["extra"]["deep"].is_array() || seen.event()["extra"]["deep"].is_object());
}
