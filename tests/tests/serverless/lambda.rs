//! Tests of invocations of AWS Lambda with the layer in both of its positions.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Config, Context, Error, LambdaEvent, LambdaInvocation};
use sentry::ClientOptions;
use sentry::integrations::lambda_runtime::{SentryLayer, SentryService};
use sentry_tests::support::{LONG, Seen, block_on, observe, observe_server, only, options};
use serde_json::{Value, json};
use tower::{Layer as _, Service, service_fn};

const TRACE: &str = "771a43a4192642f0b136d5159a501700";

fn context(request: &str, time: Duration) -> Context {
    let config = Config {
        function_name: "resize".to_owned(),
        version: "$LATEST".to_owned(),
        log_group: "/aws/lambda/resize".to_owned(),
        log_stream: "2026/11/29/[$LATEST]abc".to_owned(),
        ..Config::default()
    };
    let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + time;
    let mut context = Context::default();
    context.request_id = request.to_owned();
    context.deadline = u64::try_from(end.as_millis()).unwrap();
    context.invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:resize".to_owned();
    context.env_config = Arc::new(config);
    context
}

fn invocation(context: Context, body: &Value) -> LambdaInvocation {
    let (parts, ()) = http::Response::new(()).into_parts();
    LambdaInvocation { parts, body: body.to_string().into(), context }
}

#[sentry::span]
fn resize() {}

#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the picture is broken")
    }
}

impl std::error::Error for Broken {}

#[sentry::server_action(ignore = |error: &Error| error.is::<Broken>())]
async fn known() -> Result<Value, Error> {
    Err(Broken.into())
}

async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
    match event.payload["do"].as_str() {
        Some("fail") => Err(Broken.into()),
        Some("fail as known") => known().await,
        Some("panic") => panic!("the picture is gone"),
        Some("capture") => Ok(json!(sentry::capture_message("seen", sentry::Level::Info).to_string())),
        _ => {
            resize();
            Ok(json!("done"))
        }
    }
}

/// Returns a runtime like that of AWS: it reads the payload, calls the handler with a layer of its own, and swallows
/// its errors and panics.
fn runtime() -> SentryService<impl Service<LambdaInvocation, Response = (), Error = Error>> {
    let layer = SentryLayer::new();
    let handler = layer.layer(service_fn(handler));
    layer.layer(service_fn(move |invocation: LambdaInvocation| {
        let mut handler = handler.clone();
        async move {
            let payload = serde_json::from_slice(&invocation.body)?;
            let event = LambdaEvent::new(payload, invocation.context);
            let call = std::panic::AssertUnwindSafe(async move { handler.call(event).await });
            let _answer = CatchPanic(Box::pin(call)).await;
            Ok(())
        }
    }))
}

/// Catches panics, like the runtime.
struct CatchPanic<F>(std::pin::Pin<Box<F>>);

impl<F: Future + std::panic::UnwindSafe> Future for CatchPanic<F> {
    type Output = Option<F::Output>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        task: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        let mut inner = std::panic::AssertUnwindSafe(self.0.as_mut());
        let mut task = std::panic::AssertUnwindSafe(task);
        match std::panic::catch_unwind(move || inner.as_mut().poll(&mut task)) {
            Ok(poll) => poll.map(Some),
            Err(_) => std::task::Poll::Ready(None),
        }
    }
}

fn invoke(bodies: &[Value]) -> Seen<()> {
    observe(options(), || {
        let mut runtime = runtime();
        for (number, body) in bodies.iter().enumerate() {
            let context = context(&format!("request-{number}"), LONG);
            block_on(runtime.call(invocation(context, body))).unwrap();
        }
    })
}

fn attribute(transaction: &Value, name: &str) -> Value {
    transaction["contexts"]["trace"]["data"][name].clone()
}

