//! Tests of concurrent requests and of cancelled requests.

use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next, Result};
use sentry::integrations::reqwest::SentryMiddleware;
use sentry_tests::support::{observe, options};

use crate::client::{client, run};
use crate::recorder::Recorder;

#[test]
fn requests_beside_each_other_are_siblings() {
    let server = Recorder::start();
    let seen = observe(options(), || {
        run(sentry::start_span_async("checkout", |_| async {
            let client = client();
            let (one, other) =
                tokio::join!(client.get(server.url("/200")).send(), client.get(server.url("/201")).send());
            assert_eq!((one.unwrap().status().as_u16(), other.unwrap().status().as_u16()), (200, 201));
            sentry::start_span("afterwards", |_| ());
        }));
    });
    let root = seen.span("checkout");
    for name in
        [format!("GET {}", server.url("/200")), format!("GET {}", server.url("/201")), "afterwards".into()]
    {
        assert_eq!(seen.span(&name).parent.as_deref(), Some(&*root.id), "{name}");
    }
}

#[test]
fn a_request_that_is_given_up_is_cancelled() {
    // The listener accepts connections, but never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let seen = observe(options(), || {
        run(sentry::start_span_async("checkout", |_| async {
            let (client, connected) = (client(), tokio::task::spawn_blocking(move || silent.accept()));
            tokio::select! {
                answer = client.get(&url).send() => panic!("there is no answer: {answer:?}"),
                // The connection stays open until here: closing it would be an answer.
                connected = connected => drop(connected.unwrap().unwrap()),
            }
        }));
    });
    let span = seen.spans().into_iter().find(|span| span.op == "http.client").unwrap();
    assert_eq!(span.status, "cancelled");
}

struct Sign;

#[async_trait::async_trait]
impl Middleware for Sign {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        sentry::start_span("sign", |_| ());
        next.run(request, extensions).await
    }
}

#[test]
fn spans_of_inner_middlewares_are_children_of_the_request() {
    let server = Recorder::start();
    let seen = observe(options(), || {
        run(sentry::start_span_async("checkout", |_| async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let client = ClientBuilder::new(client).with(SentryMiddleware::new()).with(Sign).build();
            client.get(server.url("/200")).send().await.unwrap();
        }));
    });
    let request = seen.span(&format!("GET {}", server.url("/200")));
    assert_eq!(seen.span("sign").parent.as_deref(), Some(&*request.id));
}

#[test]
fn a_panic_of_another_middleware_ends_the_request() {
    let server = Recorder::start();
    let seen = observe(options(), || {
        sentry::start_span("checkout", |_| {
            let agent: ureq::Agent = ureq::Agent::config_builder()
                .middleware(sentry::integrations::ureq::SentryMiddleware::new())
                .middleware(
                    |_: http::Request<ureq::SendBody<'_>>, _: ureq::middleware::MiddlewareNext<'_>| {
                        std::panic::resume_unwind(Box::new("no key"))
                    },
                )
                .build()
                .into();
            let url = server.url("/200");
            let panicked =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| agent.get(url).call().map(drop)));
            assert!(panicked.is_err());
            sentry::start_span("afterwards", |_| ());
        });
    });
    assert_eq!(seen.span(&format!("GET {}", server.url("/200"))).status, "internal_error");
    assert_eq!(seen.span("afterwards").parent.as_deref(), Some(&*seen.span("checkout").id));
}
