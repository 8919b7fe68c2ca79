//! The response future, which runs the handler in the request's context and passes the unfinished request on to the
//! response's body.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::{ResponseBody, failure};
use super::{grpc, read};
use crate::instrument::instrumented::End;
use crate::integrations::http_server::{BodyEnd, Handling, RunningRequest};
use crate::protocol::SpanStatus;

pin_project! {
    /// The future of [`SentryService`](super::SentryService).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ResponseFuture<F> {
        // Empty when the future is finished, so that it is dropped inside its context.
        #[pin]
        inner: Option<F>,
        handling: Handling,
        is_head: bool,
        server_errors: bool,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.handling.inside(|_| this.inner.set(None));
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, handling: Handling, is_head: bool, server_errors: bool) -> Self {
        Self { inner: Some(inner), handling, is_head, server_errors }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
    E: fmt::Display + 'static,
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let answer = this.handling.inside(|running| {
            let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
            let answer = ready!(inner.poll(task));
            this.inner.set(None);
            if let Some(running) = running {
                match &answer {
                    Ok(response) => answered(running, response, *this.server_errors),
                    Err(error) => running.failed(failure(error)),
                }
            }
            Poll::Ready(answer)
        });
        match ready!(answer) {
            Ok(response) => {
                let mut handling = std::mem::take(this.handling);
                // From now on the connection carries no answer to the request.
                if response.status() == http::StatusCode::SWITCHING_PROTOCOLS {
                    handling.end(End::Done);
                }
                let end = BodyEnd::new(*this.is_head, response.status().as_u16(), length(&response));
                Poll::Ready(Ok(response.map(|body| ResponseBody::new(body, handling, end))))
            }
            Err(error) => {
                this.handling.end(End::Done);
                Poll::Ready(Err(error))
            }
        }
    }
}

fn answered<R: Body>(running: &mut RunningRequest, response: &Response<R>, server_errors: bool) {
    let status = response.status();
    running.answered(status.as_u16(), length(response));
    running.answered_with(response.headers().iter().map(read::header));
    if let Some((code, status)) = grpc::status(response.headers()) {
        running.set_attribute("rpc.grpc.status_code", code);
        running.set_status(status);
        if server_errors
            && matches!(status, SpanStatus::InternalError | SpanStatus::UnknownError | SpanStatus::DataLoss)
        {
            running.capture_unhandled(None);
        }
    }
    if server_errors && status.is_server_error() {
        running.capture_server_error(status.as_u16(), status.canonical_reason().unwrap_or_default());
    }
}

/// Returns the length of a response in bytes, if it is known; for a streamed file, only the header has it.
fn length<R: Body>(response: &Response<R>) -> Option<u64> {
    let header = || response.headers().get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    response.body().size_hint().exact().or_else(header)
}