#[test]
fn an_invocation_is_a_transaction_of_the_function() {
    let seen = invoke(&[json!({}), json!({})]);
    let transactions = seen.transactions();
    assert_eq!(transactions.len(), 2);
    for (number, transaction) in transactions.iter().enumerate() {
        let trace = &transaction["contexts"]["trace"];
        assert_eq!(transaction["transaction"], "resize");
        assert_eq!(transaction["transaction_info"]["source"], "component");
        assert_eq!((&trace["op"], &trace["status"]), (&json!("function.aws"), &json!("ok")));
        assert_eq!(trace["origin"], "auto.function.aws_lambda");
        for (name, value) in [
            ("faas.name", json!("resize")),
            ("faas.version", json!("$LATEST")),
            ("faas.trigger", json!("other")),
            ("faas.invocation_id", json!(format!("request-{number}"))),
            ("faas.coldstart", json!(number == 0)),
            ("cloud.provider", json!("aws")),
            ("cloud.platform", json!("aws_lambda")),
            ("cloud.region", json!("us-east-1")),
            ("cloud.account.id", json!("123456789012")),
            ("cloud.resource_id", json!("arn:aws:lambda:us-east-1:123456789012:function:resize")),
        ] {
            assert_eq!(attribute(transaction, name), value, "{name}");
        }
        assert_eq!(transaction["spans"][0]["description"], "lambda::resize");
    }
    assert_ne!(
        transactions[0]["contexts"]["trace"]["trace_id"],
        transactions[1]["contexts"]["trace"]["trace_id"]
    );
}

#[test]
fn http_events_continue_the_callers_trace_and_show_the_request() {
    let seen = invoke(&[json!({
        "do": "capture",
        "version": "2.0",
        "rawPath": "/pictures/7",
        "rawQueryString": "size=small",
        "headers": {
            "Sentry-Trace": format!("{TRACE}-1234567890abcdef-1"),
            "host": "pictures.example",
            "authorization": "Bearer abc",
            "accept": "image/png",
        },
        "requestContext": {"routeKey": "GET /pictures/{id}", "http": {"method": "GET"}},
    })]);
    let transaction = seen.transaction();
    let trace = &transaction["contexts"]["trace"];
    assert_eq!((&trace["trace_id"], &trace["parent_span_id"]), (&json!(TRACE), &json!("1234567890abcdef")));
    assert_eq!(transaction["transaction"], "resize");
    assert_eq!(attribute(&transaction, "faas.trigger"), "http");
    assert_eq!(attribute(&transaction, "http.route"), "/pictures/{id}");
    let event = seen.event();
    assert_eq!(event["request"]["url"], "https://pictures.example/pictures/7");
    assert_eq!(event["request"]["headers"]["authorization"], "[Filtered]");
    assert_eq!(event["request"]["headers"]["accept"], "image/png");
    assert!(!event.to_string().contains("small"), "a value of the query was sent");
    assert_eq!(event["transaction"], "resize");
    assert_eq!(event["contexts"]["aws.lambda"]["aws_request_id"], "request-0");
    assert_eq!(event["contexts"]["aws.lambda"]["function_name"], "resize");
    assert_eq!(event["contexts"]["aws.cloudwatch.logs"]["log_group"], "/aws/lambda/resize");
    let url = event["contexts"]["aws.cloudwatch.logs"]["url"].as_str().unwrap();
    assert!(url.contains("region=us-east-1") && url.contains("%2Faws%2Flambda%2Fresize"), "{url}");
}

#[test]
fn the_trace_of_the_client_context_has_precedence() {
    let seen = observe(options(), || {
        let mut context = context("1", LONG);
        let custom = json!({"custom": {"sentry-trace": format!("{TRACE}-1234567890abcdef-1")}});
        context.client_context = Some(serde_json::from_value(custom).unwrap());
        let other =
            json!({"headers": {"sentry-trace": "11111111111111111111111111111111-2222222222222222-1"}});
        block_on(runtime().call(invocation(context, &other))).unwrap();
    });
    assert_eq!(seen.transaction()["contexts"]["trace"]["trace_id"], TRACE);
}

#[test]
fn an_error_of_the_handler_is_captured_once_and_fails_the_transaction() {
    let seen = invoke(&[json!({"do": "fail"})]);
    let exception = &seen.event()["exception"]["values"][0];
    assert_eq!(exception["value"], "the picture is broken");
    assert_eq!(exception["mechanism"]["type"], "auto.function.aws_lambda");
    assert_eq!(exception["mechanism"]["handled"], false);
    assert_eq!(seen.transaction()["contexts"]["trace"]["status"], "internal_error");
}

#[test]
fn an_error_that_the_handler_ignores_is_not_captured() {
    let seen = invoke(&[json!({"do": "fail as known"})]);
    assert!(seen.events().is_empty());
    assert_eq!(seen.transaction()["contexts"]["trace"]["status"], "internal_error");
}

#[test]
fn a_panic_of_the_handler_is_captured_once_and_fails_the_transaction() {
    let seen = invoke(&[json!({"do": "panic"}), json!({})]);
    assert_eq!(seen.event()["exception"]["values"][0]["value"], "the picture is gone");
    let statuses: Vec<_> =
        seen.transactions().iter().map(|it| it["contexts"]["trace"]["status"].clone()).collect();
    assert_eq!(statuses, ["internal_error", "ok"]);
}

#[test]
fn a_layer_around_the_handler_alone_does_everything() {
    let seen = observe(options(), || {
        let mut service = SentryLayer::new().layer(service_fn(handler));
        let event = LambdaEvent::new(json!({"do": "fail"}), context("1", LONG));
        assert!(block_on(service.call(event)).is_err(), "the error is passed on");
    });
    assert_eq!(seen.event()["exception"]["values"][0]["value"], "the picture is broken");
    let transaction = seen.transaction();
    assert_eq!(transaction["contexts"]["trace"]["status"], "internal_error");
    assert_eq!(attribute(&transaction, "faas.coldstart"), true);
}

#[test]
fn everything_has_arrived_when_the_invocation_ends() {
    observe_server(options(), |server| {
        let mut runtime = runtime();
        for number in 1..=3 {
            let body = json!({"do": "capture"});
            block_on(runtime.call(invocation(context("1", LONG), &body))).unwrap();
            // Lambda may freeze the process now, so all items must have been sent.
            assert_eq!((server.events().len(), server.transactions().len()), (number, number));
        }
    });
}

#[test]
fn an_invocation_that_nearly_exceeds_its_time_is_reported_while_it_runs() {
    let seen = observe_server(options(), |server| {
        let slow = service_fn(|_: LambdaEvent<()>| {
            sentry::set_tag("picture", "huge");
            assert!(server.wait_for_type("event", 1, LONG), "the warning is sent while the handler runs");
            std::future::ready(Ok::<_, Error>(()))
        });
        // A minute is left, so the warning is due in a second.
        let mut service = SentryLayer::new().timeout_warning(LONG - Duration::from_secs(1)).layer(slow);
        block_on(service.call(LambdaEvent::new((), context("1", LONG)))).unwrap();
    });
    let event = only(seen.events());
    assert_eq!(
        (&event["logentry"]["message"], &event["level"]),
        (&json!("Possible function timeout: resize"), &json!("warning"))
    );
    assert_eq!((&event["tags"]["timeout"], &event["tags"]["picture"]), (&json!("1m0s"), &json!("huge")));
    assert_eq!(event["contexts"]["trace"]["trace_id"], seen.transaction()["contexts"]["trace"]["trace_id"]);
}

#[test]
fn without_a_client_the_layer_passes_everything_on() {
    sentry_tests::support::without_client(|| {
        let mut service = SentryLayer::new().layer(service_fn(handler));
        let answer = block_on(service.call(LambdaEvent::new(json!({}), context("1", LONG))));
        assert_eq!(answer.unwrap(), "done");
    });
    let seen = observe(ClientOptions::new(), || {
        block_on(runtime().call(invocation(context("1", LONG), &json!({})))).unwrap();
    });
    assert!(seen.transactions().is_empty(), "no sample rate");
}
